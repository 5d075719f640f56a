//! Billed reads: counted a source, a day and a month.

use chrono::NaiveDate;
use moodwire_model::{ReadCounts, Reads};

use super::Store;

fn day(day: &str) -> NaiveDate {
    day.parse().unwrap()
}

fn reads(posts: u64, users: u64) -> Reads {
    Reads { posts, users }
}

pub(crate) async fn reads_add_up_by_day_and_month(store: Store) {
    let lake = store.lake().await;
    for (source, on, posts, users) in [
        ("x-main", "2026-10-31", 1_000, 1),
        ("x-main", "2026-11-01", 100, 50),
        ("x-main", "2026-11-23", 10, 0),
        ("x-main", "2026-11-23", 1, 2),
        ("x-main", "2026-11-30", 7, 0),
        ("x-main", "2026-12-01", 1_000, 1),
        ("x-main-2", "2026-11-23", 1_000, 1),
    ] {
        lake.count_reads(source, day(on), posts, users)
            .await
            .unwrap();
    }
    let counts = |day, month| ReadCounts { day, month };
    let at = |source, on| {
        let lake = &lake;
        async move { lake.reads(source, day(on)).await.unwrap() }
    };
    assert_eq!(
        at("x-main", "2026-11-23").await,
        counts(reads(11, 2), reads(118, 52))
    );
    assert_eq!(
        at("x-main", "2026-11-02").await,
        counts(reads(0, 0), reads(118, 52))
    );
    assert_eq!(at("x", "2026-11-23").await, ReadCounts::default());
}

pub(crate) async fn reads_that_were_not_used_are_taken_back(store: Store) {
    let lake = store.lake().await;
    let on = day("2026-11-23");
    lake.count_reads("x-main", on, 100, 100).await.unwrap();
    lake.count_reads("x-main", on, -97, -100).await.unwrap();
    assert_eq!(lake.reads("x-main", on).await.unwrap().day, reads(3, 0));
}
