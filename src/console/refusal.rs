//! An answer that is none: the status and one clear sentence, as a page or as JSON.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::html;
use serde_json::json;

use super::layout;
use crate::failure::Failure;

/// Why a request is not answered as it was meant.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The status.
    pub(super) status: StatusCode,
    /// What is wrong, and what to do.
    pub(super) sentence: String,
    /// When it may be tried again.
    wait: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, sentence: String) -> Self {
        Self {
            status,
            sentence,
            wait: None,
        }
    }

    /// One that says when to come back.
    pub(super) fn wait(status: StatusCode, wait: Duration, sentence: String) -> Self {
        Self {
            wait: Some(wait),
            ..Self::new(status, sentence)
        }
    }

    pub(super) fn forbidden(sentence: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, sentence.to_owned())
    }

    pub(super) fn bad(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence.into())
    }

    pub(super) fn not_found(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, sentence.into())
    }

    /// The headers that go with it.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(wait) = self.wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        headers
    }

    /// The answer, for a program or for a person.
    pub(super) fn response(self, api: bool) -> Response {
        let headers = self.headers();
        if api {
            let body = Json(json!({ "error": self.sentence }));
            return (self.status, headers, body).into_response();
        }
        let page = layout::bare(
            self.status.canonical_reason().unwrap_or("Refused"),
            &html! {
                h1 { (self.status.canonical_reason().unwrap_or("Refused")) }
                p role="alert" { (self.sentence) }
                p { a href="/" { "To the first page" } }
            },
        );
        (self.status, headers, page).into_response()
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let status = match &failure {
            Failure::Usage(_) => StatusCode::BAD_REQUEST,
            Failure::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Failure::Runtime(_) | Failure::ReaderGone => StatusCode::BAD_GATEWAY,
        };
        Self::new(status, failure.to_string())
    }
}

impl From<moodwire_queue::Error> for Refusal {
    fn from(error: moodwire_queue::Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<moodwire_lake::Error> for Refusal {
    fn from(error: moodwire_lake::Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<moodwire_warehouse::Error> for Refusal {
    fn from(error: moodwire_warehouse::Error) -> Self {
        Failure::from(error).into()
    }
}
