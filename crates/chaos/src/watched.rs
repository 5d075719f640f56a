//! A store that passes everything on, dies at chosen steps, and notes what was settled and what failed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use moodwire_queue::{
    Enqueued, Fetched, Group, JobFilter, JobRow, KindStats, Lease, NewJob, Outcome, Page, Process,
    ProcessRow, Pruned, Result, Retention, Revival, Settled, Settlement, Store,
};

use crate::{
    fault::{Step, Trap},
    sink::Sink,
};

/// The store between a worker and its queue.
#[derive(Debug)]
pub struct Watched {
    inner: Arc<dyn Store>,
    trap: Arc<Trap>,
    sink: Option<Arc<Sink>>,
}

impl Watched {
    /// Watches `inner`; what is seen goes into the sink's journal.
    pub fn new(inner: Arc<dyn Store>, trap: Arc<Trap>, sink: Option<Arc<Sink>>) -> Self {
        Self { inner, trap, sink }
    }

    fn note(&self, line: &str) {
        if let Some(sink) = &self.sink {
            sink.note(line);
        }
    }

    /// A call that must get through: what fails is noted.
    fn seen<T>(&self, call: &str, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.note(&format!("failed {call}"));
        }
        result
    }

    /// `moved ID TOKEN STATE` or `stale ID TOKEN` for each settlement; lost workers' are not this worker's to tell.
    fn note_settled(&self, settlements: &[Settlement], settled: &[Settled]) {
        for (settlement, settled) in settlements.iter().zip(settled) {
            let (id, token) = (&settlement.id, settlement.token);
            match settled {
                _ if settlement.only_if_expired => self.note(&format!("rescued {id} {token}")),
                Settled::Moved(state) => {
                    self.note(&format!("moved {id} {token} {}", state.as_str()))
                }
                Settled::Stale => self.note(&format!("stale {id} {token}")),
            }
        }
    }
}

/// The steps around a settle, by what is settled.
fn steps(settlements: &[Settlement]) -> (Step, Step) {
    match settlements.first() {
        Some(first) if first.only_if_expired => (Step::BeforeRescue, Step::AfterRescue),
        Some(Settlement {
            outcome: Outcome::HandBack,
            ..
        }) => (Step::BeforeHandBack, Step::AfterHandBack),
        _ => (Step::BeforeSettle, Step::AfterSettle),
    }
}

#[async_trait]
impl Store for Watched {
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        self.trap.reach(Step::BeforeEnqueue);
        let enqueued = self.inner.enqueue(jobs).await;
        self.trap.reach(Step::AfterEnqueue);
        self.seen("enqueue", enqueued)
    }

    async fn fetch(&self, kind: &str, n: usize, worker: &str, lease: Duration) -> Result<Fetched> {
        self.trap.reach(Step::BeforeFetch);
        let fetched = self.inner.fetch(kind, n, worker, lease).await;
        if fetched
            .as_ref()
            .is_ok_and(|fetched| !fetched.leases.is_empty())
        {
            self.trap.reach(Step::AfterFetch);
        }
        self.seen("fetch", fetched)
    }

    async fn wait(&self, kind: &str, at_most: Duration) -> Result<()> {
        self.seen("wait", self.inner.wait(kind, at_most).await)
    }

    async fn renew(
        &self,
        kind: &str,
        leases: &[(String, u64)],
        lease: Duration,
    ) -> Result<Vec<bool>> {
        self.trap.reach(Step::BeforeRenew);
        let renewed = self.inner.renew(kind, leases, lease).await;
        self.trap.reach(Step::AfterRenew);
        for ((id, token), kept) in leases.iter().zip(renewed.iter().flatten()) {
            if !kept {
                self.note(&format!("lost {id} {token}"));
            }
        }
        self.seen("renew", renewed)
    }

    async fn settle(&self, kind: &str, settlements: &[Settlement]) -> Result<Vec<Settled>> {
        let (before, after) = steps(settlements);
        self.trap.reach(before);
        let settled = self.inner.settle(kind, settlements).await;
        self.trap.reach(after);
        if let Ok(settled) = &settled {
            self.note_settled(settlements, settled);
        }
        self.seen("settle", settled)
    }

    async fn expired(&self, kind: &str) -> Result<Vec<(Lease, String)>> {
        self.inner.expired(kind).await
    }

    async fn prune(&self, kind: &str, retention: &Retention) -> Result<Pruned> {
        self.inner.prune(kind, retention).await
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
        let inner = self.inner.reopened().await?;
        Some(Arc::new(Self::new(
            inner,
            Arc::clone(&self.trap),
            self.sink.clone(),
        )))
    }

    async fn adopt(&self, kind: &str, default_max_attempts: u32) -> Result<u64> {
        self.inner.adopt(kind, default_max_attempts).await
    }

    async fn set_paused(&self, kind: &str, paused: bool) -> Result<()> {
        self.inner.set_paused(kind, paused).await
    }

    async fn check(&self) -> Result<()> {
        self.inner.check().await
    }

    async fn now(&self) -> Result<DateTime<Utc>> {
        self.inner.now().await
    }

    fn place(&self) -> &str {
        self.inner.place()
    }
}
