//! Lists from outside: how many, where they go on, and how a search finds ids at once and texts in steps.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    at_hand::{bury, empty, enqueue, everything, ids, listed, queue},
    keys, sentence,
};
use crate::common::Installation;

/// The ids that a list shows, with what it says on standard error.
async fn page(installation: &Installation, args: &[&str]) -> (Vec<String>, String) {
    let output = installation.runs(&[args, &["--json"]].concat()).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    (listed(&rows), said)
}

/// Every page of a list, each with what was said after it.
async fn pages(installation: &Installation, args: &[&str]) -> Vec<(Vec<String>, String)> {
    let mut pages = vec![page(installation, args).await];
    while let Some((_, token)) = pages.last().unwrap().1.trim().rsplit_once("--after ") {
        let next = page(installation, &[args, &["--after", token]].concat()).await;
        pages.push(next);
    }
    pages
}

/// The pages' ids in one row, which holds none twice.
fn joined(pages: Vec<(Vec<String>, String)>) -> Vec<String> {
    let all: Vec<String> = pages.into_iter().flat_map(|(ids, _)| ids).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    all
}

#[tokio::test]
async fn a_list_that_stops_at_its_limit_says_how_it_goes_on() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    let transforms = ids("transform:", 5);
    enqueue(&*queue, &transforms, "{}").await;
    bury(&*queue, &ids("publish:main:", 5), "broken").await;
    let rows = installation.json(&["jobs", "list", "--limit", "1"]).await;
    let mut of_row = keys(&rows[0]);
    of_row.sort_unstable();
    assert_eq!(
        of_row,
        ["attempts", "id", "kind", "parent", "run_at", "state"]
    );
    let of_kind = ["jobs", "list", "--kind", "transform"];
    for args in [&of_kind[..], &["dead", "list"]] {
        let (whole, said) = page(&installation, args).await;
        assert_eq!((whole.len(), said.as_str()), (5, ""));
        let pages = pages(&installation, &[args, &["--limit", "2"]].concat()).await;
        assert_eq!(pages.len(), 3);
        assert!(pages[0].1.contains("2 jobs listed"), "{}", pages[0].1);
        assert_eq!(joined(pages), whole);
    }
    let (_, said) = page(&installation, &[&of_kind[..], &["--limit", "5"]].concat()).await;
    assert_eq!(said, "");
}

#[tokio::test]
async fn ids_that_begin_with_the_text_come_first_and_no_job_twice() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    let by_id = ids("transform:01J", 4);
    enqueue(&*queue, &by_id[..2], "{}").await;
    let named = ids("publish:main:", 3);
    enqueue(&*queue, &named, "{\"parent\":\"transform:01J\"}").await;
    enqueue(&*queue, &by_id[2..], "{\"self\":\"transform:01J\"}").await;
    enqueue(&*queue, &ids("collect:a:", 30), "{}").await;

    let search = ["jobs", "list", "--search", "transform:01J"];
    let (all, said) = page(&installation, &search).await;
    let newest_first: Vec<String> = named.iter().rev().cloned().collect();
    assert_eq!(all, [&by_id[..], &newest_first].concat());
    assert_eq!(said, "");
    for limit in ["1", "2", "3", "4", "5", "6", "7"] {
        let pages = pages(&installation, &[&search[..], &["--limit", limit]].concat()).await;
        for (ids, said) in &pages {
            let limit: usize = limit.parse().unwrap();
            assert!(ids.len() == limit || said.is_empty() || ids.is_empty());
        }
        assert_eq!(joined(pages), all, "--limit {limit}");
    }
    let of_kind = [&search[..], &["--kind", "publish"]].concat();
    assert_eq!(page(&installation, &of_kind).await.0, newest_first);
    let dead = [&search[..], &["--state", "dead"]].concat();
    assert_eq!(page(&installation, &dead).await.0, Vec::<String>::new());
    let one = page(
        &installation,
        &["jobs", "list", "--search", "transform:01J00002"],
    )
    .await;
    assert_eq!(one.0, [by_id[2].clone()]);
}

#[tokio::test]
async fn a_text_is_searched_a_thousand_jobs_a_time_newest_first() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    let oldest = ids("transform:old", 3);
    bury(&*queue, &oldest, "the needle").await;
    bury(&*queue, &ids("transform:hay", 2_200), "hay").await;
    let newest = ids("transform:new", 2);
    bury(&*queue, &newest, "another needle").await;

    for list in [["jobs", "list"], ["dead", "list"]] {
        let pages = pages(
            &installation,
            &[&list[..], &["--search", "needle"]].concat(),
        )
        .await;
        let found: Vec<usize> = pages.iter().map(|(ids, _)| ids.len()).collect();
        assert_eq!(found, [2, 0, 3]);
        for (_, said) in &pages[..2] {
            assert!(said.contains("looked at 1000 jobs"), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
        assert_eq!(pages[2].1, "");
        let expected: Vec<String> = newest.iter().chain(&oldest).cloned().collect();
        let mut all = joined(pages);
        all.sort_unstable();
        assert_eq!(all, expected);
    }
    // A limit ends a step before its thousand, and the next goes on there.
    let args = ["jobs", "list", "--search", "needle", "--limit", "1"];
    let pages = pages(&installation, &args).await;
    assert_eq!(pages[0].0.len(), 1);
    assert_eq!(joined(pages).len(), 5);
}

#[tokio::test]
async fn a_list_that_cannot_be_made_is_refused_in_one_sentence() {
    let installation = empty().await;
    enqueue(&*queue(&installation).await, &ids("transform:", 2), "{}").await;
    let before = everything(&installation).await;
    for (line, words) in [
        ("jobs list --limit 0", "--limit"),
        ("dead list --limit 0", "--limit"),
        ("jobs list --limit many", "--limit"),
        ("jobs list --kind dig", "the kinds are collect"),
        ("jobs list --state lost", "the states are scheduled"),
        ("jobs list --since yesterday", "--since"),
        ("dead list --since 300000000y", "--since"),
        ("jobs list --after nowhere", "nowhere"),
        ("dead list --after nowhere", "nowhere"),
        ("jobs list --search transform: --after nowhere", "nowhere"),
        ("dead list --fingerprint 12", "16 hexadecimal digits"),
        (
            "dead discard --all --fingerprint zz",
            "16 hexadecimal digits",
        ),
        ("dead groups --kind dig", "the kinds are collect"),
        ("dead retry --all --kind dig", "the kinds are collect"),
        ("queue clear dig --yes", "the kinds are collect"),
        ("queue clear", "<KIND>"),
        ("jobs show transform:none", "transform:none"),
        ("dead show transform:00000", "it is ready"),
        ("dead retry", "<ID|--all>"),
        ("dead retry transform:00000 --all", "cannot be used with"),
    ] {
        let args: Vec<&str> = line.split(' ').collect();
        let sentence = sentence(&installation.runs(&args).await, 2);
        assert!(sentence.contains(words), "{line}: {sentence}");
    }
    assert_eq!(everything(&installation).await, before);
    assert_eq!(installation.json(&["dead", "list"]).await, json!([]));
}
