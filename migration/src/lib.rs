//! The warehouse's schema, as migrations that go up and down on Postgres and on SQLite alike.
//!
//! A migration that was released is never edited: its name is what databases remember. To change the schema, add
//! a file here, its line in [`Migrator::migrations`], and the entity in `crates/warehouse`.

mod m20261123_000001_posts;
mod m20261123_000002_hours;
mod m20261123_000003_publications;
mod m20261124_000004_channels;
mod m20261124_000005_versions;
mod m20261128_000006_audit;
mod m20261128_000007_mood;
mod m20261128_000008_actor_mood;

pub use sea_orm_migration::{
    MigrationTrait, MigratorTrait, SchemaManager, async_trait, seaql_migrations,
};

/// All migrations, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_posts::Migration),
            Box::new(m20261123_000002_hours::Migration),
            Box::new(m20261123_000003_publications::Migration),
            Box::new(m20261124_000004_channels::Migration),
            Box::new(m20261124_000005_versions::Migration),
            Box::new(m20261128_000006_audit::Migration),
            Box::new(m20261128_000007_mood::Migration),
            Box::new(m20261128_000008_actor_mood::Migration),
        ]
    }
}
