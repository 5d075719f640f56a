//! A digest as the body of a webhook message: an embed for the hour, one for the best and one for the worst post.

use chrono::SecondsFormat;
use moodwire_model::{Digest, DigestPost, HourSummary, Score, Timestamp};
use serde::Serialize;

use crate::text::{author, count, hour, late, missing, signed};

use super::text::{length, link, markdown, plain};

/// The longest description of an embed, in UTF-16 units.
const MAX_DESCRIPTION: usize = 4096;
/// The longest author's name.
const MAX_AUTHOR: usize = 256;
/// The longest value of a field.
const MAX_VALUE: usize = 1024;
/// The most that titles, descriptions, fields and authors of all embeds may have together.
const MAX_TOTAL: usize = 6000;

/// Green, red and grey, as Discord's own palette has them.
const POSITIVE: u32 = 0x2e_cc_71;
const NEGATIVE: u32 = 0xe7_4c_3c;
const NEUTRAL: u32 = 0x95_a5_a6;

/// What is posted.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    pub(super) embeds: Vec<Embed>,
    allowed_mentions: AllowedMentions,
}

/// Who may be notified: nobody, whatever a post says.
#[derive(Debug, Serialize)]
struct AllowedMentions {
    parse: [&'static str; 0],
}

/// One framed part of a message.
#[derive(Debug, Serialize)]
pub(super) struct Embed {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) author: Option<Author>,
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<Field>,
    color: u32,
    timestamp: String,
}

/// The small line above an embed's title; shows no markdown.
#[derive(Debug, Serialize)]
pub(super) struct Author {
    pub(super) name: String,
}

/// A titled paragraph of an embed.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
}

/// The message for `digest`, within all of Discord's limits.
pub(super) fn message(digest: &Digest) -> Message {
    let mut embeds = vec![of_hour(&digest.summary)];
    let posts: Vec<(&str, &DigestPost)> = match (&digest.best, &digest.worst) {
        (Some(best), Some(worst)) if best.id == worst.id => vec![("Only post", best)],
        (best, worst) => {
            let best = best.iter().map(|post| ("Best post", post));
            best.chain(worst.iter().map(|post| ("Worst post", post)))
                .collect()
        }
    };
    embeds.extend(posts.iter().map(|(title, post)| of_post(title, post)));
    // Of embeds with the same link Discord shows only the first.
    if let [_, first, second] = &mut embeds[..]
        && first.url == second.url
    {
        second.url = None;
    }
    let texts: Vec<&str> = posts.iter().map(|(_, post)| post.text.as_str()).collect();
    share_out(&mut embeds, &texts);
    Message {
        embeds,
        allowed_mentions: AllowedMentions { parse: [] },
    }
}

fn of_hour(summary: &HourSummary) -> Embed {
    let description = if summary.posts == 0 {
        "No posts.".to_owned()
    } else {
        let mean = summary
            .mean_compound
            .map_or_else(|| "unknown".to_owned(), signed);
        let (positive, neutral, negative) = (summary.positive, summary.neutral, summary.negative);
        format!(
            "{} · mean **{mean}**\n{positive} positive · {neutral} neutral · {negative} negative",
            count(summary.posts, "post", "posts")
        )
    };
    let notes: Vec<String> = [missing(&summary.missing), late(summary.late)]
        .into_iter()
        .flatten()
        .collect();
    let fields = if notes.is_empty() {
        Vec::new()
    } else {
        vec![Field {
            name: "Note".to_owned(),
            value: markdown(&notes.join("\n"), MAX_VALUE),
        }]
    };
    Embed {
        author: None,
        title: hour(summary),
        url: None,
        description,
        fields,
        color: colour(summary.mean_compound.unwrap_or(0.0)),
        timestamp: rfc3339(summary.hour.start()),
    }
}

/// A post's embed, still without its text.
fn of_post(title: &str, post: &DigestPost) -> Embed {
    Embed {
        author: Some(Author {
            name: plain(&author(post), MAX_AUTHOR),
        }),
        title: format!("{title} · {}", signed(post.compound)),
        url: link(post.url.as_deref()),
        description: String::new(),
        fields: Vec::new(),
        color: colour(post.compound),
        timestamp: rfc3339(post.created_at),
    }
}

/// Gives the last embeds their `texts`: as much as each wants, and where that is more than the total allows, half of
/// what is left to each, or what the other does not want.
fn share_out(embeds: &mut [Embed], texts: &[&str]) {
    let room = MAX_TOTAL - embeds.iter().map(Embed::length).sum::<usize>();
    let wanted: Vec<usize> = texts
        .iter()
        .map(|text| length(&markdown(text, MAX_DESCRIPTION)))
        .collect();
    let posts = embeds.len() - texts.len();
    for (at, text) in texts.iter().enumerate() {
        let others: usize = wanted.iter().sum::<usize>() - wanted[at];
        let share = (room / texts.len()).max(room.saturating_sub(others));
        embeds[posts + at].description = markdown(text, share.min(MAX_DESCRIPTION));
    }
}

impl Embed {
    /// What counts towards [`MAX_TOTAL`].
    pub(super) fn length(&self) -> usize {
        let author = self.author.iter().map(|author| length(&author.name));
        let fields = self
            .fields
            .iter()
            .map(|field| length(&field.name) + length(&field.value));
        author.chain(fields).sum::<usize>() + length(&self.title) + length(&self.description)
    }
}

fn colour(compound: f64) -> u32 {
    if compound >= Score::POSITIVE_FROM {
        POSITIVE
    } else if compound <= -Score::POSITIVE_FROM {
        NEGATIVE
    } else {
        NEUTRAL
    }
}

fn rfc3339(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
