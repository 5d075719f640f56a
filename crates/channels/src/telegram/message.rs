//! A digest as the HTML text of one Telegram message.

use moodwire_model::Digest;

use crate::{
    cut::share_out,
    story::{Story, Told},
    text::escape_html,
    words::Language,
};

use super::text::{html, line, linked, shown_length};

/// The longest text, in UTF-16 units, after its entities are read (Bot API, `sendMessage`).
pub(super) const MAX_TEXT: usize = 4_096;
/// The most that is shown of a name or of a list of names.
const MAX_LINE: usize = 200;
/// The most that is shown of what is missing.
const MAX_NOTES: usize = 500;

/// The text for `digest`.
pub(super) fn message(digest: &Digest, language: Language) -> String {
    let story = Story::of(digest, language);
    let hour = hour(&story);
    let framed: Vec<Framed> = story
        .posts
        .iter()
        .map(|told| frame(told, language))
        .collect();
    let frames: usize = framed.iter().map(Framed::length).sum();
    // Before each post, and between its parts, a blank line or a line's end.
    let breaks = 4 * framed.len();
    let room = MAX_TEXT.saturating_sub(shown_length(&hour) + frames + breaks);
    let wanted: Vec<usize> = story
        .posts
        .iter()
        .map(|told| shown_length(&html(&told.post.text, MAX_TEXT)))
        .collect();
    let mut parts = vec![hour];
    for ((told, frame), share) in story
        .posts
        .iter()
        .zip(&framed)
        .zip(share_out(room, &wanted))
    {
        parts.push(frame.around(&html(&told.post.text, share)));
    }
    parts.join("\n\n")
}

/// A message that says that it is a test, of the channel called `name`.
pub(super) fn test(name: &str, language: Language) -> String {
    let (title, text) = language.test(name);
    format!(
        "<b>{}</b>\n{}",
        escape_html(&title),
        html(&text, MAX_TEXT / 2)
    )
}

fn hour(story: &Story<'_>) -> String {
    let mut lines = vec![format!("<b>{}</b>", escape_html(&story.title))];
    lines.push(match &story.mean {
        Some((word, mean)) => format!(
            "{} {} · {word} <b>{mean}</b>",
            story.mood.sign(),
            story.count
        ),
        None => story.count.clone(),
    });
    lines.extend(story.changes.iter().map(|change| escape_html(change)));
    lines.extend(story.shares.clone());
    if !story.notes.is_empty() {
        lines.push(format!(
            "<i>{}</i>",
            html(&story.notes.join("\n"), MAX_NOTES)
        ));
    }
    lines.join("\n")
}

/// What stands around a post's text.
struct Framed {
    head: String,
    link: Option<String>,
}

fn frame(told: &Told<'_>, language: Language) -> Framed {
    let mut head = vec![
        format!(
            "{} <b>{}</b> · {} {}",
            told.mood.sign(),
            told.title,
            told.score,
            told.bar
        ),
        line(&told.author, MAX_LINE),
    ];
    if let Some(actors) = &told.actors {
        let about = language.pick("About", "À propos de");
        head.push(line(&format!("{about} {actors}"), MAX_LINE));
    }
    let written = told.post.created_at.format("%H:%M UTC");
    let words = format!(
        "{} {written}",
        language.pick("Open the post of", "Voir le post de")
    );
    Framed {
        head: head.join("\n"),
        link: linked(told.post.url.as_deref(), &words),
    }
}

impl Framed {
    fn length(&self) -> usize {
        shown_length(&self.head) + self.link.as_deref().map_or(0, shown_length)
    }

    fn around(&self, text: &str) -> String {
        let quote = (!text.is_empty()).then(|| format!("<blockquote>{text}</blockquote>"));
        [Some(self.head.clone()), quote, self.link.clone()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("\n")
    }
}
