//! Cases of processes that tell of themselves.

use std::{collections::BTreeMap, time::Duration};

use moodwire_queue::{CHUNK, Process};

use super::fixture::{Fixture, LEASE, job};

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

async fn process(fixture: &Fixture, name: &str) -> Process {
    Process {
        name: name.to_owned(),
        roles: vec!["worker".to_owned(), "scheduler".to_owned()],
        kinds: BTreeMap::from([("collect".to_owned(), 4), ("publish".to_owned(), 1)]),
        version: "1.2.3".to_owned(),
        started_at: fixture.after(-60).await,
    }
}

async fn names(fixture: &Fixture) -> Vec<String> {
    let rows = fixture.store.processes().await.unwrap();
    rows.into_iter().map(|row| row.process.name).collect()
}

pub(crate) async fn a_process_is_there_with_all_it_tells_until_it_is_withdrawn(fixture: &Fixture) {
    assert_eq!(fixture.store.processes().await.unwrap(), []);
    let (one, mut two) = (
        process(fixture, "host:1:00ff").await,
        process(fixture, "a \"host\": 2").await,
    );
    let other = fixture.another().await;
    let before = fixture.after(0).await;
    fixture.store.announce(&one, HALF_A_MINUTE).await.unwrap();
    other.announce(&two, HALF_A_MINUTE).await.unwrap();
    let rows = fixture.store.processes().await.unwrap();
    assert_eq!(rows, other.processes().await.unwrap());
    assert_eq!([&rows[0].process, &rows[1].process], [&two, &one]);
    let after = fixture.after(1).await;
    assert!(
        rows.iter()
            .all(|row| (before..=after).contains(&row.seen_at))
    );

    // What is told later holds.
    two.roles.push("console".to_owned());
    two.kinds.clear();
    fixture.store.announce(&two, HALF_A_MINUTE).await.unwrap();
    let rows = other.processes().await.unwrap();
    assert_eq!((rows.len(), &rows[0].process), (2, &two));

    other.withdraw(&two.name).await.unwrap();
    other.withdraw(&two.name).await.unwrap();
    other.withdraw("never").await.unwrap();
    assert_eq!(names(fixture).await, [one.name]);
    // Processes are no jobs.
    assert!(fixture.store.stats().await.unwrap().is_empty());
}

pub(crate) async fn a_process_that_falls_silent_is_forgotten(fixture: &Fixture) {
    let (silent, steady) = (
        process(fixture, "silent").await,
        process(fixture, "steady").await,
    );
    fixture
        .store
        .announce(&silent, HALF_A_MINUTE)
        .await
        .unwrap();
    for _ in 0..3 {
        fixture
            .store
            .announce(&steady, HALF_A_MINUTE)
            .await
            .unwrap();
        fixture.step(10);
    }
    fixture.step(-5);
    assert_eq!(names(fixture).await, ["silent", "steady"]);
    let seen = fixture.store.processes().await.unwrap();
    assert!(seen[1].seen_at > seen[0].seen_at);
    fixture.step(5);
    assert_eq!(names(fixture).await, ["steady"]);
    fixture
        .store
        .announce(&silent, HALF_A_MINUTE)
        .await
        .unwrap();
    assert_eq!(names(fixture).await, ["silent", "steady"]);
    fixture.step(3_600);
    assert_eq!(names(fixture).await, Vec::<String>::new());
}

pub(crate) async fn more_silent_processes_than_a_chunk_show_no_more(fixture: &Fixture) {
    let mut silent = process(fixture, "").await;
    for number in 0..CHUNK + 20 {
        silent.name = format!("silent {number}");
        fixture
            .store
            .announce(&silent, HALF_A_MINUTE)
            .await
            .unwrap();
    }
    assert_eq!(names(fixture).await.len(), CHUNK + 20);
    fixture.step(31);
    for _ in 0..3 {
        assert_eq!(names(fixture).await, Vec::<String>::new());
    }
}

pub(crate) async fn a_process_runs_the_jobs_of_its_workers(fixture: &Fixture) {
    let (one, other) = (
        process(fixture, "host:1:00ff").await,
        process(fixture, "host:1:00f").await,
    );
    fixture
        .enqueue(&[job("collect", "a"), job("collect", "b")])
        .await;
    let worker = format!("collect@{}", one.name);
    let fetched = fixture.store.fetch("collect", 1, &worker, LEASE).await;
    let running = fixture.row(&fetched.unwrap().leases[0].id).await;
    assert!(one.runs(&running) && !other.runs(&running));
    assert!(!one.runs(&fixture.row("collect:b").await));
}
