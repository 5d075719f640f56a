//! The WebSocket to Jetstream: where it leads, and what a refusal means.

use std::time::Duration;

use moodwire_model::Timestamp;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        Error,
        http::{Response, StatusCode},
        protocol::WebSocketConfig,
    },
};
use url::Url;

use super::unpack::MAX_EVENT;
use crate::{SourceError, limits};

/// How long the connection may take, to the end of its handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// An open connection.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Where a stream is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subscription<'a> {
    pub(super) base: &'a Url,
    pub(super) collections: &'a [&'a str],
    /// The time from which events are asked for, in microseconds; none: only what comes from now on.
    pub(super) from: Option<i64>,
    pub(super) compressed: bool,
}

impl Subscription<'_> {
    /// The address with its options. (Jetstream's documentation, "Query Parameters".)
    pub(super) fn url(&self) -> Url {
        let mut url = self.base.clone();
        let mut query = url.query_pairs_mut();
        for collection in self.collections {
            query.append_pair("wantedCollections", collection);
        }
        if let Some(from) = self.from {
            query.append_pair("cursor", &from.to_string());
        }
        if self.compressed {
            query.append_pair("compress", "true");
        }
        drop(query);
        url
    }

    /// Opens it.
    pub(super) async fn open(&self, host: &str, now: Timestamp) -> Result<Socket, SourceError> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_EVENT))
            .max_frame_size(Some(MAX_EVENT));
        let url = self.url();
        // Nothing small is sent that could wait for more.
        let opening = connect_async_with_config(url.as_str(), Some(config), true);
        match tokio::time::timeout(CONNECT_TIMEOUT, opening).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(Error::Http(response))) => Err(refused(host, &response, now)),
            Ok(Err(error)) => Err(SourceError::Retry(format!(
                "{host} cannot be reached: {error}"
            ))),
            Err(_) => Err(SourceError::Retry(format!(
                "{host} opened no stream within {} s",
                CONNECT_TIMEOUT.as_secs()
            ))),
        }
    }
}

fn refused(host: &str, response: &Response<Option<Vec<u8>>>, now: Timestamp) -> SourceError {
    let status = response.status();
    let body = response.body().as_deref().unwrap_or_default();
    let words: String = String::from_utf8_lossy(body)
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    let said = if words.is_empty() {
        format!("{host} answered {}", status.as_u16())
    } else {
        format!("{host} answered {} ({words})", status.as_u16())
    };
    match status {
        StatusCode::TOO_MANY_REQUESTS => SourceError::Later {
            until: limits::go_on_at(response.headers(), now),
            reason: said,
        },
        StatusCode::REQUEST_TIMEOUT => SourceError::Retry(said),
        status if status.is_client_error() => {
            SourceError::Dead(format!("{said}: look at the source's url"))
        }
        _ => SourceError::Retry(format!("{said} and no stream")),
    }
}
