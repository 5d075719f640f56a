//! What can go wrong with the warehouse, told apart by what the caller can do about it.

use std::fmt::Display;

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// A failure of the warehouse.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or refused for now. Nothing is known to have changed; try again.
    #[error("the warehouse at {place} cannot be reached: {cause}")]
    Unavailable {
        /// The database's URL without its password.
        place: String,
        /// What the driver said.
        cause: String,
    },
    /// What was asked for makes no sense, now or later: one sentence with the mend.
    #[error("{0}")]
    Refused(String),
    /// A value that the database does not take, such as a text with U+0000, or a score that is no number. Unlike
    /// [`Error::Refused`], it is the value's fault and not that of the configuration, the rights or the schema.
    #[error("{0}")]
    BadValue(String),
    /// The database holds something that this program did not write.
    #[error("the warehouse at {place} holds something unexpected: {cause}")]
    Corrupt {
        /// The database's URL without its password.
        place: String,
        /// What was found.
        cause: String,
    },
}

impl Error {
    /// True when trying again later can help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Sorts what SeaORM reports.
    pub(crate) fn from_orm(place: &str, error: &DbErr) -> Self {
        match error {
            DbErr::Conn(RuntimeErr::SqlxError(cause))
            | DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => Self::from_driver(place, cause),
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::unavailable(place, error),
            DbErr::Type(cause) => Self::corrupt(place, cause),
            other => Self::corrupt(place, other),
        }
    }

    /// Sorts what the driver reports.
    pub(crate) fn from_driver(place: &str, error: &sqlx::Error) -> Self {
        use sqlx::Error as Driver;
        match error {
            Driver::Database(said) => {
                let code = said.code().unwrap_or_default();
                let sqlite = said.try_downcast_ref::<sqlx::sqlite::SqliteError>();
                let fate = if sqlite.is_some() {
                    sqlite_fate(&code)
                } else {
                    postgres_fate(&code)
                };
                match fate {
                    Fate::Unavailable => Self::unavailable(place, &said.message()),
                    Fate::Corrupt => Self::corrupt(place, &said.message()),
                    Fate::Behind => Self::Refused(format!(
                        "the warehouse at {place} lacks a part of its schema ({}): run `moodwire migrate up`",
                        said.message()
                    )),
                    Fate::BadValue => Self::BadValue(format!(
                        "the warehouse at {place} does not take the value: {}",
                        said.message()
                    )),
                    Fate::Refused => Self::Refused(format!(
                        "the warehouse at {place} refused it: {}{}",
                        said.message(),
                        mend(&code)
                    )),
                }
            }
            Driver::Configuration(cause) => Self::Refused(format!(
                "the warehouse at {place} cannot be connected to as configured: {cause}"
            )),
            Driver::Encode(cause) => Self::BadValue(format!(
                "the warehouse at {place} cannot be given such a value: {cause}"
            )),
            Driver::ColumnDecode { .. }
            | Driver::ColumnNotFound(_)
            | Driver::ColumnIndexOutOfBounds { .. }
            | Driver::Decode(_)
            | Driver::TypeNotFound { .. }
            | Driver::RowNotFound => Self::corrupt(place, error),
            _ => Self::unavailable(place, error),
        }
    }

    pub(crate) fn unavailable(place: &str, cause: &dyn Display) -> Self {
        Self::Unavailable {
            place: place.to_owned(),
            cause: cause.to_string(),
        }
    }

    fn corrupt(place: &str, cause: &dyn Display) -> Self {
        Self::Corrupt {
            place: place.to_owned(),
            cause: cause.to_string(),
        }
    }
}

/// What a database's own error means to a caller.
enum Fate {
    Unavailable,
    Refused,
    BadValue,
    Behind,
    Corrupt,
}

/// By SQLSTATE (PostgreSQL's manual, appendix A).
fn postgres_fate(code: &str) -> Fate {
    match code {
        // undefined table, undefined column
        "42P01" | "42703" => Fate::Behind,
        // a standby, or a server set to read only, as during a fail-over
        "25006" => Fate::Unavailable,
        // a lock not granted
        "55P03" => Fate::Unavailable,
        _ => match code.get(..2) {
            // data exception, integrity constraint, a limit such as an index row's size
            Some("22" | "23" | "54") => Fate::BadValue,
            // connection, rollback (deadlock), resources, operator's intervention, system, internal
            Some("08" | "40" | "53" | "57" | "58" | "XX") => Fate::Unavailable,
            _ => Fate::Refused,
        },
    }
}

/// What to do about a refusal, where that is plain.
fn mend(code: &str) -> &'static str {
    match code {
        "28P01" | "28000" => "; check the user and the password in its URL",
        "3D000" => "; create it, or name another in the URL",
        _ => "",
    }
}

/// By primary result code (sqlite.org/rescode.html), which is the low byte of the extended one.
fn sqlite_fate(code: &str) -> Fate {
    match code.parse::<u32>().unwrap_or(0) & 0xff {
        // busy, locked, read only, interrupted, input/output, full, cannot open, protocol
        5 | 6 | 8 | 9 | 10 | 13 | 14 | 15 => Fate::Unavailable,
        // corrupt, no database
        11 | 26 => Fate::Corrupt,
        // too big, constraint, mismatch
        18..=20 => Fate::BadValue,
        _ => Fate::Refused,
    }
}

/// The warehouse's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
