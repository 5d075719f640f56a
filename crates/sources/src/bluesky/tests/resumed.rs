//! Tests of taking the stream up again: nothing is missing and nothing comes twice, wherever it broke off.

use std::collections::BTreeMap;

use moodwire_model::Gap;
use moodwire_testing::jetstream::{Answer, option, text_frame};
use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};
use url::Url;

use super::{Network, SEEN, event, posted, rkeys, time, whole};

/// As Jetstream does: the events from the cursor on, in its own order.
fn from_cursor(events: &[Value], asked: &Url) -> Answer {
    let cursor: i64 = option(asked, "cursor").map_or(0, |cursor| cursor.parse().unwrap());
    let frames = events
        .iter()
        .filter(|event| event["time_us"].as_i64().unwrap() >= cursor)
        .map(|event| text_frame(&event.to_string()));
    Answer::frames(frames)
}

#[tokio::test]
async fn it_goes_on_a_few_seconds_earlier_and_gives_nothing_twice() {
    let mut events: Vec<Value> = (0..20).map(|n| posted(n, "did:plc:ada", "x")).collect();
    events.push(event(20, "did:plc:ada", "delete", "k3", None));
    let later = [&events[..], &[posted(21, "did:plc:ada", "new")]].concat();
    let answer = move |number: usize, asked: &Url| match number {
        0 => from_cursor(&events, asked),
        _ => from_cursor(&later, asked),
    };
    let network = Network::answering(answer, Vec::new()).await;
    let first = network.read().await;
    let (pages, _) = network.pages(&first.position).await;
    let second = whole(pages);
    assert_eq!((first.posts.len(), first.deleted.len()), (19, 1));
    assert_eq!((rkeys(&second), second.deleted.len()), (vec!["k21"], 0));
    assert_eq!(second.gap, None);

    let asked = network.jetstream.asked();
    assert_eq!(option(&asked[0], "cursor"), None);
    let rewound = (SEEN + 15_000_000).to_string();
    assert_eq!(option(&asked[1], "cursor"), Some(rewound));
}

#[tokio::test]
async fn the_position_stays_small() {
    let events: Vec<Value> = (0..3_000)
        .map(|n| {
            let mut event = posted(0, "did:plc:ada", "x");
            event["commit"]["rkey"] = json!(format!("k{n}"));
            event
        })
        .collect();
    let network = Network::of(&events, Vec::new()).await;
    let (pages, _) = network.pages(&Value::Null).await;
    assert!(pages.len() >= 2);
    let page = whole(pages);
    assert_eq!(page.posts.len(), 3_000);
    let late = Network::of(&[posted(60, "did:plc:ada", "x")], Vec::new()).await;
    let (pages, _) = late.pages(&page.position).await;
    assert_eq!(whole(pages).position["seen"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn events_a_little_out_of_order_are_all_read() {
    let order = [0, 2, 1, 5, 3, 4];
    let events: Vec<Value> = order.map(|n| posted(n, "did:plc:ada", "x")).to_vec();
    let answer = move |_: usize, asked: &Url| from_cursor(&events, asked);
    let network = Network::answering(answer, Vec::new()).await;
    let page = network.read().await;
    assert_eq!(page.posts.len(), 6);
    assert_eq!(page.position["time_us"], SEEN + 5_000_000);
    let (pages, _) = network.pages(&page.position).await;
    assert!(whole(pages).posts.is_empty());
}

#[tokio::test]
async fn a_server_that_begins_later_than_it_was_asked_to_leaves_a_gap() {
    let hours = 3_600;
    let events = [
        posted(hours, "did:plc:ada", "late"),
        posted(hours + 1, "did:plc:ada", "x"),
    ];
    let network = Network::of(&events, Vec::new()).await;
    network.clock.step(chrono::TimeDelta::hours(2));
    let position = json!({"time_us": SEEN});
    let (pages, _) = network.pages(&position).await;
    let page = whole(pages);
    let gap = Gap {
        from: time(0),
        to: time(hours),
    };
    assert_eq!((page.gap, page.posts.len()), (Some(gap), 2));

    let (pages, _) = network.pages(&page.position).await;
    assert_eq!(whole(pages).gap, None);
    let never = network.read().await;
    assert_eq!(never.gap, None);
}

#[tokio::test]
async fn a_position_of_something_else_means_now() {
    let network = Network::of(&[posted(0, "did:plc:ada", "x")], Vec::new()).await;
    let (pages, _) = network.pages(&json!({"offset": 5, "time_us": "x"})).await;
    assert_eq!(whole(pages).posts.len(), 1);
    assert_eq!(option(&network.jetstream.asked()[0], "cursor"), None);
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_nothing() {
    let events: Vec<Value> = (0..50).map(|n| posted(n, "did:plc:ada", "x")).collect();
    let network = Network::of(&events, Vec::new()).await;
    let mut stream = network.connect(&Value::Null).await.unwrap();
    let mut posts = 0;
    let mut dropped = 0;
    loop {
        let next = stream.next();
        tokio::pin!(next);
        // Polled once: it has taken in some events, and is dropped.
        let once = futures::poll!(&mut next);
        let page = match once {
            std::task::Poll::Pending if dropped < 5 => {
                dropped += 1;
                continue;
            }
            std::task::Poll::Pending => next.await.unwrap(),
            std::task::Poll::Ready(page) => page.unwrap(),
        };
        posts += page.posts.len();
        if page.end {
            break;
        }
    }
    assert_eq!((posts, dropped), (50, 5));
}

/// Reads on from the last page's position until a connection ends in silence; how often each post was given out.
async fn counted(cuts: Vec<usize>) -> BTreeMap<String, usize> {
    let mut events: Vec<Value> = (0..12).map(|n| posted(n, "did:plc:ada", "x")).collect();
    events.insert(5, json!({"kind": "new"}));
    events.swap(7, 8);
    let answer = move |number: usize, asked: &Url| {
        let events: Vec<Value> = events
            .iter()
            .map(|event| match event["time_us"].as_i64() {
                Some(_) => event.clone(),
                None => json!({"kind": "new", "time_us": SEEN + 4_500_000}),
            })
            .collect();
        let answer = from_cursor(&events, asked);
        match cuts.get(number) {
            Some(cut) => {
                let after = cut % (answer.bytes.len() + 1);
                answer.cut(after)
            }
            None => answer,
        }
    };
    let network = Network::answering(answer, Vec::new()).await;
    let mut position = Value::Null;
    let mut counts = BTreeMap::new();
    loop {
        let (pages, error) = network.pages(&position).await;
        for page in pages {
            for post in &page.posts {
                *counts.entry(post.key.as_str().to_owned()).or_default() += 1;
            }
            position = page.position;
        }
        if error.is_none() {
            return counts;
        }
    }
}

proptest! {
    #![proptest_config(Config::with_cases(48))]

    #[test]
    fn wherever_connections_are_cut_each_post_comes_once(cuts in prop::collection::vec(any::<usize>(), 1..5)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let counts = runtime.block_on(counted(cuts));
        prop_assert_eq!(counts.len(), 12);
        prop_assert!(counts.values().all(|count| *count == 1), "{:?}", counts);
    }
}
