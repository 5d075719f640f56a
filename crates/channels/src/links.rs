//! Links to posts: only those that a receiver takes, and that lead where they say.

use url::{Host, Url};

use crate::cut::length;

/// The longest address that is looked at, in bytes.
const LONGEST: usize = 16_384;

/// `url` where a receiver would take it as a link of at most `longest` units: one bad link makes Discord refuse the whole
/// message.
pub(crate) fn link(url: Option<&str>, longest: usize) -> Option<String> {
    let url = url.filter(|url| url.len() <= LONGEST)?;
    let url = Url::parse(url.trim()).ok()?;
    let fits = matches!(url.scheme(), "http" | "https")
        // A name before the host makes one site pass for another.
        && url.username().is_empty()
        && url.password().is_none()
        // Discord calls a bare name such as `localhost` "not a well formed URL".
        && matches!(url.host(), Some(Host::Domain(name)) if name.trim_matches('.').contains('.'));
    let url = encoded(url.as_str());
    let url = without_broadcasts(&url);
    (fits && length(&url) <= longest).then_some(url)
}

/// The same address with everything encoded that is no part of a URI (RFC 3986, appendix A), which a browser lets pass and
/// Discord's specification does not; and the apostrophe, which ends a link in some receiver's markup.
fn encoded(url: &str) -> String {
    let bytes = url.as_bytes();
    let mut encoded = String::with_capacity(url.len());
    for (at, byte) in bytes.iter().enumerate() {
        let is_hex = |after: usize| bytes.get(at + after).is_some_and(u8::is_ascii_hexdigit);
        match char::from(*byte) {
            '%' if is_hex(1) && is_hex(2) => encoded.push('%'),
            c if c.is_ascii_alphanumeric() || "-._~:/?#@!$&()*+,;=".contains(c) => encoded.push(c),
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    // The fragment begins once.
    match encoded.split_once('#') {
        Some((before, fragment)) => format!("{before}#{}", fragment.replace('#', "%23")),
        None => encoded,
    }
}

/// The same address, in which nothing reads as a mention of everybody.
fn without_broadcasts(url: &str) -> String {
    let mut parts = url.split('@');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |url, part| {
        let start = part.get(..8).or(part.get(..4)).unwrap_or_default();
        let start = start.to_ascii_lowercase();
        let at = if start.starts_with("everyone") || start.starts_with("here") {
            "%40"
        } else {
            "@"
        };
        url + at + part
    })
}
