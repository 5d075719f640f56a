//! The schema: what is applied, bringing it up to date, taking it back.

use moodwire_migration::{Migrator, MigratorTrait, SchemaManager, seaql_migrations};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, QueryOrder};

use crate::{Error, Result, Warehouse, locks};

/// A migration that this program knows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Migration {
    /// Its name; names sort by age.
    pub name: String,
    /// True when the database has it.
    pub applied: bool,
}

impl Warehouse {
    /// Makes sure that the schema is this program's. A SQLite file is brought up to date; a Postgres database, which
    /// other programs may be using, is left as it is.
    ///
    /// # Errors
    /// [`Error::Refused`] with the command to run when a Postgres schema is behind, and for a schema that a newer
    /// program made.
    pub async fn prepare(&self) -> Result<()> {
        if !self.store.is_postgres() {
            // Asked first, so that starting does not wait for the write lock when there is nothing to do.
            if self.migrations().await?.iter().any(|known| !known.applied) {
                self.migrate_up().await?;
            }
            return Ok(());
        }
        let migrations = self.migrations().await?;
        let behind = migrations.iter().filter(|known| !known.applied).count();
        if behind == 0 {
            return Ok(());
        }
        Err(Error::Refused(format!(
            "the schema of the warehouse at {} is behind by {behind} of {} migrations: run `moodwire migrate up`",
            self.place(),
            migrations.len()
        )))
    }

    /// Applies what is missing, in one transaction, and names it, oldest first. Safe to run in several processes at
    /// once: one applies, the others find nothing left.
    ///
    /// # Errors
    /// [`Error::Refused`] for a schema that a newer program made; [`Error`] when the database does not take it.
    pub async fn migrate_up(&self) -> Result<Vec<String>> {
        let transaction = self.lock_schema().await?;
        let before = self.known(applied(&transaction).await)?;
        let missing = names(&before, false);
        let outcome = if missing.is_empty() {
            Ok(())
        } else {
            Migrator::up(&transaction, None).await
        };
        self.store.end(transaction, outcome).await?;
        Ok(missing)
    }

    /// Takes the last `steps` migrations back, in one transaction, with all that their tables hold, and names them,
    /// newest first.
    ///
    /// # Errors
    /// As [`Warehouse::migrate_up`].
    pub async fn migrate_down(&self, steps: u32) -> Result<Vec<String>> {
        let transaction = self.lock_schema().await?;
        let before = self.known(applied(&transaction).await)?;
        let mut undone = names(&before, true);
        undone.reverse();
        undone.truncate(usize::try_from(steps).unwrap_or(usize::MAX));
        let outcome = if undone.is_empty() {
            Ok(())
        } else {
            Migrator::down(&transaction, Some(steps)).await
        };
        self.store.end(transaction, outcome).await?;
        Ok(undone)
    }

    /// The migrations that this program knows, oldest first. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] when the database has one that this program does not know.
    pub async fn migrations(&self) -> Result<Vec<Migration>> {
        let snapshot = self.store.snapshot().await?;
        let applied = applied(&snapshot).await;
        let applied = self.store.end(snapshot, applied).await?;
        self.known(Ok(applied))
    }

    /// Begins the one transaction that may change the schema at a time. (On SQLite every writing one is that.)
    async fn lock_schema(&self) -> Result<DatabaseTransaction> {
        let transaction = self.store.begin().await?;
        locks::schema(&transaction)
            .await
            .map_err(|error| self.store.failed(&error))?;
        Ok(transaction)
    }

    /// Sets what this program knows against what the database has.
    fn known(&self, applied: Result<Vec<String>, DbErr>) -> Result<Vec<Migration>> {
        let applied = applied.map_err(|error| self.store.failed(&error))?;
        let known: Vec<Migration> = Migrator::migrations()
            .iter()
            .map(|migration| Migration {
                name: migration.name().to_owned(),
                applied: applied.iter().any(|name| name == migration.name()),
            })
            .collect();
        let strange = applied
            .iter()
            .find(|name| known.iter().all(|migration| migration.name != **name));
        match strange {
            None => Ok(known),
            Some(name) => Err(Error::Refused(format!(
                "the schema of the warehouse at {} is newer than this program, which does not know its migration \
                 {name}: run the newer moodwire",
                self.place()
            ))),
        }
    }
}

/// The names that the database remembers, oldest first; none when it never had any.
async fn applied(db: &DatabaseTransaction) -> Result<Vec<String>, DbErr> {
    let manager = SchemaManager::new(db);
    if !manager.has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let rows = seaql_migrations::Entity::find()
        .order_by_asc(seaql_migrations::Column::Version)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

fn names(migrations: &[Migration], applied: bool) -> Vec<String> {
    migrations
        .iter()
        .filter(|migration| migration.applied == applied)
        .map(|migration| migration.name.clone())
        .collect()
}
