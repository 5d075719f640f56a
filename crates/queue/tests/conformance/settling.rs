//! Cases of ending attempts.

use std::{collections::BTreeMap, time::Duration};

use moodwire_queue::{Attempt, Outcome, Settled, State, VerdictWord};

use super::fixture::{Fixture, job, jobs, retry, settlement, waits};

pub(crate) async fn a_job_is_in_one_state_after_every_transition(fixture: &Fixture) {
    let expect = async |state: State| {
        let expected = BTreeMap::from([("collect:a".to_owned(), state)]);
        assert_eq!(fixture.states("collect").await, expected);
    };
    fixture.enqueue(&[job("collect", "a")]).await;
    expect(State::Ready).await;
    let lease = fixture.fetch_one("collect").await;
    expect(State::Running).await;
    fixture.settle(&lease, Outcome::HandBack).await;
    expect(State::Ready).await;
    let lease = fixture.fetch_one("collect").await;
    fixture
        .settle(&lease, retry("it broke", Duration::from_secs(60)))
        .await;
    expect(State::Scheduled).await;
    fixture.step(61);
    let lease = fixture.fetch_one("collect").await;
    let until = fixture.after(60).await;
    let reason = "the source is limited".to_owned();
    fixture
        .settle(&lease, Outcome::Later { until, reason })
        .await;
    expect(State::Scheduled).await;
    fixture.step(61);
    let lease = fixture.fetch_one("collect").await;
    let (reason, error) = ("it is gone".to_owned(), "404".to_owned());
    fixture
        .settle(&lease, Outcome::Dead { reason, error })
        .await;
    expect(State::Dead).await;
    let again = [("collect:a".to_owned(), None, None)];
    assert_eq!(fixture.store.retry(&again).await.unwrap(), [true]);
    expect(State::Ready).await;
    let lease = fixture.fetch_one("collect").await;
    expect(State::Running).await;
    fixture.settle(&lease, Outcome::Done).await;
    expect(State::Done).await;
}

pub(crate) async fn a_stale_token_changes_nothing_and_spoils_nothing(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 4)).await;
    let first = fixture.fetch("collect", 4).await;
    fixture
        .settle(&first[1], retry("it broke", Duration::ZERO))
        .await;
    let second = fixture.fetch_one("collect").await;
    assert_eq!(second.id, first[1].id);
    assert!(second.token > first[1].token);

    let mut batch: Vec<_> = first
        .iter()
        .map(|lease| settlement(lease, Outcome::Done))
        .collect();
    let mut stranger = settlement(&first[0], Outcome::Done);
    stranger.id = "collect:never".to_owned();
    batch.insert(1, stranger);
    batch[4].token += 100;
    let settled = fixture.store.settle("collect", &batch).await.unwrap();
    let done = Settled::Moved(State::Done);
    assert_eq!(
        settled,
        [done, Settled::Stale, Settled::Stale, done, Settled::Stale]
    );

    let states = fixture.states("collect").await;
    let running = State::Running;
    assert!(
        states
            .into_values()
            .eq([State::Done, running, State::Done, running])
    );
    assert_eq!(fixture.settle(&second, Outcome::Done).await, done);
    assert_eq!(fixture.settle(&first[3], Outcome::Done).await, done);
}

pub(crate) async fn the_same_settlement_twice_counts_once(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "a")]).await;
    let lease = fixture.fetch_one("collect").await;
    let twice = [
        settlement(&lease, Outcome::Done),
        settlement(&lease, Outcome::Done),
    ];
    let settled = fixture.store.settle("collect", &twice).await.unwrap();
    assert_eq!(settled, [Settled::Moved(State::Done), Settled::Stale]);
    assert_eq!(fixture.settle(&lease, Outcome::Done).await, Settled::Stale);
    assert_eq!(
        fixture.settle(&lease, Outcome::HandBack).await,
        Settled::Stale
    );
    assert_eq!(
        fixture.store.stats().await.unwrap()["collect"].done_total,
        1
    );
    assert_eq!(fixture.row("collect:a").await.history.len(), 1);
}

pub(crate) async fn tokens_grow_even_after_a_job_was_discarded(fixture: &Fixture) {
    let mut last = 0;
    for _ in 0..3 {
        fixture.enqueue(&[job("collect", "a")]).await;
        let lease = fixture.fetch_one("collect").await;
        assert!(lease.token > last);
        last = lease.token;
        let (reason, error) = ("no".to_owned(), "no".to_owned());
        fixture
            .settle(&lease, Outcome::Dead { reason, error })
            .await;
        let again = [("collect:a".to_owned(), None, None)];
        assert_eq!(fixture.store.retry(&again).await.unwrap(), [true]);
        let lease = fixture.fetch_one("collect").await;
        assert!(lease.token > last);
        last = lease.token;
        let (reason, error) = ("no".to_owned(), "no".to_owned());
        fixture
            .settle(&lease, Outcome::Dead { reason, error })
            .await;
        let discarded = fixture.store.discard(&["collect:a".to_owned()]).await;
        assert_eq!(discarded.unwrap(), [true]);
    }
}

pub(crate) async fn a_retry_waits_and_ends_dead_after_its_attempts(fixture: &Fixture) {
    let mut fragile = job("collect", "a");
    fragile.max_attempts = 3;
    fixture.enqueue(&[fragile]).await;
    for attempt in 1..=3 {
        let lease = fixture.fetch_one("collect").await;
        assert_eq!((lease.attempt, lease.max_attempts), (attempt, 3));
        let outcome = retry(&format!("failure {attempt}"), Duration::from_secs(60));
        let settled = fixture.settle(&lease, outcome).await;
        if attempt < 3 {
            assert_eq!(settled, Settled::Moved(State::Scheduled));
            let row = fixture.row("collect:a").await;
            assert_eq!(row.attempts, attempt);
            assert_eq!(row.error, Some(format!("failure {attempt}")));
            assert!(row.run_at > fixture.after(50).await);
            assert!(fixture.fetch("collect", 1).await.is_empty());
            fixture.step(61);
        } else {
            assert_eq!(settled, Settled::Moved(State::Dead));
        }
    }
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.attempts), (State::Dead, 3));
    assert!(row.reason.unwrap().contains("attempts"));
    assert_eq!(row.error.as_deref(), Some("failure 3"));
    assert_eq!(
        row.fingerprint,
        Some(moodwire_queue::fingerprint("collect", "failure 3"))
    );
    assert!(row.finished_at.is_some());
    let errors: Vec<_> = row
        .history
        .into_iter()
        .filter_map(|one| one.error)
        .collect();
    assert_eq!(errors, ["failure 1", "failure 2", "failure 3"]);
    assert_eq!(
        fixture.store.stats().await.unwrap()["collect"].dead_total,
        1
    );
}

pub(crate) async fn later_burns_no_attempt_and_leaves_one_record(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "a")]).await;
    let lease = fixture.fetch_one("collect").await;
    fixture
        .settle(&lease, retry("it broke", Duration::ZERO))
        .await;
    for round in 0..30 {
        let lease = fixture.fetch_one("collect").await;
        assert_eq!(lease.attempt, 2);
        let until = fixture.after(60).await;
        let reason = format!("wait {round}");
        let settled = fixture
            .settle(&lease, Outcome::Later { until, reason })
            .await;
        assert_eq!(settled, Settled::Moved(State::Scheduled));
        let row = fixture.row("collect:a").await;
        assert_eq!((row.attempts, row.run_at), (1, until));
        assert_eq!(row.reason, Some(format!("wait {round}")));
        fixture.step(61);
    }
    let lease = fixture.fetch_one("collect").await;
    fixture.settle(&lease, Outcome::Done).await;
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.attempts), (State::Done, 2));
    let verdicts: Vec<VerdictWord> = row.history.iter().map(|one| one.verdict).collect();
    let expected = [VerdictWord::Retry, VerdictWord::Later, VerdictWord::Done];
    assert_eq!(verdicts, expected);
    assert_eq!(row.history[1].error.as_deref(), Some("wait 29"));
}

pub(crate) async fn a_job_handed_back_burns_nothing_and_goes_first(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 5)).await;
    let leases = fixture.fetch("collect", 2).await;
    assert_eq!(
        fixture.settle(&leases[1], Outcome::HandBack).await,
        Settled::Moved(State::Ready)
    );
    let row = fixture.row(&leases[1].id).await;
    assert_eq!((row.state, row.attempts), (State::Ready, 0));
    assert!(row.history.is_empty() && row.worker.is_none() && row.leased_until.is_none());
    let next = fixture.fetch_one("collect").await;
    assert_eq!((&next.id, next.attempt), (&leases[1].id, 1));
    assert!(next.token > leases[1].token);
}

pub(crate) async fn a_dead_verdict_ends_at_once(fixture: &Fixture) {
    fixture
        .bury(job("collect", "a"), "the post was deleted")
        .await;
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.attempts), (State::Dead, 1));
    assert_eq!(row.reason.as_deref(), Some("it can never succeed"));
    assert_eq!(row.error.as_deref(), Some("the post was deleted"));
    let fingerprint = moodwire_queue::fingerprint("collect", "the post was deleted");
    assert_eq!(row.fingerprint, Some(fingerprint));
    assert_eq!(row.history.len(), 1);
    let record = &row.history[0];
    assert_eq!((record.attempt, record.duration_ms), (1, 12));
    assert_eq!(
        (record.worker.as_str(), record.verdict),
        ("worker-1", VerdictWord::Dead)
    );
    assert!(fixture.fetch("collect", 1).await.is_empty());
}

pub(crate) async fn history_keeps_the_last_twenty(fixture: &Fixture) {
    let mut stubborn = job("collect", "a");
    stubborn.max_attempts = 100;
    fixture.enqueue(&[stubborn]).await;
    for round in 0..25 {
        let lease = fixture.fetch_one("collect").await;
        // Bytes that a text format could take for its own.
        let error = format!("{round}: 5:héllo, \"12\"\n\0;");
        assert!(waits(
            fixture.settle(&lease, retry(&error, Duration::ZERO)).await
        ));
    }
    let history = fixture.row("collect:a").await.history;
    assert_eq!(history.len(), Attempt::KEPT);
    for (record, round) in history.iter().zip(5..25_u32) {
        assert_eq!(record.attempt, round + 1);
        assert_eq!(record.error, Some(format!("{round}: 5:héllo, \"12\"\n\0;")));
    }
}

pub(crate) async fn a_large_batch_is_settled_whole(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 1_200)).await;
    let mut leases = Vec::new();
    for _ in 0..3 {
        leases.extend(fixture.fetch("collect", 400).await);
    }
    let settlements: Vec<_> = leases
        .iter()
        .enumerate()
        .map(|(index, lease)| {
            settlement(
                lease,
                if index % 2 == 0 {
                    Outcome::Done
                } else {
                    Outcome::HandBack
                },
            )
        })
        .collect();
    let held: Vec<_> = leases
        .iter()
        .map(|lease| (lease.id.clone(), lease.token))
        .collect();
    let renewed = fixture
        .store
        .renew("collect", &held, Duration::from_secs(60))
        .await;
    assert_eq!(renewed.unwrap(), vec![true; 1_200]);
    let settled = fixture.store.settle("collect", &settlements).await.unwrap();
    for (index, settled) in settled.iter().enumerate() {
        let state = if index % 2 == 0 {
            State::Done
        } else {
            State::Ready
        };
        assert_eq!(*settled, Settled::Moved(state));
    }
    let stats = &fixture.store.stats().await.unwrap()["collect"];
    assert_eq!((stats.done, stats.ready, stats.running), (600, 600, 0));
}
