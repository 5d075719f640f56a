//! Edits and deletions: the newest version counts, and nothing brings a deleted post back.

use moodwire_lake::Inserted;
use moodwire_model::{Post, PostKey};

use super::{Store, at, batch_id, hour, post};

fn edited(id: &str, text: &str, edited_at: &str) -> Post {
    Post {
        text: text.to_owned(),
        raw: format!("{{\"edited\":\"{text}\"}}"),
        edited_at: Some(at(edited_at)),
        ..post(id)
    }
}

fn came(inserted: u64, edited: u64, duplicates: u64) -> Inserted {
    Inserted {
        inserted,
        edited,
        duplicates,
    }
}

fn keys(ids: &[&str]) -> Vec<PostKey> {
    ids.iter().map(|id| PostKey::new("x", id)).collect()
}

pub(crate) async fn an_edit_replaces_the_older_version_and_belongs_to_the_new_batch(store: Store) {
    let lake = store.lake().await;
    let (first, second) = (batch_id(1), batch_id(2));
    lake.insert_posts(&first, &[post("1"), post("2")])
        .await
        .unwrap();
    let version = edited("1", "better", "2026-11-23T17:10:00Z");
    let stored = lake
        .insert_posts(&second, std::slice::from_ref(&version))
        .await;
    assert_eq!(stored.unwrap(), came(0, 1, 0));
    assert_eq!(lake.posts(&first).await.unwrap(), [post("2")]);
    assert_eq!(
        lake.posts(&second).await.unwrap(),
        std::slice::from_ref(&version)
    );
    let again = lake.insert_posts(&second, &[version]).await;
    assert_eq!(again.unwrap(), came(0, 0, 1));
}

pub(crate) async fn an_edit_keeps_the_hour_that_the_post_counts_in(store: Store) {
    let lake = store.lake().await;
    lake.insert_posts(&batch_id(1), &[post("1")]).await.unwrap();
    let version = Post {
        created_at: at("2026-11-23T18:20:00Z"),
        collected_at: at("2026-11-23T18:21:00Z"),
        hour: hour("2026-11-23T18"),
        ..edited("1", "better", "2026-11-23T18:20:00Z")
    };
    lake.insert_posts(&batch_id(2), &[version]).await.unwrap();
    assert_eq!(
        lake.posts(&batch_id(2)).await.unwrap(),
        [edited("1", "better", "2026-11-23T18:20:00Z")]
    );
}

pub(crate) async fn an_older_edit_that_comes_later_changes_nothing(store: Store) {
    let lake = store.lake().await;
    let newer = edited("1", "newer", "2026-11-23T17:10:00Z");
    let older = edited("1", "older", "2026-11-23T17:09:00Z");
    lake.insert_posts(&batch_id(1), &[post("1")]).await.unwrap();
    lake.insert_posts(&batch_id(2), std::slice::from_ref(&newer))
        .await
        .unwrap();
    let stored = lake.insert_posts(&batch_id(3), &[older]).await;
    assert_eq!(stored.unwrap(), came(0, 0, 1));
    assert_eq!(lake.posts(&batch_id(2)).await.unwrap(), [newer]);
}

pub(crate) async fn an_edit_that_comes_first_is_not_replaced_by_the_original(store: Store) {
    let lake = store.lake().await;
    let version = edited("1", "better", "2026-11-23T17:10:00Z");
    let stored = lake
        .insert_posts(&batch_id(1), std::slice::from_ref(&version))
        .await;
    assert_eq!(stored.unwrap(), came(1, 0, 0));
    let stored = lake.insert_posts(&batch_id(2), &[post("1")]).await;
    assert_eq!(stored.unwrap(), came(0, 0, 1));
    assert_eq!(lake.posts(&batch_id(1)).await.unwrap(), [version]);
}

pub(crate) async fn an_edit_in_the_same_call_as_the_original_counts_once_each(store: Store) {
    let lake = store.lake().await;
    let version = edited("1", "better", "2026-11-23T17:10:00Z");
    let stored = lake
        .insert_posts(&batch_id(1), &[post("1"), version.clone(), post("1")])
        .await;
    assert_eq!(stored.unwrap(), came(1, 1, 1));
    assert_eq!(lake.posts(&batch_id(1)).await.unwrap(), [version]);
}

pub(crate) async fn hours_are_told_of_those_that_are_there(store: Store) {
    let lake = store.lake().await;
    let other = Post {
        hour: hour("2026-11-23T15"),
        ..post("2")
    };
    lake.insert_posts(&batch_id(1), &[post("1"), other, post("3")])
        .await
        .unwrap();
    lake.delete_posts(&batch_id(2), &keys(&["3"]), at("2026-11-23T17:10:00Z"))
        .await
        .unwrap();
    let told = lake.hours_of(&keys(&["1", "2", "3", "4"])).await.unwrap();
    let expected = [
        (PostKey::new("x", "1"), hour("2026-11-23T16")),
        (PostKey::new("x", "2"), hour("2026-11-23T15")),
    ];
    assert_eq!(told, expected.into());
    assert!(lake.hours_of(&[]).await.unwrap().is_empty());
}

pub(crate) async fn keys_are_found_by_what_they_begin_with_step_by_step(store: Store) {
    let lake = store.lake().await;
    // In the order of their bytes: what stands before and behind the beginning is not under it.
    let there = [
        "ada", "ada.", "ada/1", "ada/2", "ada/3", "ada/é", "ada0", "adam/1",
    ];
    let posts: Vec<Post> = there.into_iter().map(post).collect();
    lake.insert_posts(&batch_id(1), &posts).await.unwrap();
    let first = lake.keys_under("x:ada/", None, 2).await.unwrap();
    assert_eq!(first, keys(&["ada/1", "ada/2"]));
    let rest = lake.keys_under("x:ada/", first.last(), 500).await.unwrap();
    assert_eq!(rest, keys(&["ada/3", "ada/é"]));
    let end = lake.keys_under("x:ada/", rest.last(), 500).await.unwrap();
    assert_eq!(end, []);
    let when = at("2026-11-23T17:10:00Z");
    lake.delete_posts(&batch_id(2), &first, when).await.unwrap();
    assert_eq!(lake.keys_under("x:ada/", None, 500).await.unwrap(), rest);
    assert_eq!(lake.keys_under("x:bob/", None, 500).await.unwrap(), []);
}

pub(crate) async fn a_deleted_post_is_erased_and_belongs_to_the_new_batch(store: Store) {
    let lake = store.lake().await;
    lake.insert_posts(&batch_id(1), &[post("1"), post("2")])
        .await
        .unwrap();
    let when = at("2026-11-23T17:10:00.123Z");
    let deleted = lake
        .delete_posts(&batch_id(2), &keys(&["1", "never seen"]), when)
        .await;
    assert_eq!(deleted.unwrap(), 1);
    let erased = Post {
        text: String::new(),
        author_name: None,
        raw: "{}".to_owned(),
        deleted_at: Some(when),
        ..post("1")
    };
    assert_eq!(lake.posts(&batch_id(2)).await.unwrap(), [erased]);
    assert_eq!(lake.posts(&batch_id(1)).await.unwrap(), [post("2")]);
}

pub(crate) async fn deleting_again_changes_nothing(store: Store) {
    let lake = store.lake().await;
    lake.insert_posts(&batch_id(1), &[post("1")]).await.unwrap();
    let delete = |batch, when| {
        let lake = &lake;
        async move {
            lake.delete_posts(&batch_id(batch), &keys(&["1"]), at(when))
                .await
                .unwrap()
        }
    };
    assert_eq!(delete(2, "2026-11-23T17:10:00Z").await, 1);
    assert_eq!(delete(3, "2026-11-23T17:11:00Z").await, 0);
    let found = lake.posts(&batch_id(2)).await.unwrap();
    assert_eq!(
        found.first().and_then(|post| post.deleted_at),
        Some(at("2026-11-23T17:10:00Z"))
    );
}

pub(crate) async fn neither_an_edit_nor_the_post_itself_brings_a_deleted_post_back(store: Store) {
    let lake = store.lake().await;
    lake.insert_posts(&batch_id(1), &[post("1")]).await.unwrap();
    lake.delete_posts(&batch_id(2), &keys(&["1"]), at("2026-11-23T17:10:00Z"))
        .await
        .unwrap();
    let version = edited("1", "again", "2026-11-23T17:20:00Z");
    let stored = lake.insert_posts(&batch_id(3), &[post("1"), version]).await;
    assert_eq!(stored.unwrap(), came(0, 0, 2));
    let found = lake.posts(&batch_id(2)).await.unwrap();
    assert!(found.iter().all(|post| post.text.is_empty()), "{found:?}");
    assert_eq!(found.len(), 1);
    assert_eq!(lake.posts(&batch_id(3)).await.unwrap(), []);
}
