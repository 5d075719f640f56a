//! A digest as the JSON document that a webhook's receiver gets; docs/webhook.md is its reference.

use chrono::SecondsFormat;
use moodwire_model::{Digest, DigestPost, Hour, HourMean, Missing, TREND_HOURS};
use serde::Serialize;

use super::text;

/// The version of the document; a receiver may rely on its keys as long as it stays.
const VERSION: u8 = 1;

/// What is posted for an hour.
#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    version: u8,
    /// `digest`, or `test`.
    #[serde(rename = "type")]
    kind: &'static str,
    channel: &'a str,
    #[serde(flatten)]
    digest: Option<Told<'a>>,
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    hour: Hour,
    hour_end: String,
    posts: u64,
    mean_compound: Option<f64>,
    change: Change,
    positive: u64,
    neutral: u64,
    negative: u64,
    late: u64,
    missing: &'a Missing,
    best: Option<Post>,
    worst: Option<Post>,
    trend: &'a [HourMean],
}

/// How much the mean rose.
#[derive(Debug, Serialize)]
struct Change {
    previous_hour: Option<f64>,
    same_hour_yesterday: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Post {
    id: String,
    author: String,
    author_name: Option<String>,
    text: String,
    url: Option<String>,
    compound: f64,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<u64>,
    actors: Vec<String>,
}

/// The document for `digest` on the channel called `channel`.
pub(super) fn message<'a>(digest: &'a Digest, channel: &'a str) -> Message<'a> {
    let summary = &digest.summary;
    let told = Told {
        hour: summary.hour,
        hour_end: summary
            .hour
            .end()
            .to_rfc3339_opts(SecondsFormat::Secs, true),
        posts: summary.posts,
        mean_compound: summary.mean_compound,
        change: Change {
            previous_hour: digest.change_since(1).map(places),
            same_hour_yesterday: digest.change_since(TREND_HOURS).map(places),
        },
        positive: summary.positive,
        neutral: summary.neutral,
        negative: summary.negative,
        late: summary.late,
        missing: &summary.missing,
        best: digest.best.as_ref().map(post),
        worst: digest.worst.as_ref().map(post),
        trend: &digest.trend,
    };
    Message {
        version: VERSION,
        kind: "digest",
        channel,
        digest: Some(told),
    }
}

/// The document that tries the channel out.
pub(super) fn test(channel: &str) -> Message<'_> {
    Message {
        version: VERSION,
        kind: "test",
        channel,
        digest: None,
    }
}

fn post(post: &DigestPost) -> Post {
    Post {
        id: text::line(post.id.as_str()),
        author: text::line(&post.author),
        author_name: post.author_name.as_deref().map(text::line),
        text: text::text(&post.text),
        url: post.url.as_deref().map(text::line),
        compound: post.compound,
        created_at: post.created_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        copies: Some(post.copies).filter(|copies| *copies > 0),
        actors: post.actors.iter().map(|name| text::line(name)).collect(),
    }
}

/// To six decimals, as means are.
fn places(change: f64) -> f64 {
    (change * 1e6).round() / 1e6 + 0.0
}
