//! Channels from the command line: what one would get, trying one out, and one whose target is gone.

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::common::{Installation, Stores, write_posts};

async fn answers(server: &MockServer, status: u16, body: Value) {
    server.reset().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(server)
        .await;
}

/// An installation with a second Discord channel, whose webhook is on this server; its hours, and the folder of its posts,
/// which must outlive the drains.
async fn with_second(
    server: &MockServer,
    posts: u64,
) -> (Installation, Vec<String>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), posts);
    let second = format!(
        "[[channel]]\nkind = \"discord\"\nname = \"second\"\nurl = \"{}/api/webhooks/2/token\"\npaced = false\n",
        server.uri()
    );
    let installation = Installation::new(Stores::Embedded, &posts.path, &second).await;
    (installation, posts.hours, folder)
}

#[tokio::test]
async fn a_channel_whose_target_is_gone_is_disabled_until_a_person_enables_it() {
    let server = MockServer::start().await;
    answers(
        &server,
        404,
        json!({"message": "Unknown Webhook", "code": 10015}),
    )
    .await;
    let (installation, hours, _folder) = with_second(&server, 50).await;
    let drained = installation.runs(&["up", "--drain"]).await;
    assert_eq!(drained.status.code(), Some(1));
    let said = String::from_utf8(drained.stderr).unwrap();
    assert!(
        said.contains("disabled: second (moodwire channel list)"),
        "{said}"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    assert_eq!(installation.receiver.hours().await, hours);

    let doctor = installation.runs(&["doctor"]).await;
    assert_eq!(doctor.status.code(), Some(1));
    let said = String::from_utf8(doctor.stdout).unwrap();
    assert!(said.contains("`moodwire channel enable second`"), "{said}");
    let refused = installation.runs(&["channel", "test", "second"]).await;
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);

    answers(&server, 200, json!({"id": "1"})).await;
    let enabled = installation.json(&["channel", "enable", "second"]).await;
    assert_eq!(enabled["due"], hours.len());
    installation.drain().await;
    assert_eq!(server.received_requests().await.unwrap().len(), hours.len());
    let listed = installation.json(&["channel", "list"]).await;
    assert_eq!(listed[1]["state"], "enabled");
    assert_eq!(installation.receiver.hours().await, hours);
}

#[tokio::test]
async fn a_preview_is_what_is_sent_and_a_test_says_that_it_is_one() {
    let server = MockServer::start().await;
    answers(&server, 200, json!({"id": "9"})).await;
    let (installation, hours, _folder) = with_second(&server, 200).await;
    installation.drain().await;
    let last = hours.last().unwrap();
    let png = installation.config_file().with_extension("png");
    let preview = installation
        .json(&[
            "digest",
            "--hour",
            last,
            "--channel",
            "second",
            "--png",
            png.to_str().unwrap(),
        ])
        .await;
    let requests = server.received_requests().await.unwrap();
    let sent = String::from_utf8_lossy(&requests.last().unwrap().body).into_owned();
    let sent: Value = {
        let (_, part) = sent.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(part.split("\r\n").next().unwrap()).unwrap()
    };
    assert_eq!(preview, sent);
    assert!(std::fs::read(&png).unwrap().starts_with(b"\x89PNG"));

    let tested = installation.json(&["channel", "test", "second"]).await;
    assert_eq!(tested["message_id"], "9");
    let unknown = installation.runs(&["channel", "test", "nobody"]).await;
    assert_eq!(unknown.status.code(), Some(2));
}
