//! Which store serves a URL.

use std::sync::Arc;

use moodwire_sqlite::Database;

use crate::{Error, Lake, MongoLake, Result, SqliteLake};

/// Opens the lake at `url`, whose scheme picks the store: `mongodb:`, `mongodb+srv:` or `sqlite:`; its tables or
/// indexes are made when they are not there.
///
/// # Errors
/// [`Error::Refused`] for another scheme or a URL that cannot be read; [`Error::Unavailable`] when the store does not
/// answer.
pub async fn open(url: &str) -> Result<Arc<dyn Lake>> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("mongodb" | "mongodb+srv") => Ok(Arc::new(MongoLake::connect(url).await?)),
        Some("sqlite") => {
            let database = Database::open_url(url).await.map_err(|error| match error {
                moodwire_sqlite::Error::BadUrl(sentence) => Error::Refused(sentence),
                other => Error::Unavailable {
                    place: url.to_owned(),
                    cause: other.to_string(),
                },
            })?;
            Ok(Arc::new(SqliteLake::open(database).await?))
        }
        _ => Err(Error::Refused(format!(
            "the lake's URL begins with neither mongodb:// nor sqlite://: \"{}\"",
            url.split(':').next().unwrap_or_default()
        ))),
    }
}
