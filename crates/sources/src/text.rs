//! Texts of networks as the stores take them.

/// Without U+0000, which Postgres refuses.
pub(crate) fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The text without blanks around it; none where nothing is left.
pub(crate) fn optional(text: Option<&str>) -> Option<String> {
    text.map(str::trim)
        .filter(|text| !text.is_empty())
        .map(clean)
}
