//! Cursors: moved by compare-and-set, one winner.

use moodwire_lake::Lake;
use moodwire_model::{Cursor, CursorTotals, Gap};
use serde_json::{Value, json};

use super::{Store, at};

fn full(source: &str) -> Cursor {
    Cursor {
        position: json!({ "since_id": "1790000000000000000", "page": [1, null, "ü"] }),
        watermark: Some(at("2026-11-23T17:00:00.001Z")),
        holder: Some("collect:x-main:2026-11-23T17:05:00Z".to_owned()),
        stalled: Some("rate limited until 17:20".to_owned()),
        limited_until: Some(at("2026-11-23T17:20:00Z")),
        gap: Some(Gap {
            from: at("2026-11-20T17:00:00.123Z"),
            to: at("2026-11-22T05:05:01Z"),
        }),
        totals: CursorTotals {
            posts: 4_000_000_000,
            duplicates: 2,
            quarantined: 3,
        },
        moved_at: Some(at("2026-11-23T17:05:01.999Z")),
        ..Cursor::start(source)
    }
}

pub(crate) async fn a_source_never_collected_has_the_start_cursor(store: Store) {
    let lake = store.lake().await;
    assert_eq!(
        lake.cursor("x-main").await.unwrap(),
        Cursor::start("x-main")
    );
    assert_eq!(lake.cursors().await.unwrap(), []);
}

pub(crate) async fn a_cursor_comes_back_with_every_field(store: Store) {
    let lake = store.lake().await;
    let first = full("x-main");
    assert_eq!(lake.save_cursor(&first).await.unwrap(), Some(1));
    let found = lake.cursor("x-main").await.unwrap();
    assert_eq!(
        found,
        Cursor {
            version: 1,
            ..first
        }
    );

    let emptied = Cursor {
        version: 1,
        ..Cursor::start("x-main")
    };
    assert_eq!(lake.save_cursor(&emptied).await.unwrap(), Some(2));
    let found = lake.cursor("x-main").await.unwrap();
    assert_eq!(
        found,
        Cursor {
            version: 2,
            ..emptied
        }
    );
}

pub(crate) async fn every_position_comes_back_equal(store: Store) {
    let lake = store.lake().await;
    let mut cursor = Cursor::start("replay");
    for position in [
        Value::Null,
        json!(0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.844_999_999_999_999_9),
        json!("text"),
        json!(""),
        json!([]),
        json!({ "$date": "no date", "a.b": { "nul\u{0}": "\u{0}" }, "": false, "time_us": 1_732_000_000_000_001_u64 }),
    ] {
        cursor.position = position;
        cursor.version = lake.save_cursor(&cursor).await.unwrap().unwrap();
        assert_eq!(lake.cursor("replay").await.unwrap(), cursor);
    }
}

pub(crate) async fn a_cursor_is_moved_only_from_its_own_version(store: Store) {
    let lake = store.lake().await;
    let later = |version| Cursor {
        version,
        position: json!("lost"),
        ..Cursor::start("x-main")
    };
    assert_eq!(lake.save_cursor(&later(1)).await.unwrap(), None);
    assert_eq!(lake.cursors().await.unwrap(), []);

    let first = full("x-main");
    assert_eq!(lake.save_cursor(&first).await.unwrap(), Some(1));
    let stored = Cursor {
        version: 1,
        ..first
    };
    for version in [0, 2, 7] {
        assert_eq!(lake.save_cursor(&later(version)).await.unwrap(), None);
        assert_eq!(lake.cursor("x-main").await.unwrap(), stored, "{version}");
    }
}

pub(crate) async fn of_two_writers_of_a_first_cursor_exactly_one_wins(store: Store) {
    let (one, two) = (store.lake().await, store.lake().await);
    for n in 0..10 {
        race(&*one, &*two, &Cursor::start(&format!("source-{n}"))).await;
    }
}

pub(crate) async fn of_two_writers_of_a_later_cursor_exactly_one_wins(store: Store) {
    let (one, two) = (store.lake().await, store.lake().await);
    let mut cursor = Cursor::start("x-main");
    for _ in 0..10 {
        race(&*one, &*two, &cursor).await;
        cursor = two.cursor("x-main").await.unwrap();
    }
    assert_eq!(cursor.version, 10);
}

/// Two writers move `cursor` at once, to places of their own.
async fn race(one: &dyn Lake, two: &dyn Lake, cursor: &Cursor) {
    let to = |place: &str| Cursor {
        position: json!(place),
        ..cursor.clone()
    };
    let (left, right) = (to("left"), to("right"));
    let (first, second) = tokio::join!(one.save_cursor(&left), two.save_cursor(&right));
    let winner = match (first.unwrap(), second.unwrap()) {
        (Some(version), None) if version == cursor.version + 1 => left,
        (None, Some(version)) if version == cursor.version + 1 => right,
        outcome => panic!("not exactly one won: {outcome:?}"),
    };
    let found = two.cursor(&cursor.source).await.unwrap();
    assert_eq!(found.position, winner.position);
}

pub(crate) async fn cursors_are_listed_by_source(store: Store) {
    let lake = store.lake().await;
    for source in ["x-main", "bluesky", "replay"] {
        lake.save_cursor(&full(source)).await.unwrap();
    }
    let all = lake.cursors().await.unwrap();
    let expected = ["bluesky", "replay", "x-main"].map(|source| Cursor {
        version: 1,
        ..full(source)
    });
    assert_eq!(all, expected);
}
