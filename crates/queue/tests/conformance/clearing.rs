//! Cases of clearing what waits.

use std::{collections::BTreeSet, time::Duration};

use moodwire_queue::{CHUNK, Outcome, State};

use super::fixture::{Fixture, job, jobs, retry};

pub(crate) async fn only_what_waits_is_cleared(fixture: &Fixture) {
    // In the order of `State::ALL`: 0 stays scheduled, 1 ready, 2 running, 3 done, 4 dead.
    let mut all = jobs("collect", 5);
    fixture.enqueue(&all[2..4]).await;
    let leases = fixture.fetch("collect", 2).await;
    fixture.settle(&leases[1], Outcome::Done).await;
    fixture.bury(all[4].clone(), "no").await;
    all[0].run_at = Some(fixture.after(600).await);
    all[1].payload = b"no text: \xff\xfe\0".to_vec();
    fixture.enqueue(&all[..2]).await;
    fixture.enqueue(&[job("publish", "a")]).await;
    let states = fixture.states("collect").await;
    assert!(states.values().copied().eq(State::ALL), "{states:?}");

    assert_eq!(fixture.store.clear("collect", 0).await.unwrap(), []);
    assert_eq!(fixture.store.clear("never", 10).await.unwrap(), []);
    assert_eq!(fixture.states("collect").await, states);
    // A paused kind is cleared as any other.
    fixture.store.set_paused("collect", true).await.unwrap();
    let cleared = fixture.store.clear("collect", 10).await.unwrap();
    let expected = [&all[1], &all[0]].map(|job| (job.id.clone(), job.payload.clone()));
    assert_eq!(cleared, expected);
    assert_eq!(fixture.store.clear("collect", 10).await.unwrap(), []);
    fixture.store.set_paused("collect", false).await.unwrap();

    let left: Vec<State> = fixture.states("collect").await.into_values().collect();
    assert_eq!(left, [State::Running, State::Done, State::Dead]);
    assert_eq!(fixture.store.get("collect:00001").await.unwrap(), None);
    assert_eq!(fixture.states("publish").await.len(), 1);
    let other = fixture.another().await;
    let stats = other.stats().await.unwrap();
    assert_eq!(stats["collect"].oldest_ready_seconds, None);
    let totals = (stats["collect"].done_total, stats["collect"].dead_total);
    assert_eq!((totals, stats["collect"].dropped_total), ((1, 1), 0));
    // Whoever runs one of the kind is not disturbed.
    fixture.settle(&leases[0], Outcome::Done).await;
    assert_eq!(fixture.row("collect:00002").await.state, State::Done);
    assert!(fixture.fetch("collect", 10).await.is_empty());
}

pub(crate) async fn what_is_due_first_is_cleared_first(fixture: &Fixture) {
    for (name, wait) in [("soon", 60), ("now", 0), ("late", 6_000)] {
        let mut job = job("collect", name);
        job.run_at = Some(fixture.after(wait).await);
        fixture.enqueue(&[job]).await;
    }
    fixture.step(1);
    fixture.enqueue(&[job("collect", "then")]).await;
    let mut order = Vec::new();
    for _ in 0..2 {
        let cleared = fixture.store.clear("collect", 2).await.unwrap();
        assert_eq!(cleared.len(), 2);
        order.extend(cleared.into_iter().map(|(id, _)| id));
    }
    let expected = [
        "collect:now",
        "collect:then",
        "collect:soon",
        "collect:late",
    ];
    assert_eq!(order, expected);
}

pub(crate) async fn more_than_a_chunk_is_cleared(fixture: &Fixture) {
    let mut all = jobs("collect", 3 * CHUNK + 100);
    let due = fixture.after(600).await;
    for job in all.iter_mut().skip(CHUNK + 50) {
        job.run_at = Some(due);
    }
    fixture.enqueue(&all).await;
    fixture.step(1);
    let mut left: BTreeSet<String> = all.into_iter().map(|job| job.id).collect();
    for expected in [CHUNK, CHUNK, CHUNK, 100, 0] {
        let cleared = fixture.store.clear("collect", usize::MAX).await.unwrap();
        assert_eq!(cleared.len(), expected);
        assert!(cleared.iter().all(|(id, _)| left.remove(id)));
        let stats = &fixture.store.stats().await.unwrap()["collect"];
        assert_eq!(stats.ready + stats.scheduled, left.len() as u64);
    }
    assert!(fixture.states("collect").await.is_empty());
    fixture.step(1_000);
    assert!(fixture.fetch("collect", 10).await.is_empty());
}

pub(crate) async fn a_cleared_id_is_free_and_its_history_is_gone(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 3)).await;
    let leases = fixture.fetch("collect", 3).await;
    let wait = Duration::from_secs(60);
    fixture.settle(&leases[0], retry("it broke", wait)).await;
    fixture.settle(&leases[1], Outcome::HandBack).await;
    let (until, reason) = (fixture.after(60).await, "it waits".to_owned());
    let later = Outcome::Later { until, reason };
    fixture.settle(&leases[2], later).await;
    assert_eq!(fixture.row("collect:00000").await.history.len(), 1);

    assert_eq!(fixture.store.clear("collect", 10).await.unwrap().len(), 3);
    fixture.enqueue(&jobs("collect", 3)).await;
    for lease in fixture.fetch("collect", 3).await {
        assert_eq!(lease.attempt, 1);
        let row = fixture.row(&lease.id).await;
        assert!(row.history.is_empty(), "{row:?}");
        assert_eq!((row.error, row.reason), (None, None));
        // Whoever held it before it was cleared has no say in what came after.
        let before = leases.iter().find(|one| one.id == lease.id).unwrap();
        assert!(lease.token > before.token);
    }
}
