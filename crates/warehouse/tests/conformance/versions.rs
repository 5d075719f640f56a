//! Edits, deletions, and what is never best or worst.

use moodwire_model::{Digest, Missing, ScoredPost};
use moodwire_warehouse::Warehouse;

use super::{Ground, at, hour, post};

fn edited(key: &str, text: &str, edited_at: &str, compound: f64) -> ScoredPost {
    let mut scored = post(key, "10:00:00", compound);
    text.clone_into(&mut scored.post.text);
    scored.post.edited_at = Some(at(edited_at));
    scored
}

fn deleted(key: &str) -> ScoredPost {
    let mut scored = post(key, "10:00:00", 0.0);
    scored.post.text.clear();
    scored.post.author_name = None;
    scored.post.deleted_at = Some(at("11:30:00"));
    scored
}

/// The keys of the hour's best and worst.
async fn ends(warehouse: &Warehouse) -> (Option<String>, Option<String>) {
    let Digest { best, worst, .. } = warehouse.digest(hour(10)).await.unwrap();
    let key = |post: moodwire_model::DigestPost| post.id.as_str().to_owned();
    (best.map(key), worst.map(key))
}

fn keys(best: &str, worst: &str) -> (Option<String>, Option<String>) {
    (Some(best.to_owned()), Some(worst.to_owned()))
}

async fn seal(warehouse: &Warehouse) {
    warehouse
        .seal(hour(10), &Missing::default(), at("23:30:00"))
        .await
        .unwrap();
}

pub(crate) async fn an_edit_takes_the_place_of_the_older_version_whichever_comes_first(
    ground: Ground,
) {
    let warehouse = &ground.warehouse;
    let first = post("x:1", "10:00:00", 0.1);
    let second = edited("x:1", "second", "10:10:00", 0.2);
    let third = edited("x:1", "third", "10:20:00", 0.3);
    for (versions, updated) in [
        (vec![&first, &second, &third], [0, 1, 1]),
        (vec![&third, &second, &first], [1, 0, 0]),
    ] {
        for (version, updated) in versions.into_iter().zip(updated) {
            let stored = warehouse.upsert(std::slice::from_ref(version)).await;
            assert_eq!(stored.unwrap().updated, updated, "{version:?}");
        }
        let texts = ground.column("SELECT text FROM posts").await;
        assert_eq!(texts, ["third"]);
    }
}

pub(crate) async fn a_deleted_post_counts_no_more_and_does_not_come_back(ground: Ground) {
    let warehouse = &ground.warehouse;
    let posts = [
        post("x:1", "10:00:00", 0.9),
        post("x:2", "10:01:00", 0.5),
        post("x:3", "10:02:00", -0.5),
    ];
    warehouse.upsert(&posts).await.unwrap();
    let newer = edited("x:1", "again", "12:00:00", 0.9);
    for version in [deleted("x:1"), posts[0].clone(), newer, deleted("x:1")] {
        warehouse.upsert(&[version]).await.unwrap();
        let digest = warehouse.digest(hour(10)).await.unwrap();
        assert_eq!(digest.summary.posts, 2);
        assert_eq!(digest.summary.mean_compound, Some(0.0));
        assert_eq!(ends(warehouse).await, keys("x:2", "x:3"));
    }
    let texts = ground
        .column("SELECT text FROM posts WHERE id = 'x:1' AND author_name IS NULL")
        .await;
    assert_eq!(texts, [""]);
    let read = warehouse.posts_of(hour(10), None).await.unwrap();
    assert_eq!(read.len(), 2);
}

pub(crate) async fn a_post_that_is_deleted_before_it_was_scored_never_counts(ground: Ground) {
    let warehouse = &ground.warehouse;
    seal(warehouse).await;
    let stored = warehouse.upsert(&[deleted("x:1")]).await.unwrap();
    assert_eq!((stored.new, stored.late), (1, 0));
    warehouse
        .upsert(&[post("x:1", "10:00:00", 0.9)])
        .await
        .unwrap();
    let digest = warehouse.digest(hour(10)).await.unwrap();
    assert_eq!((digest.summary.posts, digest.summary.late), (0, 0));
}

pub(crate) async fn a_sealed_hour_picks_another_best_when_its_own_is_deleted(ground: Ground) {
    let warehouse = &ground.warehouse;
    let posts = [
        post("x:1", "10:00:00", 0.9),
        post("x:2", "10:01:00", 0.5),
        post("x:3", "10:02:00", -0.5),
    ];
    warehouse.upsert(&posts).await.unwrap();
    seal(warehouse).await;
    let mut late = post("x:late", "10:03:00", 0.99);
    late.post.collected_at = at("23:45:00");
    warehouse.upsert(&[late]).await.unwrap();

    warehouse.upsert(&[deleted("x:1")]).await.unwrap();
    assert_eq!(ends(warehouse).await, keys("x:2", "x:3"));
    let digest = warehouse.digest(hour(10)).await.unwrap();
    assert_eq!(
        (digest.summary.posts, digest.summary.late),
        (3, 1),
        "what was frozen stays"
    );
    warehouse.upsert(&[deleted("x:3")]).await.unwrap();
    assert_eq!(ends(warehouse).await, keys("x:2", "x:2"));
    warehouse.upsert(&[deleted("x:2")]).await.unwrap();
    assert_eq!(ends(warehouse).await, (None, None));
}

pub(crate) async fn of_two_that_delete_best_and_next_at_once_neither_is_left(ground: Ground) {
    let warehouse = &ground.warehouse;
    let posts: Vec<ScoredPost> = (0..20)
        .map(|n| post(&format!("x:{n:02}"), "10:00:00", 0.9 - f64::from(n) * 0.01))
        .collect();
    warehouse.upsert(&posts).await.unwrap();
    seal(warehouse).await;
    let deleting = (0..19).map(|n| {
        let warehouse = warehouse.clone();
        tokio::spawn(async move { warehouse.upsert(&[deleted(&format!("x:{n:02}"))]).await })
    });
    for deleting in deleting.collect::<Vec<_>>() {
        deleting.await.unwrap().unwrap();
    }
    assert_eq!(ends(warehouse).await, keys("x:19", "x:19"));
}

pub(crate) async fn a_barred_post_counts_but_is_never_best_or_worst(ground: Ground) {
    let warehouse = &ground.warehouse;
    let mut loud = post("x:1", "10:00:00", 0.9);
    loud.barred = Some("fewer than 100 followers".to_owned());
    let posts = [
        loud,
        post("x:2", "10:01:00", 0.5),
        post("x:3", "10:02:00", -0.5),
    ];
    warehouse.upsert(&posts).await.unwrap();
    for _ in 0..2 {
        let digest = warehouse.digest(hour(10)).await.unwrap();
        assert_eq!(digest.summary.posts, 3);
        assert_eq!(ends(warehouse).await, keys("x:2", "x:3"));
        seal(warehouse).await;
    }
}

pub(crate) async fn copies_are_collapsed_to_the_first_where_that_is_asked_for(ground: Ground) {
    let copy = |key: &str, time: &str, compound: f64| {
        let mut scored = post(key, time, compound);
        scored.gist = 7;
        scored
    };
    let posts = [
        copy("x:3", "10:02:00", 0.95),
        copy("x:1", "10:00:00", 0.6),
        copy("x:2", "10:01:00", 0.9),
        post("x:4", "10:03:00", 0.7),
        post("x:5", "10:04:00", -0.1),
        // Of another hour, it is no copy here.
        copy("x:0", "09:59:00", 0.99),
    ];
    ground.warehouse.upsert(&posts).await.unwrap();
    assert_eq!(ends(&ground.warehouse).await, keys("x:3", "x:5"));

    let collapsing = ground.warehouse.clone().collapsing_copies(true);
    for _ in 0..2 {
        let digest = collapsing.digest(hour(10)).await.unwrap();
        assert_eq!(digest.summary.posts, 5, "every post counts");
        assert_eq!(ends(&collapsing).await, keys("x:4", "x:5"));
        seal(&collapsing).await;
    }
    // Without the post that beats it, the first copy stands for all three.
    collapsing.upsert(&[deleted("x:4")]).await.unwrap();
    let best = collapsing.digest(hour(10)).await.unwrap().best.unwrap();
    assert_eq!((best.id.as_str(), best.copies), ("x:1", 2));
}
