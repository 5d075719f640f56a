//! Tests of pages: wherever they end, every line is read once and in order.

use proptest::prelude::*;
use serde_json::Value;

use super::{Replay, ids, line};
use crate::{
    Page,
    replay::page::{self, LIMITS, Limits},
};

#[tokio::test]
async fn a_page_holds_one_batch_and_the_next_goes_on_there() {
    let content: String = (0..1001).map(|id| line(&id.to_string()) + "\n").collect();
    let replay = Replay::of(content);
    let first = replay.first().await;
    assert_eq!(first.posts.len(), 500);
    assert!(!first.end && first.watermark.is_none());
    let second = replay.read(&first.position).await;
    assert!(!second.end);
    let third = replay.read(&second.position).await;
    assert_eq!(ids(&third), ["1000"]);
    assert!(third.end && third.watermark.is_some());
    assert_eq!(
        ids(&replay.read(&first.position).await),
        ids(&second),
        "reading a place again gives the same"
    );
}

#[tokio::test]
async fn a_full_page_that_ends_with_the_file_is_the_last() {
    let content: String = (0..500).map(|id| line(&id.to_string()) + "\n").collect();
    let page = Replay::of(content).first().await;
    assert_eq!(page.posts.len(), 500);
    assert!(page.end);
}

#[tokio::test]
async fn a_page_ends_after_a_mebibyte_and_counts_bad_lines_too() {
    let wide = line("1").replace("Nice", &"x".repeat(90_000));
    let page = Replay::of(format!("{wide}\n").repeat(30)).first().await;
    assert_eq!(page.posts.len(), 12);
    let page = Replay::of("x\n".repeat(10_000)).first().await;
    assert_eq!(page.quarantined.len(), LIMITS.items);
}

/// A line of a generated file: what stands there, and whether it is a post or quarantined.
#[derive(Debug, Clone)]
enum Written {
    Post,
    Bad,
    Blank,
}

fn content(lines: &[(Written, bool)], mark: bool, terminated: bool) -> String {
    let mut content = if mark {
        "\u{feff}".to_owned()
    } else {
        String::new()
    };
    for (number, (written, carriage_return)) in lines.iter().enumerate() {
        content += &match written {
            Written::Post => line(&(number + 1).to_string()),
            Written::Bad => format!("bad {}", number + 1),
            Written::Blank => String::new(),
        };
        let last = number + 1 == lines.len();
        if *carriage_return {
            content.push('\r');
        }
        if !last || terminated {
            content.push('\n');
        }
    }
    content
}

fn read_all(replay: &Replay, limits: Limits) -> Vec<Page> {
    let mut position = Value::Null;
    let mut pages = Vec::new();
    loop {
        let now = "2026-03-01T18:00:00Z".parse().unwrap();
        let page = page::read(&replay.source.feed, &position, now, limits).unwrap();
        position = page.position.clone();
        let end = page.end;
        pages.push(page);
        if end {
            return pages;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_line_is_read_once_wherever_pages_end(
        lines in prop::collection::vec(
            (prop_oneof![Just(Written::Post), Just(Written::Bad), Just(Written::Blank)], any::<bool>()),
            0..40,
        ),
        mark in any::<bool>(),
        terminated in any::<bool>(),
        items in 1_usize..8,
        bytes in 1_u64..2000,
    ) {
        let replay = Replay::of(content(&lines, mark, terminated));
        let pages = read_all(&replay, Limits { items, bytes });
        let numbers = |wanted: fn(&Written) -> bool| -> Vec<String> {
            let numbered = lines.iter().enumerate();
            numbered.filter(|(_, (written, _))| wanted(written)).map(|(at, _)| (at + 1).to_string()).collect()
        };
        let posts: Vec<&str> = pages.iter().flat_map(ids).collect();
        prop_assert_eq!(posts, numbers(|written| matches!(written, Written::Post)));
        let places: Vec<&str> = pages
            .iter()
            .flat_map(|page| &page.quarantined)
            .map(|bad| bad.place.rsplit_once(':').unwrap().1)
            .collect();
        prop_assert_eq!(places, numbers(|written| matches!(written, Written::Bad)));
        prop_assert!(pages.iter().all(|page| page.posts.len() + page.quarantined.len() <= items));
        prop_assert!(pages.iter().all(|page| page.end == page.watermark.is_some()));
    }
}
