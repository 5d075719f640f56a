//! The file as TOML: its sections and keys, each with its place.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::OverlayError;

/// A section: what has which valence.
pub(super) type Section = BTreeMap<Spanned<String>, Spanned<f64>>;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) name: Option<String>,
    pub(super) words: Section,
    pub(super) phrases: Section,
    pub(super) emoji: Section,
}

/// Reads the file.
pub(super) fn read(text: &str) -> Result<File, OverlayError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let byte = error.span().map_or(0, |span| span.start);
        OverlayError::at(text, byte, error.message().to_owned())
    })
}
