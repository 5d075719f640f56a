//! Limits: a network's and a budget's, kept with the cursor for every worker.

use chrono::TimeDelta;
use moodwire_model::{Reads, slot};
use moodwire_queue::{State, Verdict};
use moodwire_sources::SourceError;

use crate::fixture::{App, Feed, FeedPage, Setup, Turn, post, two_pages};

#[tokio::test]
async fn while_a_source_is_limited_no_worker_reads_it() {
    let app = App::with(two_pages()).await;
    let until = app.now() + TimeDelta::minutes(7);
    let reason = "429, the limit is reset at 02:17".to_owned();
    app.feed().play([Turn::Fail(SourceError::Later {
        until,
        reason: reason.clone(),
    })]);
    let first = app.tick().await;
    app.attempt_one(slot::COLLECT).await;
    assert_eq!(app.cursor().await.limited_until, Some(until));

    // A tick is skipped, and what a person asks for waits; neither asks the network.
    app.step(300);
    let second = app.tick().await;
    assert_eq!(app.attempt_one(slot::COLLECT).await, Verdict::Done);
    assert_eq!(app.row(&second).await.state, State::Done);
    let asked = app.ask().await;
    assert_eq!(
        app.attempt_one(slot::COLLECT).await,
        Verdict::later(until, reason)
    );
    assert_eq!(app.row(&asked).await.attempts, 0);
    assert_eq!(app.feed().reads(), 1);

    app.run_on().await;
    assert_eq!(app.row(&first).await.state, State::Done);
    let cursor = app.cursor().await;
    assert_eq!((cursor.limited_until, cursor.stalled), (None, None));
    assert_eq!(cursor.totals.posts, 6);
    app.end().await;
}

#[tokio::test]
async fn a_limit_that_is_told_ahead_stops_the_pass_after_its_page() {
    let pages = two_pages();
    let app = App::with(vec![]).await;
    let until = app.now() + TimeDelta::minutes(15);
    for (number, page) in pages.into_iter().enumerate() {
        app.feed().add(FeedPage {
            limited_until: (number == 0).then_some(until),
            ..page
        });
    }
    let id = app.tick().await;
    let verdict = app.attempt_one(slot::COLLECT).await;
    assert!(
        matches!(&verdict, Verdict::Later { until: then, .. } if *then == until),
        "{verdict}"
    );
    let cursor = app.cursor().await;
    assert_eq!((cursor.position.clone(), cursor.holder), (1.into(), None));
    app.run_on().await;
    assert_eq!(app.row(&id).await.state, State::Done);
    assert_eq!(app.cursor().await.position, 2);
    app.end().await;
}

#[tokio::test]
async fn a_read_budget_is_kept_before_anything_is_read() {
    let page = |id: &str| FeedPage {
        posts: vec![post(id, "01:00", "Fine.")],
        ..FeedPage::default()
    };
    let price = Reads {
        posts: 100,
        users: 20,
    };
    let feed = Feed::billed("main", vec![page("a"), page("b"), page("c")], 240, price);
    let app = App::start(Setup {
        feeds: vec![feed],
        ..Setup::default()
    })
    .await;
    app.tick().await;
    let verdict = app.attempt_one(slot::COLLECT).await;
    let Verdict::Later { until, reason } = verdict else {
        panic!("{verdict}");
    };
    assert_eq!(until.to_rfc3339(), "2026-03-02T00:00:00+00:00");
    assert_eq!(
        reason,
        "the budget of source \"main\" is used up until 2026-03-02 00:00:00 UTC: raise daily_reads or monthly_reads to read on"
    );
    assert_eq!(app.feed().reads(), 2);
    let today = app.now().date_naive();
    let counts = app.deps.lake.reads("main", today).await.unwrap();
    assert_eq!(counts.day.total(), 240, "what was refused is not counted");

    // The next day there is a new budget, of the same month.
    app.step(22 * 3600);
    app.run_on().await;
    let counts = app.deps.lake.reads("main", app.now().date_naive()).await;
    let counts = counts.unwrap();
    assert_eq!((counts.day.total(), counts.month.total()), (120, 360));
    app.end_unrepeated().await;
}
