//! Cases of showing jobs and counts.

use std::{collections::BTreeSet, time::Duration};

use moodwire_queue::{Error, JobFilter, JobRow, Outcome, SCAN, State};

use super::fixture::{Fixture, job, jobs, retry};

fn ids(rows: &[JobRow]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

fn kind(kind: &str) -> JobFilter {
    JobFilter {
        kind: Some(kind.to_owned()),
        ..JobFilter::default()
    }
}

pub(crate) async fn an_empty_store_lists_nothing(fixture: &Fixture) {
    assert!(fixture.list(&JobFilter::default(), 10).await.is_empty());
    assert!(fixture.list(&kind("collect"), 10).await.is_empty());
    assert!(fixture.store.stats().await.unwrap().is_empty());
}

pub(crate) async fn filters_narrow(fixture: &Fixture) {
    fixture.bury(job("collect", "old"), "no").await;
    fixture.step(100);
    let since = fixture.after(-50).await;
    fixture.bury(job("collect", "new"), "no").await;
    fixture.bury(job("publish", "new"), "no").await;
    fixture.enqueue(&[job("collect", "ready")]).await;
    assert_eq!(fixture.list(&JobFilter::default(), 10).await.len(), 4);
    assert_eq!(fixture.list(&kind("publish"), 10).await.len(), 1);
    let dead = JobFilter {
        state: Some(State::Dead),
        ..kind("collect")
    };
    assert_eq!(
        ids(&fixture.list(&dead, 10).await),
        ["collect:new", "collect:old"]
    );
    let recent = JobFilter {
        since: Some(since),
        ..dead
    };
    assert_eq!(ids(&fixture.list(&recent, 10).await), ["collect:new"]);
    let ready = JobFilter {
        state: Some(State::Ready),
        ..JobFilter::default()
    };
    assert_eq!(ids(&fixture.list(&ready, 10).await), ["collect:ready"]);
}

pub(crate) async fn the_newest_change_comes_first(fixture: &Fixture) {
    for name in ["a", "b", "c", "d"] {
        fixture.enqueue(&[job("collect", name)]).await;
        fixture.step(1);
    }
    let a = fixture.fetch_one("collect").await;
    fixture.step(1);
    let b = fixture.fetch_one("collect").await;
    fixture.step(1);
    fixture.settle(&b, Outcome::Done).await;
    fixture.step(1);
    fixture.enqueue(&[job("publish", "e")]).await;
    fixture.step(1);
    fixture.settle(&a, Outcome::Done).await;
    let rows = fixture.list(&JobFilter::default(), 2).await;
    let expected = [
        "collect:a",
        "publish:e",
        "collect:b",
        "collect:d",
        "collect:c",
    ];
    assert_eq!(ids(&rows), expected);
}

pub(crate) async fn paging_shows_everything_once(fixture: &Fixture) {
    let mut all = jobs("collect", 120);
    all.extend(jobs("publish", 40));
    let due = fixture.after(600).await;
    for job in all.iter_mut().skip(60).take(40) {
        job.run_at = Some(due);
    }
    fixture.enqueue(&all).await;
    for (index, lease) in fixture.fetch("collect", 40).await.iter().enumerate() {
        let (reason, error) = ("no".to_owned(), "no".to_owned());
        match index % 4 {
            0 => fixture.settle(lease, Outcome::Done).await,
            1 => fixture.settle(lease, Outcome::Dead { reason, error }).await,
            2 => {
                fixture
                    .settle(lease, retry("it broke", Duration::from_secs(60)))
                    .await
            }
            _ => continue,
        };
    }
    let everything: BTreeSet<String> = all.into_iter().map(|job| job.id).collect();
    for limit in [1, 7, 1_000] {
        let rows = fixture.list(&JobFilter::default(), limit).await;
        assert_eq!(rows.len(), everything.len());
        let seen: BTreeSet<String> = rows.into_iter().map(|row| row.id).collect();
        assert_eq!(seen, everything);
    }
    // What comes while someone turns pages does not make them see anything twice.
    let page = fixture
        .store
        .list(&JobFilter::default(), None, 100)
        .await
        .unwrap();
    fixture.step(1);
    fixture.enqueue(&[job("collect", "newer")]).await;
    let rest = fixture
        .store
        .list(&JobFilter::default(), page.next.as_deref(), 100)
        .await
        .unwrap();
    let seen: BTreeSet<&str> = ids(&page.jobs).into_iter().chain(ids(&rest.jobs)).collect();
    assert_eq!(seen.len(), everything.len());
    assert_eq!(rest.next, None);
}

pub(crate) async fn search_finds_in_id_payload_reason_and_error(fixture: &Fixture) {
    let mut payload = job("collect", "b");
    payload.payload = b"{\"url\":\"https://x.test/Needle\"}".to_vec();
    fixture
        .enqueue(&[job("collect", "Needle"), payload, job("collect", "c")])
        .await;
    fixture
        .bury(job("publish", "d"), "cannot send: no Needle there")
        .await;
    fixture.enqueue(&[job("publish", "e")]).await;
    let lease = fixture.fetch_one("publish").await;
    let (reason, until) = ("waits for Needle".to_owned(), fixture.after(600).await);
    fixture
        .settle(&lease, Outcome::Later { until, reason })
        .await;
    fixture.enqueue(&jobs("transform", 1_500)).await;
    let filter = JobFilter {
        search: Some("Needle".to_owned()),
        ..JobFilter::default()
    };
    let found = fixture.list(&filter, 2).await;
    let found: BTreeSet<&str> = ids(&found).into_iter().collect();
    let expected = ["collect:Needle", "collect:b", "publish:d", "publish:e"];
    assert_eq!(found, BTreeSet::from(expected));
    for absent in [
        "needle",
        "Nee_le",
        "%",
        "{\"url\":\"https://x.test/Needle\"}}",
    ] {
        let filter = JobFilter {
            search: Some(absent.to_owned()),
            ..JobFilter::default()
        };
        assert!(fixture.list(&filter, 10).await.is_empty(), "{absent}");
    }
}

pub(crate) async fn search_finds_the_worker_of_now_and_those_of_the_history(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 3)).await;
    let running = fixture.fetch("collect", 3).await;
    fixture
        .settle(&running[0], retry("it broke", Duration::from_secs(60)))
        .await;
    fixture.settle(&running[1], Outcome::Done).await;
    fixture.enqueue(&[job("publish", "a")]).await;
    let found = async |text: &str| {
        let filter = JobFilter {
            search: Some(text.to_owned()),
            ..JobFilter::default()
        };
        let rows = fixture.list(&filter, 2).await;
        rows.into_iter().map(|row| row.id).collect::<BTreeSet<_>>()
    };
    let expected = [&running[0], &running[1], &running[2]].map(|lease| lease.id.clone());
    assert_eq!(found("worker-1").await, BTreeSet::from(expected));
    assert_eq!(found("worker-2").await, BTreeSet::new());
}

pub(crate) async fn a_search_looks_at_a_bounded_number_of_jobs_and_goes_on(fixture: &Fixture) {
    let mut all = jobs("collect", 2 * SCAN + 300);
    all[0].payload = b"{\"name\":\"the Needle\"}".to_vec();
    fixture.enqueue(&all[..1]).await;
    fixture.step(1);
    fixture.enqueue(&all[1..]).await;
    fixture.enqueue(&jobs("publish", 20)).await;
    for (search, state, found) in [
        ("Needle", None, &["collect:00000"][..]),
        ("Needle", Some(State::Ready), &["collect:00000"]),
        ("nowhere", None, &[]),
    ] {
        let filter = JobFilter {
            search: Some(search.to_owned()),
            state,
            ..kind("collect")
        };
        let pages = fixture.pages(&filter, 10).await;
        let seen: Vec<&str> = pages.iter().flat_map(|page| ids(&page.jobs)).collect();
        assert_eq!(seen, found, "{search}");
        let looked: Vec<usize> = pages.iter().map(|page| page.looked).collect();
        assert!(looked.iter().all(|looked| *looked <= SCAN), "{looked:?}");
        assert_eq!(looked.iter().sum::<usize>(), all.len(), "{looked:?}");
        assert!(pages[0].jobs.is_empty() && pages[0].next.is_some());
    }
    // Pages that are full before that are no reason to look again at what was passed.
    let filter = JobFilter {
        search: Some("collect:0".to_owned()),
        ..kind("collect")
    };
    let rows = fixture.list(&filter, 900).await;
    let ids: BTreeSet<&str> = ids(&rows).into_iter().collect();
    assert_eq!((rows.len(), ids.len()), (all.len(), all.len()));
}

pub(crate) async fn a_page_token_of_nothing_is_refused(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 3)).await;
    for token in ["page 2", "", "collect:00001", "\n"] {
        let filter = JobFilter::default();
        let refused = fixture.store.list(&filter, Some(token), 10).await;
        let Err(Error::Refused(sentence)) = refused else {
            panic!("\"{token}\": {refused:?}");
        };
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
    }
}

pub(crate) async fn a_fingerprint_groups_what_failed_alike(fixture: &Fixture) {
    fixture
        .bury(job("collect", "a"), "post 17 is too long")
        .await;
    fixture
        .bury(job("collect", "b"), "post 93 is too long")
        .await;
    fixture.bury(job("collect", "c"), "the lake is down").await;
    let filter = JobFilter {
        fingerprint: Some(moodwire_queue::fingerprint("collect", "post 4 is too long")),
        ..JobFilter::default()
    };
    let rows = fixture.list(&filter, 10).await;
    assert_eq!(ids(&rows), ["collect:b", "collect:a"]);
}

pub(crate) async fn statistics_count_each_kind(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 4)).await;
    let mut later = job("collect", "later");
    later.run_at = Some(fixture.after(600).await);
    fixture.enqueue(&[later]).await;
    fixture.bury(job("publish", "a"), "no").await;
    let leases = fixture.fetch("collect", 2).await;
    fixture.settle(&leases[0], Outcome::Done).await;
    fixture.step(100);
    let stats = fixture.store.stats().await.unwrap();
    assert_eq!(stats.keys().collect::<Vec<_>>(), ["collect", "publish"]);
    let collect = &stats["collect"];
    assert_eq!(
        (collect.scheduled, collect.ready, collect.running),
        (1, 2, 1)
    );
    assert_eq!((collect.done, collect.dead), (1, 0));
    assert_eq!((collect.done_total, collect.dead_total), (1, 0));
    let age = collect.oldest_ready_seconds.unwrap();
    assert!((100.0..160.0).contains(&age), "{age}");
    let publish = &stats["publish"];
    assert_eq!((publish.dead, publish.dead_total, publish.ready), (1, 1, 0));
    assert_eq!(publish.oldest_ready_seconds, None);
    let other = fixture.another().await;
    assert_eq!(other.kinds().await.unwrap(), ["collect", "publish"]);
}

pub(crate) async fn an_unknown_id_is_none(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "a")]).await;
    for id in ["collect:b", "publish:a", "collect", "", "Co{llect:a", ":"] {
        assert_eq!(fixture.store.get(id).await.unwrap(), None, "{id}");
    }
}
