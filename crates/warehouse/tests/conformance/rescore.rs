//! History with other scores.

use moodwire_model::{Batch, Missing, Score};

use moodwire_warehouse::NewScore;

use super::{Ground, at, hour, post};

fn score(compound: f64) -> Score {
    Score {
        neg: 0.0,
        neu: 0.5,
        pos: 0.5,
        compound,
        scorer: "another".to_owned(),
    }
}

fn new_score(id: &str, compound: f64) -> NewScore {
    NewScore {
        id: id.to_owned(),
        edited_at: None,
        score: score(compound),
    }
}

pub(crate) async fn posts_get_other_scores_and_a_sealed_hour_is_frozen_anew(ground: Ground) {
    let warehouse = &ground.warehouse;
    let posts = [
        post("x:1", "10:00:00", 0.9),
        post("x:2", "10:01:00", -0.9),
        post("x:3", "10:02:00", 0.0),
        post("x:9", "11:00:00", 0.9),
    ];
    warehouse.upsert(&posts).await.unwrap();
    let missing = Missing::default();
    let sealed = warehouse
        .seal(hour(10), &missing, at("11:05:00"))
        .await
        .unwrap();
    warehouse
        .upsert(&[post("x:4", "10:03:00", 0.1)])
        .await
        .unwrap();

    let read = warehouse.posts_of(hour(10), None).await.unwrap();
    let keys: Vec<&str> = read.iter().map(|post| post.id.as_str()).collect();
    assert_eq!(keys, ["x:1", "x:2", "x:3", "x:4"]);
    assert_eq!(
        warehouse.posts_of(hour(10), Some("x:3")).await.unwrap(),
        read[3..]
    );

    let scores = [new_score("x:1", -0.0), new_score("x:3", 0.95)];
    for _ in 0..2 {
        warehouse
            .rescore(hour(10), &scores, at("12:00:00"))
            .await
            .unwrap();
        warehouse.refreeze(hour(10)).await.unwrap();
        let digest = warehouse.digest(hour(10)).await.unwrap();
        let summary = &digest.summary;
        assert_eq!(
            (summary.posts, summary.late, summary.sealed_at),
            (4, 1, sealed.sealed_at)
        );
        assert_eq!(summary.mean_compound, Some(0.0375));
        assert_eq!(digest.best.unwrap().id.as_str(), "x:3");
        assert_eq!(digest.worst.unwrap().id.as_str(), "x:2");
    }
    let again = warehouse.posts_of(hour(10), None).await.unwrap();
    let scorers: Vec<&str> = again.iter().map(|post| post.scorer.as_str()).collect();
    assert_eq!([scorers[0], scorers[2]], ["another", "another"]);
    assert_eq!(
        (again[0].compound.to_bits(), again[1].clone()),
        (0, read[1].clone())
    );
    let other = warehouse.digest(hour(11)).await.unwrap();
    assert_eq!(other.best.unwrap().compound, 0.9);
}

pub(crate) async fn an_hour_that_is_not_sealed_is_not_frozen(ground: Ground) {
    let warehouse = &ground.warehouse;
    warehouse
        .upsert(&[post("x:1", "10:00:00", 0.9)])
        .await
        .unwrap();
    warehouse.refreeze(hour(10)).await.unwrap();
    assert_eq!(warehouse.sealed(hour(10)).await.unwrap(), None);
    let many = vec![new_score("x:1", 0.5); Batch::MAX_POSTS + 1];
    assert!(
        warehouse
            .rescore(hour(10), &many, at("12:00:00"))
            .await
            .is_err()
    );
}

pub(crate) async fn a_score_of_an_older_version_is_left_out(ground: Ground) {
    let warehouse = &ground.warehouse;
    let mut edited = post("x:1", "10:00:00", 0.5);
    edited.post.edited_at = Some(at("10:30:00"));
    warehouse.upsert(&[edited]).await.unwrap();
    let late = [new_score("x:1", -0.9)];
    warehouse
        .rescore(hour(10), &late, at("12:00:00"))
        .await
        .unwrap();
    let read = warehouse.posts_of(hour(10), None).await.unwrap();
    assert_eq!(read[0].compound, 0.5);
    let current = [NewScore {
        edited_at: read[0].edited_at,
        ..late[0].clone()
    }];
    warehouse
        .rescore(hour(10), &current, at("12:00:00"))
        .await
        .unwrap();
    let read = warehouse.posts_of(hour(10), None).await.unwrap();
    assert_eq!(read[0].compound, -0.9);
}
