//! A status's HTML as plain text.
//!
//! Mastodon sends a small set of tags (documentation, "HTML sanitization"); other servers send more, whose tags are
//! dropped and whose text is kept. A `<br>` is a line break and the end of a paragraph a blank line; text that is
//! marked `invisible` (the rest of a shortened link) is dropped, and `ellipsis` says that something was.

/// Tags after which a line ends.
const LINES: [&str; 12] = [
    "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre",
];

/// Tags whose text is no text of the post.
const UNREAD: [&str; 2] = ["script", "style"];

/// Tags without an end.
const VOID: [&str; 4] = ["br", "hr", "img", "wbr"];

/// The text that a person reads.
pub(super) fn text(html: &str) -> String {
    let mut reading = Reading::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        reading.write(before);
        let begins = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        let Some(end) = tag_end(tag).filter(|_| begins) else {
            // No tag: a sign that someone forgot to escape.
            reading.write("<");
            rest = &tag[1..];
            continue;
        };
        reading.tag(&tag[1..end]);
        rest = &tag[end + 1..];
    }
    reading.write(rest);
    reading.out.trim().to_owned()
}

/// Where the tag that begins the text ends: its first `>` outside of quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (byte, quote) {
            (b'>', None) => return Some(at),
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}

/// What has been read.
#[derive(Default)]
struct Reading {
    out: String,
    /// The tags that are open.
    open: Vec<Open>,
}

struct Open {
    name: String,
    hidden: bool,
    ellipsis: bool,
}

impl Reading {
    fn write(&mut self, escaped: &str) {
        if self.open.iter().any(|open| open.hidden) || escaped.is_empty() {
            return;
        }
        let text = html_escape::decode_html_entities(escaped);
        let keeps = self.open.iter().any(|open| open.name == "pre");
        for char in text.chars() {
            match char {
                // Postgres refuses U+0000.
                '\0' => self.out.push('\u{fffd}'),
                '\n' | '\r' | '\t' | ' ' if !keeps => self.blank(),
                char => self.out.push(char),
            }
        }
    }

    fn blank(&mut self) {
        if !self.out.ends_with([' ', '\n']) && !self.out.is_empty() {
            self.out.push(' ');
        }
    }

    fn tag(&mut self, inside: &str) {
        if inside.starts_with(['!', '?']) {
            return;
        }
        if let Some(name) = inside.strip_prefix('/') {
            return self.close(&name.trim().to_ascii_lowercase());
        }
        let name_end = inside
            .find(|c: char| c.is_whitespace() || c == '/')
            .unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(name_end);
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "br" => self.end_line(1),
            "p" | "blockquote" | "hr" => self.end_line(2),
            "li" => {
                self.break_line();
                self.write("- ");
            }
            _ if LINES.contains(&name.as_str()) => self.break_line(),
            _ => {}
        }
        if VOID.contains(&name.as_str()) || attributes.ends_with('/') {
            return;
        }
        let classes = attribute(attributes, "class");
        let has = |class| classes.split_whitespace().any(|one| one == class);
        self.open.push(Open {
            hidden: has("invisible") || UNREAD.contains(&name.as_str()),
            ellipsis: has("ellipsis"),
            name,
        });
    }

    /// Closes the innermost tag of this name and what was left open within it.
    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else {
            return;
        };
        if self.open.get(at).is_some_and(|open| open.ellipsis) {
            self.write("…");
        }
        self.open.truncate(at);
        match name {
            "p" | "blockquote" => self.end_line(2),
            _ if LINES.contains(&name) => self.break_line(),
            _ => {}
        }
    }

    /// Ends the line that is being written, if any.
    fn break_line(&mut self) {
        if !self.out.ends_with('\n') {
            self.end_line(1);
        }
    }

    /// One line break, or as many as make a blank line. None at the beginning.
    fn end_line(&mut self, breaks: usize) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        if self.out.is_empty() {
            return;
        }
        let there = self.out.len() - self.out.trim_end_matches('\n').len();
        let wanted = if breaks == 1 { there + 1 } else { breaks };
        for _ in there..wanted.max(there) {
            self.out.push('\n');
        }
    }
}

/// The value of an attribute; empty without it.
fn attribute<'a>(attributes: &'a str, name: &str) -> &'a str {
    let mut rest = attributes;
    while let Some((before, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, next) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = &after[1..];
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        if before.trim().eq_ignore_ascii_case(name) {
            return value;
        }
        rest = next;
    }
    ""
}
