//! The order of a channel's hours: oldest first, whichever worker comes to them first, and none held up for ever.

use moodwire_channels::SendError;
use moodwire_model::slot;
use moodwire_queue::Verdict;
use moodwire_warehouse::PublicationState;
use moodwire_workers::due;

use crate::fixture::{Answer, App, Destination, Setup, feed_of, post};

/// An app with posts in four hours, whose publications are due.
async fn four_hours(channels: &[&str]) -> App {
    let posts = vec![
        post("a", "00:10", "Good."),
        post("b", "01:10", "Bad."),
        post("c", "02:10", "Fine."),
        post("d", "03:10", "Great."),
    ];
    let feed = feed_of([posts]);
    feed.set_watermark(Some(crate::fixture::at("2026-03-01T04:10:00Z")));
    let app = App::start(Setup {
        now: "2026-03-01T04:10:00Z",
        feeds: vec![feed],
        channels: channels
            .iter()
            .map(|name| Destination::named(name))
            .collect(),
        ..Setup::default()
    })
    .await;
    app.tick().await;
    app.gather().await;
    app
}

const IN_ORDER: [&str; 4] = [
    "2026-03-01T00",
    "2026-03-01T01",
    "2026-03-01T02",
    "2026-03-01T03",
];

#[tokio::test]
async fn hours_go_out_oldest_first_though_the_newest_job_runs_first() {
    let app = four_hours(&["out"]).await;
    let mut leases = app.leases(slot::PUBLISH).await;
    leases.reverse();
    for lease in &leases[..3] {
        let verdict = app.attempt(lease).await;
        assert!(matches!(verdict, Verdict::Later { .. }), "{verdict}");
    }
    assert_eq!(app.attempt(&leases[3]).await, Verdict::Done);
    app.run_on().await;
    assert_eq!(app.outbox().hours(), IN_ORDER);
    app.end().await;
}

#[tokio::test]
async fn hours_go_out_oldest_first_when_many_workers_take_them_at_once() {
    let app = four_hours(&["out"]).await;
    let leases = app.leases(slot::PUBLISH).await;
    let attempts: Vec<_> = leases.iter().rev().map(|lease| app.begin(lease)).collect();
    for (lease, attempt) in leases.iter().rev().zip(attempts) {
        app.settle(lease, attempt.await.unwrap()).await;
    }
    app.run_on().await;
    assert_eq!(app.outbox().hours(), IN_ORDER);
    app.end().await;
}

#[tokio::test]
async fn a_channel_does_not_wait_for_another_ones_hours() {
    let app = four_hours(&["out", "slow"]).await;
    let leases = app.leases(slot::PUBLISH).await;
    for lease in leases
        .iter()
        .filter(|lease| lease.id.starts_with("publish:out:"))
    {
        assert_eq!(app.attempt(lease).await, Verdict::Done, "{}", lease.id);
    }
    assert_eq!(app.outbox().hours(), IN_ORDER);
    // The leases of the other channel's jobs expire, and they run after all.
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn an_older_hour_that_has_failed_before_holds_nothing_up() {
    let app = four_hours(&["out"]).await;
    app.outbox()
        .play([Answer::Fail(SendError::Unsent("refused".to_owned()))]);
    let leases = app.leases(slot::PUBLISH).await;
    let verdict = app.attempt(&leases[0]).await;
    assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict}");
    for lease in &leases[1..] {
        assert_eq!(app.attempt(lease).await, Verdict::Done);
    }
    app.run_on().await;
    assert_eq!(
        app.outbox().hours(),
        [IN_ORDER[1], IN_ORDER[2], IN_ORDER[3], IN_ORDER[0]]
    );
    app.end().await;
}

#[tokio::test]
async fn an_older_hour_that_is_a_dead_letter_holds_nothing_up() {
    let app = four_hours(&["out"]).await;
    let gone = SendError::Dead("404".to_owned());
    app.outbox().play([Answer::Fail(gone)]);
    app.run_on().await;
    assert_eq!(app.published(IN_ORDER[0]).await, PublicationState::Failed);
    assert_eq!(app.outbox().hours(), IN_ORDER[1..]);
    app.end_with_dead(&["publish:out:2026-03-01T00"]).await;
}

#[tokio::test]
async fn an_older_hour_whose_job_was_given_up_before_it_was_claimed_holds_nothing_up() {
    let app = four_hours(&["out"]).await;
    let leases = app.leases(slot::PUBLISH).await;
    app.settle(&leases[0], Verdict::dead("it was given up"))
        .await;
    for lease in &leases[1..] {
        assert_eq!(app.attempt(lease).await, Verdict::Done);
    }
    app.run_on().await;
    app.end_with_dead(&["publish:out:2026-03-01T00"]).await;
}

#[tokio::test]
async fn an_older_hour_that_is_not_complete_holds_nothing_up() {
    let app = four_hours(&["out"]).await;
    // Its posts are collected, and not scored.
    app.feed().add(crate::fixture::FeedPage {
        posts: vec![post("e", "00:50", "Late.")],
        ..crate::fixture::FeedPage::default()
    });
    app.step(1);
    app.tick().await;
    app.run_due(&[slot::COLLECT]).await;
    app.run_due(&[slot::PUBLISH]).await;
    app.step(1);
    app.run_due(&[slot::PUBLISH]).await;
    assert_eq!(app.outbox().hours(), IN_ORDER[1..]);

    app.run_on().await;
    assert_eq!(
        app.outbox().hours().last().map(String::as_str),
        Some(IN_ORDER[0])
    );
    assert_eq!(app.sealed(IN_ORDER[0]).await.unwrap().posts, 2);
    app.end().await;
}

#[tokio::test]
async fn an_hour_that_a_person_asks_for_goes_out_at_once() {
    let app = four_hours(&["out"]).await;
    let leases = app.leases(slot::PUBLISH).await;
    app.ask_publish(IN_ORDER[3]).await;
    assert_eq!(app.attempt_one(slot::PUBLISH).await, Verdict::Done);
    assert_eq!(app.outbox().hours(), [IN_ORDER[3]]);
    for lease in &leases {
        app.attempt(lease).await;
    }
    app.run_on().await;
    assert_eq!(due::enqueue(&app.deps).await.unwrap(), 0);
    app.end().await;
}
