//! A form of parts, `multipart/form-data`, as RFC 7578 has it.

use super::{Request, demand};

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The file's name, where it is one.
    pub filename: Option<String>,
    /// Its type.
    pub content_type: Option<String>,
    /// What is in it.
    pub content: Vec<u8>,
}

/// The parts of a request's form.
///
/// # Errors
/// A sentence, when it is no such form.
pub fn parts(request: &Request) -> Result<Vec<Part>, String> {
    let kind = request.header("content-type").unwrap_or_default();
    let boundary = kind
        .strip_prefix("multipart/form-data; boundary=")
        .ok_or_else(|| format!("the content type is {kind:?}"))?;
    demand((1..=70).contains(&boundary.len()), || {
        format!("the boundary has {} characters", boundary.len())
    })?;
    let (first, between) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = request
        .body
        .strip_prefix(first.as_bytes())
        .ok_or("the form does not begin with its boundary")?;
    let mut parts = Vec::new();
    loop {
        if rest.strip_prefix(b"--").is_some_and(|end| end == b"\r\n") {
            return Ok(parts);
        }
        let begun = rest
            .strip_prefix(b"\r\n")
            .ok_or("a boundary is followed by neither a line's end nor --")?;
        let end =
            find(begun, between.as_bytes()).ok_or("a part is not followed by the boundary")?;
        let (one, after) = begun.split_at(end);
        parts.push(part(one)?);
        rest = after.strip_prefix(between.as_bytes()).unwrap_or_default();
    }
}

fn part(bytes: &[u8]) -> Result<Part, String> {
    let end = find(bytes, b"\r\n\r\n").ok_or("a part has no head")?;
    let (head, rest) = bytes.split_at(end);
    let head = std::str::from_utf8(head).map_err(|_| "a part's head is no text")?;
    let mut part = Part {
        name: String::new(),
        filename: None,
        content_type: None,
        content: rest.strip_prefix(b"\r\n\r\n").unwrap_or_default().to_vec(),
    };
    for line in head.split("\r\n") {
        let (name, value) = line
            .split_once(": ")
            .ok_or_else(|| format!("a part's head has the line {line:?}"))?;
        match name.to_ascii_lowercase().as_str() {
            "content-disposition" => {
                part.name = quoted(value, "name").unwrap_or_default();
                part.filename = quoted(value, "filename");
            }
            "content-type" => part.content_type = Some(value.to_owned()),
            _ => return Err(format!("a part has the header {name}")),
        }
    }
    demand(!part.name.is_empty(), || "a part has no name".to_owned())?;
    Ok(part)
}

/// The value of `; key="…"`.
fn quoted(disposition: &str, key: &str) -> Option<String> {
    let (_, after) = disposition.split_once(&format!("; {key}=\""))?;
    Some(after.split_once('"')?.0.to_owned())
}

fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    within.windows(what.len()).position(|window| window == what)
}
