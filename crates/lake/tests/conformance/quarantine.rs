//! Quarantine: each refused input once, newest first.

use moodwire_model::Quarantined;

use super::{Store, at};

fn refused(id: &str, source: &str, time: &str) -> Quarantined {
    Quarantined {
        id: id.to_owned(),
        source: source.to_owned(),
        place: format!("posts.jsonl:{id}"),
        reason: "the line is no JSON".to_owned(),
        sample: format!("{{\"id\": \u{0} \u{fffd} 🚀 {id}"),
        at: at(time),
    }
}

pub(crate) async fn a_refused_input_is_kept_once_and_as_it_was_first(store: Store) {
    let lake = store.lake().await;
    let first = refused("17", "replay", "2026-11-23T17:05:00.001Z");
    assert_eq!(
        lake.quarantine(std::slice::from_ref(&first)).await.unwrap(),
        1
    );
    let again = refused("17", "replay", "2026-11-23T18:00:00Z");
    let other = refused("18", "replay", "2026-11-23T17:04:00Z");
    let kept = lake
        .quarantine(&[again.clone(), other.clone(), again, other.clone()])
        .await
        .unwrap();
    assert_eq!(kept, 1);
    assert_eq!(lake.quarantine(&[]).await.unwrap(), 0);
    assert_eq!(lake.quarantined(None, 10).await.unwrap(), [first, other]);
}

pub(crate) async fn refused_inputs_come_newest_first_and_by_source(store: Store) {
    let lake = store.lake().await;
    let inputs = [
        refused("a", "replay", "2026-11-23T17:05:00.002Z"),
        refused("b", "x-main", "2026-11-23T17:05:00.010Z"),
        refused("c", "replay", "2026-11-23T17:05:00.010Z"),
        refused("d", "replay", "2026-11-22T23:00:00Z"),
    ];
    assert_eq!(lake.quarantine(&inputs).await.unwrap(), 4);
    for (source, limit, expected) in [
        (None, 10, "cbad"),
        (None, 3, "cba"),
        (None, 0, ""),
        (Some("replay"), usize::MAX, "cad"),
        (Some("replay"), 1, "c"),
        (Some("bluesky"), 10, ""),
    ] {
        let found = lake.quarantined(source, limit).await.unwrap();
        let ids: String = found.iter().map(|input| input.id.as_str()).collect();
        assert_eq!(ids, expected, "{source:?}, at most {limit}");
    }
}

pub(crate) async fn more_refused_inputs_than_a_transaction_holds_are_all_kept(store: Store) {
    let lake = store.lake().await;
    let inputs: Vec<Quarantined> = (0..1203)
        .map(|n| refused(&format!("{n:04}"), "replay", "2026-11-23T17:05:00Z"))
        .collect();
    assert_eq!(lake.quarantine(&inputs).await.unwrap(), 1203);
    assert_eq!(lake.quarantine(&inputs).await.unwrap(), 0);
    let mut found = lake.quarantined(Some("replay"), 2000).await.unwrap();
    found.reverse();
    assert!(found == inputs);
}
