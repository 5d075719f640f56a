//! The mood's series, and the names that it can be narrowed by.

use moodwire_model::{ActorMatch, Digest, Missing, ScoredPost, Selection, Why};
use moodwire_warehouse::{MoodFilter, MoodHour, NewScore};

use super::{Ground, at, hour, post};

/// A post of this source that matches these actors.
fn of(key: &str, time: &str, compound: f64, feed: &str, actors: &[&str]) -> ScoredPost {
    let mut scored = post(key, time, compound);
    scored.feed = feed.to_owned();
    scored.post.actors = actors
        .iter()
        .map(|actor| ActorMatch::new(*actor, [Why::Keyword]))
        .collect();
    scored
}

fn deleted(mut scored: ScoredPost) -> ScoredPost {
    scored.post.deleted_at = Some(at("23:30:00"));
    scored
}

/// Three hours: one sealed, one sealed with late posts, one not sealed; an hour apart, one sealed with late posts alone.
async fn fill(ground: &Ground) {
    let warehouse = &ground.warehouse;
    let posts = [
        of("x:1", "08:01:00", 0.5, "x-main", &["ada", "bob"]),
        of("x:2", "08:02:00", -0.5001, "x-main", &["bob"]),
        of("b:3", "08:03:00", 0.0499, "b-main", &["ada"]),
        of("x:4", "09:01:00", 0.1234, "x-main", &["ada"]),
        of("b:5", "10:01:00", -0.05, "b-main", &[]),
        of("x:6", "10:02:00", 0.3, "x-main", &["ada"]),
        deleted(of("x:7", "10:03:00", 0.9, "x-main", &["ada"])),
        deleted(of("x:8", "11:03:00", 0.9, "x-main", &["ada"])),
    ];
    warehouse.upsert(&posts).await.unwrap();
    for sealed in [8, 9, 13] {
        warehouse
            .seal(hour(sealed), &Missing::default(), at("23:02:00"))
            .await
            .unwrap();
    }
    let mut late = [
        of("x:9", "09:05:00", -0.9, "x-main", &["ada"]),
        of("b:9", "09:06:00", -0.9, "b-main", &["bob"]),
        of("x:0", "13:06:00", -0.9, "x-main", &["ada"]),
    ];
    for scored in &mut late {
        scored.post.collected_at = at("23:03:00");
    }
    assert_eq!(warehouse.upsert(&late).await.unwrap().late, 3);
}

fn counts(digest: Digest) -> Option<MoodHour> {
    let summary = digest.summary;
    (summary.posts > 0).then_some(MoodHour {
        hour: summary.hour,
        posts: summary.posts,
        mean_compound: summary.mean_compound,
        positive: summary.positive,
        negative: summary.negative,
        neutral: summary.neutral,
    })
}

/// What the digests of these hours say.
async fn digests(ground: &Ground, from: u32, before: u32, selection: &Selection) -> Vec<MoodHour> {
    let mut expected = Vec::new();
    for h in from..before {
        let digest = ground.warehouse.digest_of(hour(h), selection).await;
        expected.extend(counts(digest.unwrap()));
    }
    expected
}

pub(crate) async fn the_series_has_what_each_digest_has(ground: Ground) {
    fill(&ground).await;
    let all = MoodFilter::default();
    let series = ground
        .warehouse
        .mood(hour(0), hour(23), &all)
        .await
        .unwrap();
    assert_eq!(series, digests(&ground, 0, 23, &Selection::default()).await);
    let hours: Vec<_> = series.iter().map(|one| (one.hour, one.posts)).collect();
    assert_eq!(hours, [(hour(8), 3), (hour(9), 1), (hour(10), 2)]);
    assert_eq!(series[1].mean_compound, Some(0.1234));
    let part = ground
        .warehouse
        .mood(hour(9), hour(10), &all)
        .await
        .unwrap();
    assert_eq!(part, series[1..2]);
}

pub(crate) async fn a_filtered_series_has_what_a_channels_digest_has(ground: Ground) {
    fill(&ground).await;
    let mut lengths = Vec::new();
    for (actor, source) in [
        (Some("ada"), None),
        (Some("bob"), None),
        (None, Some("x-main")),
        (None, Some("b-main")),
        (Some("ada"), Some("b-main")),
        (Some("eve"), None),
        (Some("ada' OR '1'='1"), None),
    ] {
        let filter = MoodFilter {
            actor: actor.map(str::to_owned),
            source: source.map(str::to_owned),
        };
        let selection = Selection {
            actors: filter.actor.iter().cloned().collect(),
            sources: filter.source.iter().cloned().collect(),
        };
        let series = ground
            .warehouse
            .mood(hour(0), hour(23), &filter)
            .await
            .unwrap();
        let expected = digests(&ground, 0, 23, &selection).await;
        assert_eq!(series, expected, "{filter:?}");
        lengths.push(series.len());
    }
    assert_eq!(lengths, [3, 1, 3, 2, 1, 0, 0]);
}

pub(crate) async fn a_post_that_comes_again_stays_in_its_actors_hour(ground: Ground) {
    let warehouse = &ground.warehouse;
    let first = of("x:1", "08:01:00", 0.5, "x-main", &["ada"]);
    warehouse.upsert(&[first]).await.unwrap();
    let moved = of("x:1", "12:01:00", 0.7, "x-main", &["ada", "bob"]);
    warehouse.upsert(&[moved]).await.unwrap();
    for actor in ["ada", "bob"] {
        let filter = MoodFilter {
            actor: Some(actor.to_owned()),
            source: None,
        };
        let series = warehouse.mood(hour(0), hour(23), &filter).await.unwrap();
        assert_eq!(series.len(), 1);
        assert_eq!(
            (series[0].hour, series[0].mean_compound),
            (hour(8), Some(0.7))
        );
    }
}

pub(crate) async fn an_actors_hours_follow_new_scores_and_deletions(ground: Ground) {
    fill(&ground).await;
    let warehouse = &ground.warehouse;
    let filter = MoodFilter {
        actor: Some("bob".to_owned()),
        source: None,
    };
    let mean = async || {
        let series = warehouse.mood(hour(8), hour(9), &filter).await.unwrap();
        (series[0].posts, series[0].mean_compound)
    };
    assert_eq!(mean().await, (2, Some(-0.00005)));
    let scores = [("x:1", -0.5), ("x:2", -0.25)].map(|(id, compound)| NewScore {
        id: id.to_owned(),
        edited_at: None,
        score: post(id, "08:01:00", compound).score,
    });
    warehouse
        .rescore(hour(8), &scores, at("23:10:00"))
        .await
        .unwrap();
    assert_eq!(mean().await, (2, Some(-0.375)));
    let gone = deleted(of("x:1", "08:01:00", 0.5, "x-main", &["ada", "bob"]));
    warehouse.upsert(&[gone]).await.unwrap();
    assert_eq!(mean().await, (1, Some(-0.25)));
    // What is deleted gets no score any more.
    warehouse
        .rescore(hour(8), &scores, at("23:20:00"))
        .await
        .unwrap();
    assert_eq!(mean().await, (1, Some(-0.25)));
}

pub(crate) async fn actors_and_sources_are_listed_once(ground: Ground) {
    assert_eq!(ground.warehouse.actors().await.unwrap(), [""; 0]);
    assert_eq!(ground.warehouse.feeds().await.unwrap(), [""; 0]);
    fill(&ground).await;
    let more = of("x:a", "10:02:00", 0.3, "X-other", &["Zoe", "ämil"]);
    ground.warehouse.upsert(&[more]).await.unwrap();
    assert_eq!(
        ground.warehouse.actors().await.unwrap(),
        ["Zoe", "ada", "bob", "ämil"]
    );
    assert_eq!(
        ground.warehouse.feeds().await.unwrap(),
        ["X-other", "b-main", "x-main"]
    );
}

pub(crate) async fn an_older_schemas_actors_get_their_hours_and_moods(ground: Ground) {
    fill(&ground).await;
    let filter = MoodFilter {
        actor: Some("ada".to_owned()),
        source: None,
    };
    let before = ground
        .warehouse
        .mood(hour(0), hour(23), &filter)
        .await
        .unwrap();
    ground.warehouse.migrate_down(2).await.unwrap();
    ground.warehouse.migrate_up().await.unwrap();
    let after = ground
        .warehouse
        .mood(hour(0), hour(23), &filter)
        .await
        .unwrap();
    assert_eq!(after, before);
}
