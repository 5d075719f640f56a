//! Cases of finding jobs by how their ids begin.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use moodwire_queue::{Error, JobFilter, NewJob, Outcome, SCAN, State};

use super::fixture::{Fixture, job, jobs};

fn prefix(prefix: &str) -> JobFilter {
    JobFilter {
        prefix: Some(prefix.to_owned()),
        ..JobFilter::default()
    }
}

async fn ids(fixture: &Fixture, filter: &JobFilter, limit: usize) -> Vec<String> {
    let rows = fixture.list(filter, limit).await;
    rows.into_iter().map(|row| row.id).collect()
}

/// Names with what means something to one pattern language or another, and letters of one to four bytes.
const NAMES: [&str; 24] = [
    "a",
    "ab",
    "abc",
    "a%b",
    "a_b",
    "a[b",
    "a]b",
    "a*b",
    "a?b",
    "a\\b",
    "a\\%b",
    "aXb",
    "a b",
    "a\"b",
    "a'b",
    "A",
    "Ab",
    "%",
    "é",
    "e\u{301}",
    "éa",
    "日本",
    "😀",
    "\u{10ffff}a",
];

pub(crate) async fn ids_that_begin_with_a_text_come_in_the_order_of_their_bytes(fixture: &Fixture) {
    let mut all: Vec<NewJob> = NAMES.map(|name| job("collect", name)).into();
    // `-` and the digits are below the `:` that ends a kind, letters above it: the ids' order is not the kinds'.
    for kind in ["collect-x", "collect0", "collecta", "coll", "publish"] {
        all.push(job(kind, "ab"));
    }
    fixture.enqueue(&all).await;
    let sorted: BTreeSet<&str> = all.iter().map(|job| job.id.as_str()).collect();
    let names = NAMES.map(|name| format!("collect:{name}"));
    let others = [
        "",
        "c",
        "coll",
        "coll:",
        "collect",
        "collect:",
        "collect-",
        "collect:a\\%",
        "collect:_",
        "collect:[a]",
        "collect:*",
        "collect:?",
        "collect:\\",
        "collect:AB",
        "Collect:a",
        "COLLECT:A",
        "collect:e",
        "collect:日",
        "collect:\u{10ffff}",
        "publish:ab",
        "publish:abc",
        "zebra",
        " collect:a",
        "collect:a ",
    ];
    for text in others.into_iter().chain(names.iter().map(String::as_str)) {
        let expected: Vec<&str> = sorted
            .iter()
            .copied()
            .filter(|id| id.starts_with(text))
            .collect();
        for limit in [2, 1_000] {
            assert_eq!(
                ids(fixture, &prefix(text), limit).await,
                expected,
                "{text:?}"
            );
        }
    }
}

pub(crate) async fn paging_by_prefix_shows_everything_once(fixture: &Fixture) {
    let mut all = jobs("collect", SCAN + 200);
    all.extend(jobs("publish", 30));
    all.reverse();
    fixture.enqueue(&all).await;
    let expected: Vec<String> = jobs("collect", SCAN + 200)
        .into_iter()
        .map(|job| job.id)
        .collect();
    for limit in [97, 1_000] {
        assert_eq!(ids(fixture, &prefix("collect:"), limit).await, expected);
    }
    let ten = ids(fixture, &prefix("collect:0001"), 1).await;
    assert_eq!(ten, expected[10..20]);

    // What comes and moves while someone turns pages does not make them see anything twice.
    let of_kind = prefix("collect:");
    let list = fixture.store.list(&of_kind, None, 100);
    let page = list.await.unwrap();
    assert_eq!(page.jobs.len(), 100);
    fixture
        .enqueue(&[
            job("collect", "00000-behind"),
            job("collect", "00500-ahead"),
        ])
        .await;
    for lease in fixture.fetch("collect", 300).await {
        fixture.settle(&lease, Outcome::Done).await;
    }
    let mut after = page.next;
    let mut seen: Vec<String> = page.jobs.into_iter().map(|job| job.id).collect();
    while let Some(token) = after {
        let list = fixture.store.list(&of_kind, Some(&token), 100);
        let page = list.await.unwrap();
        seen.extend(page.jobs.into_iter().map(|job| job.id));
        after = page.next;
    }
    let mut with_ahead = expected;
    with_ahead.insert(501, "collect:00500-ahead".to_owned());
    assert_eq!(seen, with_ahead);
}

pub(crate) async fn a_prefix_goes_with_every_other_filter(fixture: &Fixture) {
    fixture
        .bury(job("collect", "x-0"), "the lake is down")
        .await;
    fixture
        .bury(job("collect", "y-0"), "the lake is down")
        .await;
    fixture.step(100);
    let since = Some(fixture.after(-50).await);
    // Many between the few that match.
    fixture.enqueue(&jobs("collect", SCAN + 100)).await;
    let mut last = job("collect", "x-9");
    last.run_at = Some(fixture.after(600).await);
    fixture.enqueue(&[last]).await;
    fixture
        .bury(job("publish", "x-1"), "the lake is down")
        .await;
    fixture.bury(job("publish", "x-2"), "it is gone").await;

    for (text, narrow, expected) in cases(since) {
        let mut filter = prefix(text);
        narrow(&mut filter);
        for limit in [1, 10] {
            assert_eq!(ids(fixture, &filter, limit).await, expected, "{filter:?}");
        }
    }
}

type Case<'a> = (&'a str, Box<dyn Fn(&mut JobFilter)>, &'a [&'a str]);

/// A prefix, what else is asked for, and what is there.
fn cases<'a>(since: Option<DateTime<Utc>>) -> Vec<Case<'a>> {
    let state = |state| -> Box<dyn Fn(&mut JobFilter)> {
        Box::new(move |filter| filter.state = Some(state))
    };
    let kind = |kind: &'static str| -> Box<dyn Fn(&mut JobFilter)> {
        Box::new(move |filter| filter.kind = Some(kind.to_owned()))
    };
    let alike = |kind| -> Box<dyn Fn(&mut JobFilter)> {
        let fingerprint = moodwire_queue::fingerprint(kind, "the lake is down");
        Box::new(move |filter| filter.fingerprint = Some(fingerprint.clone()))
    };
    let holding = |text: &'static str| -> Box<dyn Fn(&mut JobFilter)> {
        Box::new(move |filter| filter.search = Some(text.to_owned()))
    };
    let recent = |state| -> Box<dyn Fn(&mut JobFilter)> {
        Box::new(move |filter| (filter.since, filter.state) = (since, state))
    };
    let (dead, published) = (State::Dead, &["publish:x-1", "publish:x-2"][..]);
    vec![
        ("collect:x", state(dead), &["collect:x-0"]),
        ("collect:", state(dead), &["collect:x-0", "collect:y-0"]),
        ("publish", state(dead), published),
        ("c", state(State::Scheduled), &["collect:x-9"]),
        ("c", state(State::Running), &[]),
        ("", kind("publish"), published),
        ("pub", kind("publish"), published),
        ("publish:x-2", kind("publish"), &["publish:x-2"]),
        ("collect:x", kind("publish"), &[]),
        ("publisher", kind("publish"), &[]),
        ("", kind("never"), &[]),
        ("collect:x", recent(None), &["collect:x-9"]),
        ("", recent(Some(dead)), published),
        ("", alike("collect"), &["collect:x-0", "collect:y-0"]),
        ("collect:y", alike("collect"), &["collect:y-0"]),
        ("publish:", alike("collect"), &[]),
        ("publish:x", holding("gone"), &["publish:x-2"]),
        ("coll", holding("x-9"), &["collect:x-9"]),
        ("collect:x", holding("gone"), &[]),
    ]
}

pub(crate) async fn a_search_by_prefix_goes_on_beyond_what_one_call_looks_at(fixture: &Fixture) {
    let mut all = jobs("collect", 2 * SCAN + 100);
    all[2 * SCAN + 50].payload = b"the Needle".to_vec();
    fixture.enqueue(&all).await;
    fixture.enqueue(&[job("publish", "Needle")]).await;
    let filter = JobFilter {
        search: Some("Needle".to_owned()),
        ..prefix("collect:")
    };
    let pages = fixture.pages(&filter, 10).await;
    let found: Vec<&str> = pages
        .iter()
        .flat_map(|page| page.jobs.iter().map(|job| job.id.as_str()))
        .collect();
    assert_eq!(found, ["collect:02050"]);
    let looked: Vec<usize> = pages.iter().map(|page| page.looked).collect();
    assert!(looked.iter().all(|looked| *looked <= SCAN), "{looked:?}");
    assert_eq!(looked.iter().sum::<usize>(), all.len(), "{looked:?}");
    assert!(pages[0].jobs.is_empty() && pages[0].next.is_some());
}

pub(crate) async fn a_page_token_of_the_other_order_is_refused(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 5)).await;
    let by_change = JobFilter::default();
    let by_id = prefix("collect:");
    let of_change = fixture.store.list(&by_change, None, 2).await.unwrap();
    let of_id = fixture.store.list(&by_id, None, 2).await.unwrap();
    let (of_change, of_id) = (of_change.next.unwrap(), of_id.next.unwrap());
    for (filter, token) in [
        (&by_change, of_id.as_str()),
        (&by_id, &of_change),
        (&by_id, "page 2"),
        (&by_id, ""),
        (&by_id, "collect:00001"),
    ] {
        let refused = fixture.store.list(filter, Some(token), 2).await;
        let Err(Error::Refused(sentence)) = refused else {
            panic!("\"{token}\": {refused:?}");
        };
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
    }
    let rest = fixture.store.list(&by_id, Some(&of_id), 10).await.unwrap();
    assert_eq!((rest.jobs.len(), rest.next), (3, None));
}
