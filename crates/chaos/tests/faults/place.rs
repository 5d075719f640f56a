//! The fixture: a queue of a test's own, worker processes on it, and the count at the end.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, Mutex},
    time::Duration,
};

use moodwire_chaos::{
    audit::Audit,
    fault::VARIABLE,
    process::Process,
    redis::Redis,
    store::{counts, is_drained, reach, rows, until},
    work::Work,
};
use moodwire_queue::{JobRow, NewJob, Store};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tokio::process::Command;

/// The kind and prefix of every test's jobs: each has a queue of its own.
pub(crate) const KIND: &str = "chaos";

/// Far more than anything here takes: a test that would wait for ever fails.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

/// A queue on a Redis or in a file of its own.
pub(crate) struct Place {
    pub(crate) store: Arc<dyn Store>,
    redis: Option<Redis>,
    pub(crate) url: String,
    folder: tempfile::TempDir,
    /// Which jobs were enqueued, and whether each can only end as a dead letter.
    enqueued: Mutex<BTreeMap<String, bool>>,
}

/// What there is at the end.
pub(crate) struct Ended {
    pub(crate) audit: Audit,
    pub(crate) rows: BTreeMap<String, JobRow>,
}

impl Place {
    /// A queue in a SQLite file.
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("queue.db").display());
        Self::at(url, folder, None).await
    }

    /// A queue on a private Redis; none where tests are to do without Redis.
    pub(crate) async fn redis() -> Option<Self> {
        moodwire_testing::redis()?;
        let redis = Redis::start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        Some(Self::at(redis.url(), folder, Some(redis)).await)
    }

    /// One of each that is to be had.
    pub(crate) async fn each() -> Vec<Self> {
        let mut places = vec![Self::sqlite().await];
        places.extend(Self::redis().await);
        places
    }

    async fn at(url: String, folder: tempfile::TempDir, redis: Option<Redis>) -> Self {
        Self {
            store: reach(&url, KIND).await.unwrap(),
            redis,
            url,
            folder,
            enqueued: Mutex::default(),
        }
    }

    /// The private Redis.
    pub(crate) fn server(&mut self) -> &mut Redis {
        self.redis.as_mut().unwrap()
    }

    /// A file that is not there yet.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Remembers that jobs are enqueued, and whether they can only end as dead letters.
    pub(crate) fn expect(&self, jobs: &[NewJob], dead: bool) {
        let ids = jobs.iter().map(|job| (job.id.clone(), dead));
        self.enqueued.lock().unwrap().extend(ids);
    }

    /// Enqueues so many jobs of a work, named after it.
    pub(crate) async fn enqueue(&self, name: &str, count: usize, work: &Work, max_attempts: u32) {
        let jobs: Vec<NewJob> = (0..count)
            .map(|index| work.job(KIND, format!("{name}-{index}"), max_attempts))
            .collect();
        self.expect(&jobs, work.ends_dead(max_attempts));
        self.store.enqueue(&jobs).await.unwrap();
    }

    /// The program in a role on this queue.
    pub(crate) fn start(&self, role: &[&str], url: &str, trap: Option<String>) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moodwire-chaos"));
        command
            .args(role)
            .args(["--url", url, "--kind", KIND, "--prefix", KIND])
            .env_remove(VARIABLE)
            .envs(trap.map(|trap| (VARIABLE, trap)));
        Process::start(command, &self.file("log")).unwrap()
    }

    /// A worker.
    pub(crate) fn worker(&self, flags: &[&str]) -> Process {
        self.worker_by(&self.url, flags, None)
    }

    /// A worker that kills itself.
    pub(crate) fn trapped(&self, trap: &str, flags: &[&str]) -> Process {
        self.worker_by(&self.url, flags, Some(trap.to_owned()))
    }

    /// A worker that reaches the queue at `url`.
    pub(crate) fn worker_by(&self, url: &str, flags: &[&str], trap: Option<String>) -> Process {
        let sink = self.file("sink").display().to_string();
        self.start(&[&["worker", "--sink", &sink], flags].concat(), url, trap)
    }

    /// Whether nobody holds the lock of its file; a Redis has none.
    pub(crate) async fn can_be_written(&self) -> bool {
        if self.redis.is_some() {
            return true;
        }
        let file = SqliteConnectOptions::from_str(&self.url).unwrap();
        let Ok(mut file) = file.busy_timeout(Duration::ZERO).connect().await else {
            return false;
        };
        let taken = sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK")
            .execute(&mut file)
            .await;
        file.close().await.unwrap();
        taken.is_ok()
    }

    pub(crate) async fn row(&self, name: &str) -> JobRow {
        let id = format!("{KIND}:{name}");
        self.store.get(&id).await.unwrap().unwrap()
    }

    /// Returns once no job waits or runs.
    pub(crate) async fn drained(&self) {
        let look = async || Ok(is_drained(&*self.store, KIND).await?.then_some(()));
        if let Err(error) = until("everything drained", BOUND, look).await {
            let log = std::fs::read_to_string(self.file("log")).unwrap_or_default();
            let stats = self.store.stats().await;
            panic!("{error:#}\n{stats:?}\n{log}");
        }
    }

    /// Returns once every lease has expired.
    pub(crate) async fn leases_expired(&self) {
        let look = async || {
            let running = counts(&*self.store, KIND).await?.running;
            let expired = self.store.expired(KIND).await?.len() as u64;
            Ok((expired == running).then_some(()))
        };
        until("the leases expired", BOUND, look).await.unwrap();
    }

    /// Counts: nothing lost, nothing twice, nothing dead that had to live.
    pub(crate) async fn is_clean(&self) -> Ended {
        let rows = rows(&*self.store, KIND).await.unwrap();
        let audit = Audit::read(&self.file("sink")).unwrap();
        let count = audit.count(&self.enqueued.lock().unwrap(), &rows);
        assert!(count.is_clean(), "{}: {count:?}", self.url);
        Ended { audit, rows }
    }
}
