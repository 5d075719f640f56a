//! Moodwire's warehouse: scored posts, hours and publications, on Postgres or on SQLite.
//!
//! A [`Warehouse`] is reached by URL, whose scheme picks the database; both pass one conformance suite, so that a
//! caller need not know which it has. The tables are the migrations of `migration/`; their names and columns are
//! stable, since users query them.

mod audit;
mod channels;
mod claim;
mod digest;
mod entity;
mod error;
mod hours;
mod ledger;
mod locks;
mod mood;
mod outlets;
mod posts;
mod publication;
mod remarks;
mod rescore;
mod schema;
mod store;
mod trend;
mod turn;
mod unpublished;
mod upsert;
mod warehouse;

pub use audit::{AuditEntry, AuditFilter, AuditRow};
pub use channels::Disabled;
pub use error::{Error, Result};
pub use mood::{MoodFilter, MoodHour};
pub use outlets::Outlet;
pub use posts::{ParseTokenError, PostOrder, PostRow, PostToken};
pub use publication::{Claim, Publication, PublicationState, Resolution};
pub use rescore::{HourPost, NewScore};
pub use schema::Migration;
pub use turn::Turn;
pub use upsert::Upserted;
pub use warehouse::{Warehouse, WarehouseTotals};
