//! A store that is watched from outside: a test sees and holds up what a worker asks of it, or cuts the worker off.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use moodwire_queue::{
    Enqueued, Fetched, Group, JobFilter, JobRow, KindStats, Lease, NewJob, Page, Process,
    ProcessRow, Pruned, Result, Retention, Revival, Settled, Settlement, Store,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Longer than any test: whoever waits so long has only a wake-up to hope for.
const FOR_EVER: Duration = Duration::from_secs(3_600);

/// A store as one worker sees it.
#[derive(Debug)]
pub(crate) struct Watched {
    inner: Arc<dyn Store>,
    /// Gets a permit whenever the worker begins to wait for jobs. It is never woken by the clock.
    pub(crate) waiting: Semaphore,
    /// The most jobs that the worker ever asked for at once.
    pub(crate) most_asked: AtomicUsize,
    /// While closed, a fetch that brought jobs stands at `holding` before the worker sees them.
    pub(crate) open: CancellationToken,
    /// Gets a permit whenever a fetch is held up.
    pub(crate) holding: Semaphore,
    /// Once cancelled, nothing comes through in either direction, as when the worker's process was killed.
    pub(crate) cut: CancellationToken,
}

impl Watched {
    /// Watches `inner`, and holds nothing up yet.
    pub(crate) fn new(inner: &Arc<dyn Store>) -> Arc<Self> {
        let open = CancellationToken::new();
        open.cancel();
        Self::holding_fetches(inner, open)
    }

    /// Watches `inner`, and holds up fetches until `open` is cancelled.
    pub(crate) fn holding_fetches(inner: &Arc<dyn Store>, open: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            waiting: Semaphore::new(0),
            most_asked: AtomicUsize::new(0),
            open,
            holding: Semaphore::new(0),
            cut: CancellationToken::new(),
        })
    }

    /// The store, for a worker.
    pub(crate) fn store(self: &Arc<Self>) -> Arc<dyn Store> {
        Arc::<Self>::clone(self)
    }

    async fn unless_cut<T>(&self, call: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            () = self.cut.cancelled() => std::future::pending().await,
            answer = call => answer,
        }
    }
}

#[async_trait]
impl Store for Watched {
    async fn fetch(&self, kind: &str, n: usize, worker: &str, lease: Duration) -> Result<Fetched> {
        self.most_asked.fetch_max(n, Ordering::SeqCst);
        let fetched = self
            .unless_cut(self.inner.fetch(kind, n, worker, lease))
            .await?;
        if !fetched.leases.is_empty() && !self.open.is_cancelled() {
            self.holding.add_permits(1);
            self.open.cancelled().await;
        }
        Ok(fetched)
    }

    async fn wait(&self, kind: &str, _: Duration) -> Result<()> {
        self.waiting.add_permits(1);
        self.unless_cut(self.inner.wait(kind, FOR_EVER)).await
    }

    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        self.unless_cut(self.inner.enqueue(jobs)).await
    }

    async fn renew(
        &self,
        kind: &str,
        leases: &[(String, u64)],
        lease: Duration,
    ) -> Result<Vec<bool>> {
        self.unless_cut(self.inner.renew(kind, leases, lease)).await
    }

    async fn settle(&self, kind: &str, settlements: &[Settlement]) -> Result<Vec<Settled>> {
        self.unless_cut(self.inner.settle(kind, settlements)).await
    }

    async fn expired(&self, kind: &str) -> Result<Vec<(Lease, String)>> {
        self.unless_cut(self.inner.expired(kind)).await
    }

    async fn prune(&self, kind: &str, retention: &Retention) -> Result<Pruned> {
        self.unless_cut(self.inner.prune(kind, retention)).await
    }

    async fn kinds(&self) -> Result<Vec<String>> {
        self.inner.kinds().await
    }

    async fn stats(&self) -> Result<BTreeMap<String, KindStats>> {
        self.inner.stats().await
    }

    async fn get(&self, id: &str) -> Result<Option<JobRow>> {
        self.inner.get(id).await
    }

    async fn list(&self, filter: &JobFilter, after: Option<&str>, limit: usize) -> Result<Page> {
        self.inner.list(filter, after, limit).await
    }

    async fn retry(&self, jobs: &[Revival]) -> Result<Vec<bool>> {
        self.inner.retry(jobs).await
    }

    async fn discard(&self, ids: &[String]) -> Result<Vec<bool>> {
        self.inner.discard(ids).await
    }

    async fn groups(&self, kind: Option<&str>) -> Result<Vec<Group>> {
        self.inner.groups(kind).await
    }

    async fn clear(&self, kind: &str, n: usize) -> Result<Vec<(String, Vec<u8>)>> {
        self.inner.clear(kind, n).await
    }

    async fn run_now(&self, ids: &[String]) -> Result<Vec<bool>> {
        self.inner.run_now(ids).await
    }

    async fn remove_waiting(&self, ids: &[String]) -> Result<Vec<bool>> {
        self.inner.remove_waiting(ids).await
    }

    async fn announce(&self, process: &Process, for_: Duration) -> Result<()> {
        self.inner.announce(process, for_).await
    }

    async fn withdraw(&self, name: &str) -> Result<()> {
        self.inner.withdraw(name).await
    }

    async fn processes(&self) -> Result<Vec<ProcessRow>> {
        self.inner.processes().await
    }

    async fn reopened(&self) -> Option<Arc<dyn Store>> {
        // One switch cuts everything.
        None
    }

    async fn set_paused(&self, kind: &str, paused: bool) -> Result<()> {
        self.inner.set_paused(kind, paused).await
    }

    async fn adopt(&self, kind: &str, default_max_attempts: u32) -> Result<u64> {
        self.unless_cut(self.inner.adopt(kind, default_max_attempts))
            .await
    }

    async fn check(&self) -> Result<()> {
        self.inner.check().await
    }

    async fn now(&self) -> Result<DateTime<Utc>> {
        self.unless_cut(self.inner.now()).await
    }

    fn place(&self) -> &str {
        self.inner.place()
    }
}
