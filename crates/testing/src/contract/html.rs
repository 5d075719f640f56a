//! The HTML that Telegram reads ("HTML style"): a few tags, closed in order, and four named entities.

use super::demand;

/// The tags that are known, without those of custom emoji and times.
const TAGS: [&str; 15] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "tg-spoiler",
    "a",
    "code",
    "pre",
    "blockquote",
    "span",
];

/// What is shown of it.
///
/// # Errors
/// A sentence, when it is none.
pub(super) fn shown(html: &str) -> Result<String, String> {
    let mut shown = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut pieces = html.split('<');
    shown += &unescaped(pieces.next().unwrap_or_default())?;
    for piece in pieces {
        let (tag, text) = piece
            .split_once('>')
            .ok_or_else(|| format!("a tag without an end: <{piece:.60}"))?;
        match tag.strip_prefix('/') {
            Some(closed) => demand(open.pop() == Some(closed), || {
                format!("</{closed:.60}> closes nothing")
            })?,
            None => open.push(opened(tag)?),
        }
        shown += &unescaped(text)?;
    }
    demand(open.is_empty(), || format!("left open: {open:?}"))?;
    Ok(shown)
}

/// The name of a tag that is opened.
fn opened(tag: &str) -> Result<&str, String> {
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    demand(TAGS.contains(&name), || format!("no such tag: <{tag:.60}>"))?;
    if name != "a" {
        demand(attributes.is_empty(), || format!("attributes: <{tag:.60}>"))?;
        return Ok(name);
    }
    let url = attributes
        .strip_prefix("href=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .ok_or_else(|| format!("a link without an address: <{tag:.60}>"))?;
    demand(
        (url.starts_with("https://") || url.starts_with("http://")) && !url.contains('"'),
        || format!("no address: {url:.60}"),
    )?;
    unescaped(url)?;
    Ok(name)
}

/// The text with its entities read.
fn unescaped(text: &str) -> Result<String, String> {
    demand(!text.contains('>'), || format!("not escaped: {text:.60}"))?;
    let mut pieces = text.split('&');
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (sign, rest) = [("lt;", '<'), ("gt;", '>'), ("amp;", '&'), ("quot;", '"')]
            .iter()
            .find_map(|(name, sign)| Some((*sign, piece.strip_prefix(name)?)))
            .ok_or_else(|| format!("no entity: &{piece:.60}"))?;
        shown.push(sign);
        shown += rest;
    }
    Ok(shown)
}
