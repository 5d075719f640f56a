//! Publish: what each answer of a channel makes of the publication and of the job.

use std::time::Duration;

use chrono::TimeDelta;
use moodwire_channels::SendError;
use moodwire_model::slot;
use moodwire_queue::Verdict;
use moodwire_warehouse::PublicationState;
use moodwire_workers::OnUncertain;

use crate::fixture::{Answer, App, Destination, Setup, feed_of, hour, post};

pub(crate) const HOUR: &str = "2026-03-01T01";
pub(crate) const JOB: &str = "publish:out:2026-03-01T01";

/// An app with one hour of posts, scored, whose publication is due.
pub(crate) async fn ready(on_uncertain: OnUncertain, answers: Vec<Answer>) -> App {
    let mut setup = Setup {
        feeds: vec![feed_of([vec![
            post("a", "01:10", "Good."),
            post("b", "01:20", "Bad."),
        ]])],
        channels: vec![Destination {
            on_uncertain,
            ..Destination::named("out")
        }],
        ..Setup::default()
    };
    setup.kind.retry.max_attempts = 2;
    let app = App::start(setup).await;
    app.tick().await;
    app.gather().await;
    app.outbox().play(answers);
    app
}

fn fail(error: SendError) -> Answer {
    Answer::Fail(error)
}

fn uncertain() -> Answer {
    fail(SendError::Uncertain(
        "502 after the body was sent".to_owned(),
    ))
}

fn unsent() -> Answer {
    fail(SendError::Unsent("connection refused".to_owned()))
}

/// Runs another job for the same hour.
pub(crate) async fn another_attempt(app: &App) -> Verdict {
    app.ask_publish(HOUR).await;
    app.attempt_one(slot::PUBLISH).await
}

#[tokio::test]
async fn an_accepted_digest_is_recorded_with_the_channels_id() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    assert_eq!(app.attempt_one(slot::PUBLISH).await, Verdict::Done);
    let publication = app.publication(HOUR).await;
    assert_eq!(publication.state, PublicationState::Sent);
    assert_eq!(publication.message_id.as_deref(), Some("m1"));
    assert_eq!((publication.attempts, publication.error), (1, None));
    app.end().await;
}

#[tokio::test]
async fn what_was_not_sent_is_tried_again() {
    let app = ready(OnUncertain::Hold, vec![unsent()]).await;
    let verdict = app.attempt_one(slot::PUBLISH).await;
    let error = "connection refused".to_owned();
    assert_eq!(
        verdict,
        Verdict::Retry {
            error: error.clone()
        }
    );
    let publication = app.publication(HOUR).await;
    assert_eq!(publication.state, PublicationState::Claimed);
    assert_eq!(publication.error, Some(error));

    app.run_on().await;
    let publication = app.publication(HOUR).await;
    assert_eq!(publication.state, PublicationState::Sent);
    assert_eq!((publication.attempts, publication.error), (2, None));
    app.end().await;
}

#[tokio::test]
async fn what_the_last_attempt_did_not_send_has_failed_until_a_person_retries_it() {
    let app = ready(OnUncertain::Hold, vec![unsent(), unsent()]).await;
    app.run_on().await;
    assert_eq!(app.published(HOUR).await, PublicationState::Failed);
    assert_eq!(app.dead().await, [JOB]);

    let retried = app
        .queue
        .retry(&[(JOB.to_owned(), None, None)])
        .await
        .unwrap();
    assert_eq!(retried, [true]);
    app.run_on().await;
    assert_eq!(app.published(HOUR).await, PublicationState::Sent);
    app.end().await;
}

#[tokio::test]
async fn a_limit_is_waited_for_as_long_as_the_receiver_says() {
    let limit = SendError::Later {
        after: Duration::from_secs(90),
        reason: "429".to_owned(),
    };
    let app = ready(OnUncertain::Hold, vec![fail(limit)]).await;
    let verdict = app.attempt_one(slot::PUBLISH).await;
    assert_eq!(
        verdict,
        Verdict::later(app.now() + TimeDelta::seconds(90), "429")
    );
    assert_eq!(app.published(HOUR).await, PublicationState::Claimed);
    assert_eq!(app.row(JOB).await.attempts, 0);
    app.run_on().await;
    assert_eq!(app.outbox().requests(), 2);
    app.end().await;
}

#[tokio::test]
async fn what_will_never_be_accepted_has_failed_and_is_a_dead_letter() {
    let sentence = "404: the webhook is gone, mend [[channel]] url".to_owned();
    let app = ready(
        OnUncertain::Hold,
        vec![fail(SendError::Dead(sentence.clone()))],
    )
    .await;
    assert_eq!(
        app.attempt_one(slot::PUBLISH).await,
        Verdict::dead(sentence.clone())
    );
    let publication = app.publication(HOUR).await;
    assert_eq!(publication.state, PublicationState::Failed);
    assert_eq!(publication.error, Some(sentence));
    app.run_on().await;
    app.end_with_dead(&[JOB]).await;
}

#[tokio::test]
async fn what_may_have_arrived_is_held_and_never_sent_again() {
    let app = ready(OnUncertain::Hold, vec![uncertain()]).await;
    assert_eq!(app.attempt_one(slot::PUBLISH).await, Verdict::Done);
    let publication = app.publication(HOUR).await;
    assert_eq!(publication.state, PublicationState::Uncertain);
    assert_eq!(
        publication.error.as_deref(),
        Some("502 after the body was sent")
    );

    app.step(10 * 60);
    assert_eq!(another_attempt(&app).await, Verdict::Done);
    assert_eq!(app.outbox().requests(), 1);
    app.end().await;
}

#[tokio::test]
async fn what_may_have_arrived_is_sent_again_where_the_channel_says_so() {
    let app = ready(OnUncertain::Resend, vec![uncertain()]).await;
    let verdict = app.attempt_one(slot::PUBLISH).await;
    assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict}");
    assert_eq!(app.published(HOUR).await, PublicationState::Uncertain);
    app.run_on().await;
    assert_eq!(app.published(HOUR).await, PublicationState::Sent);
    assert_eq!(app.outbox().requests(), 2);
    app.end().await;
}

#[tokio::test]
async fn a_channel_that_never_answers_leaves_it_uncertain() {
    let app = ready(OnUncertain::Hold, vec![Answer::Silence]).await;
    assert_eq!(app.attempt_one(slot::PUBLISH).await, Verdict::Done);
    let publication = app.publication(HOUR).await;
    assert_eq!(publication.state, PublicationState::Uncertain);
    assert_eq!(publication.error.as_deref(), Some("no answer within 12 s"));
    app.end().await;
}

#[tokio::test]
async fn an_hour_without_posts_is_skipped() {
    let app = ready(OnUncertain::Hold, Vec::new()).await;
    app.ask_publish("2026-03-01T00").await;
    app.run_on().await;
    let publication = app.publication("2026-03-01T00").await;
    assert_eq!(publication.state, PublicationState::Skipped);
    assert_eq!(publication.error.as_deref(), Some("no posts"));
    assert_eq!(app.outbox().hours(), [HOUR]);
    app.end().await;
}

#[tokio::test]
async fn an_hour_without_posts_is_announced_where_the_channel_says_so() {
    let app = App::start(Setup {
        feeds: vec![feed_of([Vec::new()])],
        channels: vec![Destination {
            announce_empty: true,
            ..Destination::named("out")
        }],
        ..Setup::default()
    })
    .await;
    app.tick().await;
    app.ask_publish(HOUR).await;
    app.run_on().await;
    let digest = app.outbox().accepted().remove(0);
    assert_eq!(
        (digest.summary.posts, digest.best, digest.worst),
        (0, None, None)
    );
    assert_eq!(app.published(HOUR).await, PublicationState::Sent);
    app.end().await;
}

#[tokio::test]
async fn a_channel_that_is_not_configured_is_a_dead_letter_that_names_it() {
    let app = App::with(Vec::new()).await;
    let id = "publish:gone:2026-03-01T01";
    let payload = moodwire_workers::payload::Publish::of("gone", hour(HOUR));
    app.enqueue(slot::PUBLISH, id, &payload).await;
    app.run_on().await;
    let reason = app.row(id).await.reason.unwrap();
    assert_eq!(
        reason,
        "no channel is named \"gone\": configure it, or discard this job"
    );
    app.end_with_dead(&[id]).await;
}
