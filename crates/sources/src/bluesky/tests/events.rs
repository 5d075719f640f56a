//! Tests of events: which become posts, edits and deletions, and with what.

use serde_json::{Value, json};

use super::{Network, SEEN, event, posted, record, rkeys, time};
use crate::Page;

/// The page that these events make where nobody is followed, so that every post is kept.
async fn page(events: &[Value]) -> Page {
    Network::of(events, Vec::new()).await.read().await
}

#[tokio::test]
async fn every_field_of_an_event_finds_its_place() {
    let given = posted(0, "did:plc:ada", "Nice\0");
    let page = page(std::slice::from_ref(&given)).await;
    let post = &page.posts[0];
    let key = "bluesky:at://did:plc:ada/app.bsky.feed.post/k0";
    assert_eq!((post.key.as_str(), post.network.as_str()), (key, "bluesky"));
    assert_eq!(
        (post.author.as_str(), &post.author_name),
        ("did:plc:ada", &None)
    );
    assert_eq!(post.text, "Nice\u{fffd}");
    let url = "https://bsky.app/profile/did:plc:ada/post/k0";
    assert_eq!(
        (post.url.as_deref(), post.lang.as_deref()),
        (Some(url), Some("en"))
    );
    assert_eq!((post.created_at, post.edited_at), (time(0), None));
    assert_eq!(post.hour.to_string(), "2026-03-01T17:00:00Z");
    assert_eq!(post.raw, given.to_string());
    assert_eq!(page.position["time_us"], SEEN);
}

#[tokio::test]
async fn an_event_is_kept_byte_by_byte() {
    let odd = format!(
        " {{ \"time_us\" : {SEEN}, \"kind\":\"commit\",\"did\":\"did:plc:ada\", \"new\": 1e400, \
         \"commit\":{{\"operation\":\"create\",\"collection\":\"app.bsky.feed.post\",\"rkey\":\"k\",\
         \"record\":{{\"text\":\"\\u0041\\ud83d\\ude80\"}}}}}}"
    );
    let frame = moodwire_testing::jetstream::text_frame(&odd);
    let answer =
        move |_: usize, _: &url::Url| moodwire_testing::jetstream::Answer::frames([frame.clone()]);
    let page = Network::answering(answer, Vec::new()).await.read().await;
    assert_eq!(
        (&page.posts[0].raw, page.posts[0].text.as_str()),
        (&odd, "A🚀")
    );
}

#[tokio::test]
async fn the_seen_time_counts_where_the_declared_one_is_far_from_it() {
    for (declared, counts) in [
        (
            json!("2026-03-01T17:49:59.500Z"),
            "2026-03-01T17:49:59.500Z",
        ),
        (
            json!("2026-03-01T19:40:00.000+02:00"),
            "2026-03-01T17:40:00.000Z",
        ),
        (
            json!("2026-03-01T17:39:59.999Z"),
            "2026-03-01T17:50:00.000Z",
        ),
        (
            json!("2026-03-01T18:00:00.000Z"),
            "2026-03-01T18:00:00.000Z",
        ),
        (
            json!("2026-03-01T18:00:00.001Z"),
            "2026-03-01T17:50:00.000Z",
        ),
        (json!("2126-03-01T17:50:00Z"), "2026-03-01T17:50:00.000Z"),
        (json!("0001-01-01T00:00:00Z"), "2026-03-01T17:50:00.000Z"),
        (json!("yesterday"), "2026-03-01T17:50:00.000Z"),
        (json!(7), "2026-03-01T17:50:00.000Z"),
        (Value::Null, "2026-03-01T17:50:00.000Z"),
    ] {
        let mut given = posted(0, "did:plc:ada", "x");
        given["commit"]["record"]["createdAt"] = declared.clone();
        let page = page(&[given]).await;
        let at = page.posts[0].created_at;
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        assert_eq!(at, counts, "{declared}");
    }
}

#[tokio::test]
async fn an_edit_is_the_post_again_with_its_own_time_and_the_time_of_the_edit() {
    let first = posted(0, "did:plc:ada", "Nice");
    let edit = event(400, "did:plc:ada", "update", "k0", Some(record(0, "Bad")));
    let mut days_later = event(500, "did:plc:ada", "update", "old", Some(record(0, "Old")));
    days_later["commit"]["record"]["createdAt"] = json!("2026-02-01T00:00:00Z");
    let page = page(&[first, edit, days_later]).await;
    let told: Vec<_> = page
        .posts
        .iter()
        .map(|post| (post.text.as_str(), post.created_at, post.edited_at))
        .collect();
    let old = "2026-02-01T00:00:00Z".parse().unwrap();
    assert_eq!(
        told,
        [
            ("Nice", time(0), None),
            ("Bad", time(0), Some(time(400))),
            ("Old", old, Some(time(500))),
        ]
    );
}

#[tokio::test]
async fn a_deletion_is_handed_over_and_takes_its_post_off_the_page() {
    let events = [
        posted(0, "did:plc:ada", "Nice"),
        posted(1, "did:plc:ada", "stays"),
        event(2, "did:plc:ada", "delete", "k0", None),
        event(3, "did:plc:bob", "delete", "never-seen", None),
        event(3, "did:plc:bob", "delete", "never-seen", None),
    ];
    let page = page(&events).await;
    assert_eq!(rkeys(&page), ["k1"]);
    let deleted: Vec<&str> = page
        .deleted
        .iter()
        .map(moodwire_model::PostKey::as_str)
        .collect();
    assert_eq!(
        deleted,
        [
            "bluesky:at://did:plc:ada/app.bsky.feed.post/k0",
            "bluesky:at://did:plc:bob/app.bsky.feed.post/never-seen",
        ]
    );
}

#[tokio::test]
async fn what_is_not_known_says_nothing_and_moves_the_position() {
    let mut like = posted(1, "did:plc:ada", "x");
    like["commit"]["collection"] = json!("app.bsky.feed.like");
    let moved = event(2, "did:plc:ada", "move", "k", Some(json!(5)));
    let mut strange = posted(3, "did:plc:ada", "kept");
    strange["cursor"] = json!(31_527_015_322_i64);
    strange["later"] = json!({"a": [1]});
    strange["commit"]["record"]["facets"] = json!("none");
    strange["commit"]["record"]["langs"] = json!([7]);
    let of_kind = |second: i64, kind: &str, body: Value| json!({"did": "did:plc:ada", "time_us": SEEN + second * 1_000_000, "kind": kind, kind: body});
    let events = [
        like,
        moved,
        strange,
        of_kind(
            4,
            "identity",
            json!({"did": "did:plc:ada", "handle": "new.test", "seq": 1}),
        ),
        of_kind(
            5,
            "account",
            json!({"active": false, "status": "deactivated"}),
        ),
        of_kind(6, "sync", json!({"rev": "a"})),
        json!({"did": "did:plc:ada", "time_us": SEEN + 7_000_000}),
    ];
    let page = page(&events).await;
    assert_eq!((rkeys(&page), page.quarantined.len()), (vec!["k3"], 0));
    assert_eq!(page.posts[0].lang, None);
    assert_eq!(page.position["time_us"], SEEN + 7_000_000);
    assert!(page.deleted.is_empty() && page.closed.is_empty());
}

/// The event that tells how an account fares.
fn account(second: i64, did: &str, active: bool, status: Option<&str>) -> Value {
    let at = time(second);
    json!({
        "did": did,
        "time_us": SEEN + second * 1_000_000,
        "kind": "account",
        "account": {"active": active, "did": did, "seq": second, "status": status, "time": at},
    })
}

#[tokio::test]
async fn an_account_that_is_deleted_or_taken_down_is_handed_over_once_and_takes_its_posts_off_the_page()
 {
    let events = [
        posted(0, "did:plc:ada", "gone"),
        posted(1, "did:plc:adam", "stays"),
        account(2, "did:plc:ada", false, Some("deleted")),
        account(2, "did:plc:ada", false, Some("deleted")),
        account(3, "did:plc:bob", false, Some("takendown")),
        account(4, "did:plc:cyd", false, Some("suspended")),
        account(5, "did:plc:dan", false, Some("deactivated")),
        account(6, "did:plc:eve", false, None),
        account(7, "did:plc:fay", true, None),
    ];
    let page = page(&events).await;
    assert_eq!(rkeys(&page), ["k1"]);
    let closed = ["bluesky:at://did:plc:ada/", "bluesky:at://did:plc:bob/"];
    assert_eq!(
        (page.closed, page.quarantined.len()),
        (closed.map(str::to_owned).to_vec(), 0)
    );
}

#[tokio::test]
async fn an_account_that_is_open_again_before_the_page_is_given_out_was_never_closed() {
    let frames = [
        posted(0, "did:plc:ada", "stays"),
        account(1, "did:plc:ada", false, Some("takendown")),
        account(2, "did:plc:ada", true, None),
    ];
    let network = Network::of(&frames, Vec::new()).await;
    let page = network.read().await;
    assert_eq!(rkeys(&page), ["k0"]);
    assert!(page.closed.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_quarantined_and_the_rest_goes_on() {
    let with = |change: fn(&mut Value)| {
        let mut event = posted(1, "did:plc:ada", "x");
        change(&mut event);
        event
    };
    let events = [
        json!("text"),
        json!({"kind": "commit"}),
        with(|event| event["time_us"] = json!("soon")),
        with(|event| event["time_us"] = json!(31_527_015_322_i64)),
        with(|event| event["time_us"] = json!(i64::MAX)),
        with(|event| event["time_us"] = json!(1.5e300)),
        with(|event| event["time_us"] = json!(SEEN + 1_200_001_000)),
        with(|event| event["commit"] = Value::Null),
        with(|event| event["commit"]["rkey"] = json!(["a"])),
        with(|event| event["commit"]["rkey"] = json!("a".repeat(2_000))),
        with(|event| event["commit"]["rkey"] = json!("a/b")),
        with(|event| event["did"] = json!("did:plc:\u{0}")),
        with(|event| event["commit"]["record"] = Value::Null),
        with(|event| event["commit"]["record"]["text"] = json!(7)),
        posted(2, "did:plc:ada", "kept"),
    ];
    let first = page(&events).await;
    assert_eq!(rkeys(&first), ["k2"]);
    let reasons: Vec<&str> = first
        .quarantined
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert_eq!(reasons.len(), 14, "{reasons:#?}");
    assert!(
        reasons[2].contains("the event cannot be read"),
        "{reasons:#?}"
    );
    assert!(
        reasons[3].contains("no time in microseconds"),
        "{reasons:#?}"
    );
    assert!(reasons[6].contains("in the future"), "{reasons:#?}");
    assert!(reasons[12].contains("no record"), "{reasons:#?}");
    assert_eq!(first.position["time_us"], SEEN + 2_000_000);
    let ids = |page: &Page| -> Vec<String> {
        page.quarantined.iter().map(|one| one.id.clone()).collect()
    };
    assert_eq!(ids(&page(&events).await), ids(&first));
}

#[tokio::test]
async fn frames_that_are_no_json_are_quarantined() {
    use moodwire_testing::jetstream::{Answer, binary_frame, text_frame};
    let frames = [
        text_frame("{\"did\":"),
        text_frame(""),
        binary_frame(&[0xff, 0x00, 0x28]),
        binary_frame(posted(1, "did:plc:ada", "binary").to_string().as_bytes()),
        text_frame(&posted(2, "did:plc:ada", "text").to_string()),
    ];
    let answer = move |_: usize, _: &url::Url| Answer::frames(frames.clone());
    let page = Network::answering(answer, Vec::new()).await.read().await;
    assert_eq!(
        (rkeys(&page), page.quarantined.len()),
        (vec!["k1", "k2"], 3)
    );
}
