//! Tests of statuses: which become posts, and with what.

use serde_json::{Value, json};

use super::{NOW, Server, TAG, list, status};
use crate::Page;

async fn read(statuses: &[Value]) -> Page {
    let server = Server::start().await;
    server.page(TAG, None, list(statuses)).await;
    server.read(&Value::Null).await.unwrap()
}

#[tokio::test]
async fn every_field_of_a_status_finds_its_place() {
    let given = status("1");
    let page = read(std::slice::from_ref(&given)).await;
    let post = &page.posts[0];
    assert_eq!(
        post.key.as_str(),
        "mastodon:https://other.example/users/ada/statuses/1"
    );
    assert_eq!(
        (post.network.as_str(), post.author.as_str()),
        ("mastodon", "ada@other.example")
    );
    assert_eq!(post.author_name.as_deref(), Some("Ada"));
    assert_eq!(post.text, "Nice 1");
    assert_eq!(post.url.as_deref(), Some("https://other.example/@ada/1"));
    assert_eq!(post.lang.as_deref(), Some("en"));
    assert_eq!(
        post.created_at,
        "2026-03-01T17:05:00.123Z"
            .parse::<moodwire_model::Timestamp>()
            .unwrap()
    );
    assert_eq!(
        post.collected_at,
        NOW.parse::<moodwire_model::Timestamp>().unwrap()
    );
    assert_eq!(post.hour.to_string(), "2026-03-01T17:00:00Z");
    assert_eq!(serde_json::from_str::<Value>(&post.raw).unwrap(), given);
}

#[tokio::test]
async fn only_what_is_public_is_kept() {
    let with = |visibility: Value| {
        let mut status = status("1");
        status["visibility"] = visibility;
        status
    };
    let hidden = ["unlisted", "private", "direct", "somewhere"].map(|word| with(json!(word)));
    let page = read(&hidden).await;
    assert_eq!((page.posts.len(), page.quarantined.len()), (0, 0));
    assert_eq!(read(&[with(Value::Null)]).await.posts.len(), 0);
    assert_eq!(read(&[with(json!("public"))]).await.posts.len(), 1);
}

#[tokio::test]
async fn a_reblog_becomes_its_original() {
    let mut reblog = status("9");
    reblog["reblog"] = status("1");
    reblog["account"]["acct"] = json!("bob");
    let mut of_hidden = reblog.clone();
    of_hidden["reblog"]["visibility"] = json!("unlisted");
    let page = read(&[reblog, of_hidden]).await;
    assert_eq!(page.posts.len(), 1);
    let post = &page.posts[0];
    assert!(post.key.as_str().ends_with("/ada/statuses/1"));
    assert_eq!(post.author, "ada@other.example");
    assert_eq!(
        serde_json::from_str::<Value>(&post.raw).unwrap(),
        status("1")
    );
}

#[tokio::test]
async fn the_servers_own_accounts_get_its_name() {
    let server = Server::start().await;
    let mut own = status("1");
    own["account"]["acct"] = json!("ada");
    own["mentions"] = json!([{"acct": "bob"}, {"acct": "eve@a.example"}]);
    server.page(TAG, None, list(&[own])).await;
    let page = server.read(&Value::Null).await.unwrap();
    let host = server.http.address().to_string();
    assert_eq!(page.posts[0].author, format!("ada@{host}"));
    let mentions = &page.mentions[&page.posts[0].key];
    assert_eq!(
        *mentions,
        [format!("bob@{host}"), "eve@a.example".to_owned()]
    );
}

#[tokio::test]
async fn a_content_warning_comes_before_the_text_and_an_image_needs_none() {
    let mut warned = status("1");
    warned["spoiler_text"] = json!("Prices");
    let mut image = status("2");
    image["content"] = json!("");
    let page = read(&[warned, image]).await;
    let texts: Vec<&str> = page.posts.iter().map(|post| post.text.as_str()).collect();
    assert_eq!(texts, ["Prices\n\nNice 1", ""]);
}

#[tokio::test]
async fn what_cannot_be_read_is_quarantined_and_the_rest_goes_on() {
    let mut late = status("2");
    late["created_at"] = json!("2126-01-01T00:00:00Z");
    let mut when = status("3");
    when["created_at"] = json!("yesterday");
    let bad = [json!("text"), json!({"id": "4"}), late, when];
    let page = read(&[&bad[..], &[status("5")]].concat()).await;
    assert_eq!(page.posts.len(), 1);
    assert_eq!(page.quarantined.len(), 4);
    let reasons: Vec<&str> = page
        .quarantined
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert!(reasons[1].contains("uri"), "{reasons:?}");
    assert!(reasons[2].contains("in the future"), "{reasons:?}");
    assert!(reasons[3].contains("no time"), "{reasons:?}");
    let again = read(&bad).await;
    assert_eq!(again.quarantined[3].id, page.quarantined[3].id);
}
