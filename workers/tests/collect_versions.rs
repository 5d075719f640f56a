//! Edits, deletions and hygiene, from the page to the digest.

use std::collections::BTreeMap;

use moodwire_model::{BatchState, Post};
use moodwire_workers::Filters;

use crate::fixture::{App, FeedPage, Setup, at, feed_of, hour, post};

fn page(posts: Vec<Post>) -> FeedPage {
    FeedPage {
        posts,
        ..FeedPage::default()
    }
}

fn edited(id: &str, time: &str, text: &str) -> Post {
    Post {
        edited_at: Some(at("2026-03-01T01:50:00Z")),
        ..post(id, time, text)
    }
}

/// The texts of the hour's best and worst.
async fn ends(app: &App, of: &str) -> (Option<String>, Option<String>) {
    let digest = app.deps.warehouse.digest(hour(of)).await.unwrap();
    (
        digest.best.map(|post| post.text),
        digest.worst.map(|post| post.text),
    )
}

fn texts(best: &str, worst: &str) -> (Option<String>, Option<String>) {
    (Some(best.to_owned()), Some(worst.to_owned()))
}

#[tokio::test]
async fn an_edit_is_scored_anew_in_the_hour_of_its_post() {
    let app = App::with(vec![
        page(vec![
            post("a", "01:00", "A terrible day."),
            post("b", "01:01", "It rains."),
        ]),
        // The edit is placed in another hour than the post, as by a network that tells the edit's time alone.
        page(vec![edited("a", "00:30", "A wonderful day!")]),
    ])
    .await;
    app.tick().await;
    app.run_on().await;
    assert_eq!(
        ends(&app, "2026-03-01T01").await,
        texts("A wonderful day!", "It rains.")
    );
    let batches = app.batches(&[BatchState::Scored]).await;
    assert!(
        batches[1].hours.contains(&hour("2026-03-01T01")),
        "the hour waits for the edit: {:?}",
        batches[1].hours
    );
    app.end().await;
}

#[tokio::test]
async fn a_deleted_post_is_neither_best_nor_worst_and_what_it_said_is_erased() {
    let best = post("a", "01:00", "A wonderful day!");
    let app = App::with(vec![
        page(vec![
            best.clone(),
            post("b", "01:01", "It rains."),
            post("c", "01:02", "A terrible day."),
        ]),
        FeedPage {
            // Of one that was never collected nothing is to be done.
            deleted: vec![best.key.clone(), post("never", "01:00", "").key],
            ..FeedPage::default()
        },
        page(vec![
            best.clone(),
            edited("a", "01:00", "A wonderful, wonderful day!"),
        ]),
    ])
    .await;
    app.tick().await;
    app.run_on().await;
    assert_eq!(
        ends(&app, "2026-03-01T01").await,
        texts("It rains.", "A terrible day.")
    );
    let batches = app.batches(&[BatchState::Scored]).await;
    assert_eq!(batches.len(), 2, "{batches:?}");
    let erased = app.deps.lake.posts(&batches[1].id).await.unwrap();
    assert_eq!(erased.len(), 1);
    assert_eq!((&*erased[0].text, &*erased[0].raw), ("", "{}"));
    assert_eq!(erased[0].deleted_at, Some(app.now()));
    app.end().await;
}

#[tokio::test]
async fn deletions_that_change_nothing_leave_no_batch_and_no_job() {
    let gone = post("gone", "01:00", "").key;
    let app = App::with(vec![FeedPage {
        deleted: vec![gone; 1_001],
        ..FeedPage::default()
    }])
    .await;
    app.tick().await;
    app.run_on().await;
    let every = [
        BatchState::Open,
        BatchState::Queued,
        BatchState::Scored,
        BatchState::Discarded,
    ];
    assert_eq!(app.batches(&every).await, []);
    app.end().await;
}

#[tokio::test]
async fn what_a_filter_bars_counts_in_its_hour_but_is_no_best() {
    let filters = Filters::new(0, Vec::new(), &["giveaway".to_owned()]).unwrap();
    let app = App::start(Setup {
        feeds: vec![feed_of([vec![
            post("a", "01:00", "The best giveaway ever, wonderful!"),
            post("b", "01:01", "Good."),
            post("c", "01:02", "A terrible day."),
        ]])],
        filters: BTreeMap::from([("main".to_owned(), filters)]),
        ..Setup::default()
    })
    .await;
    app.tick().await;
    app.run_on().await;
    assert_eq!(
        ends(&app, "2026-03-01T01").await,
        texts("Good.", "A terrible day.")
    );
    let sealed = app.sealed("2026-03-01T01").await.unwrap();
    assert_eq!(sealed.posts, 3);
    app.end().await;
}
