//! Batches: moved by compare-and-set, found by state and by hour.

use moodwire_model::{
    Batch,
    BatchState::{Discarded, Open, Queued, Scored},
    Timestamp,
};

use super::{Store, at, batch, batch_id, first_posts, hour};

fn later() -> Timestamp {
    at("2026-11-23T17:06:00.250Z")
}

pub(crate) async fn a_batch_comes_back_as_it_went_in(store: Store) {
    let lake = store.lake().await;
    let opened = batch(1, &["2026-11-23T15", "2026-11-23T16", "2026-11-24T00"]);
    lake.open_batch(&opened).await.unwrap();
    assert_eq!(lake.batch(&batch_id(1)).await.unwrap(), Some(opened));
    assert_eq!(lake.batch(&batch_id(2)).await.unwrap(), None);
    let hourless = batch(3, &[]);
    lake.open_batch(&hourless).await.unwrap();
    assert_eq!(lake.batch(&batch_id(3)).await.unwrap(), Some(hourless));
}

pub(crate) async fn a_batch_lives_from_open_over_queued_to_scored(store: Store) {
    let lake = store.lake().await;
    let id = batch_id(1);
    let opened = batch(1, &["2026-11-23T16"]);
    lake.open_batch(&opened).await.unwrap();
    lake.insert_posts(&id, &first_posts(7)).await.unwrap();
    assert_eq!(lake.batch(&id).await.unwrap().unwrap().count, 0);

    assert!(
        lake.move_batch(&id, &[Open], Queued, later())
            .await
            .unwrap()
    );
    let queued = Batch {
        state: Queued,
        count: 7,
        changed_at: later(),
        ..opened
    };
    assert_eq!(lake.batch(&id).await.unwrap().as_ref(), Some(&queued));

    let at_last = at("2026-11-23T17:07:00Z");
    assert!(
        lake.move_batch(&id, &[Queued], Scored, at_last)
            .await
            .unwrap()
    );
    let scored = Batch {
        state: Scored,
        changed_at: at_last,
        ..queued
    };
    assert_eq!(lake.batch(&id).await.unwrap(), Some(scored));
}

pub(crate) async fn a_move_from_another_state_changes_nothing(store: Store) {
    let lake = store.lake().await;
    let id = batch_id(1);
    let opened = batch(1, &["2026-11-23T16"]);
    lake.open_batch(&opened).await.unwrap();
    for (from, to) in [
        (&[Queued][..], Scored),
        (&[Scored, Discarded], Queued),
        (&[], Queued),
    ] {
        assert!(!lake.move_batch(&id, from, to, later()).await.unwrap());
        assert_eq!(
            lake.batch(&id).await.unwrap(),
            Some(opened.clone()),
            "{from:?}"
        );
    }
    assert!(
        !lake
            .move_batch(&batch_id(9), &[Open], Queued, later())
            .await
            .unwrap()
    );
    assert_eq!(lake.batch(&batch_id(9)).await.unwrap(), None);

    assert!(
        lake.move_batch(&id, &[Open, Queued], Discarded, later())
            .await
            .unwrap()
    );
    assert!(
        !lake
            .move_batch(&id, &[Open, Queued], Scored, later())
            .await
            .unwrap()
    );
    assert_eq!(lake.batch(&id).await.unwrap().unwrap().state, Discarded);
}

pub(crate) async fn of_two_tasks_that_move_a_batch_exactly_one_wins(store: Store) {
    let (one, two) = (store.lake().await, store.lake().await);
    for n in 0..10 {
        let id = batch_id(n);
        one.open_batch(&batch(n, &["2026-11-23T16"])).await.unwrap();
        let (first, second) = tokio::join!(
            one.move_batch(&id, &[Open], Queued, later()),
            two.move_batch(&id, &[Open], Discarded, later())
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(first != second, "{first} {second}");
        let state = two.batch(&id).await.unwrap().unwrap().state;
        assert_eq!(state, if first { Queued } else { Discarded });
    }
}

pub(crate) async fn queueing_again_counts_again(store: Store) {
    let lake = store.lake().await;
    let id = batch_id(1);
    lake.open_batch(&batch(1, &["2026-11-23T16"]))
        .await
        .unwrap();
    lake.insert_posts(&id, &first_posts(2)).await.unwrap();
    lake.move_batch(&id, &[Open], Queued, later())
        .await
        .unwrap();
    lake.insert_posts(&id, &first_posts(5)).await.unwrap();
    assert!(
        lake.move_batch(&id, &[Queued, Scored], Queued, later())
            .await
            .unwrap()
    );
    assert_eq!(lake.batch(&id).await.unwrap().unwrap().count, 5);
}

pub(crate) async fn only_an_open_and_empty_batch_is_dropped(store: Store) {
    let lake = store.lake().await;
    for n in 1..=3 {
        lake.open_batch(&batch(n, &["2026-11-23T16"]))
            .await
            .unwrap();
    }
    lake.insert_posts(&batch_id(2), &first_posts(1))
        .await
        .unwrap();
    lake.move_batch(&batch_id(3), &[Open], Queued, later())
        .await
        .unwrap();

    assert!(lake.drop_empty_batch(&batch_id(1)).await.unwrap());
    assert_eq!(lake.batch(&batch_id(1)).await.unwrap(), None);
    for n in [1, 2, 3, 9] {
        assert!(!lake.drop_empty_batch(&batch_id(n)).await.unwrap(), "{n}");
    }
    assert_eq!(lake.batch(&batch_id(2)).await.unwrap().unwrap().state, Open);
    assert_eq!(
        lake.batch(&batch_id(3)).await.unwrap().unwrap().state,
        Queued
    );
    assert_eq!(lake.unscored(hour("2026-11-23T16")).await.unwrap(), 2);
}

pub(crate) async fn unscored_counts_open_and_queued_batches_of_that_hour_only(store: Store) {
    let lake = store.lake().await;
    let (fifteen, sixteen) = ("2026-11-23T15", "2026-11-23T16");
    for (n, hours, state) in [
        (1, &[sixteen][..], Open),
        (2, &[fifteen, sixteen], Queued),
        (3, &[sixteen], Scored),
        (4, &[sixteen], Discarded),
        (5, &[fifteen], Open),
        (6, &[], Open),
    ] {
        lake.open_batch(&batch(n, hours)).await.unwrap();
        if state != Open {
            assert!(
                lake.move_batch(&batch_id(n), &[Open], state, later())
                    .await
                    .unwrap()
            );
        }
    }
    assert_eq!(lake.unscored(hour(sixteen)).await.unwrap(), 2);
    assert_eq!(lake.unscored(hour(fifteen)).await.unwrap(), 2);
    assert_eq!(lake.unscored(hour("2026-11-23T17")).await.unwrap(), 0);
    lake.move_batch(&batch_id(2), &[Queued], Scored, later())
        .await
        .unwrap();
    assert_eq!(lake.unscored(hour(sixteen)).await.unwrap(), 1);
    assert_eq!(lake.unscored(hour(fifteen)).await.unwrap(), 1);
}

pub(crate) async fn batches_are_paged_by_id_within_their_states(store: Store) {
    let lake = store.lake().await;
    for n in [5, 3, 1, 4, 2, 6] {
        lake.open_batch(&batch(n, &["2026-11-23T16"]))
            .await
            .unwrap();
    }
    for n in [2, 4] {
        lake.move_batch(&batch_id(n), &[Open], Queued, later())
            .await
            .unwrap();
    }
    lake.move_batch(&batch_id(5), &[Open], Scored, later())
        .await
        .unwrap();

    for (states, after, limit, expected) in [
        (&[Open, Queued][..], None, 3, &[1, 2, 3][..]),
        (&[Open, Queued], Some(3), 3, &[4, 6]),
        (&[Open, Queued], Some(6), 3, &[]),
        (&[Queued], None, usize::MAX, &[2, 4]),
        (&[Scored, Discarded], None, 10, &[5]),
        (&[Open, Queued, Scored, Discarded], None, 0, &[]),
        (&[], None, 10, &[]),
    ] {
        let after = after.map(batch_id);
        let page = lake.batches(states, after.as_deref(), limit).await.unwrap();
        let ids: Vec<&str> = page.iter().map(|batch| batch.id.as_str()).collect();
        let expected: Vec<String> = expected.iter().map(|n| batch_id(*n)).collect();
        assert_eq!(ids, expected, "{states:?} after {after:?}");
    }
}
