//! The connections: a pool on Postgres, the process's one writer and its readers on SQLite.

use std::{sync::Arc, time::Duration};

use moodwire_sqlite::Database;
use sea_orm::{
    AccessMode, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, SqlxPostgresConnector, SqlxSqliteConnector, Statement,
    TransactionOptions, TransactionTrait, Value,
    sqlx::{
        self, ConnectOptions, Connection,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use url::Url;

use crate::{Error, Result};

/// How long the first connection may take before the server counts as unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a query waits for a connection of the pool, or for a server that is away, before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections a process: enough for the jobs that overlap in one, few enough that ten processes stay below
/// Postgres's default of 100.
const MAX_CONNECTIONS: u32 = 10;

/// An open database, whichever it is.
pub(crate) struct Store {
    backend: DbBackend,
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    place: String,
    /// Keeps the file open for the other stores of the process that name it.
    _file: Option<Arc<Database>>,
}

impl Store {
    /// Opens the SQLite file that `url` names.
    pub(crate) async fn sqlite(url: &str) -> Result<Self> {
        let file = Database::open_url(url).await.map_err(|error| match error {
            moodwire_sqlite::Error::BadUrl(sentence) => Error::Refused(sentence),
            moodwire_sqlite::Error::Open {
                cause: sqlx::Error::Database(said),
                path,
            } if said.code().as_deref() == Some("26") => Error::Refused(format!(
                "{} is no SQLite database: name another file in [warehouse] url",
                path.display()
            )),
            other => Error::unavailable(url, &other),
        })?;
        Ok(Self {
            backend: DbBackend::Sqlite,
            writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(file.writer().clone()),
            reader: SqlxSqliteConnector::from_sqlx_sqlite_pool(file.reader().clone()),
            place: url.to_owned(),
            _file: Some(file),
        })
    }

    /// Opens a pool to the Postgres database that `url` names.
    ///
    /// The pool is made here and not by SeaORM, whose connector would trace the URL with its password. One
    /// connection is tried beforehand, because a pool goes on trying for as long as a query may wait.
    pub(crate) async fn postgres(url: &str) -> Result<Self> {
        let place = without_password(url)?;
        let options: PgConnectOptions = url.parse().map_err(|_| {
            Error::Refused(format!(
                "the warehouse's URL cannot be read: write postgres://USER:PASSWORD@HOST/DATABASE instead of {place}"
            ))
        })?;
        let options = options
            .application_name("moodwire")
            .disable_statement_logging();
        match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
            Ok(Ok(connection)) => drop(connection.close().await),
            Ok(Err(error)) => return Err(Error::from_driver(&place, &error)),
            Err(_) => {
                return Err(Error::unavailable(
                    &place,
                    &format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()),
                ));
            }
        }
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options);
        let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        Ok(Self {
            backend: DbBackend::Postgres,
            writer: connection.clone(),
            reader: connection,
            place,
            _file: None,
        })
    }

    /// For a read of one statement.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For a write of one statement.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// The database's URL without its password.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    /// Begins a writing transaction; on SQLite it takes the write lock at once.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: (!self.is_postgres())
                .then_some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        self.writer
            .begin_with_options(options)
            .await
            .map_err(|error| self.failed(&error))
    }

    /// Begins a reading transaction, all of whose statements see the same moment.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction> {
        let options = if self.is_postgres() {
            TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..Default::default()
            }
        } else {
            TransactionOptions::default()
        };
        self.reader
            .begin_with_options(options)
            .await
            .map_err(|error| self.failed(&error))
    }

    /// Ends a transaction with what came of it: committed when `outcome` is good, rolled back when it is not.
    pub(crate) async fn end<T>(
        &self,
        transaction: DatabaseTransaction,
        outcome: Result<T, DbErr>,
    ) -> Result<T> {
        let ended = match outcome {
            Ok(value) => transaction.commit().await.map(|()| value),
            // A roll-back that fails leaves nothing to be done: the connection is gone and the database rolls back.
            Err(error) => {
                drop(transaction.rollback().await);
                Err(error)
            }
        };
        ended.map_err(|error| self.failed(&error))
    }

    /// What a failure of the database means.
    pub(crate) fn failed(&self, error: &DbErr) -> Error {
        Error::from_orm(&self.place, error)
    }
}

/// A statement in SQL that both databases read, with `$1`, `$2` … for its values.
pub(crate) fn statement(
    backend: DbBackend,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(backend, sql, values)
}

/// Cuts `rows` into pieces whose lengths are powers of two, at most 256.
///
/// Each length is a statement text of its own, which the driver and the server keep prepared: nine of them serve
/// batches of every size, and none comes near the limit of bound values (SQLite's 32,766; Postgres has 65,535).
pub(crate) fn pieces<T>(mut rows: &[T]) -> Vec<&[T]> {
    let mut pieces = Vec::new();
    while !rows.is_empty() {
        let length = (1 << rows.len().ilog2()).min(256);
        let (piece, rest) = rows.split_at(length);
        pieces.push(piece);
        rows = rest;
    }
    pieces
}

/// The URL as messages may show it: no password, and no query, which can hold one as well.
fn without_password(url: &str) -> Result<String> {
    let unread = |cause: &str| {
        Error::Refused(format!(
            "the warehouse's URL cannot be read ({cause}): write postgres://USER:PASSWORD@HOST/DATABASE"
        ))
    };
    let mut shown = Url::parse(url).map_err(|error| unread(&error.to_string()))?;
    if shown.cannot_be_a_base() {
        return Err(unread("no // after the scheme"));
    }
    // Refused only for URLs that can have no password.
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    Ok(shown.to_string())
}
