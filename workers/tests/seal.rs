//! Sealing, as a publication sees it: what an hour waits for, for how long, and what is said to be missing.

use std::{sync::Arc, time::Duration};

use moodwire_model::slot;
use moodwire_queue::{Lease, Verdict};
use moodwire_sources::SourceError;
use moodwire_workers::{PublishPolicy, payload};

use crate::fixture::{App, Feed, FeedPage, Gate, NOW, Setup, Turn, at, feed_of, post};

const HOUR: &str = "2026-03-01T01";

/// `max_wait`, seconds.
const MAX_WAIT: i64 = 2 * 3600;

/// One post in the hour, and no hour due but those that the cases ask for, however far they step the clock.
fn one_post() -> Setup {
    let setup = Setup::default();
    Setup {
        feeds: vec![feed_of([vec![post("a", "01:10", "Good.")]])],
        publish: PublishPolicy {
            horizon: Some(at("2026-03-01T00:00:00Z")),
            max_wait: Duration::from_secs(MAX_WAIT.unsigned_abs()),
            ..setup.publish
        },
        ..setup
    }
}

/// Asks for the hour's publication and tries it once: what it waits for, or none when it went out.
async fn waits_for(app: &App) -> Option<String> {
    app.ask_publish(HOUR).await;
    let leases = app.leases(slot::PUBLISH).await;
    let mut reasons = Vec::new();
    for lease in leases {
        match app.attempt(&lease).await {
            Verdict::Done => {}
            Verdict::Later { reason, .. } => reasons.push(reason),
            verdict => panic!("{verdict}"),
        }
    }
    reasons.pop()
}

#[tokio::test]
async fn an_hour_waits_for_its_grace_period() {
    let app = App::start(Setup {
        now: "2026-03-01T02:02:00Z",
        ..one_post()
    })
    .await;
    app.tick().await;
    app.gather().await;
    app.ask_publish(HOUR).await;
    let verdict = app.attempt_one(slot::PUBLISH).await;
    let open_until = at("2026-03-01T02:05:00Z");
    assert_eq!(
        verdict,
        Verdict::later(open_until, "the hour's grace period is not over")
    );
    app.run_on().await;
    assert_eq!(app.now(), open_until);
    assert_eq!(app.outbox().hours(), [HOUR]);
    app.end().await;
}

#[tokio::test]
async fn an_hour_waits_for_a_source_that_was_never_collected() {
    let app = App::start(one_post()).await;
    let reason = waits_for(&app).await.unwrap();
    assert_eq!(
        reason,
        "sources not collected past the hour's end: [\"main\"]; batches not scored: 0"
    );
    app.tick().await;
    app.gather().await;
    app.run_on().await;
    assert!(app.sealed(HOUR).await.unwrap().missing.is_empty());
    app.end().await;
}

#[tokio::test]
async fn an_hour_waits_for_every_source_to_be_past_its_end() {
    let early = Feed::of("early", Vec::new());
    early.set_watermark(Some(at("2026-03-01T01:59:59Z")));
    let mut setup = one_post();
    setup.feeds.push(Arc::clone(&early));
    let app = App::start(setup).await;
    app.tick().await;
    let payload = payload::Collect::tick("early");
    app.enqueue(slot::COLLECT, "collect:early:1", &payload)
        .await;
    app.gather().await;
    let reason = waits_for(&app).await.unwrap();
    assert!(reason.contains("[\"early\"]"), "{reason}");

    early.set_watermark(Some(at("2026-03-01T02:00:00Z")));
    app.enqueue(slot::COLLECT, "collect:early:2", &payload)
        .await;
    app.run_on().await;
    assert!(app.sealed(HOUR).await.unwrap().missing.is_empty());
    app.end().await;
}

#[tokio::test]
async fn an_hour_waits_for_a_batch_that_is_not_scored() {
    let app = App::start(one_post()).await;
    app.tick().await;
    app.run_due(&[slot::COLLECT]).await;
    let reason = waits_for(&app).await.unwrap();
    assert_eq!(
        reason,
        "sources not collected past the hour's end: []; batches not scored: 1"
    );
    app.run_on().await;
    assert_eq!(app.outbox().accepted()[0].summary.posts, 1);
    app.end().await;
}

#[tokio::test]
async fn a_failing_source_is_waited_for_only_so_long_and_the_digest_names_it() {
    let mut setup = one_post();
    setup.feeds.push(Feed::of("broken", Vec::new()));
    let gone = || Turn::Fail(SourceError::Dead("the account is closed".to_owned()));
    setup.feeds[1].play([gone()]);
    let app = App::start(setup).await;
    app.tick().await;
    let broken = "collect:broken:1";
    app.enqueue(slot::COLLECT, broken, &payload::Collect::tick("broken"))
        .await;
    app.gather().await;

    assert!(waits_for(&app).await.is_some());
    app.step(MAX_WAIT - 1);
    assert!(waits_for(&app).await.is_some(), "sealed before max_wait");
    app.step(1);
    assert_eq!(waits_for(&app).await, None);
    let digest = app.outbox().accepted().remove(0);
    assert_eq!(digest.summary.missing.sources, ["broken"]);
    assert_eq!(digest.summary.posts, 1);
    app.run_on().await;
    app.end_with_dead(&[broken]).await;
}

/// Each failure moves its cursor, which is not to be taken for reading.
#[tokio::test]
async fn a_source_that_fails_again_and_again_is_not_waited_for_as_one_that_reads() {
    let app = App::start(one_post()).await;
    let down = || Turn::Fail(SourceError::Retry("down".to_owned()));
    app.feed().play([down(), down()]);
    app.tick().await;
    let verdict = app.attempt_one(slot::COLLECT).await;
    assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict}");
    assert!(waits_for(&app).await.is_some());
    app.step(MAX_WAIT);
    let verdict = app.attempt_one(slot::COLLECT).await;
    assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict}");
    assert_eq!(waits_for(&app).await, None);
    assert_eq!(app.sealed(HOUR).await.unwrap().missing.sources, ["main"]);
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn the_wait_counts_from_the_first_attempt_through_a_restart() {
    let app = App::start(one_post()).await;
    // Long after the hour's end: only attempts count.
    app.step(10 * MAX_WAIT);
    assert!(waits_for(&app).await.is_some());
    app.step(MAX_WAIT / 2);
    let app = app.restart(|_| {}).await;
    assert!(waits_for(&app).await.is_some());
    app.step(MAX_WAIT / 2);
    assert_eq!(waits_for(&app).await, None);
    assert_eq!(app.sealed(HOUR).await.unwrap().missing.sources, ["main"]);
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn a_wait_that_ran_out_while_nothing_ran_gives_sources_their_turn_first() {
    let app = App::start(one_post()).await;
    assert!(waits_for(&app).await.is_some());
    app.step(2 * MAX_WAIT);
    let app = app.restart(|_| {}).await;
    assert!(waits_for(&app).await.is_some(), "sealed at the start");
    app.step(119);
    assert!(waits_for(&app).await.is_some());
    app.tick().await;
    app.run_on().await;
    let sealed = app.sealed(HOUR).await.unwrap();
    assert_eq!((sealed.posts, sealed.missing.is_empty()), (1, true));
    app.end().await;
}

#[tokio::test]
async fn a_dead_batch_is_waited_for_only_so_long_and_its_posts_come_late() {
    let app = App::start(one_post()).await;
    app.tick().await;
    app.run_due(&[slot::COLLECT]).await;
    let transform = app.lease(slot::TRANSFORM).await;
    app.settle(&transform, Verdict::dead("the disk is full"))
        .await;

    assert!(waits_for(&app).await.is_some());
    app.step(MAX_WAIT);
    assert_eq!(waits_for(&app).await, None);
    let sealed = app.sealed(HOUR).await.unwrap();
    assert_eq!(
        (sealed.posts, sealed.late, sealed.missing.batches),
        (0, 0, 1)
    );

    let retried = app
        .queue
        .retry(&[(transform.id, None, None)])
        .await
        .unwrap();
    assert_eq!(retried, [true]);
    app.run_on().await;
    let sealed = app.sealed(HOUR).await.unwrap();
    assert_eq!((sealed.posts, sealed.late), (0, 1));
    app.end().await;
}

/// Renews the lease as its worker does.
async fn renew(app: &App, lease: &Lease) {
    let leases = [(lease.id.clone(), lease.token)];
    let renewed = app
        .queue
        .renew(&lease.kind, &leases, Duration::from_secs(30))
        .await;
    assert_eq!(renewed.unwrap(), [true]);
}

#[tokio::test]
async fn a_source_that_still_reads_is_waited_for_however_long_it_takes() {
    let app = App::start(one_post()).await;
    app.feed().add(FeedPage {
        posts: vec![post("b", "01:20", "Fine.")],
        ..FeedPage::default()
    });
    let gate = Gate::closed();
    app.feed().play([Turn::Read, Turn::Wait(Arc::clone(&gate))]);
    app.tick().await;
    let collect = app.lease(slot::COLLECT).await;
    let attempt = app.begin(&collect);
    gate.reached().await;
    assert!(waits_for(&app).await.is_some());
    for _ in 0..3 {
        app.step(MAX_WAIT);
        renew(&app, &collect).await;
        assert!(
            waits_for(&app).await.is_some(),
            "sealed while the source reads"
        );
    }

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    app.settle(&collect, Verdict::Done).await;
    app.run_on().await;
    let sealed = app.sealed(HOUR).await.unwrap();
    assert_eq!((sealed.posts, sealed.late), (2, 0));
    assert!(sealed.missing.is_empty());
    app.end().await;
}

#[tokio::test]
async fn a_source_counts_as_reading_for_two_minutes_after_its_cursor_moved() {
    let app = App::start(one_post()).await;
    app.feed().set_watermark(None);
    assert!(waits_for(&app).await.is_some());
    app.step(MAX_WAIT);
    app.tick().await;
    app.gather().await;
    assert!(waits_for(&app).await.is_some());
    app.step(119);
    assert!(waits_for(&app).await.is_some());
    app.step(1);
    assert_eq!(waits_for(&app).await, None);
    assert_eq!(app.sealed(HOUR).await.unwrap().missing.sources, ["main"]);
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn posts_that_come_after_the_seal_are_counted_and_change_no_digest() {
    let app = App::start(one_post()).await;
    app.tick().await;
    app.ask_publish(HOUR).await;
    app.run_on().await;
    let sealed = app.sealed(HOUR).await.unwrap();
    assert_eq!((sealed.posts, sealed.late), (1, 0));
    assert_eq!(sealed.sealed_at, Some(at(NOW)));

    app.feed().add(FeedPage {
        posts: vec![
            post("b", "01:20", "Wonderful!"),
            post("c", "01:30", "Awful!"),
        ],
        ..FeedPage::default()
    });
    app.step(60);
    app.tick().await;
    app.run_on().await;
    let after = app.sealed(HOUR).await.unwrap();
    assert_eq!((after.posts, after.late), (1, 2));
    let digest = app.deps.warehouse.digest(after.hour).await.unwrap();
    assert_eq!(digest.best.unwrap().id.as_str(), "feed:a");
    assert_eq!(app.outbox().requests(), 1);
    app.end().await;
}
