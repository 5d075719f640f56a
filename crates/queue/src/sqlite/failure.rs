//! What SQLite's failures mean to the queue's caller.

use sqlx::error::ErrorKind;

use crate::Error;

/// SQLite's primary result codes for a file whose content is at fault, so that trying again cannot help:
/// `SQLITE_ERROR` (a table or column is missing), `SQLITE_CORRUPT`, `SQLITE_NOTADB`.
const CONTENT: [u32; 3] = [1, 11, 26];

/// Content that this program did not write is [`Error::Corrupt`]. All else (a lock held for too long, a full disk, a
/// failing or read-only one) is [`Error::Unavailable`]: somebody can mend it while the program runs.
pub(super) fn classify(place: &str, error: &sqlx::Error) -> Error {
    let place = place.to_owned();
    let cause = error.to_string();
    if is_content(error) {
        Error::Corrupt { place, cause }
    } else {
        Error::Unavailable { place, cause }
    }
}

/// Content that cannot be read, as the driver's error, so that it travels as the driver's own do.
pub(super) fn unexpected(what: String) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

fn is_content(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            // The low byte of an extended result code is the primary one.
            let primary = error
                .code()
                .and_then(|code| code.parse::<u32>().ok())
                .map(|code| code & 0xff);
            error.kind() != ErrorKind::Other || primary.is_some_and(|code| CONTENT.contains(&code))
        }
        sqlx::Error::Decode(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::RowNotFound => true,
        _ => false,
    }
}
