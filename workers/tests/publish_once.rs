//! Publish at most once: two workers at a time, workers that die while they send, answers that come late or are lost.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use moodwire_channels::SEND_DEADLINE;
use moodwire_model::slot;
use moodwire_queue::{Lease, State, Verdict};
use moodwire_warehouse::{Claim, PublicationState};
use moodwire_workers::OnUncertain;
use tokio::{task::JoinHandle, time::timeout};

use crate::{
    fixture::{Answer, App, Gate, hour},
    publish::{HOUR, JOB, another_attempt, ready},
};

/// For how long a `sending` mark is believed, seconds.
const BELIEVED: i64 = 2 * SEND_DEADLINE.as_secs().cast_signed();

/// Far longer than any case takes on a busy machine.
const HANGS_AFTER: Duration = Duration::from_secs(120);

/// An attempt that is sending, with the gate before the channel's answer.
async fn sending(app: &App) -> (Lease, JoinHandle<Verdict>, Arc<Gate>) {
    let gate = Gate::closed();
    app.outbox().play([Answer::Wait(Arc::clone(&gate))]);
    let lease = app.lease(slot::PUBLISH).await;
    let attempt = app.begin(&lease);
    gate.reached().await;
    assert_eq!(app.published(HOUR).await, PublicationState::Sending);
    (lease, attempt, gate)
}

/// The warehouse refuses the answer for good: the message is out, and a second one never follows.
#[tokio::test]
async fn an_answer_that_cannot_be_recorded_ends_as_uncertain_and_not_as_a_second_message() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    app.sql(
        "CREATE TRIGGER forgetful BEFORE UPDATE ON publications WHEN NEW.state = 'sent'
         BEGIN SELECT RAISE(ABORT, 'no such thing'); END",
    )
    .await;
    let verdict = app.attempt_one(slot::PUBLISH).await;
    assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict}");
    assert_eq!(app.published(HOUR).await, PublicationState::Sending);
    app.run_on().await;
    assert_eq!(app.published(HOUR).await, PublicationState::Uncertain);
    assert_eq!(app.outbox().requests(), 1);
    app.end().await;
}

#[tokio::test]
async fn nothing_is_sent_when_it_cannot_be_noted_beforehand() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    app.sql(
        "CREATE TRIGGER forgetful BEFORE UPDATE ON publications WHEN NEW.state = 'sending'
         BEGIN SELECT RAISE(ABORT, 'no such thing'); END",
    )
    .await;
    let verdict = app.attempt_one(slot::PUBLISH).await;
    assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict}");
    assert_eq!(app.published(HOUR).await, PublicationState::Claimed);
    assert_eq!(app.outbox().requests(), 0);

    app.sql("DROP TRIGGER forgetful").await;
    app.run_on().await;
    assert_eq!(app.outbox().requests(), 1);
    app.end().await;
}

#[tokio::test]
async fn of_two_attempts_at_once_one_sends() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    for _ in 0..5 {
        app.ask_publish(HOUR).await;
    }
    let leases = app.leases(slot::PUBLISH).await;
    assert_eq!(leases.len(), 6);
    let attempts: Vec<_> = leases.iter().map(|lease| app.begin(lease)).collect();
    for (lease, attempt) in leases.iter().zip(attempts) {
        app.settle(lease, attempt.await.unwrap()).await;
    }
    app.run_on().await;
    assert_eq!(app.outbox().requests(), 1);
    assert_eq!(app.published(HOUR).await, PublicationState::Sent);
    app.end().await;
}

#[tokio::test]
async fn a_request_under_way_is_waited_for() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    let begun = app.now();
    let (lease, attempt, gate) = sending(&app).await;
    app.step(BELIEVED - 1);
    let verdict = another_attempt(&app).await;
    let until = begun + TimeDelta::seconds(BELIEVED);
    assert_eq!(
        verdict,
        Verdict::later(until, "another worker's request may be under way")
    );

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    app.settle(&lease, Verdict::Done).await;
    app.run_on().await;
    assert_eq!(app.outbox().requests(), 1);
    app.end().await;
}

/// As the queue ends an attempt whose lease it no longer knows, for example since Redis has lost everything.
#[tokio::test]
async fn a_request_under_way_outlives_its_attempt_and_its_answer_is_recorded() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    let (lease, attempt, gate) = sending(&app).await;
    attempt.abort();
    assert!(attempt.await.unwrap_err().is_cancelled());
    gate.open();
    let recorded = async { while app.published(HOUR).await != PublicationState::Sent {} };
    timeout(HANGS_AFTER, recorded).await.unwrap();
    let error = "the lease was lost".to_owned();
    app.settle(&lease, Verdict::Retry { error }).await;
    app.run_on().await;
    assert_eq!(app.outbox().requests(), 1);
    app.end().await;
}

#[tokio::test]
async fn what_a_dead_worker_was_sending_becomes_uncertain_and_is_held() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    let (_, attempt, _gate) = sending(&app).await;
    app.kill(attempt).await;
    app.run_on().await;
    let publication = app.publication(HOUR).await;
    assert_eq!(publication.state, PublicationState::Uncertain);
    assert_eq!(app.row(JOB).await.state, State::Done);
    assert_eq!(
        (app.outbox().requests(), app.outbox().accepted().len()),
        (1, 0)
    );
    app.end().await;
}

#[tokio::test]
async fn a_channel_that_panics_leaves_it_uncertain() {
    let app = ready(OnUncertain::Hold, vec![Answer::Panic]).await;
    let lease = app.lease(slot::PUBLISH).await;
    assert!(app.begin(&lease).await.unwrap_err().is_panic());
    let error = "panicked".to_owned();
    app.settle(&lease, Verdict::Retry { error }).await;
    app.run_on().await;
    assert_eq!(app.published(HOUR).await, PublicationState::Uncertain);
    assert_eq!(app.outbox().requests(), 1);
    app.end().await;
}

#[tokio::test]
async fn what_a_dead_worker_was_sending_is_sent_again_where_the_channel_says_so() {
    let app = ready(OnUncertain::Resend, Vec::new()).await;
    let (_, attempt, _gate) = sending(&app).await;
    app.kill(attempt).await;
    app.run_on().await;
    assert_eq!(app.published(HOUR).await, PublicationState::Sent);
    assert_eq!(app.outbox().requests(), 2);
    app.end().await;
}

#[tokio::test]
async fn what_a_dead_worker_had_claimed_is_claimed_again() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    let warehouse = &app.deps.warehouse;
    let believed = Duration::from_secs(20);
    let claim = warehouse
        .claim(hour(HOUR), "out", "dead", app.now(), believed, false)
        .await;
    let Claim::Claimed(publication) = claim.unwrap() else {
        panic!("it was not to be had");
    };
    app.run_on().await;
    assert_eq!(app.published(HOUR).await, PublicationState::Sent);

    // Should it live after all, it finds that it may not send.
    let begun = warehouse
        .begin_sending(publication.id, "dead", app.now())
        .await;
    assert!(!begun.unwrap());
    app.end().await;
}

#[tokio::test]
async fn an_answer_that_comes_late_still_counts() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    let (lease, attempt, gate) = sending(&app).await;
    app.step(BELIEVED);
    assert_eq!(another_attempt(&app).await, Verdict::Done);
    assert_eq!(app.published(HOUR).await, PublicationState::Uncertain);

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    app.settle(&lease, Verdict::Done).await;
    let publication = app.publication(HOUR).await;
    assert_eq!(publication.state, PublicationState::Sent);
    assert_eq!(publication.message_id.as_deref(), Some("m1"));
    app.end().await;
}

#[tokio::test]
async fn an_answer_that_comes_after_another_worker_has_sent_changes_nothing() {
    let app = ready(OnUncertain::Resend, Vec::new()).await;
    let (lease, attempt, gate) = sending(&app).await;
    app.step(BELIEVED);
    assert_eq!(another_attempt(&app).await, Verdict::Done);
    let sent = app.publication(HOUR).await;
    assert_eq!(sent.state, PublicationState::Sent);

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    app.settle(&lease, Verdict::Done).await;
    assert_eq!(app.publication(HOUR).await, sent);
    app.end().await;
}
