//! HTTP as all networks are read: bounded in time and size, and every answer told apart by what helps.

use std::{error::Error, time::Duration};

use moodwire_model::Timestamp;
use reqwest::{Client, RequestBuilder, Response, StatusCode, header::HeaderMap, redirect::Policy};
use url::Url;

use crate::{SourceError, limits};

/// What every server sees.
const USER_AGENT: &str = concat!("moodwire/", env!("CARGO_PKG_VERSION"));

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer may take, to its last byte.
const DEADLINE: Duration = Duration::from_secs(30);

/// The largest answer, in bytes: forty statuses of 100 KiB.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// An answer that succeeded, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server knows nothing of what was asked for: 404 or 410.
    Gone(String),
    /// The server refuses what was asked, or whoever asks: 400 or 401, with the name that it gives the error.
    Refused { error: String, said: String },
    /// Anything else.
    Source(SourceError),
}

impl From<Failure> for SourceError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Gone(said) | Failure::Refused { said, .. } => Self::Dead(said),
            Failure::Source(error) => error,
        }
    }
}

/// The name of a server, with its port where it has one.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A client for the server at `base`.
pub(crate) fn client(base: &Url) -> Result<Client, String> {
    made(base, Some(DEADLINE))
}

/// A client for answers of the server at `base` that never end: whoever reads one bounds how long it may be silent.
pub(crate) fn endless_client(base: &Url) -> Result<Client, String> {
    made(base, None)
}

fn made(base: &Url, deadline: Option<Duration>) -> Result<Client, String> {
    // Err: another part of the program has installed one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::limited(3));
    if let Some(deadline) = deadline {
        builder = builder.timeout(deadline);
    }
    if base.scheme() == "http" {
        // Plain HTTP must work where no CA certificates are installed.
        builder = builder.tls_certs_only([]);
    }
    builder
        .build()
        .map_err(|error| format!("no HTTP client can be made: {error}"))
}

/// Sends the request and reads its whole answer: half of one is none.
pub(crate) async fn ask(
    request: RequestBuilder,
    server: &str,
    now: Timestamp,
) -> Result<Answer, Failure> {
    let response = open(request, server, now).await?;
    let answer = whole(response, server, MAX_BODY).await;
    answer.map_err(Failure::Source)
}

/// Sends the request and leaves the body of an answer that succeeds to be read.
pub(crate) async fn open(
    request: RequestBuilder,
    server: &str,
    now: Timestamp,
) -> Result<Response, Failure> {
    let response = send(request, server).await.map_err(Failure::Source)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let refusal = whole(response, server, MAX_BODY).await;
    let Answer { headers, body } = refusal.map_err(Failure::Source)?;
    Err(refused(status, &headers, &body, server, now))
}

/// Sends the request, and gives the answer when it begins, whatever it is.
pub(crate) async fn send(request: RequestBuilder, server: &str) -> Result<Response, SourceError> {
    request.send().await.map_err(|error| lost(server, error))
}

/// Reads the answer to its end, of at most `most` bytes.
pub(crate) async fn whole(
    mut response: Response,
    server: &str,
    most: usize,
) -> Result<Answer, SourceError> {
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| lost(server, error))?
    {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            return Err(SourceError::Retry(format!(
                "{server} answered with more than {most} bytes"
            )));
        }
    }
    Ok(Answer { headers, body })
}

/// An answer that broke off, or never began.
pub(crate) fn lost(server: &str, error: reqwest::Error) -> SourceError {
    let error = error.without_url();
    SourceError::Retry(if error.is_connect() {
        format!("{server} cannot be reached: {}", root(&error))
    } else {
        format!("{server} gave no whole answer: {}", chain(&error))
    })
}

fn refused(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    server: &str,
    now: Timestamp,
) -> Failure {
    let (error, words) = words(body);
    let said = format!("{server} answered {}{words}", status.as_u16());
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Failure::Gone(said),
        StatusCode::TOO_MANY_REQUESTS => Failure::Source(SourceError::Later {
            until: limits::go_on_at(headers, now),
            reason: said,
        }),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => Failure::Refused { error, said },
        StatusCode::REQUEST_TIMEOUT => Failure::Source(SourceError::Retry(said)),
        status if status.is_client_error() => Failure::Source(SourceError::Dead(said)),
        _ => Failure::Source(SourceError::Retry(said)),
    }
}

/// The name that the server gives the error, and what it says of it in brackets, on one line and short; nothing where
/// that is no JSON with an `error`.
fn words(body: &[u8]) -> (String, String) {
    let said: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let said = |key: &str| Some(said.as_ref()?.get(key)?.as_str()?.to_owned());
    let Some(error) = said("error") else {
        return (String::new(), String::new());
    };
    let whole = match said("message") {
        Some(message) if !message.is_empty() => format!("{error}: {message}"),
        _ => error.clone(),
    };
    let line: String = whole
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    (error, format!(" ({line})"))
}

/// What lies under all that an error names as its causes.
fn root(error: &dyn Error) -> &dyn Error {
    std::iter::successors(Some(error), |&error| error.source())
        .last()
        .unwrap_or(error)
}

/// An error with its causes on one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&error| error.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn of_a_server_that_is_not_there_it_is_said_why_in_a_few_words() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let url: Url = url.parse().unwrap();
        let error = client(&url).unwrap().get(url).send().await.unwrap_err();
        let said = lost("example.com", error).to_string();
        assert!(
            said.starts_with("example.com cannot be reached: Connection refused"),
            "{said}"
        );
    }
}
