//! Killed in the middle of a sweep of X's search, which goes from the newest post back over many pages.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use moodwire_model::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::sync::watch;
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{method, path},
};

use super::{DRAIN, Expected, UP, assert_swept, killed_by_turns, moments};
use crate::common::{Installation, Stores};

/// Posts, ten seconds apart: over eight hours.
const POSTS: u32 = 3_000;

/// What a page gives.
const PAGE: usize = 25;

/// When X began to count milliseconds.
const EPOCH: i64 = 1_288_834_974_657;

/// A search that finds all posts, from the newest back.
struct Search {
    begin: DateTime<Utc>,
    given: watch::Sender<u64>,
}

fn made(begin: DateTime<Utc>, number: u32) -> DateTime<Utc> {
    begin + TimeDelta::seconds(10 * i64::from(number))
}

fn id(at: DateTime<Utc>) -> i64 {
    (at.timestamp_millis() - EPOCH) << 22
}

impl Respond for Search {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked = |name: &str| {
            let found = request.url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned())
        };
        let since: Option<i64> = asked("since_id").map(|id| id.parse().unwrap());
        let from: Option<DateTime<Utc>> = asked("start_time").map(|at| at.parse().unwrap());
        let below = asked("next_token").map_or(POSTS, |token| token.parse().unwrap());
        let found = |number: &u32| {
            let at = made(self.begin, *number);
            since.is_none_or(|since| id(at) > since) && from.is_none_or(|from| at >= from)
        };
        let mut page: Vec<u32> = (1..=below).rev().filter(found).take(PAGE + 1).collect();
        let next = (page.len() > PAGE).then(|| page.pop().unwrap());
        self.given.send_modify(|given| *given += 1);
        let mut body = json!({
            "includes": {"users": [{"id": "7", "name": "Ada", "username": "ada"}]},
            "meta": {"result_count": page.len()},
        });
        if let Some(newest) = page.first() {
            body["meta"]["newest_id"] = json!(id(made(self.begin, *newest)).to_string());
            let posts: Vec<Value> = page.iter().map(|number| self.post(*number)).collect();
            body["data"] = json!(posts);
        }
        if let Some(next) = next {
            body["meta"]["next_token"] = json!(next.to_string());
        }
        ResponseTemplate::new(200).set_body_json(body)
    }
}

impl Search {
    fn post(&self, number: u32) -> Value {
        let at = made(self.begin, number);
        let id = id(at).to_string();
        json!({
            "id": id, "text": format!("Number {number}: bitcoin is great"), "author_id": "7", "lang": "en",
            "created_at": at, "edit_history_post_ids": [id],
        })
    }
}

async fn survives_kills(stores: Stores, seed: u64) {
    let hour = TimeDelta::hours(1);
    let begin = SystemClock.now().duration_trunc(hour).unwrap() - hour * 10;
    let server = MockServer::start().await;
    let (sender, given) = watch::channel(0);
    Mock::given(method("GET"))
        .and(path("/2/tweets/search/recent"))
        .respond_with(Search {
            begin,
            given: sender,
        })
        .mount(&server)
        .await;
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("posts.jsonl");
    std::fs::write(&nothing, "").unwrap();
    // More reads than the kills can cost.
    let source = format!(
        "[[source]]\nkind = \"x\"\nname = \"x-main\"\nurl = \"{}\"\ntoken = \"s3cret\"\nbackfill = \"1d\"\n\
         daily_reads = 1000000\n[[actor]]\nname = \"Bitcoin\"\nkeywords = [\"bitcoin\"]\n",
        server.uri()
    );
    let installation = Installation::new(stores, &nothing, &source).await;
    let mut expected = Expected::default();
    for number in 1..=POSTS {
        let at = made(begin, number);
        expected.add(format!("x:{}", id(at)), at);
    }

    let moments = moments(seed, 6, 9);
    killed_by_turns(&installation, [DRAIN, UP], &given, &moments).await;
    let fewest = u64::from(POSTS).div_ceil(PAGE as u64);
    let kills = moments.len() as u64;
    assert_swept(&installation, &expected, &given, fewest, kills).await;
    installation.end().await;
}

#[tokio::test]
async fn on_sqlite_kills_in_the_middle_of_a_search_lose_nothing() {
    survives_kills(Stores::Embedded, 51).await;
}

#[tokio::test]
async fn on_servers_kills_in_the_middle_of_a_search_lose_nothing() {
    if let Some(stores) = Stores::servers().await {
        survives_kills(stores, 52).await;
    }
}
