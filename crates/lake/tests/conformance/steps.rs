//! The steps of a collect and a transform in their order, and the lake as a whole.

use moodwire_lake::{Lake, LakeTotals};
use moodwire_model::{
    Batch,
    BatchState::{Open, Queued, Scored},
    Cursor, Post, Quarantined,
};
use serde_json::json;

use super::{Store, at, batch, batch_id, first_posts, hour};

/// All that a lake tells of itself after [`one_pass`].
type Told = (
    Option<Batch>,
    Vec<Post>,
    Vec<Cursor>,
    Vec<Quarantined>,
    LakeTotals,
    u64,
);

fn refused() -> Quarantined {
    Quarantined {
        id: "replay:posts.jsonl:17".to_owned(),
        source: "replay".to_owned(),
        place: "posts.jsonl:17".to_owned(),
        reason: "the line has no text".to_owned(),
        sample: "{}".to_owned(),
        at: at("2026-11-23T17:05:02Z"),
    }
}

fn cursor() -> Cursor {
    Cursor {
        position: json!({ "line": 18 }),
        ..Cursor::start("replay")
    }
}

async fn one_pass(lake: &dyn Lake) {
    let (id, now) = (batch_id(1), at("2026-11-23T17:05:03Z"));
    lake.open_batch(&batch(1, &["2026-11-23T16"]))
        .await
        .unwrap();
    lake.insert_posts(&id, &first_posts(20)).await.unwrap();
    lake.quarantine(&[refused()]).await.unwrap();
    assert!(lake.move_batch(&id, &[Open], Queued, now).await.unwrap());
    assert_eq!(lake.save_cursor(&cursor()).await.unwrap(), Some(1));
    assert!(lake.move_batch(&id, &[Queued], Scored, now).await.unwrap());
}

async fn told(lake: &dyn Lake) -> Told {
    (
        lake.batch(&batch_id(1)).await.unwrap(),
        lake.posts(&batch_id(1)).await.unwrap(),
        lake.cursors().await.unwrap(),
        lake.quarantined(None, 10).await.unwrap(),
        lake.totals().await.unwrap(),
        lake.unscored(hour("2026-11-23T16")).await.unwrap(),
    )
}

pub(crate) async fn a_step_repeated_after_a_crash_changes_nothing(store: Store) {
    let lake = store.lake().await;
    one_pass(&*lake).await;
    let before = told(&*lake).await;
    let (id, later) = (batch_id(1), at("2026-11-23T17:09:00Z"));

    lake.open_batch(&batch(1, &["2026-11-23T16", "2026-11-23T17"]))
        .await
        .unwrap();
    let came = lake.insert_posts(&id, &first_posts(20)).await.unwrap();
    assert_eq!((came.inserted, came.duplicates), (0, 20));
    assert_eq!(lake.quarantine(&[refused()]).await.unwrap(), 0);
    assert!(!lake.move_batch(&id, &[Open], Queued, later).await.unwrap());
    assert_eq!(lake.save_cursor(&cursor()).await.unwrap(), None);
    assert!(
        !lake
            .move_batch(&id, &[Queued], Scored, later)
            .await
            .unwrap()
    );
    assert!(!lake.drop_empty_batch(&id).await.unwrap());

    assert_eq!(told(&*lake).await, before);
    assert_eq!(lake.unscored(hour("2026-11-23T17")).await.unwrap(), 0);
}

pub(crate) async fn a_reopened_lake_holds_what_it_held(store: Store) {
    let before = {
        let lake = store.lake().await;
        one_pass(&*lake).await;
        told(&*lake).await
    };
    assert_eq!(told(&*store.lake().await).await, before);
}

pub(crate) async fn two_handles_on_one_store_agree(store: Store) {
    let (one, two) = (store.lake().await, store.lake().await);
    one.open_batch(&batch(1, &["2026-11-23T16"])).await.unwrap();
    assert_eq!(two.unscored(hour("2026-11-23T16")).await.unwrap(), 1);
    two.insert_posts(&batch_id(1), &first_posts(3))
        .await
        .unwrap();
    assert_eq!(one.posts(&batch_id(1)).await.unwrap(), first_posts(3));
    assert!(!one.drop_empty_batch(&batch_id(1)).await.unwrap());
    two.save_cursor(&cursor()).await.unwrap();
    assert_eq!(one.cursor("replay").await.unwrap().version, 1);
    assert_eq!(told(&*one).await, told(&*two).await);
    assert_eq!(one.place(), two.place());
}

pub(crate) async fn totals_count_what_is_there(store: Store) {
    let lake = store.lake().await;
    assert_eq!(lake.totals().await.unwrap(), LakeTotals::default());
    one_pass(&*lake).await;
    for n in 2..=4 {
        lake.open_batch(&batch(n, &["2026-11-23T16"]))
            .await
            .unwrap();
    }
    lake.move_batch(&batch_id(4), &[Open], Queued, at("2026-11-23T17:06:00Z"))
        .await
        .unwrap();
    let expected = LakeTotals {
        posts: 20,
        unscored_batches: 3,
        quarantined: 1,
    };
    assert_eq!(lake.totals().await.unwrap(), expected);
}

pub(crate) async fn a_lake_that_is_there_gives_a_sign_of_life(store: Store) {
    let lake = store.lake().await;
    lake.check().await.unwrap();
    assert!(store.url.starts_with(lake.place()) || lake.place().starts_with("sqlite:///"));
}
