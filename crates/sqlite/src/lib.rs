//! The one SQLite file that may hold queue, lake and warehouse.
//!
//! SQLite lets one connection write at a time. Instead of letting the stores of a process collide and sleep in the
//! busy handler, each file is opened once a process, with a pool of exactly one writing connection, whose queue
//! of waiters is fair, and a few reading ones, which WAL lets read while it writes. Other processes are waited for
//! by the busy timeout.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Weak},
    time::Duration,
};

use sqlx::{
    Connection, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;

/// How long a statement waits for another process's write to end before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reading connections a file: more than the two or three queries that ever overlap in one process.
const READERS: u32 = 4;

/// How long a caller waits for the process's one writing connection. Transactions are short (at most 500 rows), so
/// this only ends the wait of a caller behind a disk that stands still.
const WRITER_WAIT: Duration = Duration::from_secs(30);

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is no `sqlite:` URL of a file.
    #[error("{0}")]
    BadUrl(String),
    /// The folder could not be made.
    #[error("the folder of {path} cannot be made: {cause}")]
    Folder {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// SQLite refused.
    #[error("{path} cannot be opened as a SQLite database: {cause}")]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        cause: sqlx::Error,
    },
}

/// An open SQLite file, shared by every store of the process that names it.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    writer: SqlitePool,
    reader: SqlitePool,
}

static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<Database>>>> = LazyLock::new(Mutex::default);

impl Database {
    /// Opens the file that `sqlite://PATH` names (relative to the working directory, or absolute as
    /// `sqlite:///PATH`), created with its folder when it is not there.
    ///
    /// # Errors
    /// [`Error`], each with the path and the cause.
    pub async fn open_url(url: &str) -> Result<Arc<Self>, Error> {
        let path = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
            .map(|path| path.split('?').next().unwrap_or_default())
            .filter(|path| !path.is_empty() && *path != ":memory:")
            .ok_or_else(|| {
                Error::BadUrl(format!(
                    "\"{url}\" names no SQLite file: write sqlite://moodwire.db or sqlite:///var/lib/moodwire.db"
                ))
            })?;
        Self::open(Path::new(path)).await
    }

    /// Opens the file at `path`, created with its folder when it is not there. A file that this process has open
    /// already is shared, not opened again.
    ///
    /// # Errors
    /// [`Error`], each with the path and the cause.
    pub async fn open(path: &Path) -> Result<Arc<Self>, Error> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut open = OPEN.lock().await;
        if let Some(database) = open.get(&path).and_then(Weak::upgrade) {
            return Ok(database);
        }
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|cause| Error::Folder {
                    path: path.clone(),
                    cause,
                })?;
        }
        let database = Arc::new(Self::connect(path.clone()).await?);
        open.retain(|_, database| database.strong_count() > 0);
        open.insert(path, Arc::downgrade(&database));
        Ok(database)
    }

    /// The same file on connections of its own, for whoever must get on though the rest of the process stand still. A
    /// pool gets a connection back from a task of the runtime that used it: while that runtime's threads are blocked,
    /// nobody else gets it.
    ///
    /// # Errors
    /// [`Error::Open`].
    pub async fn apart(&self) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self::connect(self.path.clone()).await?))
    }

    async fn connect(path: PathBuf) -> Result<Self, Error> {
        // FULL: a publication's `sending` mark must survive a power cut, or it could be sent twice.
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        let failed = |cause| Error::Open {
            path: path.clone(),
            cause,
        };
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(WRITER_WAIT)
            .idle_timeout(None)
            .max_lifetime(None)
            // SQLite ends a transaction by itself when the disk is full or fails; sqlx then counts it as open for ever
            // and could begin no other. Such a connection is replaced.
            .before_acquire(|connection, _| {
                Box::pin(async move { Ok(!connection.is_in_transaction()) })
            })
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(WRITER_WAIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(failed)?;
        Ok(Self {
            path,
            writer,
            reader,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The pool of the one writing connection. Hold it shortly; never wait for anything else while holding it.
    pub fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// The pool of reading connections.
    pub fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// Begins a writing transaction that takes SQLite's write lock at once, so that it never fails half-way
    /// because another process wrote in between.
    ///
    /// # Errors
    /// SQLite's, such as a lock held by another process for longer than the busy timeout.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_opened_once_a_process() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/deep/er/moodwire.db", folder.path().display());
        let one = Database::open_url(&url).await.unwrap();
        let two = Database::open_url(&url).await.unwrap();
        assert!(Arc::ptr_eq(&one, &two));
    }

    #[tokio::test]
    async fn a_url_without_a_file_is_refused_with_the_mend() {
        for url in ["sqlite://", "sqlite::memory:", "postgres://localhost"] {
            let error = Database::open_url(url).await.unwrap_err().to_string();
            assert!(error.contains("write sqlite://moodwire.db"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(
            &path,
            "these are notes, and long enough to be no empty database",
        )
        .unwrap();
        let error = Database::open(&path).await.unwrap_err().to_string();
        assert!(error.contains("notes.txt"), "{error}");
    }
}
