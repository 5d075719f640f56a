//! The digest: an hour's best and worst post with the hour's counts and mean.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{Hour, PostKey, post::Timestamp};

/// A post as a digest shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DigestPost {
    /// The post's key.
    pub id: PostKey,
    /// The author's handle.
    pub author: String,
    /// The author's display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
    /// The full text.
    pub text: String,
    /// Where to read it.
    pub url: Option<String>,
    /// The score's compound.
    pub compound: f64,
    /// When it was written.
    pub created_at: Timestamp,
    /// How many other posts of its hour say the same, where copies are collapsed to the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub copies: u64,
    /// Names of the actors of the watchlist that it matches, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What was not complete when an hour was sealed because it could no longer be waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Names of the sources that had not been collected past the hour's end.
    pub sources: Vec<String>,
    /// How many batches with posts of the hour were not scored.
    pub batches: u64,
}

impl Missing {
    /// True when nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.batches == 0
    }
}

/// An hour's counts, as frozen when it was sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HourSummary {
    /// The hour.
    pub hour: Hour,
    /// Posts in it.
    pub posts: u64,
    /// Mean compound; none in an hour without posts.
    pub mean_compound: Option<f64>,
    /// Posts at or above +0.05.
    pub positive: u64,
    /// Posts at or below −0.05.
    pub negative: u64,
    /// The rest.
    pub neutral: u64,
    /// Posts that came after the hour was sealed.
    pub late: u64,
    /// When it was sealed; none while it is still open.
    pub sealed_at: Option<Timestamp>,
    /// What was missing when it was sealed.
    #[serde(skip_serializing_if = "Missing::is_empty")]
    pub missing: Missing,
}

/// An hour's best and worst post with its counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// The hour's counts.
    #[serde(flatten)]
    pub summary: HourSummary,
    /// Highest compound; ties go to the earlier post, then to the smaller key.
    pub best: Option<DigestPost>,
    /// Lowest compound, ties likewise; equals `best` only in an hour with one post.
    pub worst: Option<DigestPost>,
    /// The hours up to this one that have posts, oldest first: this one, and those of the [`TREND_HOURS`] before it.
    #[serde(default)]
    pub trend: Vec<HourMean>,
}

/// How far back a digest looks: as far as the same hour of the day before.
pub const TREND_HOURS: i64 = 24;

/// An hour's place in a trend.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HourMean {
    /// The hour.
    pub hour: Hour,
    /// Posts in it; at least one.
    pub posts: u64,
    /// Their mean compound.
    pub mean_compound: f64,
}

impl Digest {
    /// How much the mean rose since the hour that began so many hours earlier; none when either has no posts.
    pub fn change_since(&self, hours_back: i64) -> Option<f64> {
        let then = Hour::of(self.summary.hour.start() - TimeDelta::hours(hours_back));
        let earlier = self.trend.iter().find(|point| point.hour == then)?;
        Some(self.summary.mean_compound? - earlier.mean_compound)
    }
}

/// Which posts a channel's digests are made of. Empty sets let everything pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Posts that match one of these actors.
    pub actors: BTreeSet<String>,
    /// Posts that one of these sources brought, by the sources' configured names.
    pub sources: BTreeSet<String>,
}

impl Selection {
    /// True when every post passes.
    pub fn is_everything(&self) -> bool {
        self.actors.is_empty() && self.sources.is_empty()
    }
}
