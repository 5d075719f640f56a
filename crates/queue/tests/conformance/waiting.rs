//! Cases of being woken. A wait that is never woken would take its hour: the bound turns that into a failure.

use std::{sync::Arc, time::Duration};

use moodwire_queue::Store;
use tokio::{task::JoinHandle, time::timeout};

use super::fixture::{Fixture, job};

const HOUR: Duration = Duration::from_secs(3_600);

/// Far more than any wake-up takes, and far less than the hour.
const BOUND: Duration = Duration::from_secs(30);

/// Waits for an hour at most in a task of its own.
fn begin(store: &Arc<dyn Store>, kind: &'static str) -> JoinHandle<()> {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.wait(kind, HOUR).await.unwrap() })
}

/// The wait was woken.
async fn woken(waiting: JoinHandle<()>) {
    timeout(BOUND, waiting).await.unwrap().unwrap();
}

pub(crate) async fn a_wait_ends_after_its_time(fixture: &Fixture) {
    let wait = fixture.store.wait("collect", Duration::from_millis(20));
    timeout(BOUND, wait).await.unwrap().unwrap();
    let wait = fixture.store.wait("collect", Duration::ZERO);
    timeout(BOUND, wait).await.unwrap().unwrap();
}

pub(crate) async fn a_wait_ends_when_another_handle_enqueues(fixture: &Fixture) {
    let other = fixture.another().await;
    for number in 0..5 {
        let waiting = begin(&fixture.store, "collect");
        tokio::task::yield_now().await;
        other
            .enqueue(&[job("collect", &number.to_string())])
            .await
            .unwrap();
        woken(waiting).await;
        // A store may wake for nothing, and then wakes again: what counts is that the job is there in the end.
        loop {
            if let Some(lease) = fixture.fetch("collect", 1).await.pop() {
                assert_eq!(lease.id, format!("collect:{number}"));
                break;
            }
            woken(begin(&fixture.store, "collect")).await;
        }
    }
}

/// The race between a fetch that found nothing and the wait that follows it.
pub(crate) async fn a_job_enqueued_before_the_wait_ends_it(fixture: &Fixture) {
    let other = fixture.another().await;
    assert!(fixture.fetch("collect", 1).await.is_empty());
    other.enqueue(&[job("collect", "a")]).await.unwrap();
    woken(begin(&fixture.store, "collect")).await;
    assert_eq!(fixture.fetch("collect", 1).await.len(), 1);
}

pub(crate) async fn a_wait_ends_when_a_dead_letter_is_retried(fixture: &Fixture) {
    let other = fixture.another().await;
    fixture.bury(job("collect", "a"), "no").await;
    let waiting = begin(&fixture.store, "collect");
    let again = [("collect:a".to_owned(), None, None)];
    assert_eq!(other.retry(&again).await.unwrap(), [true]);
    woken(waiting).await;
}

pub(crate) async fn a_dropped_wait_loses_nothing(fixture: &Fixture) {
    let other = fixture.another().await;
    for number in 0..20 {
        let waiting = begin(&fixture.store, "collect");
        tokio::task::yield_now().await;
        let name = number.to_string();
        let jobs = [job("collect", &name)];
        let enqueueing = other.enqueue(&jobs);
        waiting.abort();
        enqueueing.await.unwrap();
        woken(begin(&fixture.store, "collect")).await;
        assert_eq!(fixture.fetch("collect", 1).await.len(), 1);
    }
}
