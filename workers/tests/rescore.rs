//! Rescore: an hour's posts with another scorer, and what of the hour stays.

use moodwire_model::slot;
use moodwire_queue::Verdict;
use moodwire_workers::{payload::Rescore, rescore::preview, score::Scorer};

use crate::fixture::{App, Setup, feed_of, hour, post};

const HOUR: &str = "2026-03-01T01";

/// An app whose posts are scored, and whose hour is sealed and published.
async fn published() -> App {
    let app = App::start(Setup {
        feeds: vec![feed_of([vec![
            post("fire", "01:00", "this chart is on fire"),
            post("plain", "01:01", "good morning"),
            post("moon", "01:02", "to the moon 🚀🚀🚀"),
            post("rekt", "01:03", "got rekt, bad"),
        ]])],
        ..Setup::default()
    })
    .await;
    app.tick().await;
    app.run_on().await;
    app
}

async fn rescore(app: &App, id: &str, scorer: &Scorer, overlay: Option<&str>) {
    let payload = Rescore::of(hour(HOUR), scorer.version(), overlay.map(str::to_owned));
    app.enqueue(slot::RESCORE, id, &payload).await;
    app.run_due(&[slot::RESCORE]).await;
}

#[tokio::test]
async fn an_hour_that_is_sealed_gets_other_scores_and_is_frozen_anew_once_however_often_it_runs() {
    let app = published().await;
    let before = app.world().await;
    let crypto = Scorer::named(Some("crypto")).unwrap();
    let told = preview(&app.deps.warehouse, &crypto, hour(HOUR))
        .await
        .unwrap();
    assert_eq!(
        (told.posts, told.changed, told.changes_ends()),
        (4, 3, true)
    );
    assert_eq!(
        (told.best.as_deref(), told.new_best.as_deref()),
        (Some("feed:plain"), Some("feed:moon"))
    );
    assert_eq!(
        (told.worst.as_deref(), told.new_worst.as_deref()),
        (Some("feed:rekt"), Some("feed:rekt"))
    );
    assert_eq!(app.world().await, before, "a preview stores nothing");

    rescore(&app, "rescore:a", &crypto, Some("crypto")).await;
    let after = app.world().await;
    let frozen = &after.hours[0];
    assert_eq!(frozen.hour, hour(HOUR));
    assert_eq!(frozen.best.as_deref(), Some("feed:moon"));
    assert_eq!((frozen.posts, frozen.late), (4, 0));
    assert_ne!(frozen.mean, before.hours[0].mean);
    assert_eq!(after.publications, before.publications);

    rescore(&app, "rescore:b", &crypto, Some("crypto")).await;
    assert_eq!(app.world().await, after);
    let told = preview(&app.deps.warehouse, &crypto, hour(HOUR))
        .await
        .unwrap();
    assert_eq!((told.changed, told.changes_ends()), (0, false));

    rescore(&app, "rescore:c", &Scorer::new(), None).await;
    assert_eq!(
        app.world().await,
        before,
        "back with VADER alone, all is as it was"
    );
    app.end_unrepeated().await;
}

#[tokio::test]
async fn a_scorer_that_a_worker_cannot_make_to_the_letter_is_a_dead_letter() {
    let app = published().await;
    let payload = Rescore::of(
        hour(HOUR),
        "vader-3.3.2+crypto@00000000",
        Some("crypto".to_owned()),
    );
    app.enqueue(slot::RESCORE, "rescore:x", &payload).await;
    let Verdict::Dead { reason, .. } = app.attempt_one(slot::RESCORE).await else {
        panic!("it was done");
    };
    assert!(
        reason
            .starts_with("the scorer that was asked for is vader-3.3.2+crypto@00000000, and here"),
        "{reason}"
    );
    app.leave();
}
