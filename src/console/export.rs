//! Exports: posts or hours of a range as a file, written to the disk first, so that a failure is told as one.

use std::{io::BufWriter, sync::Arc};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use moodwire_model::Hour;
use moodwire_warehouse::MoodFilter;
use serde::Deserialize;
use tokio_util::io::ReaderStream;

use super::{Console, page::asked, pages::word, refusal::Refusal};
use crate::{
    export::{Format, What, export},
    failure::Failure,
};

/// Which, and how.
#[derive(Debug, Deserialize)]
struct Asked {
    what: What,
    format: Format,
    from: Hour,
    to: Hour,
    #[serde(default, deserialize_with = "word")]
    actor: Option<String>,
    #[serde(default, deserialize_with = "word")]
    source: Option<String>,
}

/// The file.
pub(super) async fn file(State(console): State<Arc<Console>>, uri: Uri) -> Response {
    match written(&console, uri.query()).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(false),
    }
}

async fn written(console: &Console, query: Option<&str>) -> Result<Response, Refusal> {
    let Asked {
        what,
        format,
        from,
        to,
        actor,
        source,
    } = asked(query)?;
    if from >= to {
        return Err(Refusal::bad(format!(
            "from {from} is not before to {to}, the first hour that is left out"
        )));
    }
    let filter = MoodFilter { actor, source };
    let file = tempfile::tempfile().map_err(Failure::from)?;
    let out = BufWriter::new(file.try_clone().map_err(Failure::from)?);
    export(
        &console.deps.warehouse,
        what,
        (from, to),
        &filter,
        format,
        out,
    )
    .await?;
    let mut file = tokio::fs::File::from_std(file);
    tokio::io::AsyncSeekExt::rewind(&mut file)
        .await
        .map_err(Failure::from)?;
    let name = match what {
        What::Posts => "posts",
        What::Hours => "hours",
    };
    let name = format!(
        "{name}-{}-{}.{}",
        from.short(),
        to.short(),
        format.extension()
    );
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(format.media_type()),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::try_from(disposition).unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}
