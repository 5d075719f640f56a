//! What a drain asks of its sources: one pass, and another where hours that are due are not read to their end.

use moodwire_model::slot;
use moodwire_sources::SourceError;
use moodwire_workers::{PublishPolicy, collect::Asked};

use crate::fixture::{App, Setup, Turn, at, feed_of, post};

/// When the drain begins: just after the hour 01.
const BEGUN: &str = "2026-03-01T02:00:30Z";

/// A drain of a source that gives its posts a minute late, and what it has asked.
async fn begun() -> (App, Asked) {
    let setup = Setup::default();
    let app = App::start(Setup {
        now: BEGUN,
        feeds: vec![feed_of([vec![post("a", "01:10", "Good.")]])],
        publish: PublishPolicy {
            horizon: Some(at(BEGUN)),
            ..setup.publish
        },
        ..setup
    })
    .await;
    app.feed().set_watermark(Some(at("2026-03-01T01:59:30Z")));
    let asked = Asked::of_all(&app.deps);
    (app, asked)
}

/// Asks once more, runs what comes of it, and how often the source was read by then.
async fn reads(app: &App, asked: &mut Asked) -> u64 {
    asked.enqueue(&app.deps).await.unwrap();
    app.gather().await;
    app.feed().reads()
}

#[tokio::test]
async fn a_drain_begun_at_the_full_hour_reads_on_until_the_hour_is_complete() {
    let (app, mut asked) = begun().await;
    assert_eq!(reads(&app, &mut asked).await, 1);
    app.step(59);
    assert_eq!(reads(&app, &mut asked).await, 1, "asked again too soon");
    app.step(1);
    app.feed().set_watermark(Some(at("2026-03-01T02:00:30Z")));
    assert_eq!(reads(&app, &mut asked).await, 2);
    app.step(3_600);
    assert_eq!(
        reads(&app, &mut asked).await,
        2,
        "asked again though all is read"
    );
    app.run_on().await;
    assert!(
        app.sealed("2026-03-01T01")
            .await
            .unwrap()
            .missing
            .is_empty()
    );
    assert_eq!(app.outbox().hours(), ["2026-03-01T01"]);
    app.end().await;
}

#[tokio::test]
async fn a_drain_leaves_a_source_whose_pass_is_dead_to_a_person() {
    let (app, mut asked) = begun().await;
    app.feed()
        .play([Turn::Fail(SourceError::Dead("gone".to_owned()))]);
    assert_eq!(reads(&app, &mut asked).await, 1);
    app.step(60);
    assert_eq!(reads(&app, &mut asked).await, 1);
    let dead = app.dead().await;
    assert!(dead[0].starts_with(&slot::collect("main", at(BEGUN))));
    app.end_with_dead(&[&dead[0]]).await;
}
