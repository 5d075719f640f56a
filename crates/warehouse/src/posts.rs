//! Posts as they are stored: one by its key, an hour's page by page.

mod page;
mod token;

use std::collections::BTreeMap;

use moodwire_model::{Hour, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use serde::Serialize;

pub use self::{
    page::PostOrder,
    token::{ParseTokenError, PostToken},
};
use crate::{
    Result, Warehouse,
    entity::{post, post_actor},
    store::pieces,
};

/// A scored post, whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PostRow {
    /// Its key.
    pub id: String,
    /// The network.
    pub source: String,
    /// The name of the source that brought it; none of a post that came before this was noted.
    pub feed: Option<String>,
    /// The author's handle.
    pub author: String,
    /// The author's display name.
    pub author_name: Option<String>,
    /// Its text.
    pub text: String,
    /// Where to read it.
    pub url: Option<String>,
    /// Its language.
    pub lang: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was collected.
    pub collected_at: Timestamp,
    /// When it was scored.
    pub scored_at: Timestamp,
    /// The hour that it counts in.
    pub hour: Hour,
    /// The score's compound.
    pub compound: f64,
    /// The score's positive share.
    pub pos: f64,
    /// The score's neutral share.
    pub neu: f64,
    /// The score's negative share.
    pub neg: f64,
    /// What scored it.
    pub scorer: String,
    /// The batch that brought it.
    pub batch: String,
    /// Names of the actors that it matches, sorted.
    pub actors: Vec<String>,
    /// When it was deleted: it counts no more.
    pub deleted_at: Option<Timestamp>,
    /// Why it is never best or worst.
    pub barred: Option<String>,
}

impl Warehouse {
    /// The post of this key, deleted or not.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn post(&self, id: &str) -> Result<Option<PostRow>> {
        let db = self.store.reader();
        let found = async {
            let row = post::Entity::find_by_id(id).one(db).await?;
            let rows = with_actors(db, row.into_iter().collect()).await?;
            Ok(rows.into_iter().next())
        };
        found.await.map_err(|error| self.store.failed(&error))
    }
}

/// The rows with the actors that they match.
async fn with_actors(
    db: &impl ConnectionTrait,
    rows: Vec<post::Model>,
) -> Result<Vec<PostRow>, DbErr> {
    let ids: Vec<&str> = rows.iter().map(|row| &*row.id).collect();
    let mut actors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for piece in pieces(&ids) {
        let found = post_actor::Entity::find()
            .filter(post_actor::Column::PostId.is_in(piece.iter().copied()))
            .all(db)
            .await?;
        for row in found {
            actors.entry(row.post_id).or_default().push(row.actor);
        }
    }
    let with = |row: post::Model| {
        let mut matching = actors.remove(&row.id).unwrap_or_default();
        matching.sort_unstable();
        PostRow {
            actors: matching,
            ..row.into()
        }
    };
    Ok(rows.into_iter().map(with).collect())
}

impl From<post::Model> for PostRow {
    fn from(row: post::Model) -> Self {
        Self {
            id: row.id,
            source: row.source,
            feed: row.feed,
            author: row.author,
            author_name: row.author_name,
            text: row.text,
            url: row.url,
            lang: row.lang,
            created_at: row.created_at,
            collected_at: row.collected_at,
            scored_at: row.scored_at,
            hour: Hour::of(row.hour),
            compound: row.compound,
            pos: row.pos,
            neu: row.neu,
            neg: row.neg,
            scorer: row.scorer,
            batch: row.batch,
            actors: Vec::new(),
            deleted_at: row.deleted_at,
            barred: row.barred,
        }
    }
}
