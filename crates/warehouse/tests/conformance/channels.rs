//! Channels: targets that are gone, turns, editing, and digests of some posts only.

use std::time::Duration;

use moodwire_model::{ActorMatch, Missing, Pace, Selection, Why};
use moodwire_warehouse::{Claim, Publication, PublicationState, Turn, Warehouse};

use super::{Ground, at, hour, post};

const TIMEOUT: Duration = Duration::from_secs(20);

async fn claimed(warehouse: &Warehouse, h: u32, time: &str) -> Publication {
    let claim = warehouse.claim(hour(h), "out", "me", at(time), TIMEOUT, false);
    match claim.await.unwrap() {
        Claim::Claimed(publication) => publication,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_disabled_channel_gets_no_turn_until_it_is_enabled(ground: Ground) {
    let warehouse = &ground.warehouse;
    let publication = claimed(warehouse, 1, "02:00:00").await;
    assert!(
        warehouse
            .disable_channel("out", "404", at("02:00:00"))
            .await
            .unwrap()
    );
    assert!(
        !warehouse
            .disable_channel("out", "410", at("02:00:01"))
            .await
            .unwrap()
    );
    let disabled = warehouse.disabled_channels().await.unwrap();
    assert_eq!(disabled["out"].reason, "404");
    assert_eq!(disabled["out"].disabled_at, at("02:00:00"));

    let now = at("02:00:02");
    let turn = warehouse
        .begin_in_turn(&publication, "me", now, &[])
        .await
        .unwrap();
    assert_eq!(turn, Turn::Disabled);
    assert!(warehouse.enable_channel("out").await.unwrap());
    assert!(!warehouse.enable_channel("out").await.unwrap());
    let turn = warehouse
        .begin_in_turn(&publication, "me", now, &[])
        .await
        .unwrap();
    assert_eq!(turn, Turn::Begun);
    let turn = warehouse
        .begin_in_turn(&publication, "else", now, &[])
        .await
        .unwrap();
    assert_eq!(turn, Turn::TakenOver);
}

pub(crate) async fn a_channels_pace_is_kept_across_its_hours(ground: Ground) {
    let warehouse = &ground.warehouse;
    let paces = [Pace {
        requests: 2,
        per: Duration::from_secs(10),
    }];
    for (h, time, turn) in [
        (1, "02:00:00", Turn::Begun),
        (2, "02:00:04", Turn::Begun),
        (3, "02:00:09", Turn::Wait(at("02:00:10"))),
        (3, "02:00:10", Turn::Begun),
        (4, "02:00:11", Turn::Wait(at("02:00:14"))),
    ] {
        let publication = claimed(warehouse, h, time).await;
        let begun = warehouse.begin_in_turn(&publication, "me", at(time), &paces);
        assert_eq!(begun.await.unwrap(), turn, "{time}");
    }
    let next = warehouse
        .next_turn("out", at("02:00:11"), &paces)
        .await
        .unwrap();
    assert_eq!(next, Some(at("02:00:14")));
    assert_eq!(
        warehouse
            .next_turn("other", at("02:00:11"), &paces)
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn a_message_is_placed_edited_and_sent(ground: Ground) {
    let warehouse = &ground.warehouse;
    let id = claimed(warehouse, 1, "02:00:00").await.id;
    assert!(
        !warehouse.mark_placed(id, "me", "m1").await.unwrap(),
        "not sending yet"
    );
    assert!(
        warehouse
            .begin_sending(id, "me", at("02:00:00"))
            .await
            .unwrap()
    );
    assert!(warehouse.mark_placed(id, "me", "m1").await.unwrap());
    let again = claimed(warehouse, 1, "02:01:00").await;
    assert_eq!(again.message_id.as_deref(), Some("m1"));
    assert!(
        warehouse
            .mark_unedited(id, "me", "404", true)
            .await
            .unwrap()
    );
    let again = claimed(warehouse, 1, "02:02:00").await;
    assert_eq!(
        (again.message_id, again.error.as_deref()),
        (None, Some("404"))
    );
    assert!(
        !warehouse
            .mark_edited(id, "else", at("02:03:00"))
            .await
            .unwrap()
    );
    assert!(
        warehouse
            .mark_edited(id, "me", at("02:03:00"))
            .await
            .unwrap()
    );
    assert!(warehouse.name_message(id, "m2").await.unwrap());
    let sent = warehouse
        .publication(hour(1), "out")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(sent.state, PublicationState::Sent);
    assert_eq!(sent.message_id.as_deref(), Some("m2"));
}

pub(crate) async fn a_selection_sees_its_own_posts_as_they_were_when_the_hour_was_sealed(
    ground: Ground,
) {
    let warehouse = &ground.warehouse;
    let mut other = post("x:2", "01:10:00", -0.5);
    other.feed = "another".to_owned();
    other.post.actors = vec![ActorMatch::new("ether", [Why::Keyword])];
    let posts = [post("x:1", "01:05:00", 0.5), other.clone()];
    warehouse.upsert(&posts).await.unwrap();
    let sealed_at = at("23:30:00");
    warehouse
        .seal(hour(1), &Missing::default(), sealed_at)
        .await
        .unwrap();
    other.post.key = moodwire_model::PostKey::from_stored("x:3");
    other.post.collected_at = at("23:40:00");
    warehouse.upsert(&[other]).await.unwrap();

    let by_source = Selection {
        sources: ["another".to_owned()].into(),
        ..Selection::default()
    };
    let by_actor = Selection {
        actors: ["ether".to_owned(), "doge".to_owned()].into(),
        ..Selection::default()
    };
    for selection in [by_source, by_actor] {
        let digest = warehouse.digest_of(hour(1), &selection).await.unwrap();
        assert_eq!(digest.summary.posts, 1);
        assert_eq!(digest.summary.mean_compound, Some(-0.5));
        assert_eq!(digest.summary.sealed_at, Some(sealed_at));
        assert_eq!(digest.best.unwrap().id.as_str(), "x:2");
    }
    assert_eq!(warehouse.digest(hour(1)).await.unwrap().summary.posts, 2);
}

pub(crate) async fn a_digest_tells_the_hours_before_it_and_the_actors(ground: Ground) {
    let warehouse = &ground.warehouse;
    let mut yesterday = post("x:0", "05:10:00", -0.1);
    yesterday.post.created_at -= chrono::TimeDelta::days(1);
    yesterday.post.hour = moodwire_model::Hour::of(yesterday.post.created_at);
    let posts = [
        yesterday,
        post("x:1", "04:05:00", 0.25),
        post("x:2", "05:05:00", 0.5),
    ];
    warehouse.upsert(&posts).await.unwrap();
    warehouse
        .seal(hour(4), &Missing::default(), at("23:30:00"))
        .await
        .unwrap();
    let digest = warehouse.digest(hour(5)).await.unwrap();
    assert_eq!(digest.trend.len(), 3);
    assert_eq!(digest.change_since(1), Some(0.25));
    assert_eq!(digest.change_since(24), Some(0.6));
    assert_eq!(digest.change_since(2), None);
    assert_eq!(digest.best.unwrap().actors, ["bitcoin"]);
}
