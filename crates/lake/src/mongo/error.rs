//! The driver's errors in the lake's terms.

use mongodb::error::{Error as DriverError, ErrorKind, WriteFailure};

use crate::Error;

/// The server's codes that mean "not now": it is no primary (any longer), shuts down, is overloaded, out of disk, or
/// could not gather its majority in time.
const NOT_NOW: [i32; 25] = [
    6, 7, 24, 46, 50, 64, 79, 89, 91, 100, 112, 189, 202, 262, 334, 9001, 10058, 10107, 11600,
    11602, 13435, 13436, 13388, 14031, 384,
];

/// The server's codes for a user who may not: unauthorised, wrong password.
const NOT_ALLOWED: [i32; 3] = [13, 18, 8000];

/// What `cause` means for the caller.
pub(super) fn told(place: &str, cause: &DriverError) -> Error {
    let unavailable = |cause: String| Error::Unavailable {
        place: place.to_owned(),
        cause,
    };
    match cause.kind.as_ref() {
        ErrorKind::ServerSelection { message, .. } => unavailable(selection(message)),
        ErrorKind::Authentication { message, .. } => not_allowed(place, message),
        ErrorKind::Command(refusal) => by_code(place, refusal.code, refusal.message.clone()),
        ErrorKind::Write(WriteFailure::WriteError(refusal)) => {
            by_code(place, refusal.code, refusal.message.clone())
        }
        ErrorKind::Write(WriteFailure::WriteConcernError(unsure)) => {
            unavailable(unsure.message.clone())
        }
        ErrorKind::BsonDeserialization(cause) => Error::Corrupt {
            place: place.to_owned(),
            cause: cause.to_string(),
        },
        ErrorKind::InvalidResponse { message, .. } => Error::Corrupt {
            place: place.to_owned(),
            cause: message.clone(),
        },
        ErrorKind::InvalidArgument { .. }
        | ErrorKind::BsonSerialization(_)
        | ErrorKind::InvalidTlsConfig { .. }
        | ErrorKind::IncompatibleServer { .. } => Error::Refused(format!(
            "the lake at {place} cannot be used so: {}",
            cause.kind
        )),
        other => unavailable(other.to_string()),
    }
}

/// What a refusal by the server means for the caller.
pub(super) fn by_code(place: &str, code: i32, message: String) -> Error {
    if NOT_NOW.contains(&code) {
        Error::Unavailable {
            place: place.to_owned(),
            cause: message,
        }
    } else if NOT_ALLOWED.contains(&code) {
        not_allowed(place, &message)
    } else {
        Error::Refused(format!(
            "the lake at {place} refuses: {message} (MongoDB's code {code})"
        ))
    }
}

fn not_allowed(place: &str, message: &str) -> Error {
    // The server goes on with the whole command, posts and all.
    let message = message.split(" {").next().unwrap_or_default();
    Error::Refused(format!(
        "the lake at {place} does not let this user in: {}; check the user, password and authSource of the lake's URL",
        message.trim_end_matches('.')
    ))
}

/// The driver prints its whole view of the topology; the first server's error is what a person needs of it.
fn selection(message: &str) -> String {
    match message.split_once("Kind: ") {
        Some((_, tail)) => {
            let end = tail.find(", labels").unwrap_or(tail.len());
            format!("no server to use was found: {}", &tail[..end])
        }
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_servers_error_is_picked_from_the_topology() {
        let message = "Server selection timeout: No available servers. Topology: { Type: Unknown, Servers: [ { Address: \
                       a:1, Type: Unknown, Error: Kind: I/O error: Connection refused (os error 111), labels: {} } ] }";
        assert_eq!(
            selection(message),
            "no server to use was found: I/O error: Connection refused (os error 111)"
        );
        assert_eq!(selection("nothing known"), "nothing known");
    }

    #[test]
    fn a_server_that_stepped_down_is_unavailable_and_a_stranger_is_refused() {
        assert!(by_code("mongodb://h/db", 10107, "not primary".into()).is_unavailable());
        assert!(!by_code("mongodb://h/db", 13, "not authorized".into()).is_unavailable());
        assert!(!by_code("mongodb://h/db", 2, "bad value".into()).is_unavailable());
    }
}
