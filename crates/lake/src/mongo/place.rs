//! The lake's URL: read for the driver, and cut for people.

use mongodb::{error::ErrorKind, options::ClientOptions};

use super::error;
use crate::{Error, Result};

/// The URL without its password and options: `mongodb://user@host:27017/moodwire`. Of a URL so malformed that it is
/// unclear where the password ends, nothing but the scheme.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.split(':').next().unwrap_or_default().to_owned() + ":…";
    };
    let (head, options) = rest.split_once('?').unwrap_or((rest, ""));
    match head.rsplit_once('@') {
        Some((userinfo, hosts)) => {
            let user = userinfo.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{hosts}")
        }
        // A question mark in a password that was not percent-encoded.
        None if options.contains('@') && !head.contains('/') => format!("{scheme}://…"),
        None => format!("{scheme}://{head}"),
    }
}

/// Reads `url`, whose printable form is `place`.
pub(super) async fn parse(url: &str, place: &str) -> Result<ClientOptions> {
    let cause = match ClientOptions::parse(url).await {
        Ok(options) => return Ok(options),
        Err(cause) => cause,
    };
    if matches!(
        cause.kind.as_ref(),
        ErrorKind::DnsResolve { .. } | ErrorKind::Io(_)
    ) {
        return Err(error::told(place, &cause));
    }
    // The driver's sentence may quote what it stumbled over, and that may be a piece of the password.
    let sentence = if url.contains('@') {
        "a user name or password must have its special characters percent-encoded (@ as %40, / as %2F, : as %3A), \
         then the hosts and the database must follow, as in mongodb://user:password@host:27017/moodwire"
            .to_owned()
    } else {
        format!("{}; write mongodb://host:27017/moodwire", cause.kind)
    };
    Err(Error::Refused(format!(
        "the lake's URL {place} cannot be read as a MongoDB URL: {sentence}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_the_user_and_the_hosts_and_never_the_password() {
        for (url, place) in [
            ("mongodb://h/db", "mongodb://h/db"),
            (
                "mongodb://u:secret@h:1,i:2/db?w=1",
                "mongodb://u@h:1,i:2/db",
            ),
            ("mongodb+srv://u:sec@ret@h/db", "mongodb+srv://u@h/db"),
            ("mongodb://u:sec/ret@h/db", "mongodb://u@h/db"),
            ("mongodb://u:sec?ret@h/db", "mongodb://…"),
            ("mongodb://h/db?appName=a@b", "mongodb://h/db"),
            ("mongodb:u:secret@h", "mongodb:…"),
        ] {
            assert_eq!(without_password(url), place);
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_refused_without_the_password() {
        for url in [
            "mongodb://u:sec/ret@h/db",
            "mongodb://u:sec?ret@h/db",
            "mongodb://u:sec@ret@h/db",
            "mongodb://",
            "mongodb://h:port/db",
            "postgres://u:secret@h/db",
        ] {
            let error = parse(url, &without_password(url)).await.unwrap_err();
            let sentence = error.to_string();
            assert!(matches!(error, Error::Refused(_)), "{sentence}");
            for piece in ["secret", "sec/", "sec?", "sec@", "ret"] {
                assert!(!sentence.contains(piece), "{sentence}");
            }
        }
    }
}
