//! The table `posts`: every scored post.

use moodwire_model::{DigestPost, PostKey, ScoredPost, truncate_to_millis};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "posts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub source: String,
    pub author: String,
    pub author_name: Option<String>,
    pub text: String,
    pub url: Option<String>,
    pub lang: Option<String>,
    pub created_at: DateTimeUtc,
    pub collected_at: DateTimeUtc,
    pub scored_at: DateTimeUtc,
    pub hour: DateTimeUtc,
    pub compound: f64,
    pub pos: f64,
    pub neu: f64,
    pub neg: f64,
    pub scorer: String,
    pub batch: String,
    /// None of a post that came before this was noted.
    pub feed: Option<String>,
    pub edited_at: Option<DateTimeUtc>,
    /// A post with it counts no more.
    pub deleted_at: Option<DateTimeUtc>,
    pub barred: Option<String>,
    /// None of a post that came before this was noted.
    pub gist: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&ScoredPost> for Model {
    /// Scores are rounded to VADER's places, so that sums of them are exact; times to the millisecond that every
    /// store keeps.
    fn from(scored: &ScoredPost) -> Self {
        let ScoredPost {
            post,
            score,
            scored_at,
            batch,
            feed,
            barred,
            gist,
        } = scored;
        Self {
            id: post.key.as_str().to_owned(),
            source: post.network.clone(),
            author: post.author.clone(),
            author_name: post.author_name.clone(),
            text: post.text.clone(),
            url: post.url.clone(),
            lang: post.lang.clone(),
            created_at: truncate_to_millis(post.created_at),
            collected_at: truncate_to_millis(post.collected_at),
            scored_at: truncate_to_millis(*scored_at),
            hour: post.hour.start(),
            compound: rounded(score.compound, 1e4),
            pos: rounded(score.pos, 1e3),
            neu: rounded(score.neu, 1e3),
            neg: rounded(score.neg, 1e3),
            scorer: score.scorer.clone(),
            batch: batch.clone(),
            feed: Some(feed.clone()),
            edited_at: post.edited_at.map(truncate_to_millis),
            deleted_at: post.deleted_at.map(truncate_to_millis),
            barred: barred.clone(),
            gist: Some(*gist),
        }
    }
}

impl From<Model> for DigestPost {
    fn from(post: Model) -> Self {
        Self {
            id: PostKey::from_stored(post.id),
            author: post.author,
            author_name: post.author_name,
            text: post.text,
            url: post.url,
            compound: post.compound,
            created_at: post.created_at,
            copies: 0,
            actors: Vec::new(),
        }
    }
}

/// `value` to the nearest `1/scale`; −0 becomes 0.
fn rounded(value: f64, scale: f64) -> f64 {
    (value * scale).round() / scale + 0.0
}
