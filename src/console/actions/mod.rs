//! What can be done from a page, and by the same names under `/api/v1`.
//!
//! A form is answered with the page that it came from, which says what was done; a JSON document with a JSON document.

mod body;
mod channels;
mod dead;
mod hours;
mod queue;
mod sources;

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::Markup;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use self::body::Body;
use super::{
    Console,
    access::Viewer,
    layout::{self, Frame},
    page::Page,
    refusal::Refusal,
    show::SAID,
};
use crate::audit;

/// What came of an action.
struct Done {
    /// For people.
    sentence: String,
    /// For programs.
    data: Value,
    /// Where a person goes on, when it is not where they came from.
    to: Option<String>,
    /// What a person sees, when it is no page of its own.
    result: Option<Markup>,
}

impl Done {
    fn new(sentence: impl Into<String>, data: Value) -> Self {
        Self {
            sentence: sentence.into(),
            data,
            to: None,
            result: None,
        }
    }
}

/// Who does it, to what.
struct Doing<'a> {
    console: &'a Console,
    viewer: &'a Viewer,
    body: Body,
    /// Whether it comes from a page, where there is an undo.
    from_page: bool,
}

impl Doing<'_> {
    /// Notes in the audit log what was done.
    async fn record(&self, action: &str, target: &str, detail: Option<&str>) {
        let detail = detail.map(str::to_owned);
        let entry = super::deed(&self.viewer.name, action, target, detail);
        audit::record(&self.console.deps.warehouse, &entry).await;
    }
}

/// Every action by its name.
async fn perform(name: &str, doing: Doing<'_>) -> Result<Done, Refusal> {
    match name {
        "dead/retry" => dead::retry(doing).await,
        "dead/discard" => dead::discard(doing).await,
        "bulk/undo" => dead::undo(&doing),
        "jobs/run-now" => queue::run_now(doing).await,
        "jobs/discard" => queue::discard(doing).await,
        "queue/pause" => queue::pause(doing, true).await,
        "queue/resume" => queue::pause(doing, false).await,
        "sources/collect" => sources::collect(doing).await,
        "sources/test" => sources::test(doing).await,
        "sources/pause" => sources::pause(doing, true).await,
        "sources/resume" => sources::pause(doing, false).await,
        "sources/peek" => sources::peek(doing).await,
        "channels/test" => channels::test(doing).await,
        "channels/pause" => channels::pause(doing).await,
        "channels/enable" => channels::enable(doing).await,
        "publications/resolve" => hours::resolve(doing).await,
        "hours/publish" => hours::publish(doing).await,
        "hours/backfill" => hours::backfill(doing).await,
        _ => Err(Refusal::not_found(format!(
            "there is no action {name} here"
        ))),
    }
}

/// The names of all actions, as the document of the interface lists them.
#[cfg(test)]
pub(super) const NAMES: [&str; 18] = [
    "dead/retry",
    "dead/discard",
    "bulk/undo",
    "jobs/run-now",
    "jobs/discard",
    "queue/pause",
    "queue/resume",
    "sources/collect",
    "sources/test",
    "sources/peek",
    "sources/pause",
    "sources/resume",
    "channels/test",
    "channels/pause",
    "channels/enable",
    "publications/resolve",
    "hours/publish",
    "hours/backfill",
];

/// What somebody gets who loads the address of an action anew: the first page, and nothing is done.
pub(super) async fn nothing() -> Redirect {
    Redirect::to("/")
}

/// An action of a page.
pub(super) async fn by_form(
    State(console): State<Arc<Console>>,
    Extension(viewer): Extension<Viewer>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let done = async {
        let body = Body::of_form(&body)?;
        if !viewer.proves(&body.token) {
            return Err(Refusal::forbidden(
                "this form is too old, or not from here, and nothing was changed: load the page again",
            ));
        }
        let doing = Doing {
            console: &console,
            viewer: &viewer,
            body,
            from_page: true,
        };
        perform(&name, doing).await
    };
    let back = back(&headers).unwrap_or_else(|| "/".to_owned());
    // What is no page of its own is shown in the place of the page that it was asked for on.
    let shown = |said: Option<&str>, main: &Markup| {
        let (path, query) = back.split_once('?').unwrap_or((&back, ""));
        let page = Page::at(path, Some(query)).unwrap_or(Page::Now);
        layout::frame(&Frame {
            page: &page,
            live: false,
            viewer: &viewer,
            said,
            main,
        })
    };
    match done.await {
        Ok(Done {
            sentence,
            result: Some(result),
            ..
        }) => shown(Some(&sentence), &result).into_response(),
        Ok(done) => {
            let to = done.to.as_ref().unwrap_or(&back);
            (
                [(header::SET_COOKIE, saying(&done.sentence))],
                Redirect::to(to),
            )
                .into_response()
        }
        Err(refusal) => {
            let page = shown(None, &layout::refused(&refusal, &back));
            (refusal.status, page).into_response()
        }
    }
}

/// An action of a program.
pub(super) async fn by_json(
    State(console): State<Arc<Console>>,
    Extension(viewer): Extension<Viewer>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let done = async {
        let is_json = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        // No page of another site can send this without asking first, and nobody answers.
        if !is_json {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send a JSON object, as application/json".to_owned(),
            ));
        }
        let doing = Doing {
            console: &console,
            viewer: &viewer,
            body: Body::of_json(&body)?,
            from_page: false,
        };
        perform(&name, doing).await
    };
    match done.await {
        Ok(done) => Json(done.data).into_response(),
        Err(refusal) => refusal.response(true),
    }
}

/// The page of ours that the form was on.
fn back(headers: &HeaderMap) -> Option<String> {
    let from: Uri = headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let host = headers.get(header::HOST)?.to_str().ok()?;
    // What came of an action stands under the action's own address, which nobody can go back to.
    let page = from.authority()?.as_str() == host && !from.path().starts_with("/do/");
    page.then(|| from.path_and_query().map(ToString::to_string))?
}

/// Leaves the next page a sentence.
fn saying(sentence: &str) -> HeaderValue {
    /// What a cookie may hold, with room for the rest of it.
    const LONGEST: usize = 3000;
    let mut said = utf8_percent_encode(sentence, NON_ALPHANUMERIC).to_string();
    if said.len() > LONGEST {
        said = utf8_percent_encode("done", NON_ALPHANUMERIC).to_string();
    }
    let cookie = format!("{SAID}={said}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
    HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
}
