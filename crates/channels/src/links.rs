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
    let url = String::from(url);
    // Signs that end a link in some receiver's markup; a URL means the same with them encoded.
    let url = url
        .replace('|', "%7C")
        .replace('<', "%3C")
        .replace('>', "%3E")
        .replace('"', "%22")
        .replace('\'', "%27");
    let url = without_broadcasts(&url);
    (fits && length(&url) <= longest).then_some(url)
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
