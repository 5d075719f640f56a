//! Crashes at every step: a job is struck at each of its calls to lake and queue, one run for each call, and the world
//! ends as if nothing had happened.

use std::sync::Arc;

use moodwire_model::slot;
use moodwire_workers::upkeep;

use crate::fixture::{App, Gate, Trip, Turn, World, two_pages};

/// More calls than any job makes.
const MOST_CALLS: u32 = 100;

#[tokio::test]
async fn a_collect_struck_by_an_outage_at_any_call_ends_as_if_undisturbed() {
    outages(slot::COLLECT).await;
}

#[tokio::test]
async fn a_collect_whose_process_dies_at_any_call_ends_as_if_undisturbed() {
    deaths(slot::COLLECT).await;
}

/// The first page takes so long that the rest is left to a continuation.
#[tokio::test]
async fn a_collect_whose_process_dies_at_any_call_of_a_long_pass_ends_as_if_undisturbed() {
    deaths_where(slot::COLLECT, |app| app.feed().play([Turn::Slow])).await;
}

#[tokio::test]
async fn a_transform_struck_by_an_outage_at_any_call_ends_as_if_undisturbed() {
    outages(slot::TRANSFORM).await;
}

#[tokio::test]
async fn a_transform_whose_process_dies_at_any_call_ends_as_if_undisturbed() {
    deaths(slot::TRANSFORM).await;
}

#[tokio::test]
async fn a_publish_struck_by_an_outage_at_any_call_ends_as_if_undisturbed() {
    outages(slot::PUBLISH).await;
}

#[tokio::test]
async fn a_publish_whose_process_dies_at_any_call_ends_as_if_undisturbed() {
    deaths(slot::PUBLISH).await;
}

/// The store seems to be down, with and without the call having taken effect.
async fn outages(kind: &str) {
    for after in [false, true] {
        at_every_call(
            kind,
            |_| {},
            async |app, n| {
                let lease = app.leases(kind).await.remove(0);
                app.wire.arm(
                    n,
                    if after {
                        Trip::FailAfter
                    } else {
                        Trip::FailBefore
                    },
                );
                app.attempt(&lease).await;
                app.wire.disarm()
            },
        )
        .await;
    }
}

/// The process dies after the call, which is before the next one.
async fn deaths(kind: &str) {
    deaths_where(kind, |_| {}).await;
}

async fn deaths_where(kind: &str, prepare: fn(&App)) {
    at_every_call(kind, prepare, async |app, n| {
        let lease = app.leases(kind).await.remove(0);
        let gate = Gate::closed();
        app.wire.arm(n, Trip::WaitAfter(Arc::clone(&gate)));
        let mut attempt = app.begin(&lease);
        tokio::select! {
            () = gate.reached() => {}
            verdict = &mut attempt => {
                app.settle(&lease, verdict.unwrap()).await;
                return app.wire.disarm();
            }
        }
        // Others find it at work …
        upkeep::run(&app.deps).await.unwrap();
        app.run_due(&slot::KINDS).await;
        // … and then gone, before its lease is settled and after.
        app.kill(attempt).await;
        upkeep::run(&app.deps).await.unwrap();
        app.run_due(&slot::KINDS).await;
        true
    })
    .await;
}

/// Strikes the first job of the kind at its first call, its second, …, in an app of its own each time, until it ends
/// unstruck.
async fn at_every_call(kind: &str, prepare: fn(&App), strike: impl AsyncFn(&App, u32) -> bool) {
    let undisturbed = world_after(kind, prepare, async |_| {}).await;
    let mut struck = true;
    let mut n = 0;
    while struck {
        n += 1;
        assert!(n < MOST_CALLS);
        let world = world_after(kind, prepare, async |app| struck = strike(app, n).await).await;
        assert_eq!(world, undisturbed, "struck at call {n}");
    }
    assert!(n > 2, "only {n} calls: the wire carries nothing");
}

/// The world when everything is done and the first job of the kind was disturbed so.
async fn world_after(kind: &str, prepare: fn(&App), disturb: impl AsyncFnOnce(&App)) -> World {
    let app = App::with(two_pages()).await;
    prepare(&app);
    app.tick().await;
    match kind {
        slot::TRANSFORM => app.run_due(&[slot::COLLECT]).await,
        slot::PUBLISH => app.gather().await,
        _ => {}
    }
    disturb(&app).await;
    upkeep::run(&app.deps).await.unwrap();
    app.run_on().await;
    let world = app.world().await;
    app.end_unrepeated().await;
    world
}
