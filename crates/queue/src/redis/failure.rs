//! What Redis and its driver report, told apart by what the caller can do about it.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::Error;

/// The queue's error for the driver's. Everything that may pass is [`Error::Unavailable`]: a connection lost, an
/// answer that does not come, a server that loads, fails over, runs a script of someone else's or is out of memory.
pub(super) fn failure(place: &str, error: &RedisError) -> Error {
    let place = place.to_owned();
    let cause = error.to_string();
    match error.kind() {
        ErrorKind::InvalidClientConfig => {
            Error::Refused(format!("the queue's URL {place} cannot be used: {cause}"))
        }
        ErrorKind::AuthenticationFailed => refused_password(&place, &cause),
        ErrorKind::Server(ServerErrorKind::NoPerm) => refused_password(&place, &cause),
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Error::Corrupt { place, cause },
        _ => match error.code() {
            Some("NOAUTH" | "WRONGPASS") => refused_password(&place, &cause),
            Some("WRONGTYPE") => Error::Corrupt { place, cause },
            // A script that fails on its own account has met a value that it did not write.
            Some("ERR") if cause.contains("user_script") => Error::Corrupt { place, cause },
            _ => Error::Unavailable { place, cause },
        },
    }
}

fn refused_password(place: &str, cause: &str) -> Error {
    Error::Refused(format!(
        "the queue at {place} refuses this user or password: {cause}; mend the [queue] url"
    ))
}

/// An answer that is not of the shape that the scripts give.
pub(super) fn corrupt(place: &str, cause: impl Into<String>) -> Error {
    Error::Corrupt {
        place: place.to_owned(),
        cause: cause.into(),
    }
}
