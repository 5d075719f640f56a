//! One hour: its digest, why its best and worst post score as they do, its messages, its jobs and its posts.

mod render;
pub(in crate::console) mod words;

use moodwire_model::{Digest, DigestPost, Hour, slot};
use moodwire_queue::{JobFilter, JobRow};
use moodwire_warehouse::{ParseTokenError, PostOrder, PostRow, PostToken, Publication};
use serde::{Deserialize, Serialize};

pub(in crate::console) use self::render::{render, web};
use self::words::Words;
use super::jobs::word;
use crate::console::{Console, refusal::Refusal};

/// How many posts are shown at once.
const SHOWN: u64 = 50;

/// The most jobs of a channel that are shown.
const JOBS: usize = 20;

/// Which of its posts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    order: Order,
    #[serde(deserialize_with = "word")]
    after: Option<String>,
}

/// In which order its posts come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::console) enum Order {
    #[default]
    Time,
    Best,
    Worst,
}

impl Order {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Time, "time"),
        (Self::Best, "best"),
        (Self::Worst, "worst"),
    ];

    fn stored(self) -> PostOrder {
        match self {
            Self::Time => PostOrder::Time,
            Self::Best => PostOrder::Best,
            Self::Worst => PostOrder::Worst,
        }
    }
}

/// A post that is best or worst, with the words that make it so.
#[derive(Debug, Serialize)]
struct Extreme {
    post: DigestPost,
    words: Words,
}

/// A channel's part.
#[derive(Debug, Serialize)]
struct ChannelRow {
    channel: String,
    publication: Option<Publication>,
    jobs: Vec<JobRow>,
}

/// All of it.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    #[serde(skip)]
    order: Order,
    digest: Digest,
    best: Option<Extreme>,
    worst: Option<Extreme>,
    channels: Vec<ChannelRow>,
    posts: Vec<PostRow>,
    /// Pass it as `after` to go on.
    next: Option<String>,
}

pub(in crate::console) async fn load(
    console: &Console,
    hour: Hour,
    asked: &Asked,
) -> Result<View, Refusal> {
    let deps = &console.deps;
    let digest = deps.warehouse.digest(hour).await?;
    let mut channels = Vec::new();
    for channel in deps.channels.keys() {
        let filter = JobFilter {
            kind: Some(slot::PUBLISH.to_owned()),
            prefix: Some(slot::publish(channel, hour)),
            ..JobFilter::default()
        };
        channels.push(ChannelRow {
            channel: channel.clone(),
            publication: deps.warehouse.publication(hour, channel).await?,
            jobs: deps.queue.list(&filter, None, JOBS).await?.jobs,
        });
    }
    let after: Option<PostToken> = asked
        .after
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error: ParseTokenError| Refusal::bad(format!("after: {error}")))?;
    let (posts, next) = deps
        .warehouse
        .hour_posts(hour, asked.order.stored(), after.as_ref(), SHOWN)
        .await?;
    let extreme = |post: &Option<DigestPost>| {
        post.clone().map(|post| Extreme {
            words: Words::of(&deps.scorer, &post.text),
            post,
        })
    };
    Ok(View {
        order: asked.order,
        best: extreme(&digest.best),
        worst: extreme(&digest.worst),
        digest,
        channels,
        posts,
        next: next.map(|next| next.to_string()),
    })
}
