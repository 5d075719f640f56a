//! Posts page by page, and one by its key.

use moodwire_model::{ActorMatch, Why};
use moodwire_warehouse::{MoodFilter, PostOrder, PostRow, PostToken};

use super::{Ground, at, hour, post};

/// The keys of the hour's posts in the order, by pages of two, each of which goes on from the former one's token as text.
async fn keys(ground: &Ground, order: PostOrder) -> Vec<String> {
    let (mut keys, mut after) = (Vec::new(), None::<PostToken>);
    loop {
        let page = ground
            .warehouse
            .hour_posts(hour(10), order, after.as_ref(), 2);
        let (rows, next) = page.await.unwrap();
        keys.extend(rows.into_iter().map(|row| row.id));
        match next {
            Some(next) => after = Some(next.to_string().parse().unwrap()),
            None => return keys,
        }
    }
}

pub(crate) async fn an_hours_posts_come_page_by_page_in_each_order(ground: Ground) {
    let posts = [
        post("x:a", "10:02:00", 0.1234),
        post("x:B", "10:02:00", 0.1234),
        post("x:0", "10:03:00", 0.1234),
        post("x:1", "10:01:00.001", -0.7),
        post("x:2", "10:01:00", 0.0),
        post("x:3", "10:59:59.999", 0.0),
        post("x:other", "11:00:00", 0.0),
    ];
    ground.warehouse.upsert(&posts).await.unwrap();
    let time = ["x:2", "x:1", "x:B", "x:a", "x:0", "x:3"];
    assert_eq!(keys(&ground, PostOrder::Time).await, time);
    let best = ["x:B", "x:a", "x:0", "x:2", "x:3", "x:1"];
    assert_eq!(keys(&ground, PostOrder::Best).await, best);
    let worst = ["x:1", "x:2", "x:3", "x:B", "x:a", "x:0"];
    assert_eq!(keys(&ground, PostOrder::Worst).await, worst);
    let none = ground
        .warehouse
        .hour_posts(hour(3), PostOrder::Best, None, 2);
    assert_eq!(none.await.unwrap(), (Vec::new(), None));
}

pub(crate) async fn deleted_posts_are_left_out_of_a_list_and_not_of_what_is_stored(ground: Ground) {
    let mut posts = [
        post("x:1", "10:01:00", 0.5),
        post("x:2", "10:02:00", 0.5),
        post("x:3", "10:03:00", 0.5),
    ];
    posts[1].post.deleted_at = Some(at("23:30:00"));
    posts[2].feed = "b-main".to_owned();
    posts[2].post.actors = vec![ActorMatch::new("ada", [Why::Author])];
    ground.warehouse.upsert(&posts).await.unwrap();
    assert_eq!(keys(&ground, PostOrder::Time).await, ["x:1", "x:3"]);
    for (actor, source, expected) in [
        (None, None, &["x:1", "x:2", "x:3"][..]),
        (None, Some("x-main"), &["x:1", "x:2"]),
        (Some("ada"), None, &["x:3"]),
        (Some("ada"), Some("x-main"), &[]),
    ] {
        let filter = MoodFilter {
            actor: actor.map(str::to_owned),
            source: source.map(str::to_owned),
        };
        let stored = ground.warehouse.stored_posts(hour(10), &filter, None, 10);
        let (rows, next) = stored.await.unwrap();
        let ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
        assert_eq!(
            (&*ids, next),
            (
                &expected
                    .iter()
                    .map(|id| (*id).to_owned())
                    .collect::<Vec<_>>()[..],
                None
            )
        );
    }
}

pub(crate) async fn a_post_is_found_whole_by_its_key(ground: Ground) {
    let mut scored = post("x:1", "10:01:00.5", 0.1234);
    scored.post.actors = ["zoe", "ada"]
        .map(|actor| ActorMatch::new(actor, [Why::Keyword]))
        .to_vec();
    scored.post.url = Some("https://example.com/1".to_owned());
    scored.barred = Some("the language en".to_owned());
    ground.warehouse.upsert(&[scored]).await.unwrap();
    assert_eq!(ground.warehouse.post("x:2").await.unwrap(), None);
    let expected = PostRow {
        id: "x:1".to_owned(),
        source: "x".to_owned(),
        feed: Some("x-main".to_owned()),
        author: "ada".to_owned(),
        author_name: Some("Ada".to_owned()),
        text: "text of x:1".to_owned(),
        url: Some("https://example.com/1".to_owned()),
        lang: Some("en".to_owned()),
        created_at: at("10:01:00.5"),
        collected_at: at("23:00:00"),
        scored_at: at("23:01:00"),
        hour: hour(10),
        compound: 0.1234,
        pos: 0.7,
        neu: 0.2,
        neg: 0.1,
        scorer: "vader-3.3.2".to_owned(),
        batch: "01J".to_owned(),
        actors: vec!["ada".to_owned(), "zoe".to_owned()],
        deleted_at: None,
        barred: Some("the language en".to_owned()),
    };
    assert_eq!(ground.warehouse.post("x:1").await.unwrap(), Some(expected));
}
