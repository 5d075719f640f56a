//! One request to a receiver, and what its failure proves: no retry, no redirect, no connection that was used before.

use std::{error::Error, fmt, time::Duration};

use reqwest::{Client, Method, Request, Response, StatusCode, Url, redirect::Policy, retry};

use crate::{SEND_DEADLINE, SendError, text::harmless_line};

/// Time for name, connection and TLS: half of the deadline, so that a server that cannot be reached is told, as proof
/// that nothing was sent, from one that does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The most that is read of an answer, in bytes: several times the largest message.
const MAX_BODY: usize = 256 * 1024;

/// How we name ourselves to a receiver that asks for no form of its own.
pub(crate) const USER_AGENT: &str = concat!("moodwire/", env!("CARGO_PKG_VERSION"));

/// What is waited for when a rate limit names no time that can be read.
pub(crate) const DEFAULT_WAIT: Duration = Duration::from_secs(5);
/// The longest wait that is believed; asking again once an hour harms nobody.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// Names of path segments that are no secrets are no longer than this one.
const LONGEST_PLAIN_SEGMENT: usize = "sendMessage".len();

/// A receiver's address.
pub(crate) struct Endpoint {
    /// Whose it is, for messages: `Discord`.
    service: &'static str,
    /// May hold a token: never shown.
    url: Url,
    client: Client,
    /// What is replaced wherever a server or a library repeats it.
    secrets: Vec<String>,
}

/// A receiver's answer, as far as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The wait that the headers ask for.
    pub(crate) wait: Option<Duration>,
    /// How long nothing more may be sent, by the headers of an answer that is no refusal.
    pub(crate) exhausted: Option<Duration>,
    /// True for a web page, which no receiver's program writes: a proxy before it did.
    pub(crate) is_page: bool,
    pub(crate) body: String,
}

impl Endpoint {
    /// The endpoint at `url`. `secrets` are kept out of every message, as are the URL's long path segments.
    ///
    /// # Errors
    /// When TLS cannot be set up, what is wrong.
    pub(crate) fn new(
        service: &'static str,
        url: Url,
        user_agent: &str,
        mut secrets: Vec<String>,
    ) -> Result<Self, String> {
        let client = client(&url, user_agent).map_err(|error| chain(&error))?;
        let segments = url.path_segments().into_iter().flatten();
        secrets.extend(
            segments
                .filter(|segment| segment.len() > LONGEST_PLAIN_SEGMENT)
                .map(str::to_owned),
        );
        secrets.extend(
            url.query()
                .filter(|query| query.len() > 16)
                .map(str::to_owned),
        );
        Ok(Self {
            service,
            url,
            client,
            secrets,
        })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Sends `body`, of this type, once.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: Url,
        headers: &[(&'static str, String)],
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<Answer, SendError> {
        let mut request = self
            .client
            .request(method, url)
            .header("content-type", content_type)
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let sent = match request.build() {
            Ok(request) => self.execute(request).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(response) => Ok(read(response).await),
            Err(error) => Err(self.transport_error(error)),
        }
    }

    async fn execute(&self, request: Request) -> Result<Response, reqwest::Error> {
        self.client.execute(request).await
    }

    /// What a failed request proves about whether the digest arrived.
    fn transport_error(&self, error: reqwest::Error) -> SendError {
        let service = self.service;
        let error = error.without_url();
        let said = self.redacted(&chain(&error));
        if error.is_builder() || error.is_redirect() {
            SendError::Dead(format!(
                "the request to {service} could not be made: {said}"
            ))
        } else if error.is_connect() {
            SendError::Unsent(format!("{service} could not be reached: {said}"))
        } else {
            SendError::Uncertain(format!(
                "the connection to {service} was lost before an answer came ({said}), and the digest may have arrived: \
                 look there"
            ))
        }
    }

    /// `text` without the secrets, which a server might repeat.
    fn redacted(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret, "[redacted]")
        })
    }

    /// The error, its words without the secrets.
    pub(crate) fn redacted_error(&self, error: SendError) -> SendError {
        match error {
            SendError::Unsent(said) => SendError::Unsent(self.redacted(&said)),
            SendError::Later { after, reason } => SendError::Later {
                after,
                reason: self.redacted(&reason),
            },
            SendError::Dead(said) => SendError::Dead(self.redacted(&said)),
            SendError::Gone(said) => SendError::Gone(self.redacted(&said)),
            SendError::Withdrawn(said) => SendError::Withdrawn(self.redacted(&said)),
            SendError::Uncertain(said) => SendError::Uncertain(self.redacted(&said)),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint")
            .field(&self.url.host_str())
            .finish()
    }
}

impl Answer {
    /// The body in a few words, for messages: on one line, without what could steer a terminal.
    pub(crate) fn said(&self, words: Option<&str>) -> String {
        let status = self.status.as_u16();
        let words = if self.is_page {
            Some("a web page")
        } else {
            words
        };
        let said = match words.map(str::trim).filter(|words| !words.is_empty()) {
            Some(words) => format!("{status}: {words}"),
            None => status.to_string(),
        };
        harmless_line(&said).chars().take(400).collect()
    }

    /// A rate limit: when to come back, by the body's word (seconds), else the headers'.
    pub(crate) fn limited(&self, service: &str, body_wait: Option<f64>, said: &str) -> SendError {
        let after = seconds(body_wait).or(self.wait).unwrap_or(DEFAULT_WAIT);
        let reason = format!(
            "{service}'s rate limit asks to wait {} s ({said})",
            after.as_secs_f64()
        );
        SendError::Later { after, reason }
    }

    /// What a refusal means that says nothing of its own: of a moved address, of a request that was understood and
    /// declined, or of a server that failed.
    pub(crate) fn refused(&self, service: &str, said: &str) -> SendError {
        if self.status.is_redirection() {
            return SendError::Dead(format!(
                "the address at {service} has moved ({said}) and redirects are not followed: set the channel's `url` \
                 to the new one"
            ));
        }
        // A server may send 408 about a request that it has read.
        if self.status.is_client_error() && self.status != StatusCode::REQUEST_TIMEOUT {
            return SendError::Dead(format!("{service} refused the digest ({said})"));
        }
        self.unknown(service, said)
    }

    /// The receiver failed, and nobody knows at which step.
    pub(crate) fn unknown(&self, service: &str, said: &str) -> SendError {
        SendError::Uncertain(format!(
            "{service} failed ({said}) and may have taken the digest all the same: look there"
        ))
    }
}

/// The address that `configured` names; none when it is no http(s) URL.
pub(crate) fn address(configured: &str) -> Option<Url> {
    let mut url = Url::parse(configured.trim()).ok()?;
    url.set_fragment(None);
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn client(url: &Url, user_agent: &str) -> Result<Client, reqwest::Error> {
    // Err: another part of the program has installed one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(user_agent)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(SEND_DEADLINE)
        .redirect(Policy::none())
        .retry(retry::never())
        // On a connection that was kept, a request may meet its close, and nobody can tell whether it was read.
        .pool_max_idle_per_host(0)
        .http1_only();
    if url.scheme() == "http" {
        // Plain HTTP must work where no CA certificates are installed.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// The answer to the one request that was made. What its head says stands, whether or not the rest of it arrives.
async fn read(mut response: Response) -> Answer {
    let header = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(value.trim().to_owned())
    };
    let number = |name: &str| seconds(header(name)?.parse().ok());
    let wait = number("retry-after").or_else(|| number("x-ratelimit-reset-after"));
    let is_last = header("x-ratelimit-remaining").is_some_and(|left| left == "0");
    let exhausted = number("x-ratelimit-reset-after").filter(|_| is_last);
    let is_html = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let status = response.status();
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            break;
        }
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    Answer {
        status,
        wait,
        exhausted,
        is_page: is_html || body.trim_start().starts_with('<'),
        body,
    }
}

/// A wait of so many seconds; none when it is no wait.
fn seconds(wait: Option<f64>) -> Option<Duration> {
    let wait = wait.filter(|wait| *wait > 0.0)?;
    Some(Duration::try_from_secs_f64(wait).map_or(MAX_WAIT, |wait| wait.min(MAX_WAIT)))
}

/// An error with its causes on one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&error| error.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}
