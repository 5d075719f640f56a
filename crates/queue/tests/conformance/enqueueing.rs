//! Cases of adding jobs.

use std::{collections::BTreeMap, sync::Arc};

use moodwire_queue::{Error, NewJob, Outcome, State};

use super::fixture::{Fixture, LEASE, job, jobs, retry};

pub(crate) async fn a_new_job_is_ready_and_shows_what_it_was_given(fixture: &Fixture) {
    let before = fixture.after(0).await;
    fixture.enqueue(&[job("collect", "a")]).await;
    let row = fixture.row("collect:a").await;
    assert_eq!(
        (row.id.as_str(), row.kind.as_str()),
        ("collect:a", "collect")
    );
    assert_eq!(row.state, State::Ready);
    assert_eq!((row.attempts, row.max_attempts), (0, 5));
    assert_eq!(row.payload, "{\"name\":\"a\"}");
    assert!(row.enqueued_at >= before && row.enqueued_at <= fixture.after(0).await);
    assert_eq!(row.run_at, row.enqueued_at);
    assert_eq!((row.parent, row.root), (None, None));
    assert_eq!(
        (row.finished_at, row.worker, row.leased_until),
        (None, None, None)
    );
    assert_eq!((row.reason, row.error, row.fingerprint), (None, None, None));
    assert!(row.history.is_empty());
    assert_eq!(fixture.store.kinds().await.unwrap(), ["collect"]);
}

pub(crate) async fn a_job_of_a_later_time_is_scheduled_until_then(fixture: &Fixture) {
    let due = fixture.after(60).await;
    let mut later = job("collect", "a");
    later.run_at = Some(due);
    fixture.enqueue(&[later]).await;
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.run_at), (State::Scheduled, due));
    assert!(fixture.fetch("collect", 10).await.is_empty());
    fixture.step(61);
    assert_eq!(fixture.fetch_one("collect").await.id, "collect:a");
    assert_eq!(fixture.states("collect").await["collect:a"], State::Running);
    assert_eq!(fixture.row("collect:a").await.run_at, due);
}

pub(crate) async fn an_id_that_exists_in_any_state_is_a_duplicate_and_is_left_alone(
    fixture: &Fixture,
) {
    let mut all = jobs("collect", 5);
    // In the order of `State::ALL`: 0 stays scheduled, 1 ready, 2 running, 3 done, 4 dead.
    fixture.enqueue(&all[2..]).await;
    let leases = fixture.fetch("collect", 3).await;
    fixture.settle(&leases[1], Outcome::Done).await;
    let dead = Outcome::Dead {
        reason: "no".to_owned(),
        error: "no".to_owned(),
    };
    fixture.settle(&leases[2], dead).await;
    all[0].run_at = Some(fixture.after(600).await);
    fixture.enqueue(&all[..2]).await;
    let states = fixture.states("collect").await;
    assert!(states.values().copied().eq(State::ALL), "{states:?}");

    let mut before = Vec::new();
    for job in &mut all {
        before.push(fixture.row(&job.id).await);
        job.payload = b"another".to_vec();
        job.max_attempts = 9;
        job.run_at = None;
    }
    let answers = fixture.store.enqueue(&all).await.unwrap();
    assert!(answers.iter().all(|answer| answer.duplicate));
    assert_eq!(fixture.states("collect").await, states);
    for row in before {
        assert_eq!(fixture.row(&row.id).await, row);
    }
}

pub(crate) async fn an_id_twice_in_one_call_is_added_once(fixture: &Fixture) {
    let twice = [job("collect", "a"), job("collect", "a")];
    let answers = fixture.store.enqueue(&twice).await.unwrap();
    assert_eq!([answers[0].duplicate, answers[1].duplicate], [false, true]);
    assert_eq!(fixture.states("collect").await.len(), 1);
}

pub(crate) async fn two_handles_that_enqueue_the_same_ids_add_each_once(fixture: &Fixture) {
    let other = fixture.another().await;
    let all = jobs("collect", 1_200);
    let turned: Vec<NewJob> = all.iter().rev().cloned().collect();
    let (one, two) = tokio::join!(fixture.store.enqueue(&all), other.enqueue(&turned));
    let (one, mut two) = (one.unwrap(), two.unwrap());
    two.reverse();
    for (one, two) in one.iter().zip(&two) {
        assert_eq!(one.id, two.id);
        assert!(one.duplicate != two.duplicate, "{one:?} {two:?}");
    }
    let stats = fixture.store.stats().await.unwrap();
    assert_eq!(stats["collect"].ready, 1_200);
}

pub(crate) async fn eight_handles_that_race_for_two_thousand_ids_add_each_once(fixture: &Fixture) {
    // None has a factor in common with 2,000: each gives every number once, in an order of its own.
    const STRIDES: [usize; 8] = [1, 3, 7, 9, 11, 13, 17, 1_999];
    let all = jobs("collect", 2_000);
    let mut racing = Vec::new();
    for (handle, stride) in STRIDES.into_iter().enumerate() {
        let store = match handle {
            0 => Arc::clone(&fixture.store),
            _ => fixture.another().await,
        };
        let mut turned: Vec<NewJob> = (0..all.len())
            .map(|number| all[(handle * 250 + number * stride) % all.len()].clone())
            .collect();
        for job in &mut turned {
            job.payload = handle.to_string().into_bytes();
        }
        racing.push(tokio::spawn(async move {
            store.enqueue(&turned).await.unwrap()
        }));
    }
    let mut winners = BTreeMap::new();
    for (handle, answers) in racing.into_iter().enumerate() {
        for answer in answers.await.unwrap() {
            if !answer.duplicate {
                let before = winners.insert(answer.id, handle.to_string().into_bytes());
                assert_eq!(before, None, "added twice");
            }
        }
    }
    assert_eq!(winners.len(), 2_000);
    assert_eq!(fixture.store.stats().await.unwrap()["collect"].ready, 2_000);
    for _ in 0..4 {
        for lease in fixture.fetch("collect", 500).await {
            assert_eq!(winners.remove(&lease.id), Some(lease.payload));
        }
    }
    assert!(winners.is_empty(), "{winners:?}");
}

pub(crate) async fn bytes_that_are_no_text_come_back_as_they_were(fixture: &Fixture) {
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.extend(b"\r\n12:\0\"\xff\xfe");
    let mut binary = job("collect", "a");
    binary.payload = bytes.clone();
    let mut empty = job("collect", "b");
    empty.payload = Vec::new();
    fixture.enqueue(&[binary, empty]).await;
    let leases = fixture.fetch("collect", 2).await;
    assert_eq!(leases[0].payload, bytes);
    assert_eq!(leases[1].payload, b"");
    fixture
        .settle(&leases[0], retry("undecodable", LEASE))
        .await;
    let shown = fixture.row("collect:a").await.payload;
    assert_eq!(shown, String::from_utf8_lossy(&bytes));
    fixture.step(31);
    assert_eq!(fixture.fetch_one("collect").await.payload, bytes);
}

pub(crate) async fn an_id_that_does_not_begin_with_its_kind_is_refused(fixture: &Fixture) {
    for id in ["transform:a", "collect", "collecta", "a", ""] {
        let mut stray = job("collect", "a");
        stray.id = id.to_owned();
        let error = fixture
            .store
            .enqueue(&[job("collect", "b"), stray])
            .await
            .unwrap_err();
        assert!(matches!(&error, Error::Refused(_)), "{id}: {error:?}");
    }
    assert!(fixture.states("collect").await.is_empty());
}

pub(crate) async fn a_kind_of_other_letters_is_refused(fixture: &Fixture) {
    for kind in ["", "Collect", "a b", "a}", "{a", "a:b", "ä", "a\n"] {
        let error = fixture.store.enqueue(&[job(kind, "a")]).await.unwrap_err();
        assert!(matches!(&error, Error::Refused(_)), "{kind}: {error:?}");
    }
    fixture.enqueue(&[job("re-score2", "a")]).await;
    assert_eq!(fixture.store.kinds().await.unwrap(), ["re-score2"]);
}

pub(crate) async fn lineage_is_kept(fixture: &Fixture) {
    let mut child = job("transform", "a");
    child.parent = Some("collect:x-main:2026-03-01T00:00:00Z".to_owned());
    child.root = Some("collect:x-main:2026-03-01".to_owned());
    fixture.enqueue(&[child.clone()]).await;
    let lease = fixture.fetch_one("transform").await;
    assert_eq!((&lease.parent, &lease.root), (&child.parent, &child.root));
    fixture.settle(&lease, Outcome::Done).await;
    let row = fixture.row("transform:a").await;
    assert_eq!((row.parent, row.root), (child.parent, child.root));
}

pub(crate) async fn an_answer_comes_in_the_order_asked_over_kinds_and_chunks(fixture: &Fixture) {
    let one = jobs("collect", 1_100);
    let two = jobs("publish", 1_100);
    let mixed: Vec<NewJob> = one
        .into_iter()
        .zip(two)
        .flat_map(<[NewJob; 2]>::from)
        .collect();
    fixture.enqueue(&mixed[..700]).await;
    let answers = fixture.store.enqueue(&mixed).await.unwrap();
    assert_eq!(answers.len(), mixed.len());
    for (index, (answer, job)) in answers.iter().zip(&mixed).enumerate() {
        assert_eq!(answer.id, job.id);
        assert_eq!(answer.duplicate, index < 700);
    }
    assert!(fixture.store.enqueue(&[]).await.unwrap().is_empty());
}
