//! A process that is killed with SIGKILL while it reads, at moments that the server's progress decides; then a last drain:
//! each post is there once, and every hour counts what it holds.

mod searches;
mod slices;
mod streams;
mod sweeps;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use moodwire_model::{BatchState, Entropy, Hour};
use moodwire_testing::FixedEntropy;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::watch,
};

use crate::common::Installation;

/// What must be there in the end.
#[derive(Default)]
struct Expected {
    keys: BTreeSet<String>,
    hours: BTreeMap<Hour, u64>,
}

impl Expected {
    fn add(&mut self, key: String, at: DateTime<Utc>) {
        if self.keys.insert(key) {
            *self.hours.entry(Hour::of(at)).or_default() += 1;
        }
    }

    fn remove(&mut self, key: &str, at: DateTime<Utc>) {
        assert!(self.keys.remove(key));
        *self.hours.get_mut(&Hour::of(at)).unwrap() -= 1;
    }
}

/// How long is waited for a process that comes no further.
const PATIENCE: Duration = Duration::from_secs(120);

/// When a process is killed: once the server has given so many answers to it, and so many lines more were logged.
#[derive(Debug)]
struct Moment {
    answers: u64,
    lines: u64,
}

/// Moments that `seed` begins, each `within` so many answers.
fn moments(seed: u64, count: usize, within: u64) -> Vec<Moment> {
    let entropy = FixedEntropy::seeded(seed);
    let moment = || Moment {
        answers: 1 + entropy.bits() % within,
        lines: entropy.bits() % 12,
    };
    let moments = std::iter::repeat_with(moment).take(count).collect();
    eprintln!("seed {seed}: killed at {moments:?}");
    moments
}

/// What is killed by turns: a process that stays up, and one that ends by itself.
const UP: &[&str] = &["up"];
const DRAIN: &[&str] = &["up", "--drain"];

/// Starts the binary once for each moment, as told by turns, and kills it there.
async fn killed_by_turns(
    installation: &Installation,
    turns: [&[&str]; 2],
    given: &watch::Receiver<u64>,
    moments: &[Moment],
) {
    for (moment, args) in moments.iter().zip(turns.into_iter().cycle()) {
        killed_at(installation, args, given, moment).await;
    }
}

/// After kills in the middle of a sweep: no hour went out before it was over, then all is there, sent once, and of what was
/// read, in `fewest` answers at least, little was read again.
async fn assert_swept(
    installation: &Installation,
    expected: &Expected,
    given: &watch::Receiver<u64>,
    fewest: u64,
    kills: u64,
) {
    assert!(installation.receiver.hours().await.is_empty());
    let report = assert_whole(installation, expected).await;
    assert_sent_once(installation, expected, &report, 0).await;
    // Only the page that a kill cut off is read again; and each collect that a kill left behind looks once whether there is
    // more.
    let answers = *given.borrow();
    assert!(
        (fewest..=fewest + 3 * kills).contains(&answers),
        "{answers} answers, {fewest} pages"
    );
}

/// Starts the binary and kills it at `moment`. `given` counts the server's answers to whomever.
async fn killed_at(
    installation: &Installation,
    args: &[&str],
    given: &watch::Receiver<u64>,
    moment: &Moment,
) {
    let mut given = given.clone();
    let before = *given.borrow_and_update();
    let mut child = installation.start(args);
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let (count, mut counted) = watch::channel(0_u64);
    // Read while it runs, or a full pipe would hold it up.
    let reader = tokio::spawn(async move {
        let mut last = Vec::new();
        while let Ok(Some(line)) = log.next_line().await {
            last.push(line);
            count.send_modify(|lines| *lines += 1);
        }
        last
    });
    let reached = given.wait_for(|now| *now >= before + moment.answers);
    let reached = tokio::select! {
        reached = tokio::time::timeout(PATIENCE, reached) => reached.is_ok(),
        _ = child.wait() => false,
    };
    if !reached {
        child.kill().await.unwrap();
        let log = reader.await.unwrap().join("\n");
        panic!("{args:?} never came to {moment:?}:\n{log}");
    }
    let line = *counted.borrow_and_update() + moment.lines;
    // Err: the log has ended, and with it the process.
    let _ = counted.wait_for(|lines| *lines >= line).await;
    child.kill().await.unwrap();
    reader.await.unwrap();
}

/// Timelines of which everything is still to be read; a source that was never read would begin with the newest page.
async fn everything_is_to_be_read(installation: &Installation, timelines: &[&str]) {
    let lake = installation.lake().await;
    let mut cursor = lake.cursor("fedi").await.unwrap();
    let newest: BTreeMap<&str, &str> = timelines.iter().map(|one| (*one, "0")).collect();
    cursor.position = json!({"newest": newest});
    assert!(lake.save_cursor(&cursor).await.unwrap().is_some());
}

/// Drains to the end: all that is expected is there, once, and nothing else; each hour was sealed when all of it was there.
async fn assert_whole(installation: &Installation, expected: &Expected) -> Value {
    let report = assert_collected(installation, expected).await;
    for hour in expected.hours.keys() {
        let digest = installation
            .json(&["digest", "--hour", &hour.to_string()])
            .await;
        assert_eq!(digest["late"], 0, "{digest}");
    }
    report
}

/// The same, where an hour may have been sealed before: what came later is counted as late, once.
async fn assert_collected(installation: &Installation, expected: &Expected) -> Value {
    let output = installation.runs(&["up", "--drain", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["dead"], 0, "{report}");
    assert_eq!(report["unscored_batches"], 0, "{report}");
    assert_eq!(report["quarantined"], 0, "{report}");
    assert_eq!(stored(installation).await, expected.keys);
    for (hour, count) in &expected.hours {
        let digest = installation
            .json(&["digest", "--hour", &hour.to_string()])
            .await;
        let posts = digest["posts"].as_u64().unwrap() + digest["late"].as_u64().unwrap();
        assert_eq!(posts, *count, "{digest}");
        assert!(digest["sealed_at"].is_string(), "{hour} is not sealed");
    }
    report
}

/// The keys of the lake's posts that are not deleted; each must be there once.
async fn stored(installation: &Installation) -> BTreeSet<String> {
    let lake = installation.lake().await;
    let all = [BatchState::Open, BatchState::Queued, BatchState::Scored];
    let mut keys = BTreeSet::new();
    for batch in lake.batches(&all, None, 100_000).await.unwrap() {
        assert_eq!(batch.state, BatchState::Scored, "{batch:?}");
        for post in lake.posts(&batch.id).await.unwrap() {
            if post.deleted_at.is_none() {
                let key = post.key.as_str().to_owned();
                assert!(keys.insert(key), "{:?} is there twice", post.key);
            }
        }
    }
    keys
}

/// Every hour came once, but for those that a kill made uncertain: at most one a kill.
async fn assert_sent_once(
    installation: &Installation,
    expected: &Expected,
    report: &Value,
    kills: u64,
) {
    let hours = installation.receiver.hours().await;
    let distinct: BTreeSet<&String> = hours.iter().collect();
    assert_eq!(distinct.len(), hours.len(), "an hour came twice: {hours:?}");
    let uncertain = report["uncertain"].as_u64().unwrap();
    assert!(uncertain <= kills, "{report}");
    let sent = report["sent"].as_u64().unwrap();
    assert_eq!(sent + uncertain, expected.hours.len() as u64, "{report}");
    assert!(hours.len() as u64 >= sent, "{report}");
}
