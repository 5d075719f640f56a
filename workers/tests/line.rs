//! The whole line undisturbed: from a feed's pages to the digests of its hours.

use moodwire_model::slot;
use moodwire_queue::State;
use moodwire_warehouse::PublicationState;

use crate::fixture::{App, two_pages};

#[tokio::test]
async fn a_tick_ends_with_every_post_scored_and_every_hour_sent() {
    let app = App::with(two_pages()).await;
    app.tick().await;
    app.run_on().await;

    let world = app.world().await;
    assert_eq!(world.scored.len(), 6);
    assert_eq!((world.unscored.len(), world.unfinished), (0, 0));
    assert_eq!(world.quarantined, ["main:5"]);
    let hours: Vec<_> = world
        .hours
        .iter()
        .map(|hour| (hour.posts, hour.complete))
        .collect();
    assert_eq!(hours, [(3, true), (3, true)]);
    assert_eq!(world.hours[0].best.as_deref(), Some("feed:a1"));
    assert_eq!(world.hours[0].worst.as_deref(), Some("feed:a2"));
    assert_eq!(world.hours[1].worst.as_deref(), Some("feed:b2"));
    assert_eq!(app.outbox().hours(), ["2026-03-01T00", "2026-03-01T01"]);
    assert_eq!(app.published("2026-03-01T00").await, PublicationState::Sent);
    let publication = app.publication("2026-03-01T01").await;
    assert_eq!(publication.message_id.as_deref(), Some("m2"));
    app.end().await;
}

#[tokio::test]
async fn every_job_names_its_parent_and_the_slot_that_began_its_run() {
    let app = App::with(two_pages()).await;
    let collect = app.tick().await;
    app.run_on().await;

    let rows = app.jobs(&[State::Done]).await;
    for row in rows.iter().filter(|row| row.kind == slot::TRANSFORM) {
        assert_eq!(row.parent.as_ref(), Some(&collect));
    }
    for row in rows.iter().filter(|row| row.kind == slot::PUBLISH) {
        let parent = row.parent.as_deref().unwrap_or_default();
        assert!(parent.starts_with("transform:"), "{parent}");
    }
    for row in rows.iter().filter(|row| row.kind != slot::COLLECT) {
        assert_eq!(row.root.as_ref(), Some(&collect), "{}", row.id);
    }
    app.end().await;
}
