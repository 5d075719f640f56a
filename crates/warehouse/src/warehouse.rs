//! The warehouse: opening it, asking for a sign of life, counting what is in it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};
use serde::Serialize;

use crate::{
    Error, PublicationState, Result,
    entity::{hour, post, publication, unsigned},
    store::Store,
};

/// Scored posts, hours and publications, on Postgres or on SQLite. Cheap to clone; clones share the connections.
///
/// Times are cut to milliseconds. Any method may fail with [`Error::Unavailable`], after which nothing is known of
/// the call's effect; all are safe to repeat, but [`Warehouse::begin_sending`], after whose failure the publication
/// may be marked as being sent.
#[derive(Clone)]
pub struct Warehouse {
    pub(crate) store: Arc<Store>,
    pub(crate) collapses_copies: bool,
}

/// What the warehouse holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarehouseTotals {
    /// Scored posts.
    pub posts: u64,
    /// Hours that were sealed with posts. Empty ones come by themselves as time goes by, and would tell nothing.
    pub hours_sealed: u64,
    /// Publications by state; states that none is in are absent.
    pub publications: BTreeMap<PublicationState, u64>,
}

impl Warehouse {
    /// Opens the warehouse at `url`, whose scheme picks the database: `postgres:`, `postgresql:` or `sqlite:`. Its
    /// schema is left alone: see [`Warehouse::prepare`].
    ///
    /// # Errors
    /// [`Error::Refused`] for another scheme, a URL that cannot be read, a wrong password or a database that is not
    /// there; [`Error::Unavailable`], within five seconds, when the server does not answer.
    pub async fn connect(url: &str) -> Result<Self> {
        let store = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => Store::postgres(url).await?,
            Some("sqlite") => Store::sqlite(url).await?,
            _ => {
                return Err(Error::Refused(format!(
                    "the warehouse's URL begins with neither postgres:// nor sqlite://: \"{}\"",
                    url.split(':').next().unwrap_or_default()
                )));
            }
        };
        Ok(Self {
            store: Arc::new(store),
            collapses_copies: false,
        })
    }

    /// Whether, of the posts of an hour that say the same, only the first can be best or worst. No unless set.
    #[must_use]
    pub fn collapsing_copies(self, collapses_copies: bool) -> Self {
        Self {
            collapses_copies,
            ..self
        }
    }

    /// See [`Warehouse::collapsing_copies`].
    pub fn collapses_copies(&self) -> bool {
        self.collapses_copies
    }

    /// The database's URL without its password, for messages.
    pub fn place(&self) -> &str {
        self.store.place()
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is none.
    pub async fn check(&self) -> Result<()> {
        self.store
            .reader()
            .execute_unprepared("SELECT 1")
            .await
            .map(drop)
            .map_err(|error| self.store.failed(&error))
    }

    /// Counts what the warehouse holds. Reads every post's entry in an index: for a person, not for a loop.
    ///
    /// # Errors
    /// [`Error`], when the database cannot be read.
    pub async fn totals(&self) -> Result<WarehouseTotals> {
        let snapshot = self.store.snapshot().await?;
        let totals = totals(&snapshot).await;
        self.store.end(snapshot, totals).await
    }
}

impl fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Warehouse").field(&self.place()).finish()
    }
}

async fn totals(db: &impl ConnectionTrait) -> Result<WarehouseTotals, DbErr> {
    let counted: Vec<(String, i64)> = publication::Entity::find()
        .select_only()
        .column(publication::Column::State)
        .column_as(publication::Column::Id.count(), "publications")
        .group_by(publication::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    let mut publications = BTreeMap::new();
    for (word, count) in counted {
        let state = PublicationState::parse(&word)
            .ok_or_else(|| DbErr::Type(format!("publications.state holds \"{word}\"")))?;
        publications.insert(state, unsigned(count)?);
    }
    Ok(WarehouseTotals {
        posts: post::Entity::find().count(db).await?,
        hours_sealed: hour::Entity::find()
            .filter(hour::Column::Posts.gt(0))
            .count(db)
            .await?,
        publications,
    })
}
