//! X from outside: what search finds is collected once, and each drain goes on where the last one ended.

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{bearer_token, method, path, query_param, query_param_is_missing},
};

use crate::common::{Installation, Stores};

/// What X's ids of 2026-03-01T05:05 begin with.
const AT_FIVE: &str = "20279733532";

fn id(last: u32) -> String {
    format!("{AT_FIVE}{last:08}")
}

fn post(last: u32, text: &str) -> Value {
    json!({
        "id": id(last), "text": text, "author_id": "7", "lang": "en",
        "created_at": "2026-03-01T05:05:00.000Z", "edit_history_post_ids": [id(last)],
    })
}

async fn finds(server: &MockServer, since: Option<&str>, posts: &[Value]) {
    let asked = Mock::given(method("GET"))
        .and(path("/2/tweets/search/recent"))
        .and(bearer_token("s3cret"));
    let asked = match since {
        Some(id) => asked.and(query_param("since_id", id)),
        None => asked.and(query_param_is_missing("since_id")),
    };
    let mut body = json!({
        "includes": {"users": [{"id": "7", "name": "Ada", "username": "ada"}]},
        "meta": {"result_count": posts.len()},
    });
    if let Some(newest) = posts.first() {
        body["data"] = json!(posts);
        body["meta"]["newest_id"] = newest["id"].clone();
    }
    let answer = ResponseTemplate::new(200).set_body_json(body);
    asked.respond_with(answer).mount(server).await;
}

#[tokio::test]
async fn a_search_is_followed_from_drain_to_drain() {
    let server = MockServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("posts.jsonl");
    std::fs::write(&nothing, "").unwrap();
    let source = format!(
        "[[source]]\nkind = \"x\"\nname = \"x-main\"\nurl = \"{}\"\ntoken = \"s3cret\"\n\
         [[actor]]\nname = \"Bitcoin\"\nkeywords = [\"bitcoin\"]\n",
        server.uri()
    );
    let installation = Installation::new(Stores::Embedded, &nothing, &source).await;
    let first = [
        post(3, "I love bitcoin &amp; you"),
        post(2, "found by its link alone"),
        post(1, "bitcoin is awful"),
    ];
    finds(&server, None, &first).await;
    let report = installation.drain().await;
    assert_eq!((&report["posts"], &report["dead"]), (&json!(2), &json!(0)));

    finds(&server, Some(&id(3)), &[post(4, "bitcoin again")]).await;
    finds(&server, Some(&id(4)), &[]).await;
    for _ in 0..2 {
        let report = installation.drain().await;
        assert_eq!(
            (&report["posts"], &report["duplicates"]),
            (&json!(3), &json!(0))
        );
    }
    let digest = installation
        .json(&["digest", "--hour", "2026-03-01T05"])
        .await;
    assert_eq!(digest["best"]["text"], "I love bitcoin & you");
    assert_eq!(
        digest["best"]["url"],
        format!("https://x.com/ada/status/{}", id(3))
    );
    installation.end().await;
}
