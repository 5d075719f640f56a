//! What the SQLite store promises beyond the conformance suite: one file, shared by processes, stores and versions.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail it by panicking, as the test does"
)]

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::TimeDelta;
use moodwire_model::Clock;
use moodwire_queue::{
    Attempt, ClockOffset, Error, JobFilter, Lease, NewJob, Options, Outcome, Retention, Settled,
    Settlement, SqliteStore, State, Store, VerdictWord,
};
use moodwire_sqlite::Database;
use moodwire_testing::SteppedClock;
use tokio::time::timeout;

const LEASE: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3_600);

/// Far more than any wake-up takes, and far less than the hour of a wait that nothing ends.
const BOUND: Duration = Duration::from_secs(30);

/// A file in a folder of its own, which goes with it.
struct File {
    folder: tempfile::TempDir,
    clock: Arc<SteppedClock>,
    offset: ClockOffset,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, alias) = (folder.path().join("data"), folder.path().join("alias"));
        std::fs::create_dir(&data).unwrap();
        std::os::unix::fs::symlink(data, alias).unwrap();
        Self {
            folder,
            clock: Arc::new(SteppedClock::at("2026-11-23T12:00:00Z")),
            offset: ClockOffset::default(),
        }
    }

    fn path(&self, folder: &str) -> PathBuf {
        self.folder.path().join(folder).join("queue.db")
    }

    async fn database(&self) -> Arc<Database> {
        Database::open(&self.path("data")).await.unwrap()
    }

    async fn open(&self, folder: &str, offset: &ClockOffset) -> Result<SqliteStore, Error> {
        let options = Options {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            offset: offset.clone(),
            prefix: "moodwire".to_owned(),
            allow_eviction: false,
        };
        SqliteStore::open(Database::open(&self.path(folder)).await.unwrap(), &options).await
    }

    async fn store(&self) -> SqliteStore {
        self.open("data", &self.offset).await.unwrap()
    }

    /// A handle as of another process: by another path, so that this process does not know it is the same file.
    async fn stranger(&self, offset: &ClockOffset) -> SqliteStore {
        self.open("alias", offset).await.unwrap()
    }

    async fn execute(&self, statement: &'static str) {
        sqlx::query(statement)
            .execute(self.database().await.writer())
            .await
            .unwrap();
    }
}

fn job(name: &str) -> NewJob {
    NewJob {
        id: format!("collect:{name}"),
        kind: "collect".to_owned(),
        payload: b"{}".to_vec(),
        run_at: None,
        max_attempts: 3,
        parent: None,
        root: None,
    }
}

fn jobs(count: usize) -> Vec<NewJob> {
    (0..count).map(|number| job(&number.to_string())).collect()
}

async fn fetch(store: &SqliteStore, n: usize) -> Vec<Lease> {
    let fetched = store.fetch("collect", n, "worker-1", LEASE).await.unwrap();
    fetched.leases
}

async fn settle(store: &SqliteStore, lease: &Lease, outcome: Outcome) -> Settled {
    let settlement = Settlement {
        id: lease.id.clone(),
        token: lease.token,
        outcome,
        record: Attempt {
            attempt: lease.attempt,
            started_at: lease.started_at,
            duration_ms: 1,
            worker: "worker-1".to_owned(),
            verdict: VerdictWord::Retry,
            error: None,
        },
        only_if_expired: false,
    };
    store.settle("collect", &[settlement]).await.unwrap()[0]
}

fn dead() -> Outcome {
    Outcome::Dead {
        reason: "no".to_owned(),
        error: "no".to_owned(),
    }
}

#[tokio::test]
async fn a_look_at_an_idle_queue_waits_for_no_writer() {
    let file = File::new();
    let store = file.store().await;
    let mut later = job("later");
    later.run_at = Some(store.now().await.unwrap() + TimeDelta::hours(1));
    store.enqueue(&[later]).await.unwrap();

    let database = file.database().await;
    let writing = database.begin().await.unwrap();
    let looks = async {
        let fetched = store.fetch("collect", 10, "worker-1", LEASE).await.unwrap();
        assert_eq!((fetched.leases.len(), fetched.next_due), (0, Some(HOUR)));
        assert!(store.expired("collect").await.unwrap().is_empty());
        let pruned = store.prune("collect", &Retention::default()).await;
        assert_eq!(pruned.unwrap().done, 0);
        assert_eq!(store.stats().await.unwrap()["collect"].scheduled, 1);
        store.check().await.unwrap();
    };
    timeout(BOUND / 2, looks).await.unwrap();
    writing.rollback().await.unwrap();
}

#[tokio::test]
async fn what_changes_nothing_writes_nothing() {
    let file = File::new();
    let store = file.store().await;
    store.enqueue(&[job("a")]).await.unwrap();
    let mut watching = file.database().await.reader().acquire().await.unwrap();
    let version = "PRAGMA data_version";
    let before: i64 = sqlx::query_scalar(version)
        .fetch_one(&mut *watching)
        .await
        .unwrap();

    store.set_paused("publish", false).await.unwrap();
    let written: i64 = sqlx::query_scalar(version)
        .fetch_one(&mut *watching)
        .await
        .unwrap();
    assert_ne!(before, written);

    assert!(store.enqueue(&[job("a")]).await.unwrap()[0].duplicate);
    let stale = [("collect:a".to_owned(), 99)];
    assert_eq!(
        store.renew("collect", &stale, LEASE).await.unwrap(),
        [false]
    );
    let ids = ["collect:a".to_owned()];
    assert_eq!(store.discard(&ids).await.unwrap(), [false]);
    assert!(store.clear("collect", 0).await.unwrap().is_empty());
    assert!(store.clear("publish", 10).await.unwrap().is_empty());
    let after: i64 = sqlx::query_scalar(version)
        .fetch_one(&mut *watching)
        .await
        .unwrap();
    assert_eq!(written, after);
}

#[tokio::test]
async fn handles_of_one_process_wake_each_other() {
    let file = File::new();
    let (one, two) = (file.store().await, file.store().await);
    assert!(fetch(&one, 1).await.is_empty());
    let (waited, ()) = tokio::join!(timeout(BOUND, one.wait("collect", HOUR)), async {
        two.enqueue(&[job("a")]).await.unwrap();
    });
    waited.unwrap().unwrap();
    assert_eq!(fetch(&one, 1).await.len(), 1);
}

/// A pool gets a connection back from a task of the runtime that used it. While handlers block all of that runtime's
/// threads it does not, as while this test holds it.
#[tokio::test]
async fn a_reopened_store_renews_while_the_writing_connection_is_not_to_be_had() {
    let file = File::new();
    let store = file.store().await;
    store.enqueue(&jobs(1)).await.unwrap();
    let leases = fetch(&store, 1).await;
    let renewed = [(leases[0].id.clone(), leases[0].token)];
    let database = file.database().await;
    let _held = database.writer().acquire().await.unwrap();
    let apart = store.reopened().await.unwrap();
    let renewing = apart.renew("collect", &renewed, LEASE);
    assert_eq!(timeout(BOUND, renewing).await.unwrap().unwrap(), [true]);
}

#[tokio::test]
async fn a_worker_does_not_sleep_beside_what_a_full_fetch_left() {
    let file = File::new();
    let store = file.store().await;
    assert!(fetch(&store, 1).await.is_empty());
    store.enqueue(&jobs(2)).await.unwrap();
    // One worker of this handle takes what it has room for; the other has yet to wait.
    assert_eq!(fetch(&store, 1).await.len(), 1);
    timeout(BOUND, store.wait("collect", HOUR))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(fetch(&store, 1).await.len(), 1);
}

/// The other process is this test once more, which finds the file named in its environment.
#[tokio::test]
async fn a_job_enqueued_by_another_process_ends_the_wait() {
    const FILE: &str = "MOODWIRE_TEST_QUEUE_FOLDER";
    const NAME: &str = "a_job_enqueued_by_another_process_ends_the_wait";
    let file = File::new();
    if let Ok(folder) = std::env::var(FILE) {
        let store = file.open(&folder, &file.offset).await.unwrap();
        store.enqueue(&[job("a")]).await.unwrap();
        return;
    }
    let store = file.store().await;
    assert!(fetch(&store, 1).await.is_empty());
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME])
        .env(FILE, file.folder.path().join("data"))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lease = timeout(BOUND, async {
        loop {
            store.wait("collect", HOUR).await.unwrap();
            if let Some(lease) = fetch(&store, 1).await.pop() {
                return lease;
            }
        }
    });
    assert_eq!(lease.await.unwrap().id, "collect:a");
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn a_kind_resumed_by_another_process_wakes() {
    let file = File::new();
    let store = file.store().await;
    let stranger = file.stranger(&file.offset).await;
    store.enqueue(&[job("a")]).await.unwrap();
    stranger.set_paused("collect", true).await.unwrap();
    assert!(fetch(&store, 1).await.is_empty());
    timeout(BOUND, async {
        stranger.set_paused("collect", false).await.unwrap();
        while fetch(&store, 1).await.is_empty() {
            store.wait("collect", HOUR).await.unwrap();
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_file_without_losing_or_doubling_a_job() {
    let file = File::new();
    let one = file.store().await;
    let two = file.stranger(&file.offset).await;
    let drain = async |store: &SqliteStore, stem: &str| {
        let mut taken = Vec::new();
        for number in 0..20 {
            let mut batch = jobs(10);
            for job in &mut batch {
                job.id = format!("{}-{stem}-{number}", job.id);
            }
            store.enqueue(&batch).await.unwrap();
            for lease in fetch(store, 11).await {
                assert_eq!(
                    settle(store, &lease, Outcome::Done).await,
                    Settled::Moved(State::Done)
                );
                taken.push((lease.id, lease.token));
            }
        }
        taken
    };
    let (mut taken, more) = tokio::join!(drain(&one, "one"), drain(&two, "two"));
    taken.extend(more);
    let left = fetch(&one, 1_000).await;
    taken.extend(left.iter().map(|lease| (lease.id.clone(), lease.token)));
    let ids: std::collections::BTreeSet<_> = taken.iter().map(|(id, _)| id).collect();
    let tokens: std::collections::BTreeSet<_> = taken.iter().map(|(_, token)| token).collect();
    assert_eq!((ids.len(), tokens.len(), taken.len()), (400, 400, 400));
    let stats = &two.stats().await.unwrap()["collect"];
    assert_eq!(stats.done_total, 400 - left.len() as u64);
    assert_eq!((stats.ready, stats.running), (0, left.len() as u64));
}

#[tokio::test]
async fn the_counts_are_those_of_the_rows() {
    let file = File::new();
    let store = file.store().await;
    store.enqueue(&jobs(40)).await.unwrap();
    for (index, lease) in fetch(&store, 30).await.iter().enumerate() {
        let outcome = match index % 5 {
            0 => Outcome::Done,
            1 => Outcome::Retry {
                error: "it broke".to_owned(),
                delay: LEASE,
            },
            2 => dead(),
            3 => Outcome::HandBack,
            _ => continue,
        };
        settle(&store, lease, outcome).await;
    }
    let dead = JobFilter {
        state: Some(State::Dead),
        ..JobFilter::default()
    };
    let ids: Vec<String> = store.list(&dead, None, 10).await.unwrap().jobs[..4]
        .iter()
        .map(|job| job.id.clone())
        .collect();
    let again: Vec<_> = ids[..2].iter().map(|id| (id.clone(), None, None)).collect();
    assert_eq!(store.retry(&again).await.unwrap(), [true; 2]);
    assert_eq!(
        store.discard(&ids).await.unwrap(),
        [false, false, true, true]
    );
    let retention = Retention {
        done_count: 1,
        ..Retention::default()
    };
    assert_eq!(store.prune("collect", &retention).await.unwrap().done, 5);
    // All 18 ready ones (handed back, revived, new), and two of those that wait for their retry.
    assert_eq!(store.clear("collect", 20).await.unwrap().len(), 20);
    store.enqueue(&[job("0"), job("new")]).await.unwrap();

    let stats = &store.stats().await.unwrap()["collect"];
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT state, count(*) FROM queue_jobs GROUP BY state ORDER BY state")
            .fetch_all(file.database().await.reader())
            .await
            .unwrap();
    let counted = [
        ("dead", stats.dead),
        ("done", stats.done),
        ("ready", stats.ready),
        ("running", stats.running),
        ("scheduled", stats.scheduled),
    ]
    .map(|(state, count)| (state.to_owned(), i64::try_from(count).unwrap()));
    assert_eq!(rows, counted);
    assert_eq!((stats.done_total, stats.dead_total), (6, 6));
    let orphans: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM queue_history WHERE job NOT IN (SELECT seq FROM queue_jobs)",
    )
    .fetch_one(file.database().await.reader())
    .await
    .unwrap();
    assert_eq!(orphans, 0);
}

#[tokio::test]
async fn another_processes_faster_clock_is_followed_and_never_undercut() {
    let file = File::new();
    let store = file.store().await;
    let fast = ClockOffset::default();
    fast.step(TimeDelta::minutes(10));
    let stranger = file.stranger(&fast).await;
    let noon = store.now().await.unwrap();
    stranger.enqueue(&[job("a")]).await.unwrap();
    assert!(store.now().await.unwrap() >= noon + TimeDelta::minutes(10));
    // Enqueued ten minutes ahead by this process's own clock, and yet due here at once.
    let lease = fetch(&store, 1).await.pop().unwrap();
    assert!(lease.started_at >= noon + TimeDelta::minutes(10));
    drop((store, stranger));
    // The file remembers.
    assert!(file.store().await.now().await.unwrap() >= lease.started_at);
}

#[tokio::test]
async fn a_file_written_by_a_newer_program_is_refused_in_one_sentence() {
    let file = File::new();
    let store = file.store().await;
    file.execute("UPDATE queue_schema SET version = 7").await;
    let Error::Refused(sentence) = file.open("data", &file.offset).await.unwrap_err() else {
        panic!("not refused");
    };
    assert!(
        sentence.contains("newer Moodwire") && sentence.contains("queue.db"),
        "{sentence}"
    );
    assert!(matches!(store.check().await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn a_file_that_holds_other_tables_keeps_them_and_is_opened_again_as_it_is() {
    let file = File::new();
    file.execute("CREATE TABLE lake_posts (id TEXT PRIMARY KEY)")
        .await;
    let store = file.store().await;
    store.enqueue(&[job("a")]).await.unwrap();
    drop(store);
    let store = file.store().await;
    assert_eq!(store.kinds().await.unwrap(), ["collect"]);
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'queue\\_%' ESCAPE '\\'",
    )
    .fetch_all(file.database().await.reader())
    .await
    .unwrap();
    assert_eq!(tables, ["lake_posts"]);
    assert_eq!(
        store.place(),
        format!("sqlite://{}", file.path("data").display())
    );
}

#[tokio::test]
async fn words_that_no_moodwire_wrote_are_told_apart_from_an_outage() {
    let file = File::new();
    let store = file.store().await;
    store.enqueue(&[job("a")]).await.unwrap();
    file.execute("UPDATE queue_jobs SET state = 'lost'").await;
    let error = store.get("collect:a").await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert!(
        error.to_string().contains("\"lost\" is no state"),
        "{error}"
    );
    file.execute("DROP TABLE queue_jobs").await;
    let error = store.get("collect:a").await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_an_outage_that_leaves_everything_as_it_was() {
    let file = File::new();
    let store = file.store().await;
    store.enqueue(&[job("a")]).await.unwrap();
    // SQLite's own bound on the file's size answers as a full disk does.
    file.execute("PRAGMA max_page_count = 1").await;
    let error = store.enqueue(&jobs(2_000)).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    assert!(error.to_string().contains("queue.db"), "{error}");
    file.execute("PRAGMA max_page_count = 1000000").await;
    let answers = store.enqueue(&jobs(2_000)).await.unwrap();
    assert_eq!(answers.len(), 2_000);
    assert_eq!(store.stats().await.unwrap()["collect"].ready, 2_001);
}

#[tokio::test]
async fn a_page_token_of_something_else_is_refused() {
    let file = File::new();
    let store = file.store().await;
    let listing = store.list(&JobFilter::default(), Some("page 2"), 10).await;
    let error = listing.unwrap_err().to_string();
    assert!(error.contains("\"page 2\" continues no listing"), "{error}");
    let of_prefix = |prefix: &str| JobFilter {
        prefix: Some(prefix.to_owned()),
        ..JobFilter::default()
    };
    let (here, elsewhere) = (of_prefix("collect:a"), of_prefix("collect:b"));
    store.enqueue(&[job("a"), job("aa")]).await.unwrap();
    let token = store.list(&here, None, 1).await.unwrap().next.unwrap();
    let rest = store.list(&here, Some(&token), 1).await.unwrap();
    assert_eq!((rest.jobs[0].id.as_str(), rest.next), ("collect:aa", None));
    let error = store.list(&elsewhere, Some(&token), 1).await.unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("continues no listing of this prefix"),
        "{error}"
    );
}

#[tokio::test]
async fn a_listing_spans_more_kinds_than_one_query_can_unite() {
    let file = File::new();
    let store = file.store().await;
    let of_kind = |number: usize| NewJob {
        id: format!("kind-{number}:a"),
        kind: format!("kind-{number}"),
        ..job("a")
    };
    let kinds: Vec<NewJob> = (0..120).map(of_kind).collect();
    store.enqueue(&kinds).await.unwrap();
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .list(&JobFilter::default(), after.as_deref(), 50)
            .await
            .unwrap();
        ids.extend(page.jobs.into_iter().map(|job| job.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let newest_first: Vec<String> = kinds.into_iter().rev().map(|job| job.id).collect();
    assert_eq!(ids, newest_first);
}
