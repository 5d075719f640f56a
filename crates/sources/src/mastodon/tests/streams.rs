//! Tests of slices of streams: the gap is filled first, then what comes is given out once, with edits and deletions.

use std::sync::Arc;

use futures::FutureExt;
use moodwire_model::PostKey;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{header, path, query_param},
};

use super::{Server, TAG, ids, list, status};
use crate::{Page, Source, SourceError, Stream, Unbounded};

const STREAM: &str = "/api/v1/streaming/hashtag";

async fn server(tags: &[&str]) -> Server {
    Server::with(|settings| {
        settings.hashtags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        settings.token = Some("secret".to_owned().into());
        settings.stream = true;
    })
    .await
}

impl Server {
    /// The stream of a hashtag, which ends after these bytes.
    async fn streams(&self, tag: &str, bytes: &[u8]) {
        Mock::given(path(STREAM))
            .and(query_param("tag", tag))
            .and(header("authorization", "Bearer secret"))
            .respond_with(
                ResponseTemplate::new(200).set_body_raw(bytes.to_vec(), "text/event-stream"),
            )
            .mount(&self.http)
            .await;
    }

    async fn connect(&self, position: &Value) -> Result<Box<dyn Stream>, SourceError> {
        let streaming = self.source.streaming().unwrap();
        streaming.connect(position, Arc::new(Unbounded)).await
    }

    /// All pages of a slice, until its streams end; they end of themselves.
    async fn slice(&self, position: &Value) -> Vec<Page> {
        let mut stream = self.connect(position).await.unwrap();
        let mut pages = Vec::new();
        loop {
            match stream.next().await {
                Ok(page) => pages.push(page),
                Err(SourceError::Retry(_)) => return pages,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn update(status: &Value) -> String {
    format!("event: update\ndata: {status}\n\n")
}

fn edited(id: &str) -> Value {
    let mut status = status(id);
    status["edited_at"] = json!("2026-03-01T17:30:00Z");
    status["content"] = json!("<p>Terrible</p>");
    status
}

fn key(id: &str) -> PostKey {
    PostKey::new(
        "mastodon",
        &format!("https://other.example/users/ada/statuses/{id}"),
    )
}

#[tokio::test]
async fn the_gap_is_filled_first_and_what_comes_twice_is_given_out_once() {
    let server = server(&["bitcoin", "eth"]).await;
    server
        .page(TAG, None, list(&[status("2"), status("1")]))
        .await;
    server
        .page("/api/v1/timelines/tag/eth", None, list(&[status("2")]))
        .await;
    let bitcoin = [
        ":)\n",
        &update(&status("2")),
        &update(&status("3")),
        ":thump\n",
    ]
    .concat();
    server.streams("bitcoin", bitcoin.as_bytes()).await;
    server.streams("eth", update(&status("3")).as_bytes()).await;
    let pages = server.slice(&Value::Null).await;
    assert_eq!(ids(&pages), ["2", "1", "3"]);
    assert!(!pages[0].end && pages[1].end);
    assert_eq!(pages[1].watermark, "2026-03-01T17:59:00Z".parse().ok());
    let last = pages.last().unwrap();
    assert_eq!(last.watermark, pages[1].watermark);

    // What a stream brought moves no timeline: the next slice asks again from where the pass came to.
    assert_eq!(last.position["newest"]["#bitcoin"], "2");
    server
        .page(TAG, Some("2"), list(&[status("4"), status("3")]))
        .await;
    server.page(TAG, Some("4"), list(&[])).await;
    server
        .page("/api/v1/timelines/tag/eth", Some("2"), list(&[status("3")]))
        .await;
    server
        .page("/api/v1/timelines/tag/eth", Some("3"), list(&[]))
        .await;
    let again = server.slice(&last.position).await;
    assert_eq!(ids(&again), ["4"]);
}

#[tokio::test]
async fn edits_are_given_out_and_deletions_of_what_is_known() {
    let server = server(&["bitcoin"]).await;
    let stream = [
        update(&status("3")),
        format!("event: status.update\ndata: {}\n\n", edited("1")),
        "event: delete\ndata: 2\n\n".to_owned(),
        "event: delete\ndata: 3\n\n".to_owned(),
        "event: delete\ndata: 99\n\n".to_owned(),
        "event: announcement\ndata: {}\n\n".to_owned(),
        "event: delete\ndata: 1\n\n".to_owned(),
    ];
    // The edit is given out before its post is deleted, too.
    for (events, given, deleted) in [
        (6, vec!["1"], vec![key("2"), key("3")]),
        (7, vec![], vec![key("2"), key("3"), key("1")]),
    ] {
        server.http.reset().await;
        server
            .page(TAG, None, list(&[status("2"), status("1")]))
            .await;
        server
            .streams("bitcoin", stream[..events].concat().as_bytes())
            .await;
        let pages = server.slice(&Value::Null).await;
        assert_eq!(ids(&pages[1..]), given);
        assert_eq!(pages[1].deleted, deleted);
        for post in &pages[1].posts {
            assert_eq!(post.edited_at, "2026-03-01T17:30:00Z".parse().ok());
            assert_eq!(post.text, "Terrible");
        }
    }
}

#[tokio::test]
async fn a_boost_that_is_taken_back_deletes_no_post() {
    let server = server(&["bitcoin"]).await;
    let mut boost = status("9");
    boost["reblog"] = status("1");
    server.page(TAG, None, list(&[])).await;
    let stream = [update(&boost), "event: delete\ndata: 9\n\n".to_owned()].concat();
    server.streams("bitcoin", stream.as_bytes()).await;
    let pages = server.slice(&Value::Null).await;
    assert_eq!(ids(&pages), ["1"]);
    assert!(pages.iter().all(|page| page.deleted.is_empty()));
}

#[tokio::test]
async fn what_cannot_be_read_is_quarantined_and_the_rest_goes_on() {
    let server = server(&["bitcoin"]).await;
    server.page(TAG, None, list(&[])).await;
    let mut late = edited("5");
    late["edited_at"] = json!("2126-03-01T00:00:00Z");
    let stream = [
        "event: update\ndata: {\"id\": 7}\n\n".to_owned(),
        "event: update\ndata: []\n\n".to_owned(),
        update(&late),
        update(&status("6")),
    ];
    server.streams("bitcoin", stream.concat().as_bytes()).await;
    let pages = server.slice(&Value::Null).await;
    assert_eq!(ids(&pages), ["6"]);
    let refused: Vec<_> = pages.iter().flat_map(|page| &page.quarantined).collect();
    assert_eq!(refused.len(), 3);
    assert!(refused[2].reason.contains("`edited_at`"), "{refused:?}");
}

#[tokio::test]
async fn a_connection_may_be_cut_at_any_byte() {
    let whole = [update(&status("1")), update(&status("2"))].concat();
    let first = update(&status("1")).len();
    for length in (0..=whole.len())
        .step_by(37)
        .chain([first - 1, first, whole.len()])
    {
        let server = server(&["bitcoin"]).await;
        server.page(TAG, None, list(&[])).await;
        server.streams("bitcoin", &whole.as_bytes()[..length]).await;
        let pages = server.slice(&Value::Null).await;
        let count = usize::from(length >= first) + usize::from(length == whole.len());
        assert_eq!(ids(&pages), ["1", "2"][..count], "{length}");
        assert!(pages.iter().all(|page| page.quarantined.is_empty()));
    }
}

#[tokio::test]
async fn streams_are_opened_where_the_server_says_with_the_token_kept_safe() {
    let elsewhere = server(&["bitcoin"]).await;
    elsewhere
        .streams("bitcoin", update(&status("5")).as_bytes())
        .await;
    let there = elsewhere.http.uri().replace("http://", "ws://");
    for (told, given) in [
        (json!(there), vec!["5"]),
        (json!("no address"), vec!["1"]),
        (json!("file:///etc/passwd"), vec!["1"]),
        (json!(7), vec!["1"]),
    ] {
        let server = server(&["bitcoin"]).await;
        let instance = json!({"configuration": {"urls": {"streaming": told}}});
        let answer = ResponseTemplate::new(200).set_body_json(instance);
        server.page("/api/v2/instance", None, answer).await;
        server.page(TAG, None, list(&[])).await;
        server
            .streams("bitcoin", update(&status("1")).as_bytes())
            .await;
        assert_eq!(ids(&server.slice(&Value::Null).await), given, "{told}");
    }
}

#[tokio::test]
async fn a_stream_that_is_refused_says_what_to_look_at() {
    let server = server(&["bitcoin"]).await;
    let body = json!({"error": "Error: The access token is invalid"});
    Mock::given(path(STREAM))
        .respond_with(ResponseTemplate::new(401).set_body_json(body))
        .mount(&server.http)
        .await;
    match server.connect(&Value::Null).await.map(drop) {
        Err(SourceError::Dead(said)) => {
            assert!(said.contains("access token is invalid") && said.contains("token of source"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_more_is_remembered_than_is_needed() {
    let server = server(&["bitcoin"]).await;
    server.page(TAG, None, list(&[])).await;
    let stream: String = (0..700)
        .map(|id| update(&status(&id.to_string())))
        .collect();
    server.streams("bitcoin", stream.as_bytes()).await;
    let pages = server.slice(&Value::Null).await;
    assert_eq!(ids(&pages).len(), 700);
    let recent = &pages.last().unwrap().position["recent"];
    assert_eq!(recent.as_array().unwrap().len(), 500);
    assert_eq!(recent[499][0], "699");
}

/// A stream that stays open: answers one request with these bytes and then says nothing.
async fn open_stream(bytes: String) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        // Who answers before a request has begun is not understood.
        let mut request = vec![0];
        connection.read_exact(&mut request).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        let answer = [head, &bytes].concat();
        connection.write_all(answer.as_bytes()).await.unwrap();
        connection.read_to_end(&mut request).await.unwrap();
    });
    (address, task)
}

#[tokio::test]
async fn a_silent_stream_gives_empty_pages_until_it_is_given_up() {
    let (address, _server) = open_stream([":)\n", &update(&status("1"))].concat()).await;
    let server = server(&["bitcoin"]).await;
    let instance = json!({"configuration": {"urls": {"streaming": address}}});
    let answer = ResponseTemplate::new(200).set_body_json(instance);
    server.page("/api/v2/instance", None, answer).await;
    server.page(TAG, None, list(&[])).await;
    let mut stream = server.connect(&Value::Null).await.unwrap();
    assert!(stream.next().await.unwrap().end);

    // Whoever gives up the wait loses nothing: the first look only begins to read.
    assert!(stream.next().now_or_never().is_none());
    let first = stream.next().await.unwrap();
    assert_eq!(ids(&[first]), ["1"]);
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let silent = loop {
        match stream.next().await {
            Ok(page) => assert!(page.end && page.posts.is_empty() && page.watermark.is_some()),
            Err(error) => break error,
        }
    };
    assert!(matches!(&silent, SourceError::Retry(said) if said.contains("no sign of life")));
    let waited = begun.elapsed().as_secs();
    assert!((40..=46).contains(&waited), "{waited} s");
}
