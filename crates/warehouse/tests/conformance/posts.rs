//! Storing scored posts.

use std::collections::BTreeMap;

use futures::future::join_all;
use moodwire_model::{ActorMatch, Missing, Why};
use moodwire_warehouse::{Error, PublicationState, Upserted, WarehouseTotals};

use super::{Ground, at, hour, post};

pub(crate) async fn a_batch_is_stored_once_however_often_it_comes(ground: Ground) {
    let posts = [
        post("x:1", "10:01:00", 0.5),
        post("x:2", "10:02:00", -0.5),
        post("x:3", "11:03:00", 0.0),
    ];
    let first = ground.warehouse.upsert(&posts).await.unwrap();
    let digest = ground.warehouse.digest(hour(10)).await.unwrap();
    let again = ground.warehouse.upsert(&posts).await.unwrap();
    assert_eq!((first.new, first.updated, first.late), (3, 0, 0));
    assert_eq!((again.new, again.updated, again.late), (0, 3, 0));
    assert_eq!(ground.warehouse.digest(hour(10)).await.unwrap(), digest);
    assert_eq!(ground.warehouse.totals().await.unwrap().posts, 3);
    assert_eq!(
        ground.warehouse.upsert(&[]).await.unwrap(),
        Upserted::default()
    );
}

pub(crate) async fn newer_values_win_and_the_place_in_an_hour_stays(ground: Ground) {
    ground
        .warehouse
        .upsert(&[post("x:1", "10:01:00", 0.5)])
        .await
        .unwrap();
    let mut newer = post("x:1", "12:00:00", -0.25);
    newer.post.text = "corrected".to_owned();
    newer.post.author_name = None;
    newer.post.collected_at = at("23:30:00");
    newer.score.scorer = "vader-4".to_owned();
    newer.scored_at = at("23:31:00.250");
    newer.batch = "01K".to_owned();
    let upserted = ground.warehouse.upsert(&[newer]).await.unwrap();
    assert_eq!((upserted.new, upserted.updated), (0, 1));

    let best = ground
        .warehouse
        .digest(hour(10))
        .await
        .unwrap()
        .best
        .unwrap();
    assert_eq!((best.text.as_str(), best.compound), ("corrected", -0.25));
    assert_eq!((best.author_name, best.created_at), (None, at("10:01:00")));
    assert_eq!(ground.column("SELECT batch FROM posts").await, ["01J"]);
    assert_eq!(ground.column("SELECT scorer FROM posts").await, ["vader-4"]);
    let times = "SELECT id FROM posts WHERE hour = '2026-03-01T10:00:00+00:00' \
                 AND collected_at = '2026-03-01T23:00:00+00:00' \
                 AND scored_at = '2026-03-01T23:31:00.250+00:00'";
    assert_eq!(ground.column(times).await, ["x:1"]);
}

pub(crate) async fn actors_follow_the_newer_values(ground: Ground) {
    let named = |names: &[&str]| {
        let mut post = post("x:1", "10:01:00", 0.5);
        post.post.actors = names
            .iter()
            .map(|&name| ActorMatch::new(name, [Why::Keyword]))
            .collect();
        [post]
    };
    let actors = "SELECT actor FROM post_actors WHERE post_id = 'x:1' ORDER BY actor";
    ground
        .warehouse
        .upsert(&named(&["b", "a", "b"]))
        .await
        .unwrap();
    assert_eq!(ground.column(actors).await, ["a", "b"]);
    ground.warehouse.upsert(&named(&["b", "c"])).await.unwrap();
    assert_eq!(ground.column(actors).await, ["b", "c"]);
    ground.warehouse.upsert(&named(&[])).await.unwrap();
    assert!(ground.column(actors).await.is_empty());
}

pub(crate) async fn a_post_twice_in_a_batch_counts_once_with_its_later_values(ground: Ground) {
    let posts = [post("x:1", "10:01:00", 0.5), post("x:1", "10:01:00", 0.75)];
    let upserted = ground.warehouse.upsert(&posts).await.unwrap();
    assert_eq!((upserted.new, upserted.updated), (1, 0));
    let best = ground
        .warehouse
        .digest(hour(10))
        .await
        .unwrap()
        .best
        .unwrap();
    assert_eq!(best.compound, 0.75);
}

pub(crate) async fn five_hundred_posts_go_in_at_once_and_one_more_is_refused(ground: Ground) {
    let mut posts: Vec<_> = (0..501)
        .map(|n| post(&format!("x:{n}"), "10:01:00", 0.1))
        .collect();
    let error = ground.warehouse.upsert(&posts).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "501 posts are too many for one transaction: give at most 500"
    );
    posts.pop();
    for post in &mut posts {
        post.post.actors = ["a", "b", "c"]
            .map(|name| ActorMatch::new(name, [Why::Keyword]))
            .into();
    }
    assert_eq!(ground.warehouse.upsert(&posts).await.unwrap().new, 500);
    assert_eq!(ground.warehouse.upsert(&posts).await.unwrap().updated, 500);
    assert_eq!(
        ground.column("SELECT actor FROM post_actors").await.len(),
        1500
    );
}

pub(crate) async fn a_score_that_is_no_number_is_refused_and_nothing_is_stored(ground: Ground) {
    let posts = [
        post("x:1", "10:01:00", 0.5),
        post("x:2", "10:01:00", f64::NAN),
    ];
    let error = ground.warehouse.upsert(&posts).await.unwrap_err();
    assert!(matches!(error, Error::BadValue(_)), "{error}");
    assert!(error.to_string().contains("x:2"), "{error}");
    assert_eq!(ground.warehouse.totals().await.unwrap().posts, 0);
}

/// Each of eight batches shares half of its posts with the next, and they come in opposite orders.
pub(crate) async fn a_post_that_several_batches_bring_at_once_is_new_in_one_of_them(
    ground: Ground,
) {
    let batches = (0..8).map(|batch| {
        let warehouse = ground.warehouse.clone();
        tokio::spawn(async move {
            let mut posts: Vec<_> = (batch * 20..batch * 20 + 40)
                .map(|n| post(&format!("x:{n}"), "10:01:00", 0.1))
                .collect();
            if batch % 2 == 1 {
                posts.reverse();
            }
            warehouse.upsert(&posts).await.unwrap()
        })
    });
    let upserted: Vec<Upserted> = join_all(batches)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(upserted.iter().map(|batch| batch.new).sum::<u64>(), 180);
    assert_eq!(upserted.iter().map(|batch| batch.updated).sum::<u64>(), 140);
}

pub(crate) async fn times_keep_their_milliseconds_and_scores_their_places(ground: Ground) {
    let mut precise = post("x:1", "10:01:00.123456789", 0.123_449);
    precise.post.url = Some("https://example.com/1?a='b'".to_owned());
    precise.post.text = "naïve 🚀 \\ \" ' \n\t text".to_owned();
    ground
        .warehouse
        .upsert(std::slice::from_ref(&precise))
        .await
        .unwrap();
    let best = ground
        .warehouse
        .digest(hour(10))
        .await
        .unwrap()
        .best
        .unwrap();
    assert_eq!(best.created_at, at("10:01:00.123"));
    assert_eq!(best.compound.to_bits(), 0.1234_f64.to_bits());
    assert_eq!((best.text, best.url), (precise.post.text, precise.post.url));
    assert_eq!(best.author_name.as_deref(), Some("Ada"));
}

pub(crate) async fn totals_count_what_is_there(ground: Ground) {
    let warehouse = &ground.warehouse;
    warehouse
        .upsert(&[post("x:1", "10:01:00", 0.5)])
        .await
        .unwrap();
    for sealed in [hour(9), hour(10)] {
        warehouse
            .seal(sealed, &Missing::default(), at("11:00:00"))
            .await
            .unwrap();
    }
    for channel in ["a", "b"] {
        warehouse
            .skip(hour(9), channel, "empty", at("11:00:00"))
            .await
            .unwrap();
    }
    let totals = warehouse.totals().await.unwrap();
    assert_eq!(
        totals,
        WarehouseTotals {
            posts: 1,
            // Hour 9 had none.
            hours_sealed: 1,
            publications: BTreeMap::from([(PublicationState::Skipped, 2)]),
        }
    );
    warehouse.check().await.unwrap();
}
