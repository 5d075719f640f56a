//! Cases of what a person does to jobs that wait.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use moodwire_queue::{CHUNK, Outcome, State};
use tokio::time::timeout;

use super::fixture::{Fixture, job, jobs, retry};

/// Jobs `collect:00000` … in the order of [`State::ALL`].
async fn one_in_each_state(fixture: &Fixture) {
    let mut all = jobs("collect", 5);
    fixture.enqueue(&all[2..4]).await;
    let leases = fixture.fetch("collect", 2).await;
    fixture.settle(&leases[1], Outcome::Done).await;
    fixture.bury(all[4].clone(), "no").await;
    all[0].run_at = Some(fixture.after(600).await);
    fixture.enqueue(&all[..2]).await;
    let states = fixture.states("collect").await;
    assert!(states.values().copied().eq(State::ALL), "{states:?}");
}

/// The ids of all five, one of them twice, and of what is no job.
fn asked() -> Vec<String> {
    let mut ids: Vec<String> = jobs("collect", 5).into_iter().map(|job| job.id).collect();
    ids.extend(
        [
            "collect:00000",
            "collect:never",
            "nonsense",
            "",
            "Other:kind",
        ]
        .map(str::to_owned),
    );
    ids
}

pub(crate) async fn only_scheduled_jobs_are_run_now(fixture: &Fixture) {
    one_in_each_state(fixture).await;
    let mut expected = vec![false; 10];
    expected[0] = true;
    assert_eq!(fixture.store.run_now(&asked()).await.unwrap(), expected);
    expected[0] = false;
    assert_eq!(fixture.store.run_now(&asked()).await.unwrap(), expected);
    assert_eq!(
        fixture.store.run_now(&[]).await.unwrap(),
        Vec::<bool>::new()
    );
    let states: Vec<State> = fixture.states("collect").await.into_values().collect();
    let mut left = State::ALL;
    left[0] = State::Ready;
    assert_eq!(states, left);
    let row = fixture.row("collect:00000").await;
    assert!(row.run_at <= fixture.after(0).await);
    // It comes behind what was due before it.
    let ids: Vec<String> = fixture
        .fetch("collect", 5)
        .await
        .into_iter()
        .map(|lease| lease.id)
        .collect();
    assert_eq!(ids, ["collect:00001", "collect:00000"]);
}

pub(crate) async fn a_job_run_now_keeps_its_attempts_and_history_and_wakes_a_worker(
    fixture: &Fixture,
) {
    fixture.enqueue(&[job("collect", "a")]).await;
    let lease = fixture.fetch_one("collect").await;
    let wait = Duration::from_secs(3_600);
    fixture.settle(&lease, retry("it broke", wait)).await;
    assert!(fixture.fetch("collect", 1).await.is_empty());
    let store = Arc::clone(&fixture.store);
    let waiting = tokio::spawn(async move { store.wait("collect", wait).await.unwrap() });
    tokio::task::yield_now().await;
    let other = fixture.another().await;
    let ids = ["collect:a".to_owned()];
    assert_eq!(other.run_now(&ids).await.unwrap(), [true]);
    timeout(Duration::from_secs(30), waiting)
        .await
        .unwrap()
        .unwrap();
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.attempts), (State::Ready, 1));
    assert_eq!(row.history.len(), 1);
    let again = fixture.fetch_one("collect").await;
    assert_eq!((again.attempt, again.max_attempts), (2, 5));
    fixture.settle(&again, Outcome::Done).await;
    assert_eq!(fixture.row("collect:a").await.history.len(), 2);
}

pub(crate) async fn only_what_waits_is_removed(fixture: &Fixture) {
    one_in_each_state(fixture).await;
    let mut expected = vec![false; 10];
    (expected[0], expected[1]) = (true, true);
    let removed = fixture.store.remove_waiting(&asked()).await.unwrap();
    assert_eq!(removed, expected);
    let removed = fixture.store.remove_waiting(&asked()).await.unwrap();
    assert_eq!(removed, [false; 10]);
    let left: Vec<State> = fixture.states("collect").await.into_values().collect();
    assert_eq!(left, State::ALL[2..]);
    assert_eq!(fixture.store.get("collect:00001").await.unwrap(), None);
    let stats = &fixture.store.stats().await.unwrap()["collect"];
    let totals = (stats.done_total, stats.dead_total, stats.dropped_total);
    assert_eq!((totals, stats.oldest_ready_seconds), ((1, 1, 0), None));
    fixture.step(1_000);
    assert!(fixture.fetch("collect", 10).await.is_empty());
}

pub(crate) async fn a_removed_id_is_free_and_its_history_is_gone(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 3)).await;
    let leases = fixture.fetch("collect", 3).await;
    let wait = Duration::from_secs(60);
    fixture.settle(&leases[0], retry("it broke", wait)).await;
    fixture.settle(&leases[1], Outcome::HandBack).await;
    let (until, reason) = (fixture.after(60).await, "it waits".to_owned());
    fixture
        .settle(&leases[2], Outcome::Later { until, reason })
        .await;
    let ids: Vec<String> = leases.iter().map(|lease| lease.id.clone()).collect();
    assert_eq!(fixture.store.remove_waiting(&ids).await.unwrap(), [true; 3]);
    assert!(fixture.states("collect").await.is_empty());
    fixture.enqueue(&jobs("collect", 3)).await;
    for lease in fixture.fetch("collect", 3).await {
        assert_eq!(lease.attempt, 1);
        let row = fixture.row(&lease.id).await;
        assert!(row.history.is_empty(), "{row:?}");
        assert_eq!((row.error, row.reason), (None, None));
    }
}

pub(crate) async fn more_than_a_chunk_is_run_now_and_removed_from_among_others(fixture: &Fixture) {
    let mut all = jobs("collect", 3 * CHUNK);
    let due = fixture.after(600).await;
    for job in all.iter_mut().skip(2 * CHUNK) {
        job.run_at = Some(due);
    }
    // Of many moments, so that what is removed lies on both sides of the middle.
    for chunk in all.chunks(100) {
        fixture.enqueue(chunk).await;
        fixture.step(1);
    }
    let ids: Vec<String> = all.into_iter().map(|job| job.id).collect();
    let moved = fixture.store.run_now(&ids).await.unwrap();
    assert_eq!(moved.iter().filter(|moved| **moved).count(), CHUNK);
    let (removed, left): (Vec<_>, Vec<_>) = ids
        .into_iter()
        .enumerate()
        .partition(|(nth, _)| nth % 3 != 1);
    let removed: Vec<String> = removed.into_iter().map(|(_, id)| id).collect();
    let answers = fixture.store.remove_waiting(&removed).await.unwrap();
    assert_eq!(answers, vec![true; removed.len()]);
    let left: BTreeSet<String> = left.into_iter().map(|(_, id)| id).collect();
    let states = fixture.states("collect").await;
    assert!(states.values().all(|state| *state == State::Ready));
    assert!(states.keys().eq(&left));
    let leased = fixture.fetch("collect", CHUNK).await;
    assert_eq!(leased.len(), CHUNK);
    assert!(leased.iter().all(|lease| left.contains(&lease.id)));
    assert!(fixture.fetch("collect", CHUNK).await.is_empty());
}

/// All of them have the moment of the one before the step: where they stand is not told by their time.
pub(crate) async fn jobs_enqueued_while_the_clock_stood_behind_are_removed(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "before")]).await;
    fixture.step(-3_600);
    fixture.enqueue(&jobs("collect", 3 * CHUNK)).await;
    fixture.step(7_200);
    fixture.enqueue(&[job("collect", "then")]).await;
    let ids = ["before", "00000", "01499", "00007", "00750", "then"]
        .map(|name| format!("collect:{name}"));
    let removed = fixture.store.remove_waiting(&ids).await.unwrap();
    assert_eq!(removed, [true; 6]);
    let left = fixture.states("collect").await;
    assert_eq!(left.len(), 3 * CHUNK - 4);
    assert!(ids.iter().all(|id| !left.contains_key(id)));
    let first = fixture.fetch("collect", 7).await;
    let ids: Vec<&str> = first.iter().map(|lease| lease.id.as_str()).collect();
    assert_eq!(ids[0], "collect:00001");
    assert_eq!(ids[6], "collect:00008");
}
