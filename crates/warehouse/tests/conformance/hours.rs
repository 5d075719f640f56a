//! Hours, digests and seals.

use futures::future::join_all;
use moodwire_model::{Digest, Missing, ScoredPost};

use super::{Ground, at, hour, post};

/// The best and the worst post's keys.
fn ends(digest: &Digest) -> (&str, &str) {
    (
        digest.best.as_ref().unwrap().id.as_str(),
        digest.worst.as_ref().unwrap().id.as_str(),
    )
}

pub(crate) async fn hours_with_posts_are_found_across_gaps_and_within_bounds(ground: Ground) {
    let warehouse = &ground.warehouse;
    assert!(
        warehouse
            .hours_with_posts(None, hour(23))
            .await
            .unwrap()
            .is_empty()
    );
    let posts = [
        post("x:1", "02:00:00", 0.5),
        post("x:2", "02:59:59.999", 0.1),
        post("x:3", "03:00:00", 0.1),
        post("x:4", "17:30:00.5", 0.1),
        post("x:5", "17:30:00", 0.1),
        post("x:6", "22:00:00", 0.1),
    ];
    warehouse.upsert(&posts).await.unwrap();
    let found = |from: Option<u32>, before: u32| {
        let found = warehouse.hours_with_posts(from.map(hour), hour(before));
        async { found.await.unwrap() }
    };
    assert_eq!(found(None, 23).await, [2, 3, 17, 22].map(hour));
    assert_eq!(found(Some(3), 22).await, [3, 17].map(hour));
    assert_eq!(found(Some(4), 17).await, []);
    assert_eq!(found(Some(17), 17).await, []);
    assert_eq!(found(Some(20), 3).await, []);
}

pub(crate) async fn an_hour_without_posts_has_an_empty_digest(ground: Ground) {
    let live = ground.warehouse.digest(hour(10)).await.unwrap();
    assert_eq!((live.summary.posts, live.summary.mean_compound), (0, None));
    assert_eq!(
        (&live.best, &live.worst, live.summary.sealed_at),
        (&None, &None, None)
    );
    let summary = ground
        .warehouse
        .seal(hour(10), &Missing::default(), at("11:05:00"))
        .await
        .unwrap();
    assert_eq!((summary.posts, summary.mean_compound), (0, None));
    let sealed = ground.warehouse.digest(hour(10)).await.unwrap();
    assert_eq!(sealed.summary, summary);
    assert_eq!((sealed.best, sealed.worst), (None, None));
}

pub(crate) async fn an_hours_only_post_is_both_its_best_and_its_worst(ground: Ground) {
    ground
        .warehouse
        .upsert(&[post("x:1", "10:01:00", 0.0)])
        .await
        .unwrap();
    let digest = ground.warehouse.digest(hour(10)).await.unwrap();
    assert_eq!(ends(&digest), ("x:1", "x:1"));
    assert_eq!(digest.summary.mean_compound, Some(0.0));
}

/// Capitals come before small letters and `-` before digits, as bytes do and no language's dictionary does.
pub(crate) async fn a_tie_goes_to_the_earlier_post_and_then_to_the_smaller_key(ground: Ground) {
    let posts = [
        post("x:a", "10:02:00", 0.9),
        post("x:B", "10:02:00", 0.9),
        post("x:0", "10:03:00", 0.9),
        post("y:10", "10:02:00.001", -0.9),
        post("y:-2", "10:02:00.001", -0.9),
        post("y:0", "10:02:00.002", -0.9),
        post("x:mid", "10:00:00", 0.1),
    ];
    ground.warehouse.upsert(&posts).await.unwrap();
    let digest = ground.warehouse.digest(hour(10)).await.unwrap();
    assert_eq!(ends(&digest), ("x:B", "y:-2"));
}

pub(crate) async fn posts_that_all_score_alike_give_two_different_posts(ground: Ground) {
    let posts = ["x:3", "x:1", "x:2"].map(|key| post(key, "10:01:00", 0.0));
    ground.warehouse.upsert(&posts).await.unwrap();
    let digest = ground.warehouse.digest(hour(10)).await.unwrap();
    assert_eq!(ends(&digest), ("x:1", "x:2"));
    ground
        .warehouse
        .upsert(&[post("x:4", "10:00:00", 0.0)])
        .await
        .unwrap();
    let digest = ground.warehouse.digest(hour(10)).await.unwrap();
    assert_eq!(ends(&digest), ("x:4", "x:1"));
}

pub(crate) async fn a_compound_of_five_hundredths_is_positive_or_negative_and_less_is_neutral(
    ground: Ground,
) {
    let compounds = [0.05, 0.0499, 0.9, -0.05, -0.0499, 0.0, -1.0, -0.3];
    let posts: Vec<ScoredPost> = compounds
        .iter()
        .enumerate()
        .map(|(n, compound)| post(&format!("x:{n}"), "10:01:00", *compound))
        .collect();
    ground.warehouse.upsert(&posts).await.unwrap();
    let summary = ground.warehouse.digest(hour(10)).await.unwrap().summary;
    assert_eq!(
        (summary.positive, summary.negative, summary.neutral),
        (2, 3, 3)
    );
    assert_eq!((summary.posts, summary.mean_compound), (8, Some(-0.05)));
}

/// Their sum as doubles differs with the order of adding; the expected mean is that of the whole numbers.
pub(crate) async fn the_same_posts_give_the_same_digest_in_any_order_and_split(ground: Ground) {
    let compound = |n: i64| (n * 7919 % 20_001 - 10_000) as f64 / 1e4;
    let posts = |hour: &str| -> Vec<ScoredPost> {
        (0..997)
            .map(|n| {
                let time = format!("{hour}:{:02}:{:02}", n % 60, n * 7 % 60);
                post(&format!("x:{hour}-{n}"), &time, compound(n))
            })
            .collect()
    };
    for batch in posts("10").chunks(500) {
        ground.warehouse.upsert(batch).await.unwrap();
    }
    let mut reversed = posts("11");
    reversed.reverse();
    for batch in reversed.chunks(101) {
        ground.warehouse.upsert(batch).await.unwrap();
    }
    let one = ground.warehouse.digest(hour(10)).await.unwrap();
    let two = ground.warehouse.digest(hour(11)).await.unwrap();
    let sum: i64 = (0..997).map(|n| n * 7919 % 20_001 - 10_000).sum();
    let mean = (sum as f64 / 9_970_000.0 * 1e6).round() / 1e6;
    for digest in [&one, &two] {
        let found = digest.summary.mean_compound.unwrap();
        assert_eq!(found.to_bits(), mean.to_bits(), "{found} is not {mean}");
    }
    assert_eq!(one.summary.positive, two.summary.positive);
    assert_eq!(one.summary.negative, two.summary.negative);
    let (best, worst) = ends(&one);
    assert_eq!(
        ends(&two),
        (&*best.replace("10-", "11-"), &*worst.replace("10-", "11-"))
    );
}

pub(crate) async fn what_was_sealed_stays_as_it_was(ground: Ground) {
    let warehouse = &ground.warehouse;
    let posts = [post("x:1", "10:01:00", 0.5), post("x:2", "10:02:00", -0.5)];
    warehouse.upsert(&posts).await.unwrap();
    assert_eq!(warehouse.sealed(hour(10)).await.unwrap(), None);
    let missing = Missing {
        sources: vec!["x-main".to_owned(), "it's \"quoted\"".to_owned()],
        batches: 2,
    };
    let summary = warehouse
        .seal(hour(10), &missing, at("11:05:00.5"))
        .await
        .unwrap();
    assert_eq!((summary.posts, summary.late), (2, 0));
    assert_eq!(
        (&summary.missing, summary.sealed_at),
        (&missing, Some(at("11:05:00.5")))
    );
    let sealed = warehouse.digest(hour(10)).await.unwrap();
    assert_eq!((&sealed.summary, ends(&sealed)), (&summary, ("x:1", "x:2")));

    warehouse
        .upsert(&[post("x:3", "10:03:00", 0.9)])
        .await
        .unwrap();
    let again = warehouse
        .seal(hour(10), &Missing::default(), at("12:00:00"))
        .await
        .unwrap();
    let mut counted = summary;
    counted.late = 1;
    assert_eq!(again, counted);
    assert_eq!(
        warehouse.sealed(hour(10)).await.unwrap().as_ref(),
        Some(&counted)
    );
    assert_eq!(
        ends(&warehouse.digest(hour(10)).await.unwrap()),
        ("x:1", "x:2")
    );
}

pub(crate) async fn only_new_posts_of_a_sealed_hour_are_late(ground: Ground) {
    let warehouse = &ground.warehouse;
    warehouse
        .upsert(&[post("x:1", "10:01:00", 0.5)])
        .await
        .unwrap();
    for sealed in [hour(9), hour(10)] {
        warehouse
            .seal(sealed, &Missing::default(), at("11:05:00"))
            .await
            .unwrap();
    }
    let batch = [
        post("x:1", "10:01:00", 0.6),
        post("x:2", "10:02:00", 0.5),
        post("x:3", "09:03:00", 0.5),
        post("x:4", "10:04:00", 0.5),
        post("x:5", "11:05:00", 0.5),
    ];
    let upserted = warehouse.upsert(&batch).await.unwrap();
    assert_eq!((upserted.new, upserted.updated, upserted.late), (4, 1, 3));
    let again = warehouse.upsert(&batch).await.unwrap();
    assert_eq!((again.new, again.updated, again.late), (0, 5, 0));
    let late: Vec<(u64, u64)> = warehouse
        .summaries(None, hour(23))
        .await
        .unwrap()
        .iter()
        .map(|summary| (summary.posts, summary.late))
        .collect();
    assert_eq!(late, [(0, 1), (1, 2)]);
}

pub(crate) async fn a_post_that_races_with_the_seal_is_in_the_digest_or_late(ground: Ground) {
    for round in 10..16 {
        let gate = std::sync::Arc::new(tokio::sync::Barrier::new(9));
        let upserts = (0..8).map(|task| {
            let (warehouse, gate) = (ground.warehouse.clone(), gate.clone());
            tokio::spawn(async move {
                gate.wait().await;
                let mut late = 0;
                for n in 0..5 {
                    let posts = [
                        post(
                            &format!("x:{round}-{task}-{n}"),
                            &format!("{round}:01:00"),
                            0.1,
                        ),
                        post(&format!("y:{round}-{task}-{n}"), "05:01:00", 0.1),
                    ];
                    late += warehouse.upsert(&posts).await.unwrap().late;
                }
                late
            })
        });
        let upserts: Vec<_> = upserts.collect();
        let other = ground.another().await;
        gate.wait().await;
        let sealed = other
            .seal(hour(round), &Missing::default(), at("23:00:00"))
            .await
            .unwrap();
        let late: u64 = join_all(upserts)
            .await
            .into_iter()
            .map(Result::unwrap)
            .sum();
        let after = other.sealed(hour(round)).await.unwrap().unwrap();
        assert_eq!(after.posts, sealed.posts);
        assert_eq!((after.late, after.posts + after.late), (late, 40));
    }
}

pub(crate) async fn of_many_seals_at_once_one_is_kept(ground: Ground) {
    let seals = (0..8).map(|n| {
        let warehouse = ground.warehouse.clone();
        tokio::spawn(async move {
            let missing = Missing {
                sources: Vec::new(),
                batches: n,
            };
            warehouse
                .seal(hour(10), &missing, at("11:05:00"))
                .await
                .unwrap()
        })
    });
    let summaries: Vec<_> = join_all(seals)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert!(
        summaries.windows(2).all(|pair| pair[0] == pair[1]),
        "{summaries:?}"
    );
}

pub(crate) async fn summaries_are_the_sealed_hours_in_order(ground: Ground) {
    let warehouse = &ground.warehouse;
    warehouse
        .upsert(&[post("x:1", "08:01:00", 0.5)])
        .await
        .unwrap();
    for sealed in [12, 9, 11] {
        warehouse
            .seal(hour(sealed), &Missing::default(), at("23:00:00"))
            .await
            .unwrap();
    }
    let listed = |from: Option<u32>, before: u32| {
        let listed = warehouse.summaries(from.map(hour), hour(before));
        async {
            listed
                .await
                .unwrap()
                .iter()
                .map(|row| row.hour)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(listed(None, 23).await, [9, 11, 12].map(hour));
    assert_eq!(listed(Some(11), 12).await, [hour(11)]);
}

pub(crate) async fn the_first_attempt_and_the_first_start_are_remembered(ground: Ground) {
    let warehouse = &ground.warehouse;
    for (now, hour_10, hour_11) in [
        ("11:00:00.5", "11:00:00.5", "11:00:00.5"),
        ("12:00:00", "11:00:00.5", "11:00:00.5"),
    ] {
        assert_eq!(
            warehouse.first_attempt(hour(10), at(now)).await.unwrap(),
            at(hour_10)
        );
        assert_eq!(
            warehouse.first_attempt(hour(11), at(now)).await.unwrap(),
            at(hour_11)
        );
        assert_eq!(
            warehouse.installed_at(at(now)).await.unwrap(),
            at("11:00:00.5")
        );
    }
    assert_eq!(
        warehouse
            .first_attempt(hour(12), at("13:00:00"))
            .await
            .unwrap(),
        at("13:00:00")
    );
    assert_eq!(
        ground
            .another()
            .await
            .installed_at(at("14:00:00"))
            .await
            .unwrap(),
        at("11:00:00.5")
    );
}
