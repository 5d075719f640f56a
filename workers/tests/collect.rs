//! Collect: what a pass stores, counts and notes, whatever its source does.

use std::sync::Arc;

use chrono::TimeDelta;
use moodwire_model::{ActorMatch, Batch, BatchState, Why, slot};
use moodwire_queue::{State, Verdict};
use moodwire_sources::{Actor, SourceError, Watchlist};

use crate::fixture::{
    App, Feed, FeedPage, Gate, Setup, Trip, Turn, feed_of, post, refused, two_pages,
};

#[tokio::test]
async fn duplicates_are_counted_and_leave_no_batch_behind() {
    let twice = || vec![post("a", "01:00", "One."), post("b", "01:01", "Two.")];
    let feeds = vec![feed_of([twice(), twice(), [twice(), twice()].concat()])];
    let app = App::start(Setup {
        feeds,
        ..Setup::default()
    })
    .await;
    app.tick().await;
    app.run_on().await;

    let totals = app.cursor().await.totals;
    assert_eq!(
        (totals.posts, totals.duplicates, totals.quarantined),
        (2, 6, 0)
    );
    let batches = app.batches(&[BatchState::Scored]).await;
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].count, 2);
    app.end().await;
}

#[tokio::test]
async fn a_page_of_more_than_a_batch_is_stored_as_several() {
    let many = (0..Batch::MAX_POSTS + 1).map(|n| post(&format!("{n:04}"), "01:00", "Fine."));
    let app = App::start(Setup {
        feeds: vec![feed_of([many.collect()])],
        ..Setup::default()
    })
    .await;
    app.tick().await;
    app.run_on().await;

    let mut counts: Vec<u64> = app
        .batches(&[BatchState::Scored])
        .await
        .iter()
        .map(|batch| batch.count)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 500]);
    app.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_quarantined_once_however_often_it_is_read() {
    let page = || FeedPage {
        posts: vec![post("a", "01:00", "One.")],
        quarantined: vec![refused(2), refused(3)],
        ..FeedPage::default()
    };
    let app = App::with(vec![page(), page()]).await;
    app.tick().await;
    app.run_on().await;

    assert_eq!(app.world().await.quarantined, ["main:2", "main:3"]);
    assert_eq!(app.cursor().await.totals.quarantined, 2);
    app.end().await;
}

#[tokio::test]
async fn a_feed_that_grows_is_read_on_from_where_the_last_pass_ended() {
    let app = App::with(two_pages()).await;
    app.tick().await;
    app.run_on().await;
    assert_eq!(app.feed().reads(), 2);

    app.feed().add(FeedPage {
        posts: vec![post("c", "02:05", "More.")],
        ..FeedPage::default()
    });
    app.step(300);
    app.tick().await;
    app.run_on().await;
    assert_eq!(app.feed().reads(), 3);
    assert_eq!(app.world().await.scored.len(), 7);
    app.end().await;
}

#[tokio::test]
async fn a_source_that_fails_is_noted_as_stalled_until_it_answers_again() {
    let app = App::with(two_pages()).await;
    let down = SourceError::Retry("the network is down".to_owned());
    app.feed().play([Turn::Read, Turn::Fail(down)]);
    app.tick().await;
    let verdict = app.attempt_one(slot::COLLECT).await;

    let error = "the network is down".to_owned();
    assert_eq!(
        verdict,
        Verdict::Retry {
            error: error.clone()
        }
    );
    let cursor = app.cursor().await;
    assert_eq!((cursor.stalled, cursor.holder), (Some(error), None));
    assert_eq!(cursor.position, 1, "the page that was read is kept");

    app.run_on().await;
    let cursor = app.cursor().await;
    assert_eq!((cursor.stalled, cursor.position), (None, 2.into()));
    app.end().await;
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_and_burns_no_attempt() {
    let app = App::with(two_pages()).await;
    let until = app.now() + TimeDelta::minutes(7);
    let reason = "429, the limit is reset at 02:17".to_owned();
    let limited = SourceError::Later {
        until,
        reason: reason.clone(),
    };
    app.feed().play([Turn::Fail(limited)]);
    let id = app.tick().await;
    let verdict = app.attempt_one(slot::COLLECT).await;

    assert_eq!(verdict, Verdict::later(until, reason.clone()));
    assert_eq!(app.cursor().await.stalled, Some(reason));
    let row = app.row(&id).await;
    assert_eq!(
        (row.state, row.attempts, row.run_at),
        (State::Scheduled, 0, until)
    );
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn a_source_that_can_never_work_ends_the_job_with_its_sentence() {
    let app = App::with(Vec::new()).await;
    let sentence = "posts.jsonl is not there: mend [[source]] path".to_owned();
    app.feed()
        .play([Turn::Fail(SourceError::Dead(sentence.clone()))]);
    let id = app.tick().await;
    assert_eq!(
        app.attempt_one(slot::COLLECT).await,
        Verdict::dead(sentence.clone())
    );

    assert_eq!(app.cursor().await.stalled.as_ref(), Some(&sentence));
    assert_eq!(app.row(&id).await.reason, Some(sentence));
    app.end_with_dead(&[&id]).await;
}

#[tokio::test]
async fn a_source_that_is_not_configured_is_a_dead_letter_that_names_it() {
    let app = App::with(Vec::new()).await;
    let id = "collect:gone:2026-03-01T02:10:00Z";
    app.enqueue(
        slot::COLLECT,
        id,
        &moodwire_workers::payload::Collect::tick("gone"),
    )
    .await;
    app.run_on().await;
    let reason = app.row(id).await.reason.unwrap();
    assert_eq!(
        reason,
        "no source is named \"gone\": configure it, or discard this job"
    );
    app.end_with_dead(&[id]).await;
}

#[tokio::test]
async fn after_its_time_a_pass_ends_and_its_continuation_goes_on() {
    let app = App::with([two_pages(), two_pages()].concat()).await;
    app.feed().play([Turn::Slow, Turn::Read, Turn::Slow]);
    let first = app.tick().await;
    app.run_due(&[slot::COLLECT]).await;

    let second = app.row(&format!("{first}~2")).await;
    assert_eq!(
        (second.state, second.parent.as_ref()),
        (State::Done, Some(&first))
    );
    let third = app.row(&format!("{first}~3")).await;
    assert_eq!((third.state, third.root), (State::Done, Some(first)));
    assert_eq!(app.cursor().await.position, 4);
    app.run_on().await;
    app.end().await;
}

/// Another worker can be faster with the continuation than the pass with giving its cursor free: as a mere tick it was
/// skipped, and nothing read on until the next tick.
#[tokio::test]
async fn a_continuation_that_comes_before_its_pass_has_ended_waits_for_it() {
    let app = App::with(two_pages()).await;
    app.feed().play([Turn::Slow]);
    app.tick().await;
    let first = app.lease(slot::COLLECT).await;
    let gate = Gate::closed();
    app.wire
        .arm_at("insert_posts", Trip::WaitBefore(Arc::clone(&gate)));
    let attempt = app.begin(&first);
    gate.reached().await;

    let verdict = app.attempt_one(slot::COLLECT).await;
    assert!(matches!(verdict, Verdict::Later { .. }), "{verdict}");

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    app.settle(&first, Verdict::Done).await;
    app.run_on().await;
    assert_eq!(app.cursor().await.position, 2);
    app.end().await;
}

#[tokio::test]
async fn of_a_page_the_posts_that_match_the_watchlist_are_kept_with_the_reason() {
    let mentioned = post("d", "01:03", "As they said.");
    let page = FeedPage {
        mentions: [(
            mentioned.key.clone(),
            vec!["saylor@social.example".to_owned()],
        )]
        .into(),
        posts: vec![
            post("a", "01:00", "Buy #Bitcoin, @saylor!"),
            post("b", "01:01", "Nothing of interest."),
            post("c", "01:02", "bitcoins"),
            mentioned,
        ],
        ..FeedPage::default()
    };
    let saylor = Actor {
        name: "Saylor".to_owned(),
        x: Some("saylor".to_owned()),
        mastodon: Some("saylor@social.example".to_owned()),
        keywords: vec!["bitcoin".to_owned()],
        ..Actor::default()
    };
    let app = App::start(Setup {
        feeds: vec![Feed::of("main", vec![page])],
        watchlist: Arc::new(Watchlist::new(vec![saylor]).unwrap()),
        ..Setup::default()
    })
    .await;
    app.tick().await;
    app.run_on().await;

    let batches = app.batches(&[BatchState::Scored]).await;
    let posts = app.deps.lake.posts(&batches[0].id).await.unwrap();
    let kept: Vec<_> = posts
        .iter()
        .map(|post| (post.key.as_str(), &post.actors[0]))
        .collect();
    assert_eq!(
        kept,
        [
            (
                "feed:a",
                &ActorMatch::new("Saylor", [Why::Mention, Why::Keyword])
            ),
            ("feed:d", &ActorMatch::new("Saylor", [Why::Mention])),
        ]
    );
    assert_eq!(app.cursor().await.totals.posts, 2);
    app.end().await;
}
