//! Posts: stored once, and given back as they were.

use moodwire_lake::Inserted;
use moodwire_model::{ActorMatch, Post, Why};

use super::{Store, batch_id, first_posts, post};

fn came_to(inserted: u64, duplicates: u64) -> Inserted {
    Inserted {
        edited: 0,
        inserted,
        duplicates,
    }
}

pub(crate) async fn a_post_comes_back_as_it_went_in(store: Store) {
    let lake = store.lake().await;
    let full = post("1");
    let bare = Post {
        author_name: None,
        url: None,
        lang: None,
        actors: Vec::new(),
        text: String::new(),
        ..post("2")
    };
    let stored = [full, bare];
    lake.insert_posts(&batch_id(1), &stored).await.unwrap();
    assert_eq!(lake.posts(&batch_id(1)).await.unwrap(), stored);
    assert_eq!(lake.posts(&batch_id(2)).await.unwrap(), []);
}

pub(crate) async fn every_raw_document_comes_back_equal(store: Store) {
    let lake = store.lake().await;
    let deep = format!("{}0{}", "{\"in\":[".repeat(60), "]}".repeat(60));
    let raws = [
        r#"{"z":1,"a":{"y":[1,-2.5,"ü",null,true,{}],"b":[]},"":"empty","dot.ted":{"$x":1}}"#,
        r#"{"$type":"app.bsky.feed.post","embed":{"image":{"ref":{"$link":"bafkrei"}}},"$oid":"5"}"#,
        r#"{"at":{"$date":"2026-11-23T17:05:00Z"},"ref":{"$ref":"posts","$id":1},"n":{"$numberLong":"7"}}"#,
        r#"{"nul":"a\u0000b","emoji":"🚀👩‍👩‍👧‍👦","escaped":"\"\\\n"}"#,
        r#"{"nul\u0000key":1}"#,
        r#"{"i64":9223372036854775807,"least":-9223372036854775808,"i32":2147483648}"#,
        r#"{"u64":18446744073709551615}"#,
        r#"{"big":123456789012345678901234567890}"#,
        r#"{"floats":[0.1,1.5e-7,0.8439999999999999,0.30000000000000004,2.2250738585072014e-308]}"#,
        r#"{"_id":"its own","text":"a field named like ours"}"#,
        "[1,{\"a\":2}]",
        "\"only text\"",
        "42",
        "null",
        "",
        "cut off: {\"a\":",
        &deep,
    ];
    let stored: Vec<Post> = raws
        .iter()
        .enumerate()
        .map(|(n, raw)| Post {
            raw: (*raw).to_owned(),
            ..post(&format!("{n:02}"))
        })
        .collect();
    let came = lake.insert_posts(&batch_id(1), &stored).await.unwrap();
    assert_eq!(came, came_to(stored.len() as u64, 0));
    let found = lake.posts(&batch_id(1)).await.unwrap();
    let found: Vec<&str> = found.iter().map(|post| post.raw.as_str()).collect();
    assert_eq!(found, raws, "compact texts come back to the letter");
}

pub(crate) async fn a_text_of_100_kb_with_emoji_comes_back_whole(store: Store) {
    let lake = store.lake().await;
    let text = "to the moon 🚀 ".repeat(100 * 1024 / 17);
    let long = Post {
        raw: serde_json::json!({ "text": text }).to_string(),
        text,
        ..post("long")
    };
    lake.insert_posts(&batch_id(1), std::slice::from_ref(&long))
        .await
        .unwrap();
    assert!(lake.posts(&batch_id(1)).await.unwrap() == [long]);
}

pub(crate) async fn a_key_is_stored_once_however_often_it_comes(store: Store) {
    let lake = store.lake().await;
    let all = first_posts(5);
    let first = lake.insert_posts(&batch_id(1), &all[..3]).await.unwrap();
    assert_eq!(first, came_to(3, 0));
    let again = lake.insert_posts(&batch_id(1), &all[..3]).await.unwrap();
    assert_eq!(again, came_to(0, 3));
    let overlap = lake.insert_posts(&batch_id(1), &all[1..]).await.unwrap();
    assert_eq!(overlap, came_to(2, 2));
    assert_eq!(lake.posts(&batch_id(1)).await.unwrap(), all);
}

pub(crate) async fn a_key_twice_in_one_call_counts_as_a_duplicate_and_the_first_wins(store: Store) {
    let lake = store.lake().await;
    let second = Post {
        text: "the same key again".to_owned(),
        ..post("1")
    };
    let came = lake
        .insert_posts(
            &batch_id(1),
            &[post("1"), second.clone(), post("2"), second],
        )
        .await
        .unwrap();
    assert_eq!(came, came_to(2, 2));
    assert_eq!(
        lake.posts(&batch_id(1)).await.unwrap(),
        [post("1"), post("2")]
    );
}

pub(crate) async fn a_duplicate_leaves_the_first_post_and_its_batch_untouched(store: Store) {
    let lake = store.lake().await;
    lake.insert_posts(&batch_id(1), &[post("1")]).await.unwrap();
    let edited = Post {
        text: "edited".to_owned(),
        actors: vec![ActorMatch::new("someone else", [Why::Author])],
        raw: "{}".to_owned(),
        ..post("1")
    };
    let came = lake
        .insert_posts(&batch_id(2), &[edited, post("2")])
        .await
        .unwrap();
    assert_eq!(came, came_to(1, 1));
    assert_eq!(lake.posts(&batch_id(1)).await.unwrap(), [post("1")]);
    assert_eq!(lake.posts(&batch_id(2)).await.unwrap(), [post("2")]);
}

pub(crate) async fn five_hundred_posts_are_stored_in_one_call_and_read_by_key(store: Store) {
    let lake = store.lake().await;
    let mut shuffled = first_posts(500);
    shuffled.sort_by_key(|post| post.key.as_str().chars().rev().collect::<String>());
    let came = lake.insert_posts(&batch_id(1), &shuffled).await.unwrap();
    assert_eq!(came, came_to(500, 0));
    assert_eq!(lake.posts(&batch_id(1)).await.unwrap(), first_posts(500));
}

pub(crate) async fn no_posts_are_no_work(store: Store) {
    let lake = store.lake().await;
    let came = lake.insert_posts(&batch_id(1), &[]).await.unwrap();
    assert_eq!(came, Inserted::default());
}

pub(crate) async fn two_tasks_that_store_the_same_posts_store_each_once(store: Store) {
    let (one, two) = (store.lake().await, store.lake().await);
    let all = first_posts(200);
    let (first, second) = (batch_id(1), batch_id(2));
    let (came, also) = tokio::join!(
        one.insert_posts(&first, &all),
        two.insert_posts(&second, &all)
    );
    let (came, also) = (came.unwrap(), also.unwrap());
    assert_eq!(came.inserted + also.inserted, 200);
    assert_eq!(came.duplicates, also.inserted);
    let stored = one.posts(&first).await.unwrap().len() + one.posts(&second).await.unwrap().len();
    assert_eq!(stored, 200);
}
