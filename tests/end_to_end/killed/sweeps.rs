//! Killed in the middle of a sweep over a Mastodon server's timelines, which have many pages.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::sync::watch;
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{method, path, path_regex},
};

use super::{Expected, assert_sent_once, assert_whole, killed_at, moments};
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

/// Timelines of which everything is still to be read; a source that was never read would begin with the newest page.
async fn everything_is_to_be_read(installation: &Installation) {
    let lake = installation.lake().await;
    let mut cursor = lake.cursor("fedi").await.unwrap();
    cursor.position = json!({"newest": {"#bitcoin": "0", "#eth": "0"}});
    assert!(lake.save_cursor(&cursor).await.unwrap().is_some());
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
    everything_is_to_be_read(&installation).await;
    let mut expected = Expected::default();
    for id in 1..=STATUSES {
        expected.add(format!("mastodon:{}", uri(id)), created(id));
    }

    let moments = moments(seed, 6, 6);
    for (number, moment) in moments.iter().enumerate() {
        let args: &[&str] = match number % 2 {
            0 => &["up", "--drain"],
            _ => &["up"],
        };
        killed_at(&installation, args, &given, moment).await;
    }
    // No hour goes out before the sweep is over.
    assert!(installation.receiver.hours().await.is_empty());
    let report = assert_whole(&installation, &expected).await;
    assert_sent_once(&installation, &expected, &report, 0).await;
    // Of what was read only the page that a kill cut off is read again; and each collect that a kill left behind looks once
    // whether there is more on the two timelines.
    let fewest = 2 * (STATUSES as u64 * 2 / 3).div_ceil(PAGE as u64) + 2;
    let answers = *given.borrow();
    let kills = moments.len() as u64;
    assert!(
        (fewest..=fewest + 3 * kills).contains(&answers),
        "{answers} answers, {fewest} pages"
    );
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
