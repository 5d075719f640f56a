//! Cases of handing jobs out, and of leases that expire.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use moodwire_queue::{Lease, Outcome, Settled, State, VerdictWord};

use super::fixture::{Fixture, LEASE, job, jobs, lost, retry, settlement, waits};

pub(crate) async fn jobs_come_oldest_due_first(fixture: &Fixture) {
    let start = fixture.after(0).await;
    let mut waiting = jobs("collect", 4);
    for (job, seconds) in waiting.iter_mut().zip([300, 100, 400, 200]) {
        job.run_at = Some(start + TimeDelta::seconds(seconds));
    }
    fixture.enqueue(&waiting).await;
    fixture.step(250);
    // Due at 250, which is after those of 100 and 200, although it was ready at once.
    fixture.enqueue(&[job("collect", "now")]).await;
    fixture.step(250);
    let ids: Vec<String> = fixture
        .fetch("collect", 10)
        .await
        .into_iter()
        .map(|lease| lease.id)
        .collect();
    let expected = ["00001", "00003", "now", "00000", "00002"];
    assert_eq!(ids, expected.map(|name| format!("collect:{name}")));
}

pub(crate) async fn jobs_of_one_moment_come_in_the_order_enqueued(fixture: &Fixture) {
    let mut turned = jobs("collect", 300);
    turned.reverse();
    fixture.enqueue(&turned).await;
    for expected in turned.chunks(100) {
        let leases = fixture.fetch("collect", 100).await;
        assert!(
            leases
                .iter()
                .map(|lease| &lease.id)
                .eq(expected.iter().map(|job| &job.id))
        );
    }
}

pub(crate) async fn asking_for_none_gives_none(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "a")]).await;
    assert!(fixture.fetch("collect", 0).await.is_empty());
    assert_eq!(fixture.states("collect").await["collect:a"], State::Ready);
    assert!(
        fixture
            .store
            .settle("collect", &[])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        fixture
            .store
            .renew("collect", &[], LEASE)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(fixture.store.retry(&[]).await.unwrap().is_empty());
    assert!(fixture.store.discard(&[]).await.unwrap().is_empty());
}

pub(crate) async fn a_kind_without_jobs_gives_none(fixture: &Fixture) {
    assert!(fixture.fetch("collect", 10).await.is_empty());
    assert!(fixture.store.expired("collect").await.unwrap().is_empty());
    assert!(fixture.states("collect").await.is_empty());
    assert!(fixture.store.kinds().await.unwrap().is_empty());
    fixture.store.check().await.unwrap();
}

pub(crate) async fn twenty_thousand_jobs_due_at_once_drain(fixture: &Fixture) {
    let due = fixture.after(60).await;
    let mut backlog = jobs("collect", 20_000);
    for job in &mut backlog {
        job.run_at = Some(due);
    }
    fixture.enqueue(&backlog).await;
    fixture.step(61);
    let mut seen = BTreeSet::new();
    loop {
        let leases = fixture.fetch("collect", 500).await;
        if leases.is_empty() {
            break;
        }
        let settlements: Vec<_> = leases
            .iter()
            .map(|lease| settlement(lease, Outcome::Done))
            .collect();
        let settled = fixture.store.settle("collect", &settlements).await.unwrap();
        assert!(
            settled
                .iter()
                .all(|one| *one == Settled::Moved(State::Done))
        );
        seen.extend(leases.into_iter().map(|lease| lease.id));
    }
    assert_eq!(seen.len(), 20_000);
    let stats = &fixture.store.stats().await.unwrap()["collect"];
    assert_eq!((stats.done, stats.done_total), (20_000, 20_000));
    assert_eq!((stats.scheduled, stats.ready, stats.running), (0, 0, 0));
}

pub(crate) async fn two_handles_never_lease_the_same_job(fixture: &Fixture) {
    let other = fixture.another().await;
    fixture.enqueue(&jobs("collect", 1_000)).await;
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let (one, two) = tokio::join!(
            fixture.store.fetch("collect", 30, "one", LEASE),
            other.fetch("collect", 20, "two", LEASE)
        );
        for lease in one.unwrap().leases.into_iter().chain(two.unwrap().leases) {
            assert!(seen.insert(lease.id));
        }
    }
    assert_eq!(seen.len(), 1_000);
}

pub(crate) async fn an_expired_lease_counts_as_an_attempt_and_ends_dead(fixture: &Fixture) {
    let mut fragile = job("collect", "a");
    fragile.max_attempts = 2;
    fixture.enqueue(&[fragile]).await;
    for attempt in 1..=2 {
        let lease = fixture.fetch_one("collect").await;
        assert_eq!(lease.attempt, attempt);
        fixture.step(29);
        assert!(fixture.store.expired("collect").await.unwrap().is_empty());
        fixture.step(2);
        let expired = fixture.store.expired("collect").await.unwrap();
        assert_eq!(expired, [(lease.clone(), "worker-1".to_owned())]);
        let settled = fixture
            .store
            .settle("collect", &[lost(&lease, Duration::ZERO)])
            .await
            .unwrap();
        let ended = settled == [Settled::Moved(State::Dead)];
        assert!(
            if attempt == 2 {
                ended
            } else {
                waits(settled[0])
            },
            "{settled:?}"
        );
        assert!(fixture.store.expired("collect").await.unwrap().is_empty());
    }
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.attempts), (State::Dead, 2));
    assert!(row.reason.is_some());
    assert_eq!(row.error.as_deref(), Some("worker lost"));
    let verdicts: Vec<VerdictWord> = row.history.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [VerdictWord::WorkerLost; 2]);
}

pub(crate) async fn a_renewed_lease_is_not_settled_as_lost(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "a")]).await;
    let lease = fixture.fetch_one("collect").await;
    fixture.step(31);
    assert_eq!(fixture.store.expired("collect").await.unwrap().len(), 1);
    let held = [(lease.id.clone(), lease.token)];
    assert_eq!(
        fixture.store.renew("collect", &held, LEASE).await.unwrap(),
        [true]
    );
    let settled = fixture
        .store
        .settle("collect", &[lost(&lease, Duration::ZERO)])
        .await
        .unwrap();
    assert_eq!(settled, [Settled::Stale]);
    assert!(fixture.store.expired("collect").await.unwrap().is_empty());
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.attempts), (State::Running, 1));
    assert_eq!(row.worker.as_deref(), Some("worker-1"));
    assert!(row.leased_until.unwrap() > fixture.after(25).await);
    assert_eq!(
        fixture.settle(&lease, Outcome::Done).await,
        Settled::Moved(State::Done)
    );
}

pub(crate) async fn a_lease_that_ended_cannot_be_renewed(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 3)).await;
    let leases = fixture.fetch("collect", 3).await;
    fixture.settle(&leases[0], Outcome::Done).await;
    fixture
        .settle(&leases[1], retry("it broke", Duration::ZERO))
        .await;
    let again = fixture.fetch_one("collect").await;
    assert_eq!(again.id, leases[1].id);
    let mut held: Vec<(String, u64)> = leases
        .iter()
        .map(|lease| (lease.id.clone(), lease.token))
        .collect();
    held.push((again.id.clone(), again.token));
    held.push(("collect:never".to_owned(), 1));
    let renewed = fixture.store.renew("collect", &held, LEASE).await.unwrap();
    assert_eq!(renewed, [false, false, true, true, false]);
}

pub(crate) async fn a_paused_kind_gives_nothing_until_it_is_resumed(fixture: &Fixture) {
    let other = fixture.another().await;
    fixture
        .enqueue(&[job("collect", "a"), job("publish", "a")])
        .await;
    other.set_paused("collect", true).await.unwrap();
    other.set_paused("collect", true).await.unwrap();
    assert!(fixture.fetch("collect", 10).await.is_empty());
    assert_eq!(fixture.fetch("publish", 10).await.len(), 1);
    let stats = fixture.store.stats().await.unwrap();
    assert!(stats["collect"].paused && !stats["publish"].paused);
    fixture.enqueue(&[job("collect", "b")]).await;
    other.set_paused("collect", false).await.unwrap();
    assert_eq!(fixture.fetch("collect", 10).await.len(), 2);
    assert!(!fixture.store.stats().await.unwrap()["collect"].paused);
}

pub(crate) async fn a_kind_that_never_had_a_job_shows_that_it_is_paused(fixture: &Fixture) {
    fixture.store.set_paused("publish", true).await.unwrap();
    assert!(fixture.store.stats().await.unwrap()["publish"].paused);
    fixture.store.set_paused("publish", false).await.unwrap();
    let stats = fixture.store.stats().await.unwrap();
    assert!(stats.get("publish").is_none_or(|kind| !kind.paused));
}

pub(crate) async fn the_next_due_time_is_told(fixture: &Fixture) {
    let mut later = job("collect", "later");
    later.run_at = Some(fixture.after(600).await);
    fixture.enqueue(&[later, job("collect", "now")]).await;
    let fetched = fixture
        .store
        .fetch("collect", 10, "worker-1", LEASE)
        .await
        .unwrap();
    assert_eq!(fetched.leases.len(), 1);
    let wait = fetched.next_due.unwrap();
    assert!(
        wait <= Duration::from_secs(600) && wait > Duration::from_secs(500),
        "{wait:?}"
    );
}

/// How long it waited is told by metrics: of one that was put off, from its new time.
pub(crate) async fn a_lease_tells_since_when_its_job_was_due(fixture: &Fixture) {
    let mut later = job("collect", "later");
    later.run_at = Some(fixture.after(600).await);
    fixture
        .enqueue(&[later.clone(), job("collect", "now")])
        .await;
    fixture.step(100);
    let waited = |lease: &Lease| (lease.started_at - lease.due_at).num_seconds();
    let now = fixture.fetch_one("collect").await;
    assert!((100..130).contains(&waited(&now)), "{now:?}");
    fixture.step(600);
    let first = fixture.fetch_one("collect").await;
    assert_eq!(
        first.due_at.timestamp_millis(),
        later.run_at.unwrap().timestamp_millis()
    );
    let delay = Duration::from_secs(50);
    let settled = fixture.settle(&first, retry("it broke", delay)).await;
    assert!(waits(settled));
    fixture.step(80);
    let second = fixture.fetch_one("collect").await;
    assert!((30..60).contains(&waited(&second)), "{second:?}");
}

pub(crate) async fn a_clock_stepped_back_loses_nothing(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 3)).await;
    let early = fixture.fetch_one("collect").await;
    fixture.step(-3_600);
    assert_eq!(
        fixture.settle(&early, Outcome::Done).await,
        Settled::Moved(State::Done)
    );
    fixture.enqueue(&[job("collect", "new")]).await;
    fixture.step(3_601);
    let leases = fixture.fetch("collect", 10).await;
    assert_eq!(leases.len(), 3);
    for lease in &leases {
        assert_eq!(
            fixture.settle(lease, Outcome::Done).await,
            Settled::Moved(State::Done)
        );
    }
    let states = fixture.states("collect").await;
    assert!(states.len() == 4 && states.values().all(|state| *state == State::Done));
}
