//! The main job on real input, with the real binary: posts in, one message an hour out, whatever happens on the way.

use std::{collections::BTreeSet, time::Duration};

use crate::common::{Installation, Posts, Stores, terminate, write_posts};
use moodwire_model::Entropy;
use moodwire_testing::FixedEntropy;
use tokio::io::{AsyncBufReadExt, BufReader};

/// As many as the judge of a day's work would replay.
const POSTS: u64 = 4_200;

/// Fewer where the work is done over and over.
const FEW_POSTS: u64 = 1_500;

/// Everything collected, scored and published, each hour once.
async fn assert_complete(installation: &Installation, posts: &Posts) {
    let report = installation.drain().await;
    assert_eq!(report["posts"], posts.posts);
    assert_eq!(report["quarantined"], posts.bad);
    assert_eq!(report["hours"], posts.hours.len());
    assert_eq!(report["dead"], 0);
    assert_eq!(report["unscored_batches"], 0);
}

async fn drains_twice(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), POSTS);
    let installation = Installation::new(stores, &posts.path, "").await;
    assert_complete(&installation, &posts).await;
    assert_eq!(installation.receiver.hours().await, posts.hours);
    let digests = installation.digests(&posts).await;
    let total: u64 = digests
        .iter()
        .filter_map(|digest| digest["posts"].as_u64())
        .sum();
    assert_eq!(total, posts.posts);

    let again = installation.drain().await;
    assert_eq!(again["duplicates"], posts.duplicates);
    assert_eq!(again["sent"], posts.hours.len());
    assert_complete(&installation, &posts).await;
    assert_eq!(installation.receiver.hours().await, posts.hours);
    assert_eq!(installation.digests(&posts).await, digests);
    installation.end().await;
}

#[tokio::test]
async fn on_sqlite_a_drain_publishes_each_hour_once_and_another_changes_nothing() {
    drains_twice(Stores::Embedded).await;
}

#[tokio::test]
async fn on_servers_a_drain_publishes_each_hour_once_and_another_changes_nothing() {
    if let Some(stores) = Stores::servers().await {
        drains_twice(stores).await;
    }
}

#[tokio::test]
async fn sqlite_and_servers_come_to_the_same_digests() {
    let Some(servers) = Stores::servers().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), FEW_POSTS);
    let mut digests = Vec::new();
    for stores in [Stores::Embedded, servers] {
        let installation = Installation::new(stores, &posts.path, "").await;
        assert_complete(&installation, &posts).await;
        digests.push(installation.digests(&posts).await);
        installation.end().await;
    }
    assert_eq!(digests[0], digests[1]);
}

/// Starts a drain and kills it with SIGKILL at the n-th line of its debug log; false when it ended before.
async fn killed_at_line(installation: &Installation, line: u64) -> bool {
    let mut child = installation.start(&["up", "--drain"]);
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    for _ in 0..line {
        if log.next_line().await.unwrap().is_none() {
            child.wait().await.unwrap();
            return false;
        }
    }
    child.kill().await.unwrap();
    true
}

/// Kills at one random moment after another, then drains to the end: the same end state, no hour twice, and at most one
/// held a kill.
async fn survives_kills(stores: Stores, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), FEW_POSTS);
    let undisturbed = Installation::new(Stores::Embedded, &posts.path, "").await;
    assert_complete(&undisturbed, &posts).await;
    let expected = undisturbed.digests(&posts).await;

    let entropy = FixedEntropy::seeded(seed);
    let installation = Installation::new(stores, &posts.path, "").await;
    let mut kills = 0;
    for _ in 0..6 {
        let line = 1 + entropy.bits() % 60;
        kills += u64::from(killed_at_line(&installation, line).await);
    }
    let output = installation.runs(&["up", "--drain", "--json"]).await;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["posts"], posts.posts, "seed {seed}");
    assert_eq!(report["quarantined"], posts.bad, "seed {seed}");
    assert_eq!(report["dead"], 0, "seed {seed}");
    assert_eq!(installation.digests(&posts).await, expected, "seed {seed}");

    let hours = installation.receiver.hours().await;
    let distinct: BTreeSet<&String> = hours.iter().collect();
    assert_eq!(
        distinct.len(),
        hours.len(),
        "an hour came twice, seed {seed}"
    );
    let (sent, uncertain) = (
        report["sent"].as_u64().unwrap(),
        report["uncertain"].as_u64().unwrap(),
    );
    assert_eq!(sent + uncertain, posts.hours.len() as u64, "seed {seed}");
    assert!(
        kills > 0 && uncertain <= kills,
        "{kills} kills, {uncertain} uncertain, seed {seed}"
    );
    assert!(distinct.len() as u64 >= sent, "seed {seed}");
    installation.end().await;
}

#[tokio::test]
async fn on_sqlite_kills_at_random_moments_lose_nothing_and_send_nothing_twice() {
    survives_kills(Stores::Embedded, 11).await;
}

#[tokio::test]
async fn on_servers_kills_at_random_moments_lose_nothing_and_send_nothing_twice() {
    if let Some(stores) = Stores::servers().await {
        survives_kills(stores, 12).await;
    }
}

/// Two schedulers and three workers as processes of their own.
async fn shares_the_work(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), POSTS);
    let installation = Installation::new(stores, &posts.path, "").await;
    let mut processes = Vec::new();
    for role in ["scheduler", "scheduler", "worker", "worker", "worker"] {
        let mut child = installation.start(&[role]);
        // Read while it runs, or a full pipe would hold it up.
        let mut log = child.stderr.take().unwrap();
        let reader = tokio::spawn(async move {
            tokio::io::copy(&mut log, &mut tokio::io::sink())
                .await
                .unwrap();
        });
        processes.push((child, reader));
    }
    let all = installation.receiver.has(posts.hours.len() as u64);
    tokio::time::timeout(Duration::from_secs(120), all)
        .await
        .unwrap();
    for (mut child, reader) in processes {
        child.stderr = None;
        let pid = child.id().unwrap().to_string();
        let kill = tokio::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status();
        assert!(kill.await.unwrap().success());
        let status = child.wait().await.unwrap();
        assert!(status.success(), "a role ended with {status}");
        reader.await.unwrap();
    }
    assert_complete(&installation, &posts).await;
    let hours = installation.receiver.hours().await;
    assert_eq!(hours.len(), posts.hours.len());
    assert_eq!(
        hours.iter().collect::<BTreeSet<_>>().len(),
        posts.hours.len()
    );
    installation.end().await;
}

#[tokio::test]
async fn two_schedulers_and_three_workers_on_servers_send_each_hour_once() {
    if let Some(stores) = Stores::servers().await {
        shares_the_work(stores).await;
    }
}

#[tokio::test]
async fn two_schedulers_and_three_workers_on_one_sqlite_file_send_each_hour_once() {
    shares_the_work(Stores::Embedded).await;
}

#[tokio::test]
async fn a_process_that_is_up_publishes_and_stops_cleanly_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 50);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    let child = installation.start(&["up"]);
    installation.receiver.has(posts.hours.len() as u64).await;
    assert!(terminate(child).await.success());
    let stats = installation.json(&["queue", "stats"]).await;
    for kind in ["collect", "transform", "publish"] {
        assert_eq!(stats[kind]["running"], 0);
        assert_eq!(stats[kind]["dead"], 0);
    }
}

#[tokio::test]
async fn lines_that_are_added_are_collected_and_lines_that_were_read_are_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 200);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    assert_complete(&installation, &posts).await;
    let line =
        r#"{"id":"added","author":"late","text":"awesome","created_at":"2026-03-05T00:00:00Z"}"#;
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&posts.path)
        .unwrap();
    std::io::Write::write_all(&mut file, format!("{line}\n").as_bytes()).unwrap();
    let report = installation.drain().await;
    assert_eq!(report["posts"], 201);
    assert_eq!(report["duplicates"], posts.duplicates);
    let digest = installation
        .json(&["digest", "--hour", "2026-03-05T00"])
        .await;
    assert_eq!(digest["best"]["id"], "replay:added");
    assert_eq!(digest["best"], digest["worst"]);
}

/// A collect that was killed after it opened a batch, and whose lease still looks alive.
#[tokio::test]
async fn a_drain_right_after_a_kill_scores_the_batch_that_was_left_open() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 20);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    let url = format!("sqlite://{}", installation.database().display());
    let options = moodwire_queue::Options {
        clock: std::sync::Arc::new(moodwire_model::SystemClock),
        offset: moodwire_queue::ClockOffset::default(),
        prefix: "moodwire".to_owned(),
        allow_eviction: false,
    };
    let queue = moodwire_queue::open(&url, &options).await.unwrap();
    let lake = moodwire_lake::open(&url).await.unwrap();
    let id = "collect:history:2026-03-03T00:00:00Z".to_owned();
    let job = moodwire_queue::NewJob {
        id: id.clone(),
        kind: "collect".to_owned(),
        payload: br#"{"v":1,"source":"history"}"#.to_vec(),
        run_at: None,
        max_attempts: 15,
        parent: None,
        root: None,
    };
    queue.enqueue(&[job]).await.unwrap();
    let lease = Duration::from_secs(3);
    let fetched = queue.fetch("collect", 1, "killed", lease).await.unwrap();
    assert_eq!(fetched.leases.len(), 1);
    let now = queue.now().await.unwrap();
    let hour: moodwire_model::Hour = "2026-03-01T00".parse().unwrap();
    let batch = moodwire_model::Batch {
        id: "01KJZZZZZZZZZZZZZZZZZZZZZZ".to_owned(),
        source: "history".to_owned(),
        state: moodwire_model::BatchState::Open,
        count: 0,
        hours: [hour].into(),
        job: id,
        opened_at: now,
        changed_at: now,
    };
    lake.open_batch(&batch).await.unwrap();
    let post = moodwire_model::Post {
        key: moodwire_model::PostKey::new("replay", "left"),
        network: "replay".to_owned(),
        author: "left".to_owned(),
        author_name: None,
        text: "wonderful".to_owned(),
        url: None,
        lang: None,
        created_at: hour.start(),
        collected_at: now,
        hour,
        actors: Vec::new(),
        followers: None,
        edited_at: None,
        deleted_at: None,
        raw: "{}".to_owned(),
    };
    lake.insert_posts(&batch.id, &[post]).await.unwrap();

    let drain = tokio::time::timeout(Duration::from_secs(60), installation.drain());
    let report = drain.await.unwrap();
    assert_eq!(report["posts"], posts.posts + 1);
    assert_eq!(report["unscored_batches"], 0);
}
