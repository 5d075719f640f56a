//! SQLite's errors in the lake's terms.

use crate::Error;

/// SQLite's primary result codes for a file that is no database, or no longer a whole one.
const BROKEN: [i32; 2] = [11, 26];

/// SQLite's primary result codes for a row, value or statement that the tables do not take, which only tables that are
/// not ours explain: generic error (no such table or column), constraint, mismatch.
const NOT_OURS: [i32; 3] = [1, 19, 20];

/// SQLite's primary result code for a string or row that is too large.
const TOO_LARGE: i32 = 18;

/// What `cause` means for the caller.
pub(super) fn told(place: &str, cause: &sqlx::Error) -> Error {
    let corrupt = || Error::Corrupt {
        place: place.to_owned(),
        cause: cause.to_string(),
    };
    match cause {
        sqlx::Error::Database(refusal) => match primary(refusal.code().as_deref()) {
            Some(code) if BROKEN.contains(&code) || NOT_OURS.contains(&code) => corrupt(),
            Some(TOO_LARGE) => Error::Refused(format!(
                "the lake at {place} takes no row of this size: {refusal}"
            )),
            _ => unavailable(place, cause),
        },
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::Decode(_)
        | sqlx::Error::RowNotFound => corrupt(),
        _ => unavailable(place, cause),
    }
}

fn unavailable(place: &str, cause: &sqlx::Error) -> Error {
    Error::Unavailable {
        place: place.to_owned(),
        cause: cause.to_string(),
    }
}

/// The low byte of an extended result code.
fn primary(code: Option<&str>) -> Option<i32> {
    code?.parse::<i32>().ok().map(|code| code & 0xff)
}
