//! Killed while a Mastodon server streams: it passes nothing on twice, so that what a kill cuts off comes with the pass over
//! the timeline of the next slice.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use url::Url;

use super::{
    DRAIN, Expected, UP, assert_collected, assert_sent_once, everything_is_to_be_read,
    killed_by_turns, moments,
};
use crate::common::{Installation, Stores};

/// What is posted while one stream is open, and how much at once.
const POSTED: u32 = 240;
const LOT: u32 = 20;

/// What a timeline gives at once.
const PAGE: usize = 40;

/// A Mastodon server with one hashtag.
struct Server {
    url: String,
    town: Arc<Town>,
    lots: watch::Receiver<u64>,
    serving: JoinHandle<()>,
}

/// What has been posted: the statuses from 1 to this one.
#[derive(Default)]
struct Town {
    newest: AtomicU32,
    rests: AtomicBool,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let town: Arc<Town> = Arc::default();
        let (sender, lots) = watch::channel(0);
        let people = Arc::clone(&town);
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (town, lots) = (Arc::clone(&people), sender.clone());
                // Err: whoever asked was killed.
                tokio::spawn(async move { town.serve(socket, &lots).await });
            }
        });
        Self {
            url,
            town,
            lots,
            serving,
        }
    }

    /// Nobody posts any more; what was posted.
    fn rests(&self) -> u32 {
        self.town.rests.store(true, Ordering::SeqCst);
        self.town.newest.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Town {
    async fn serve(&self, mut socket: TcpStream, lots: &watch::Sender<u64>) -> std::io::Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap();
        let asked = head.split(' ').nth(1).unwrap();
        let url: Url = format!("http://127.0.0.1{asked}").parse().unwrap();
        match url.path() {
            "/api/v1/streaming/hashtag" => self.stream(socket, lots).await,
            "/api/v1/timelines/tag/bitcoin" => answer(socket, &self.page(&url)).await,
            _ => answer(socket, &json!({})).await,
        }
    }

    /// While a stream is open, people post: each status is on the timeline before it is streamed.
    async fn stream(
        &self,
        mut socket: TcpStream,
        lots: &watch::Sender<u64>,
    ) -> std::io::Result<()> {
        let head =
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n:)\n";
        socket.write_all(head).await?;
        for _ in 0..POSTED / LOT {
            if self.rests.load(Ordering::SeqCst) {
                break;
            }
            let before = self.newest.fetch_add(LOT, Ordering::SeqCst);
            for id in before + 1..=before + LOT {
                let event = format!("event: update\ndata: {}\n\n", status(id));
                socket.write_all(event.as_bytes()).await?;
            }
            lots.send_modify(|lots| *lots += 1);
        }
        // Until the reader has gone away.
        tokio::io::copy(&mut socket, &mut tokio::io::sink()).await?;
        Ok(())
    }

    fn page(&self, url: &Url) -> Value {
        let asked = url.query_pairs().find(|(key, _)| key == "min_id");
        let above: u32 = asked.expect("a timeline is read on").1.parse().unwrap();
        let newest = self.newest.load(Ordering::SeqCst);
        let mut page: Vec<u32> = (above + 1..=newest).take(PAGE).collect();
        page.reverse();
        page.into_iter().map(status).collect()
    }
}

async fn answer(mut socket: TcpStream, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(format!("{head}{body}").as_bytes()).await
}

fn uri(id: u32) -> String {
    format!("https://other.example/statuses/{id}")
}

fn created(id: u32) -> DateTime<Utc> {
    let begin: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().unwrap();
    begin + TimeDelta::seconds(20 * i64::from(id))
}

fn status(id: u32) -> Value {
    json!({
        "id": id.to_string(),
        "uri": uri(id),
        "created_at": created(id),
        "content": format!("<p>Number {id} is great: #bitcoin</p>"),
        "visibility": "public",
        "account": {"acct": "ada@other.example"},
    })
}

async fn survives_kills(stores: Stores, seed: u64) {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("posts.jsonl");
    std::fs::write(&nothing, "").unwrap();
    let source = format!(
        "[[source]]\nkind = \"mastodon\"\nname = \"fedi\"\nurl = \"{}\"\nhashtags = [\"bitcoin\"]\n\
         token = \"secret\"\nstream = true\n",
        server.url
    );
    let installation = Installation::new(stores, &nothing, &source).await;
    everything_is_to_be_read(&installation, &["#bitcoin"]).await;

    let moments = moments(seed, 6, u64::from(POSTED / LOT));
    killed_by_turns(&installation, [UP, DRAIN], &server.lots, &moments).await;
    let mut expected = Expected::default();
    for id in 1..=server.rests() {
        expected.add(format!("mastodon:{}", uri(id)), created(id));
    }
    // What is streamed is of now: each pass that came to its end sealed the hours that were over.
    let report = assert_collected(&installation, &expected).await;
    let kills = moments.len() as u64;
    assert_sent_once(&installation, &expected, &report, kills).await;
    installation.end().await;
}

#[tokio::test]
async fn on_sqlite_kills_in_the_middle_of_a_stream_lose_nothing() {
    survives_kills(Stores::Embedded, 41).await;
}

#[tokio::test]
async fn on_servers_kills_in_the_middle_of_a_stream_lose_nothing() {
    if let Some(stores) = Stores::servers().await {
        survives_kills(stores, 42).await;
    }
}
