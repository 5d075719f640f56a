//! What is due.

use std::time::Duration;

use moodwire_model::Hour;
use moodwire_warehouse::{Claim, Warehouse};

use super::{Ground, at, hour, post};

const CHANNELS: [&str; 2] = ["discord", "slack"];

async fn due(
    warehouse: &Warehouse,
    from: Option<Hour>,
    before: Hour,
    empty_from: Hour,
) -> Vec<String> {
    let channels = CHANNELS.map(str::to_owned);
    let due = warehouse
        .unpublished(&channels, from, before, empty_from)
        .await
        .unwrap();
    due.iter()
        .map(|(hour, channel)| format!("{} {channel}", hour.start().format("%H")))
        .collect()
}

/// Brings the hour's publication to `channel` into `state`.
async fn bring(warehouse: &Warehouse, hour: Hour, channel: &str, state: &str) {
    let now = at("23:00:00");
    if state == "skipped" {
        warehouse
            .skip(hour, channel, "no posts", now)
            .await
            .unwrap();
        return;
    }
    let claim = warehouse
        .claim(hour, channel, "w", now, Duration::from_secs(60), false)
        .await;
    let Ok(Claim::Claimed(publication)) = claim else {
        panic!("{claim:?}");
    };
    let id = publication.id;
    if state != "claimed" {
        assert!(warehouse.begin_sending(id, "w", now).await.unwrap());
    }
    let moved = match state {
        "sent" => warehouse.mark_sent(id, "w", None, now).await.unwrap(),
        "failed" => warehouse.mark_failed(id, "w", "404").await.unwrap(),
        "uncertain" => warehouse.mark_uncertain(id, "w", "502").await.unwrap(),
        _ => true,
    };
    assert!(moved);
    let stored = warehouse.publication(hour, channel).await.unwrap().unwrap();
    assert_eq!(stored.state.as_str(), state);
}

pub(crate) async fn what_no_state_settles_is_due_oldest_first(ground: Ground) {
    let warehouse = &ground.warehouse;
    let times = [
        "15:01:00", "03:01:00", "04:01:00", "07:01:00", "08:01:00", "09:01:00", "10:01:00",
    ];
    for time in times {
        warehouse
            .upsert(&[post(&format!("x:{time}"), time, 0.5)])
            .await
            .unwrap();
    }
    for (h, state) in [
        (4, "sent"),
        (7, "claimed"),
        (8, "sending"),
        (9, "failed"),
        (10, "uncertain"),
        (15, "skipped"),
        (12, "claimed"),
    ] {
        bring(warehouse, hour(h), "discord", state).await;
    }
    bring(warehouse, hour(4), "slack", "sent").await;
    bring(warehouse, hour(3), "a channel of former times", "sent").await;
    let never = hour(23);
    assert_eq!(
        due(warehouse, None, hour(16), never).await,
        [
            "03 discord",
            "03 slack",
            "07 discord",
            "07 slack",
            "08 discord",
            "08 slack",
            "09 slack",
            "10 slack",
            "15 slack"
        ]
    );
    assert_eq!(
        due(warehouse, Some(hour(8)), hour(15), never).await,
        ["08 discord", "08 slack", "09 slack", "10 slack"]
    );
}

pub(crate) async fn empty_hours_are_due_from_the_first_start_on(ground: Ground) {
    let warehouse = &ground.warehouse;
    for time in ["03:01:00", "11:01:00"] {
        warehouse
            .upsert(&[post(&format!("x:{time}"), time, 0.5)])
            .await
            .unwrap();
    }
    bring(warehouse, hour(10), "discord", "skipped").await;
    bring(warehouse, hour(11), "slack", "sent").await;
    assert_eq!(
        due(warehouse, None, hour(12), hour(10)).await,
        ["03 discord", "03 slack", "10 slack", "11 discord"]
    );
    assert_eq!(
        due(warehouse, Some(hour(11)), hour(13), hour(10)).await,
        ["11 discord", "12 discord", "12 slack"]
    );
    assert_eq!(
        due(warehouse, Some(hour(2)), hour(11), hour(10)).await,
        ["03 discord", "03 slack", "10 slack"]
    );
}

pub(crate) async fn nothing_is_due_without_channels_or_without_hours(ground: Ground) {
    let warehouse = &ground.warehouse;
    assert!(due(warehouse, None, hour(12), hour(12)).await.is_empty());
    assert!(
        due(warehouse, Some(hour(13)), hour(12), hour(5))
            .await
            .is_empty()
    );
    warehouse
        .upsert(&[post("x:1", "10:01:00", 0.5)])
        .await
        .unwrap();
    assert!(
        warehouse
            .unpublished(&[], None, hour(12), hour(5))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(due(warehouse, None, hour(10), hour(12)).await.is_empty());
}
