//! A digest as plain text.

use moodwire_model::{Digest, DigestPost};

use crate::text::{author, count, harmless, harmless_line, hour, late, missing, signed};

use super::text::{cut, wrap};

/// Columns of a line, the narrowest that terminals have by custom.
const WIDTH: usize = 80;
/// What a post is set in by.
const INDENT: &str = "    ";
/// The most that is shown of a post, in graphemes: a page; the warehouse has the rest.
const MAX_TEXT: usize = 2_000;
/// The most that is shown of a name or a link, in graphemes.
const MAX_LINE: usize = 500;

const BOLD: &str = "1";
const DIM: &str = "2";
const GREEN: &str = "1;32";
const RED: &str = "1;31";

/// The digest as text, without colours: the hour with its counts and mean, then the best and the worst post with
/// author, compound, text and link. Ends with a newline; no post can steer a terminal with it.
pub fn render(digest: &Digest) -> String {
    styled(digest, false)
}

/// The same, with ANSI colours when `coloured`.
pub(super) fn styled(digest: &Digest, coloured: bool) -> String {
    let paint = |text: &str, code: &str| match coloured {
        true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        false => text.to_owned(),
    };
    let summary = &digest.summary;
    let mut lines = Vec::new();
    let name = paint(&hour(summary), BOLD);
    let open = if summary.sealed_at.is_none() {
        ", still open"
    } else {
        ""
    };
    if summary.posts == 0 {
        lines.push(format!("{name}  no posts{open}"));
    } else {
        let mean = summary
            .mean_compound
            .map_or_else(|| "unknown".to_owned(), signed);
        lines.push(format!(
            "{name}  {}, mean {mean}{open}",
            count(summary.posts, "post", "posts")
        ));
        let (positive, neutral, negative) = (summary.positive, summary.neutral, summary.negative);
        let counts = format!("{positive} positive, {neutral} neutral, {negative} negative");
        lines.push(format!("  {}", paint(&counts, DIM)));
    }
    let notes = [missing(&summary.missing), late(summary.late)];
    lines.extend(notes.into_iter().flatten().map(|note| format!("  {note}")));
    match (&digest.best, &digest.worst) {
        (Some(best), Some(worst)) if best.id == worst.id => {
            post(&mut lines, &paint("Only post", BOLD), best)
        }
        (best, worst) => {
            if let Some(best) = best {
                post(&mut lines, &paint("Best", GREEN), best);
            }
            if let Some(worst) = worst {
                post(&mut lines, &paint("Worst", RED), worst);
            }
        }
    }
    lines.join("\n") + "\n"
}

fn post(lines: &mut Vec<String>, title: &str, post: &DigestPost) {
    let written = post.created_at.format("%H:%M");
    lines.push(String::new());
    lines.push(format!(
        "  {title}  {}  {}  {written}",
        signed(post.compound),
        cut(&author(post), MAX_LINE)
    ));
    let text = wrap(&cut(&harmless(&post.text), MAX_TEXT), WIDTH - INDENT.len());
    let link = post
        .url
        .as_deref()
        .map(|url| cut(&harmless_line(url), MAX_LINE));
    let set_in = text
        .into_iter()
        .chain(link)
        .map(|line| format!("{INDENT}{line}"));
    lines.extend(set_in.map(|line| line.trim_end().to_owned()));
}
