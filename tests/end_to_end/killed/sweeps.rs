//! Killed in the middle of a sweep over a Mastodon server's timelines, which have many pages.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::sync::watch;
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{method, path, path_regex},
};

use super::{
    DRAIN, Expected, UP, assert_swept, everything_is_to_be_read, killed_by_turns, moments,
};
use crate::common::{Installation, Stores};

/// Two of three bear each of the two hashtags, so that every third is on both timelines.
const STATUSES: u32 = 1_500;

/// What a server gives at once.
const PAGE: usize = 40;

/// Timelines with all statuses from the beginning, page by page above `min_id`.
struct Timelines {
    given: watch::Sender<u64>,
}

impl Respond for Timelines {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let tag = request.url.path().rsplit('/').next().unwrap();
        let asked = request.url.query_pairs().find(|(key, _)| key == "min_id");
        let above: u32 = asked.expect("a timeline is read on").1.parse().unwrap();
        let bears = |id: &u32| tags(*id).contains(&tag);
        let mut page: Vec<u32> = (above + 1..=STATUSES).filter(bears).take(PAGE).collect();
        page.reverse();
        self.given.send_modify(|given| *given += 1);
        let statuses: Vec<Value> = page.iter().copied().map(status).collect();
        let answer = ResponseTemplate::new(200).set_body_json(statuses);
        match page.first() {
            Some(newest) => {
                let at = format!("http://127.0.0.1{}", request.url.path());
                answer.insert_header("link", format!("<{at}?min_id={newest}>; rel=\"prev\""))
            }
            None => answer,
        }
    }
}

fn tags(id: u32) -> &'static [&'static str] {
    match id % 3 {
        0 => &["bitcoin", "eth"],
        1 => &["bitcoin"],
        _ => &["eth"],
    }
}

fn uri(id: u32) -> String {
    format!("https://other.example/statuses/{id}")
}

fn created(id: u32) -> DateTime<Utc> {
    let begin: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().unwrap();
    begin + TimeDelta::seconds(20 * i64::from(id))
}

fn status(id: u32) -> Value {
    let tags: Vec<String> = tags(id).iter().map(|tag| format!("#{tag}")).collect();
    json!({
        "id": id.to_string(),
        "uri": uri(id),
        "created_at": created(id),
        "content": format!("<p>Number {id} is great: {}</p>", tags.join(" ")),
        "visibility": "public",
        "account": {"acct": "ada@other.example"},
    })
}

async fn server() -> (MockServer, watch::Receiver<u64>) {
    let server = MockServer::start().await;
    let (sender, given) = watch::channel(0);
    Mock::given(path("/api/v2/instance"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path_regex("^/api/v1/timelines/tag/"))
        .respond_with(Timelines { given: sender })
        .mount(&server)
        .await;
    (server, given)
}

async fn survives_kills(stores: Stores, seed: u64) {
    let (server, given) = server().await;
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("posts.jsonl");
    std::fs::write(&nothing, "").unwrap();
    let source = format!(
        "[[source]]\nkind = \"mastodon\"\nname = \"fedi\"\nurl = \"{}\"\nhashtags = [\"bitcoin\", \"eth\"]\n",
        server.uri()
    );
    let installation = Installation::new(stores, &nothing, &source).await;
    everything_is_to_be_read(&installation, &["#bitcoin", "#eth"]).await;
    let mut expected = Expected::default();
    for id in 1..=STATUSES {
        expected.add(format!("mastodon:{}", uri(id)), created(id));
    }

    let moments = moments(seed, 6, 6);
    killed_by_turns(&installation, [DRAIN, UP], &given, &moments).await;
    let fewest = 2 * (STATUSES as u64 * 2 / 3).div_ceil(PAGE as u64) + 2;
    let kills = moments.len() as u64;
    assert_swept(&installation, &expected, &given, fewest, kills).await;
    installation.end().await;
}

#[tokio::test]
async fn on_sqlite_kills_in_the_middle_of_a_sweep_lose_nothing() {
    survives_kills(Stores::Embedded, 21).await;
}

#[tokio::test]
async fn on_servers_kills_in_the_middle_of_a_sweep_lose_nothing() {
    if let Some(stores) = Stores::servers().await {
        survives_kills(stores, 22).await;
    }
}
