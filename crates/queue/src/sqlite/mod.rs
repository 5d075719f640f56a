//! The store on SQLite: the queue's tables in the file that may also hold the lake and the warehouse.
//!
//! Each transition is one `BEGIN IMMEDIATE` transaction of at most [`crate::CHUNK`] jobs, so any number
//! of processes may share the file. What only looks (an idle fetch among it) reads and writes nothing.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use moodwire_sqlite::Database;

use self::{clock::StoreClock, wake::Watch, write::Write};
use crate::{
    Enqueued, Fetched, Group, JobFilter, JobRow, KindStats, Lease, NewJob, Options, Page, Process,
    ProcessRow, Pruned, Result, Retention, Revival, Settled, Settlement, Store,
};

mod by_hand;
mod clear;
mod clock;
mod dead;
mod enqueue;
mod failure;
mod groups;
mod kinds;
mod lease;
mod list;
#[cfg(test)]
mod plans;
mod processes;
mod prune;
mod rows;
mod schema;
mod settle;
#[cfg(test)]
mod upgrades;
mod wake;
mod walk;
mod write;

/// The jobs in one SQLite file. Every handle on the same file in a process wakes the others' waiters at once.
#[derive(Debug)]
pub struct SqliteStore {
    database: Arc<Database>,
    clock: Arc<StoreClock>,
    watch: Watch,
    place: String,
}

impl SqliteStore {
    /// Opens the queue in the file, whose tables are created, or brought up to date, here.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] for a file that a newer Moodwire has written; [`crate::Error::Unavailable`] for one
    /// that cannot be read or written.
    pub async fn open(database: Arc<Database>, options: &Options) -> Result<Self> {
        let store = Self {
            clock: Arc::new(StoreClock::new(
                Arc::clone(&options.clock),
                options.offset.clone(),
            )),
            watch: Watch::on(database.path()),
            place: format!("sqlite://{}", database.path().display()),
            database,
        };
        let version = schema::bring_up_to_date(&store.database)
            .await
            .map_err(store.failed())?;
        schema::refuse_newer(version, &store.place)?;
        store.look().await.map_err(store.failed())?;
        Ok(store)
    }

    async fn begin(&self) -> sqlx::Result<Write> {
        Write::begin(&self.database, &self.clock, self.watch.wakes()).await
    }

    async fn time(&self) -> sqlx::Result<i64> {
        let latest = sqlx::query_scalar("SELECT latest FROM queue_clock")
            .fetch_one(self.database.reader())
            .await?;
        Ok(self.clock.now(latest))
    }

    fn failed(&self) -> impl Fn(sqlx::Error) -> crate::Error {
        |error| failure::classify(&self.place, &error)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        enqueue::refuse_senseless(jobs)?;
        self.enqueue_all(jobs).await.map_err(self.failed())
    }

    async fn fetch(&self, kind: &str, n: usize, worker: &str, lease: Duration) -> Result<Fetched> {
        self.lease_due(kind, n, worker, lease)
            .await
            .map_err(self.failed())
    }

    async fn wait(&self, kind: &str, at_most: Duration) -> Result<()> {
        self.wait_for_wake(kind, at_most)
            .await
            .map_err(self.failed())
    }

    async fn renew(
        &self,
        kind: &str,
        leases: &[(String, u64)],
        lease: Duration,
    ) -> Result<Vec<bool>> {
        self.renew_all(kind, leases, lease)
            .await
            .map_err(self.failed())
    }

    async fn settle(&self, kind: &str, settlements: &[Settlement]) -> Result<Vec<Settled>> {
        self.settle_all(kind, settlements)
            .await
            .map_err(self.failed())
    }

    async fn expired(&self, kind: &str) -> Result<Vec<(Lease, String)>> {
        self.expired_leases(kind).await.map_err(self.failed())
    }

    async fn prune(&self, kind: &str, retention: &Retention) -> Result<Pruned> {
        self.prune_ended(kind, retention)
            .await
            .map_err(self.failed())
    }

    async fn kinds(&self) -> Result<Vec<String>> {
        self.known_kinds().await.map_err(self.failed())
    }

    async fn stats(&self) -> Result<BTreeMap<String, KindStats>> {
        self.stats_by_kind().await.map_err(self.failed())
    }

    async fn get(&self, id: &str) -> Result<Option<JobRow>> {
        self.job(id).await.map_err(self.failed())
    }

    async fn list(&self, filter: &JobFilter, after: Option<&str>, limit: usize) -> Result<Page> {
        let place = list::place(filter, after)?;
        self.page(filter, &place, limit)
            .await
            .map_err(self.failed())
    }

    async fn retry(&self, jobs: &[Revival]) -> Result<Vec<bool>> {
        self.revive(jobs).await.map_err(self.failed())
    }

    async fn discard(&self, ids: &[String]) -> Result<Vec<bool>> {
        self.discard_dead(ids).await.map_err(self.failed())
    }

    async fn groups(&self, kind: Option<&str>) -> Result<Vec<Group>> {
        self.groups_of_dead(kind).await.map_err(self.failed())
    }

    async fn clear(&self, kind: &str, n: usize) -> Result<Vec<(String, Vec<u8>)>> {
        self.clear_waiting(kind, n).await.map_err(self.failed())
    }

    async fn run_now(&self, ids: &[String]) -> Result<Vec<bool>> {
        self.hurry(ids).await.map_err(self.failed())
    }

    async fn remove_waiting(&self, ids: &[String]) -> Result<Vec<bool>> {
        self.remove_each_waiting(ids).await.map_err(self.failed())
    }

    async fn announce(&self, process: &Process, for_: Duration) -> Result<()> {
        self.keep_process(process, for_)
            .await
            .map_err(self.failed())
    }

    async fn withdraw(&self, name: &str) -> Result<()> {
        self.forget_process(name).await.map_err(self.failed())
    }

    async fn processes(&self) -> Result<Vec<ProcessRow>> {
        self.known_processes().await.map_err(self.failed())
    }

    async fn reopened(&self) -> Option<Arc<dyn Store>> {
        // A file that cannot be opened once more leaves the shared connections, which serve all but a standstill.
        let database = self.database.apart().await.ok()?;
        Some(Arc::new(Self {
            watch: Watch::on(database.path()),
            database,
            clock: Arc::clone(&self.clock),
            place: self.place.clone(),
        }))
    }

    async fn adopt(&self, _: &str, _: u32) -> Result<u64> {
        // Nobody else feeds this store.
        Ok(0)
    }

    async fn set_paused(&self, kind: &str, paused: bool) -> Result<()> {
        enqueue::refuse_bad_kind(kind)?;
        self.pause(kind, paused).await.map_err(self.failed())
    }

    async fn check(&self) -> Result<()> {
        let version = schema::version(&self.database)
            .await
            .map_err(self.failed())?;
        schema::refuse_newer(version, &self.place)
    }

    async fn now(&self) -> Result<DateTime<Utc>> {
        let time = self.time().await.map_err(self.failed())?;
        rows::moment(time).map_err(self.failed())
    }

    fn place(&self) -> &str {
        &self.place
    }
}
