//! Streams: followed slice after slice by ticks, and to the present by what is asked for.

use moodwire_model::{Gap, slot};
use moodwire_queue::{State, Verdict};
use moodwire_sources::SourceError;

use crate::fixture::{App, Feed, FeedPage, Setup, Turn, at, two_pages};

async fn app(pages: Vec<FeedPage>) -> App {
    App::start(Setup {
        feeds: vec![Feed::streaming("main", pages)],
        ..Setup::default()
    })
    .await
}

#[tokio::test]
async fn what_is_asked_for_ends_when_it_has_caught_up() {
    let app = app(two_pages()).await;
    let id = app.ask().await;
    assert_eq!(app.attempt_one(slot::COLLECT).await, Verdict::Done);
    assert_eq!(app.row(&id).await.state, State::Done);
    let cursor = app.cursor().await;
    assert_eq!((cursor.position, cursor.holder), (2.into(), None));
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn a_tick_follows_the_stream_slice_after_slice() {
    let app = app(two_pages()).await;
    // The second page comes with the present reached, and the stream is read on until the slice is over.
    app.feed()
        .play([Turn::Read, Turn::Read, Turn::Read, Turn::Slow]);
    let first = app.tick().await;
    assert_eq!(app.attempt_one(slot::COLLECT).await, Verdict::Done);
    assert_eq!(app.feed().reads(), 4);
    let cursor = app.cursor().await;
    assert_eq!((cursor.position, cursor.holder), (2.into(), None));

    let next = app.row(&format!("{first}~2")).await;
    assert_eq!((next.state, next.parent), (State::Ready, Some(first)));
    app.feed().play([Turn::Slow]);
    assert_eq!(app.attempt_one(slot::COLLECT).await, Verdict::Done);
    app.end_following().await;
}

/// A slice of a minute would hold up every stop for the whole grace period.
#[tokio::test]
async fn a_process_that_stops_hands_the_stream_over_after_a_page() {
    let app = app([two_pages(), two_pages()].concat()).await;
    app.stop.cancel();
    let first = app.tick().await;
    assert_eq!(app.attempt_one(slot::COLLECT).await, Verdict::Done);
    assert_eq!(app.feed().reads(), 1);
    let cursor = app.cursor().await;
    assert_eq!((cursor.position, cursor.holder), (1.into(), None));
    let next = app.row(&format!("{first}~2")).await;
    assert_eq!((next.state, next.attempts), (State::Ready, 0));
    app.end_following().await;
}

#[tokio::test]
async fn ticks_never_make_a_second_chain_of_slices() {
    let app = app(two_pages()).await;
    app.feed().play([Turn::Slow]);
    let first = app.tick().await;
    app.attempt_one(slot::COLLECT).await;
    // Between two slices a tick is faster: it follows from then on.
    let slice = app.lease(slot::COLLECT).await;
    app.step(300);
    app.tick().await;
    let tick = app.lease(slot::COLLECT).await;
    let gate = crate::fixture::Gate::closed();
    app.feed()
        .play([Turn::Wait(std::sync::Arc::clone(&gate)), Turn::Slow]);
    let following = app.begin(&tick);
    gate.reached().await;
    assert_eq!(app.attempt(&slice).await, Verdict::Done);
    app.settle(&slice, Verdict::Done).await;
    assert!(
        app.deps
            .queue
            .get(&format!("{first}~3"))
            .await
            .unwrap()
            .is_none()
    );
    gate.open();
    assert_eq!(following.await.unwrap(), Verdict::Done);
    app.settle(&tick, Verdict::Done).await;
    app.end_following().await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_again_where_the_last_page_ended() {
    let app = app(two_pages()).await;
    let broken = SourceError::Retry("the connection was closed".to_owned());
    app.feed().play([Turn::Read, Turn::Fail(broken)]);
    let id = app.ask().await;
    let verdict = app.attempt_one(slot::COLLECT).await;
    assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict}");
    assert_eq!(app.cursor().await.position, 1);
    app.run_on().await;
    assert_eq!(app.row(&id).await.state, State::Done);
    assert_eq!(app.cursor().await.totals.posts, 6);
    app.end().await;
}

#[tokio::test]
async fn a_gap_is_kept_with_the_cursor() {
    let gap = Gap {
        from: at("2026-02-26T00:00:00Z"),
        to: at("2026-02-27T13:00:00Z"),
    };
    let mut pages = two_pages();
    pages[0].gap = Some(gap);
    let app = app(pages).await;
    app.ask().await;
    app.run_on().await;
    assert_eq!(app.cursor().await.gap, Some(gap));
    app.end().await;
}
