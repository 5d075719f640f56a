//! Cases of dropping what is kept no longer.

use std::time::Duration;

use moodwire_queue::{Outcome, Pruned, Retention, Settlement};

use super::fixture::{Fixture, job, jobs, settlement};

/// Keeps everything that the case does not name.
const KEEP: Retention = Retention {
    done_for: Duration::from_secs(1_000_000),
    done_count: 1_000_000,
    dead_for: Duration::from_secs(1_000_000),
    dead_count: 1_000_000,
};

async fn finish(fixture: &Fixture, kind: &str, count: usize) {
    for _ in 0..count.div_ceil(500) {
        let leases = fixture.fetch(kind, 500).await;
        let settlements: Vec<Settlement> = leases
            .iter()
            .map(|lease| settlement(lease, Outcome::Done))
            .collect();
        fixture.store.settle(kind, &settlements).await.unwrap();
    }
}

pub(crate) async fn done_jobs_go_by_age(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "old")]).await;
    finish(fixture, "collect", 1).await;
    fixture.step(100);
    fixture.enqueue(&jobs("collect", 3)).await;
    finish(fixture, "collect", 1).await;
    fixture.bury(job("collect", "dead"), "no").await;
    let retention = Retention {
        done_for: Duration::from_secs(50),
        ..KEEP
    };
    let pruned = fixture.store.prune("collect", &retention).await.unwrap();
    assert_eq!(pruned, Pruned { done: 1, dead: 0 });
    assert_eq!(fixture.states("collect").await.len(), 4);
    assert_eq!(fixture.store.get("collect:old").await.unwrap(), None);
    let pruned = fixture.store.prune("collect", &retention).await.unwrap();
    assert_eq!(pruned, Pruned::default());
    // Its slot is free again, and what ever ended well is still counted.
    fixture.enqueue(&[job("collect", "old")]).await;
    assert!(fixture.row("collect:old").await.history.is_empty());
    assert_eq!(
        fixture.store.stats().await.unwrap()["collect"].done_total,
        4
    );
    fixture.store.prune("publish", &retention).await.unwrap();
}

pub(crate) async fn done_jobs_go_by_count_oldest_first(fixture: &Fixture) {
    for job in jobs("collect", 5) {
        fixture.enqueue(&[job]).await;
        finish(fixture, "collect", 1).await;
        fixture.step(1);
    }
    let retention = Retention {
        done_count: 2,
        ..KEEP
    };
    let pruned = fixture.store.prune("collect", &retention).await.unwrap();
    assert_eq!(pruned, Pruned { done: 3, dead: 0 });
    let left: Vec<String> = fixture.states("collect").await.into_keys().collect();
    assert_eq!(left, ["collect:00003", "collect:00004"]);
}

pub(crate) async fn dead_letters_go_by_age_and_by_count(fixture: &Fixture) {
    for job in jobs("collect", 6) {
        fixture.bury(job, "no").await;
        fixture.step(10);
    }
    fixture.enqueue(&[job("collect", "done")]).await;
    finish(fixture, "collect", 1).await;
    let retention = Retention {
        dead_for: Duration::from_secs(35),
        dead_count: 2,
        ..KEEP
    };
    let pruned = fixture.store.prune("collect", &retention).await.unwrap();
    assert_eq!(pruned, Pruned { done: 0, dead: 4 });
    let left: Vec<String> = fixture.states("collect").await.into_keys().collect();
    assert_eq!(left, ["collect:00004", "collect:00005", "collect:done"]);
    assert_eq!(
        fixture.store.stats().await.unwrap()["collect"].dead_total,
        6
    );
}

pub(crate) async fn more_than_a_chunk_is_pruned(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 1_700)).await;
    finish(fixture, "collect", 1_700).await;
    let retention = Retention {
        done_count: 0,
        ..KEEP
    };
    let mut dropped = 0;
    loop {
        let pruned = fixture.store.prune("collect", &retention).await.unwrap();
        if pruned.done == 0 {
            break;
        }
        dropped += pruned.done;
    }
    assert_eq!(dropped, 1_700);
    assert!(fixture.states("collect").await.is_empty());
}

pub(crate) async fn every_dead_letter_that_retention_drops_is_counted(fixture: &Fixture) {
    let dropped = async || fixture.store.stats().await.unwrap()["collect"].dropped_total;
    for job in jobs("collect", 7) {
        fixture.bury(job, "no").await;
        fixture.step(10);
    }
    fixture.bury(job("publish", "a"), "no").await;
    fixture.enqueue(&[job("collect", "done")]).await;
    finish(fixture, "collect", 1).await;
    assert_eq!(dropped().await, 0);

    // What a person discards or runs again, and what ended well, was not dropped by retention.
    let (retried, discarded) = ("collect:00005".to_owned(), "collect:00006".to_owned());
    fixture.store.discard(&[discarded]).await.unwrap();
    fixture.store.retry(&[(retried, None, None)]).await.unwrap();
    let none_done = Retention {
        done_count: 0,
        ..KEEP
    };
    let pruned = fixture.store.prune("collect", &none_done).await.unwrap();
    assert_eq!(pruned, Pruned { done: 1, dead: 0 });
    assert_eq!(dropped().await, 0);

    let by_count = Retention {
        dead_count: 3,
        ..KEEP
    };
    let pruned = fixture.store.prune("collect", &by_count).await.unwrap();
    assert_eq!((pruned.dead, dropped().await), (2, 2));
    let by_age = Retention {
        dead_for: Duration::from_secs(45),
        ..KEEP
    };
    let pruned = fixture.store.prune("collect", &by_age).await.unwrap();
    assert_eq!((pruned.dead, dropped().await), (1, 3));
    let other = fixture.another().await;
    let stats = other.stats().await.unwrap();
    assert_eq!(stats["collect"].dropped_total, 3);
    assert_eq!((stats["collect"].dead, stats["collect"].dead_total), (2, 7));
    assert_eq!(stats["publish"].dropped_total, 0);
}
