//! Where an installation keeps its data: one SQLite file, or servers that `cargo xtask test` started.

use std::path::Path;

use moodwire_testing::{mongodb, postgres, redis, unique_name};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

/// Stores of one installation's own.
pub(crate) enum Stores {
    Embedded,
    Servers {
        redis: String,
        postgres: String,
        mongodb: String,
        /// Key prefix and both databases' name.
        name: String,
    },
}

impl Stores {
    /// A key prefix and databases of their own on the real servers; none where a server is not to be had.
    pub(crate) async fn servers() -> Option<Self> {
        let (redis, postgres, mongodb) = (redis()?, postgres()?, mongodb()?);
        let name = unique_name("moodwire");
        admin(&postgres)
            .await
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        Some(Self::Servers {
            redis,
            postgres,
            mongodb,
            name,
        })
    }

    pub(super) fn config(&self) -> String {
        match self {
            Self::Embedded => String::new(),
            Self::Servers {
                redis,
                postgres,
                mongodb,
                name,
            } => format!(
                "[queue]\nurl = \"{redis}\"\nprefix = \"{name}\"\n[lake]\nurl = \"{mongodb}/{name}\"\n\
                 [warehouse]\nurl = \"{postgres}/{name}\"\n"
            ),
        }
    }

    /// Where the lake is, in an installation whose embedded database is `database`.
    pub(super) fn lake(&self, database: &Path) -> String {
        match self {
            Self::Embedded => format!("sqlite://{}", database.display()),
            Self::Servers { mongodb, name, .. } => format!("{mongodb}/{name}"),
        }
    }

    pub(super) async fn remove(self) {
        let Self::Servers { postgres, name, .. } = self else {
            return;
        };
        admin(&postgres)
            .await
            .execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)"))
            .await
            .unwrap();
    }
}

async fn admin(postgres: &str) -> DatabaseConnection {
    Database::connect(format!("{postgres}/postgres"))
        .await
        .unwrap()
}
