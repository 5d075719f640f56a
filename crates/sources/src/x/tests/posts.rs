//! Tests of what is read of a post: both dialects, edits, long texts, authors, and values of any type.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    super::{
        answer::User,
        id::Id,
        post::{Authors, Object, Read},
    },
    NOW, id, post, user,
};

fn read(object: &Value) -> Result<Read, String> {
    let raw = object.to_string();
    let users: BTreeMap<Id, User> = [serde_json::from_value(user("7", "ada")).unwrap()]
        .into_iter()
        .map(|user: User| (user.id, user))
        .collect();
    let authors = Authors {
        users: &users,
        accounts: &BTreeMap::new(),
        owner: None,
    };
    Object::of(&raw)?.read(&raw, authors, None, NOW.parse().unwrap())
}

#[test]
fn a_post_is_read_in_either_dialect() {
    for history in ["edit_history_post_ids", "edit_history_tweet_ids"] {
        let mut object = json!({
            "id": id(60), "text": "a &amp;amp; b &lt;3", "author_id": "7", "lang": "en",
            "created_at": "2026-09-01T17:59:00.000Z",
            "entities": {"mentions": [{"start": 0, "end": 4, "username": "bob"}, {"username": null}]},
        });
        object[history] = json!([id(60)]);
        let Read { post, mentions } = read(&object).unwrap();
        assert_eq!(post.key.as_str(), format!("x:{}", id(60)));
        assert_eq!(
            (&*post.network, &*post.author, &*post.text),
            ("x", "ada", "a &amp; b <3")
        );
        assert_eq!(
            (post.author_name.as_deref(), post.followers),
            (Some("Someone"), Some(42))
        );
        assert_eq!(post.lang.as_deref(), Some("en"));
        assert_eq!(
            post.created_at,
            "2026-09-01T17:59:00Z"
                .parse::<moodwire_model::Timestamp>()
                .unwrap()
        );
        assert_eq!((post.edited_at, post.raw), (None, object.to_string()));
        assert_eq!(mentions, ["bob"]);
    }
}

#[test]
fn an_edit_is_a_version_of_its_post() {
    let mut object = post(&id(10));
    object["edit_history_post_ids"] = json!([id(600), id(300), id(10)]);
    let edited = read(&object).unwrap().post;
    assert_eq!(edited.key.as_str(), format!("x:{}", id(600)));
    let moment = |text: &str| text.parse::<moodwire_model::Timestamp>().unwrap();
    assert_eq!(edited.created_at, moment("2026-09-01T17:50:00Z"));
    assert_eq!(edited.edited_at, Some(moment("2026-09-01T17:59:50Z")));

    // The first version, though X knows of later ones: it must not pass for the newest.
    let mut first = post(&id(600));
    first["edit_history_post_ids"] = object["edit_history_post_ids"].clone();
    let first = read(&first).unwrap().post;
    assert_eq!((first.key, first.edited_at), (edited.key, None));
}

#[test]
fn a_long_text_is_whole_with_its_own_mentions() {
    let mut object = post(&id(10));
    object["note_tweet"] =
        json!({"text": "all of it", "entities": {"mentions": [{"username": "eve"}]}});
    let found = read(&object).unwrap();
    assert_eq!(
        (&*found.post.text, &*found.mentions),
        ("all of it", &["eve".to_owned()][..])
    );
}

#[test]
fn who_is_not_known_is_a_number_and_a_time_that_is_not_given_is_the_ids() {
    let found = read(&json!({"id": id(10), "text": "", "author_id": 99}))
        .unwrap()
        .post;
    assert_eq!((&*found.author, found.author_name), ("99", None));
    assert_eq!(
        found.url,
        Some(format!("https://x.com/i/status/{}", id(10)))
    );
    assert_eq!(
        found.created_at,
        "2026-09-01T17:59:50Z"
            .parse::<moodwire_model::Timestamp>()
            .unwrap()
    );
    assert_eq!(
        read(&json!({"id": id(10), "text": ""}))
            .unwrap()
            .post
            .author,
        "?"
    );
}

#[test]
fn an_id_holds_its_time() {
    // As recorded: a post of 2022-10-07 22:42:12.637, said so in its own text.
    let recorded = Id::parse("1578516068309794817").unwrap().time().unwrap();
    assert_eq!(recorded.format("%F %T").to_string(), "2022-10-07 22:42:12");
    assert_eq!(Id::at(recorded).unwrap().time(), Some(recorded));
    assert_eq!(Id::parse("20").unwrap().time(), None);
    for wrong in ["", "+5", "-5", "1 ", "10000000000000000000", "١"] {
        assert_eq!(Id::parse(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn a_value_of_any_type_is_read_or_refused(
        key in proptest::sample::select(vec![
            "id", "text", "author_id", "created_at", "lang", "edit_history_post_ids", "edit_history_tweet_ids",
            "referenced_posts", "referenced_tweets", "note_post", "note_tweet", "entities", "public_metrics", "username",
        ]),
        value in proptest::sample::select(vec![
            json!(null), json!(true), json!(-1), json!(1.5), json!(u64::MAX), json!(""), json!("\u{0}"), json!([]),
            json!([null]), json!({}), json!({"mentions": 5}), json!({"mentions": [5, {"username": {}}]}), json!([{"id": 5}]),
        ]),
    ) {
        let mut object = post(&id(10));
        object[key] = value;
        if let Ok(read) = read(&object) {
            prop_assert!(!read.post.text.contains('\0') && !read.post.author.is_empty());
            prop_assert!(read.post.key.as_str().len() <= 21);
        }
    }
}
