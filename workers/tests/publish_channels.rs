//! Publish: targets that are gone, receivers with limits, channels that confirm by editing, and those that want less.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use moodwire_channels::SendError;
use moodwire_model::{Pace, Selection, slot};
use moodwire_queue::Verdict;
use moodwire_warehouse::PublicationState;
use moodwire_workers::due;

use crate::{
    fixture::{Answer, App, Destination, Gate, Outbox, Setup, feed_of, post},
    publish::{HOUR, another_attempt},
};

/// An app whose two hours of posts are scored, with this one channel.
async fn ready(destination: Destination, answers: Vec<Answer>) -> App {
    let setup = Setup {
        feeds: vec![feed_of([vec![
            post("a", "00:10", "Good."),
            post("b", "01:10", "Good."),
            post("c", "01:20", "Bad."),
        ]])],
        channels: vec![destination],
        ..Setup::default()
    };
    let app = App::start(setup).await;
    app.tick().await;
    app.gather().await;
    app.outbox().play(answers);
    app
}

fn editing() -> Destination {
    Destination {
        outbox: Outbox::editing("out"),
        ..Destination::named("out")
    }
}

fn fail(error: SendError) -> Answer {
    Answer::Fail(error)
}

#[tokio::test]
async fn a_target_that_is_gone_gets_nothing_more_until_its_channel_is_enabled() {
    let gone = fail(SendError::Gone("404".to_owned()));
    let app = ready(Destination::named("out"), vec![gone]).await;
    app.run_on().await;
    assert_eq!(app.outbox().requests(), 1, "both hours, one request");
    let disabled = app.deps.warehouse.disabled_channels().await.unwrap();
    assert_eq!(disabled["out"].reason, "404");
    assert_eq!(due::enqueue(&app.deps).await.unwrap(), 0);
    assert_eq!(app.dead().await, Vec::<String>::new());

    assert!(app.deps.warehouse.enable_channel("out").await.unwrap());
    for hour in ["2026-03-01T00", HOUR] {
        app.ask_publish(hour).await;
    }
    app.run_on().await;
    assert_eq!(app.outbox().hours(), ["2026-03-01T00", HOUR]);
    app.end().await;
}

/// The job of a worker that was lost came to its end as long as the channel was disabled, and left `sending` behind, which
/// no list of what is uncertain shows.
#[tokio::test]
async fn what_a_lost_worker_was_sending_is_held_though_its_channel_was_disabled_since() {
    let gate = Gate::closed();
    let app = ready(
        Destination::named("out"),
        vec![Answer::Wait(Arc::clone(&gate))],
    )
    .await;
    let leases = app.leases(slot::PUBLISH).await;
    let attempt = app.begin(&leases[0]);
    gate.reached().await;
    let disabled = app
        .deps
        .warehouse
        .disable_channel("out", "404", app.now())
        .await;
    disabled.unwrap();
    let first = "2026-03-01T00";
    app.ask_publish(first).await;
    let asked = app.attempt_one(slot::PUBLISH).await;
    assert!(matches!(asked, Verdict::Later { .. }), "{asked}");
    assert_eq!(app.published(first).await, PublicationState::Sending);

    app.kill(attempt).await;
    app.run_on().await;
    assert_eq!(app.published(first).await, PublicationState::Uncertain);
    assert_eq!(app.outbox().requests(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_receivers_limit_is_kept_before_it_has_to_say_so() {
    let pace = Pace {
        requests: 1,
        per: Duration::from_secs(30),
    };
    let destination = Destination {
        outbox: Outbox::paced("out", vec![pace]),
        ..Destination::named("out")
    };
    let app = ready(destination, Vec::new()).await;
    let begun = app.now();
    app.run_on().await;
    assert_eq!(app.outbox().hours(), ["2026-03-01T00", HOUR]);
    assert!(app.now() - begun >= TimeDelta::seconds(30));
    app.end().await;
}

#[tokio::test]
async fn a_short_message_is_posted_once_however_often_its_edit_fails() {
    let unknown = fail(SendError::Uncertain("502".to_owned()));
    let app = ready(editing(), vec![Answer::Take, unknown]).await;
    app.run_on().await;
    // Of this hour a short message and two edits, of the other a short message and an edit.
    assert_eq!(app.outbox().requests(), 5);
    let publication = app.publication("2026-03-01T00").await;
    assert_eq!(publication.state, PublicationState::Sent);
    assert_eq!(publication.message_id.as_deref(), Some("placed"));
    assert_eq!(app.outbox().hours().len(), 2);
    app.end().await;
}

#[tokio::test]
async fn a_short_message_of_which_nobody_knows_is_held() {
    let unknown = fail(SendError::Uncertain("502".to_owned()));
    let app = ready(editing(), vec![unknown]).await;
    app.run_on().await;
    let first = app.publication("2026-03-01T00").await;
    assert_eq!(first.state, PublicationState::Uncertain);
    assert_eq!(app.outbox().hours(), [HOUR]);
    assert_eq!(another_attempt(&app).await, Verdict::Done);
    assert_eq!(app.outbox().requests(), 3);
    app.end().await;
}

#[tokio::test]
async fn a_short_message_that_was_deleted_is_posted_anew() {
    let deleted = fail(SendError::Withdrawn("404, code 10008".to_owned()));
    let app = ready(editing(), vec![Answer::Take, deleted]).await;
    app.run_on().await;
    // Two short messages and two edits, then short message and edit of the other hour.
    assert_eq!(app.outbox().requests(), 6);
    assert_eq!(app.published("2026-03-01T00").await, PublicationState::Sent);
    app.end().await;
}

#[tokio::test]
async fn a_channel_gets_only_the_posts_and_hours_that_it_wants() {
    let destination = Destination {
        min_posts: 2,
        ..Destination::named("out")
    };
    let app = ready(destination, Vec::new()).await;
    app.run_on().await;
    assert_eq!(app.outbox().hours(), [HOUR]);
    let skipped = app.publication("2026-03-01T00").await;
    assert_eq!(skipped.state, PublicationState::Skipped);
    assert_eq!(
        skipped.error.as_deref(),
        Some("1 post, fewer than the channel's min_posts of 2")
    );
    app.end().await;
}

#[tokio::test]
async fn a_selection_of_sources_leaves_out_what_others_brought() {
    let destination = Destination {
        selection: Selection {
            sources: ["another".to_owned()].into(),
            ..Selection::default()
        },
        ..Destination::named("out")
    };
    let app = ready(destination, Vec::new()).await;
    app.run_on().await;
    assert_eq!(app.outbox().requests(), 0);
    assert_eq!(app.publication(HOUR).await.state, PublicationState::Skipped);
    app.end().await;
}
