//! What is due: which hours are enqueued for publication, and which never, or never again.

use std::time::Duration;

use moodwire_model::{Hour, Post, PostKey, ScoredPost, slot};
use moodwire_warehouse::PublicationState;
use moodwire_workers::{PublishPolicy, due};

use crate::fixture::{App, Destination, NOW, Setup, at, post};

/// An app whose one source has nothing and says that everything is collected.
async fn app_with(change: impl FnOnce(&mut Setup)) -> App {
    let mut setup = Setup::default();
    change(&mut setup);
    let app = App::start(setup).await;
    app.tick().await;
    app.gather().await;
    app
}

fn catch_up(setup: &mut Setup, hours: Option<u64>) {
    setup.publish = PublishPolicy {
        catch_up: hours.map(|hours| Duration::from_secs(hours * 3600)),
        ..setup.publish
    };
}

/// Puts a post of each moment into the warehouse.
async fn stock(app: &App, moments: &[&str]) {
    for moment in moments {
        let created_at = at(moment);
        let post = Post {
            key: PostKey::new("feed", moment),
            created_at,
            hour: Hour::of(created_at),
            ..post("any", "00:00", "Good.")
        };
        let scored = ScoredPost {
            score: app.deps.scorer.score(&post.text),
            post,
            scored_at: at(NOW),
            batch: "01TEST".to_owned(),
            feed: "main".to_owned(),
            barred: None,
            gist: 0,
        };
        app.deps.warehouse.upsert(&[scored]).await.unwrap();
    }
}

/// The publications that a look enqueues, in the order in which they are handed out.
async fn due_now(app: &App) -> Vec<String> {
    let new = due::enqueue(&app.deps).await.unwrap();
    let leases = app.leases(slot::PUBLISH).await;
    assert_eq!(leases.len(), new);
    for lease in &leases {
        let now = moodwire_queue::Verdict::later(app.now(), "put back");
        app.settle(lease, now).await;
    }
    leases.into_iter().map(|lease| lease.id).collect()
}

#[tokio::test]
async fn hours_with_posts_are_due_as_far_back_as_is_caught_up_with() {
    let app = app_with(|_| {}).await;
    stock(
        &app,
        &[
            "2026-02-28T01:59:59Z",
            "2026-02-28T02:00:00Z",
            "2026-03-01T00:30:00Z",
            "2026-03-01T02:05:00Z",
        ],
    )
    .await;
    assert_eq!(
        due_now(&app).await,
        ["publish:out:2026-02-28T02", "publish:out:2026-03-01T00"]
    );
    app.run_on().await;
    assert_eq!(due::enqueue(&app.deps).await.unwrap(), 0);
    app.end().await;
}

#[tokio::test]
async fn without_a_bound_every_hour_with_posts_is_due() {
    let app = app_with(|setup| catch_up(setup, None)).await;
    stock(
        &app,
        &[
            "2019-05-05T05:05:05Z",
            "2026-02-01T10:00:00Z",
            "2026-03-01T01:00:00Z",
        ],
    )
    .await;
    assert_eq!(
        due_now(&app).await,
        [
            "publish:out:2019-05-05T05",
            "publish:out:2026-02-01T10",
            "publish:out:2026-03-01T01"
        ]
    );
    app.run_on().await;
    assert_eq!(
        app.outbox().hours(),
        ["2019-05-05T05", "2026-02-01T10", "2026-03-01T01"]
    );
    app.end().await;
}

#[tokio::test]
async fn hours_without_posts_are_due_only_from_the_first_start_on() {
    let app = app_with(|setup| catch_up(setup, None)).await;
    app.feed().set_watermark(Some(at("2026-03-01T05:00:00Z")));
    assert_eq!(due_now(&app).await, Vec::<String>::new());
    app.step(2 * 3600);
    assert_eq!(
        due_now(&app).await,
        ["publish:out:2026-03-01T02", "publish:out:2026-03-01T03"]
    );
    app.tick().await;
    app.run_on().await;
    assert_eq!(
        app.published("2026-03-01T02").await,
        PublicationState::Skipped
    );
    assert_eq!(
        app.published("2026-03-01T03").await,
        PublicationState::Skipped
    );
    app.end().await;
}

#[tokio::test]
async fn an_hour_is_due_once_for_each_channel() {
    let app = app_with(|setup| {
        setup.channels.push(Destination::named("other"));
    })
    .await;
    stock(&app, &["2026-03-01T01:00:00Z", "2026-03-01T00:00:00Z"]).await;
    assert_eq!(
        due_now(&app).await,
        [
            "publish:other:2026-03-01T00",
            "publish:out:2026-03-01T00",
            "publish:other:2026-03-01T01",
            "publish:out:2026-03-01T01"
        ]
    );
    assert_eq!(
        due::enqueue(&app.deps).await.unwrap(),
        0,
        "a second look enqueues again"
    );
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn hours_that_end_after_the_horizon_are_left_for_later() {
    let app = app_with(|setup| setup.publish.horizon = Some(at("2026-03-01T01:30:00Z"))).await;
    stock(&app, &["2026-03-01T00:10:00Z", "2026-03-01T01:10:00Z"]).await;
    assert_eq!(due_now(&app).await, ["publish:out:2026-03-01T00"]);
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn an_hour_whose_publication_was_lost_is_sent_again_though_its_job_is_done() {
    let app = app_with(|_| {}).await;
    stock(&app, &["2026-03-01T01:00:00Z"]).await;
    assert_eq!(due_now(&app).await, ["publish:out:2026-03-01T01"]);
    app.run_on().await;
    assert_eq!(due::enqueue(&app.deps).await.unwrap(), 0);

    // As a warehouse that was restored from a copy.
    app.sql("DELETE FROM publications").await;
    assert_eq!(due::enqueue(&app.deps).await.unwrap(), 1);
    assert_eq!(
        due::enqueue(&app.deps).await.unwrap(),
        0,
        "a second look enqueues again"
    );
    assert_eq!(app.left_over().await, ["publish:out:2026-03-01T01#again"]);
    app.run_on().await;
    assert_eq!(app.published("2026-03-01T01").await, PublicationState::Sent);
    assert_eq!(app.outbox().requests(), 2);

    // Once more on the same day, while the rows of both jobs are kept.
    app.sql("DELETE FROM publications").await;
    assert_eq!(due::enqueue(&app.deps).await.unwrap(), 1);
    assert_eq!(due::enqueue(&app.deps).await.unwrap(), 0);
    assert_eq!(app.left_over().await, ["publish:out:2026-03-01T01#again-2"]);
    app.run_on().await;
    assert_eq!(app.outbox().requests(), 3);
    app.end().await;
}

#[tokio::test]
async fn an_hour_that_a_person_has_skipped_is_not_due() {
    let app = app_with(|_| {}).await;
    stock(&app, &["2026-03-01T01:00:00Z"]).await;
    let skipped = app.deps.warehouse.skip(
        crate::fixture::hour("2026-03-01T01"),
        "out",
        "by hand",
        app.now(),
    );
    assert_eq!(skipped.await.unwrap().state, PublicationState::Skipped);
    assert_eq!(due_now(&app).await, Vec::<String>::new());
    app.end().await;
}
