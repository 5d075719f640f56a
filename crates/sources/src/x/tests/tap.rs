//! A server that streams: it answers each request as a test says, and may hold a connection open or cut it anywhere.

use std::sync::{Arc, Mutex};

use moodwire_testing::SteppedClock;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use wiremock::Request;

use super::{super::XSource, NOW, contract, source, watchlist};

/// What is answered.
pub(super) enum Given {
    /// An answer with this body.
    Answer(u16, Value),
    /// These bytes of a stream, which is then held open, or ends.
    Stream { bytes: Vec<u8>, held: bool },
}

/// The server, with a source in mode `stream` that reads it.
pub(super) struct Tap {
    pub(super) source: XSource,
    pub(super) clock: Arc<SteppedClock>,
    seen: Arc<Mutex<Vec<Request>>>,
    serving: JoinHandle<()>,
}

impl Tap {
    pub(super) async fn start(respond: impl Fn(&Request) -> Given + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (respond, noted) = (Arc::new(respond), seen.clone());
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (respond, noted) = (respond.clone(), noted.clone());
                tokio::spawn(async move { serve(socket, &*respond, &noted).await });
            }
        });
        let clock = Arc::new(SteppedClock::at(NOW));
        let source = source(&url, &watchlist(), clock.clone(), |settings| {
            settings.mode = Some("stream".to_owned());
        });
        Self {
            source,
            clock,
            seen,
            serving,
        }
    }

    /// What was asked, all of it allowed by X's specifications.
    pub(super) fn seen(&self) -> Vec<Request> {
        let seen = self.seen.lock().unwrap().clone();
        contract::all_allowed(&seen);
        seen
    }

    /// The parameters of each search.
    pub(super) fn searches(&self) -> Vec<String> {
        let seen = self.seen();
        let searches = seen
            .iter()
            .filter(|request| request.url.path() == super::SEARCH);
        searches
            .map(|request| request.url.query().unwrap().to_owned())
            .collect()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The rules are as they should be.
pub(super) fn rules() -> Given {
    let rule =
        json!({"id": "1", "value": "from:ada OR @ada OR \"bitcoin\"", "tag": "moodwire:x-main"});
    Given::Answer(200, json!({"data": [rule]}))
}

/// Answers one request of the connection; each has its own.
async fn serve(
    mut socket: TcpStream,
    respond: &(dyn Fn(&Request) -> Given + Send + Sync),
    seen: &Mutex<Vec<Request>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut words = head.split(' ');
    let method = words.next().unwrap().parse().unwrap();
    let url = format!("http://x{}", words.next().unwrap())
        .parse()
        .unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let wanted = name.eq_ignore_ascii_case("content-length");
        wanted.then(|| value.parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    socket.read_exact(&mut body).await.unwrap();
    let request = Request {
        url,
        method,
        headers: reqwest::header::HeaderMap::default(),
        body,
    };
    let given = respond(&request);
    seen.lock().unwrap().push(request);
    // Whoever gave up its side has read enough.
    let _ = answer(&mut socket, given).await;
}

async fn answer(socket: &mut TcpStream, given: Given) -> std::io::Result<()> {
    match given {
        Given::Answer(status, body) => {
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status} Word\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            socket.write_all(format!("{head}{body}").as_bytes()).await
        }
        Given::Stream { bytes, held } => {
            socket
                .write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                .await?;
            socket.write_all(&bytes).await?;
            if held {
                // Until the other side ends it.
                socket.read_u8().await?;
            }
            Ok(())
        }
    }
}
