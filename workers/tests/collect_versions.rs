//! Edits, deletions and hygiene, from the page to the digest.

use std::{collections::BTreeMap, sync::Arc};

use moodwire_model::{BatchState, Post};
use moodwire_sources::{Actor, Watchlist};
use moodwire_workers::Filters;

use crate::fixture::{App, Feed, FeedPage, Setup, at, feed_of, hour, post};

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
async fn of_an_account_that_is_gone_every_post_is_a_tombstone_however_many() {
    let many = (0..1_100).map(|n| post(&format!("ada/{n}"), "01:00", "A wonderful day!"));
    let app = App::with(vec![
        page(many.collect()),
        page(vec![
            post("adam/1", "01:01", "It rains."),
            post("bob/1", "01:02", "A terrible day."),
        ]),
        FeedPage {
            closed: vec!["feed:ada/".to_owned(), "feed:never/".to_owned()],
            ..FeedPage::default()
        },
    ])
    .await;
    app.tick().await;
    app.run_on().await;
    assert_eq!(
        ends(&app, "2026-03-01T01").await,
        texts("It rains.", "A terrible day.")
    );
    let sealed = app.sealed("2026-03-01T01").await.unwrap();
    assert_eq!(sealed.posts, 2);
    let deps = &app.deps;
    let left = deps.lake.keys_under("feed:ada/", None, 500).await;
    assert_eq!(left.unwrap(), []);
    app.end().await;
}

/// A watchlist of which only posts about rain are of anyone.
fn about_rain() -> Arc<Watchlist> {
    let actor = Actor {
        name: "Rain".to_owned(),
        keywords: vec!["rain".to_owned()],
        ..Actor::default()
    };
    Arc::new(Watchlist::new(vec![actor]).unwrap())
}

#[tokio::test]
async fn an_edit_that_no_longer_matches_replaces_what_was_collected_and_is_of_nobody() {
    let original = [
        post("a", "01:00", "A wonderful rain!"),
        post("b", "01:01", "It rains: rain."),
    ];
    let app = App::start(Setup {
        feeds: vec![Feed::of(
            "main",
            vec![
                page(original.to_vec()),
                page(vec![
                    edited("a", "01:00", "A terrible sun."),
                    // Of one that was never of anyone nothing is kept.
                    edited("never", "01:03", "A terrible, terrible sun."),
                    // Made and edited within one page.
                    post("c", "01:04", "Good rain."),
                    edited("c", "01:04", "Good sun."),
                ]),
            ],
        )],
        watchlist: about_rain(),
        ..Setup::default()
    })
    .await;
    app.tick().await;
    app.run_on().await;
    assert_eq!(
        ends(&app, "2026-03-01T01").await,
        texts("Good sun.", "A terrible sun.")
    );
    let sealed = app.sealed("2026-03-01T01").await.unwrap();
    assert_eq!(sealed.posts, 3);
    let batches = app.batches(&[BatchState::Scored]).await;
    let kept = app.deps.lake.posts(&batches[1].id).await.unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|post| (&*post.text, post.actors.len()))
        .collect();
    assert_eq!(kept, [("A terrible sun.", 0), ("Good sun.", 0)]);
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
