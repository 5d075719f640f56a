//! The store on Redis: each kind's jobs under keys of one cluster slot, each transition one Lua script.

mod adopt;
mod by_hand;
mod ended;
mod failure;
mod fields;
mod groups;
mod jobs;
mod keys;
mod kinds;
mod link;
mod list;
mod place;
mod processes;
mod remarks;
mod reply;
mod rows;
mod running;
mod scripts;
mod settling;
mod usage;
mod waiting;
mod wake;

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use moodwire_model::Remark;

pub use self::usage::Usage;
use self::{
    keys::{Keys, kind_of},
    link::Link,
    reply::Reply,
    scripts::{Lua, SCRIPTS},
    wake::Wakes,
};
use crate::{
    CHUNK, ClockOffset, Enqueued, Error, Fetched, Group, JobFilter, JobRow, KindStats, Lease,
    NewJob, Options, Page, Process, ProcessRow, Pruned, Result, Retention, Revival, Settled,
    Settlement, Store,
};

/// Jobs on a Redis that any number of processes share.
#[derive(Debug)]
pub struct RedisStore {
    link: Link,
    prefix: String,
    offset: ClockOffset,
    allow_eviction: bool,
    /// The kinds that this process has entered into the set of kinds.
    entered: Mutex<HashSet<String>>,
    wakes: Wakes,
}

impl RedisStore {
    /// Connects to the Redis at `url`.
    ///
    /// # Errors
    /// [`Error::Refused`] for a URL or a prefix that cannot be used, [`Error::Unavailable`] when nobody answers
    /// within 3 s.
    pub async fn connect(url: &str, options: &Options) -> Result<Self> {
        if options.prefix.contains(['{', '}']) {
            return Err(Error::Refused(format!(
                "the queue's prefix \"{}\" holds a brace: Redis Cluster would take it for its own; leave it out",
                options.prefix
            )));
        }
        let link = Link::connect(url).await?;
        Ok(Self {
            wakes: Wakes::on(link.clone()),
            link,
            prefix: options.prefix.clone(),
            offset: options.offset.clone(),
            allow_eviction: options.allow_eviction,
            entered: Mutex::default(),
        })
    }

    fn keys(&self, kind: &str) -> Result<Keys> {
        Keys::of(&self.prefix, kind)
    }

    /// The arguments that every script begins with: how far its clock is set ahead.
    fn arguments(&self) -> Vec<Vec<u8>> {
        vec![number(self.offset.millis())]
    }

    /// Runs a script on the keys of a kind, or of the processes.
    async fn run(
        &self,
        script: &Lua,
        keys: &(impl AsRef<[String]> + Sync),
        arguments: &[Vec<u8>],
    ) -> Result<Reply<'_>> {
        let values = self.link.run(script, keys, arguments).await?;
        Ok(Reply::of(self.link.place(), values))
    }

    /// Runs a script on each of these jobs, a kind and a chunk at a time, with the arguments that `arguments_of` has for a job
    /// of this kind and place: whether it changed it.
    async fn run_on_each<const N: usize>(
        &self,
        script: &Lua,
        ids: &[&str],
        arguments_of: impl Fn(&str, usize) -> [Vec<u8>; N] + Sync,
    ) -> Result<Vec<bool>> {
        let mut answers = vec![false; ids.len()];
        for (kind, positions) in by_kind(ids.iter().map(|id| kind_of(id))) {
            let keys = self.keys(kind)?;
            for chunk in positions.chunks(CHUNK) {
                let mut arguments = self.arguments();
                arguments.extend(chunk.iter().flat_map(|index| arguments_of(kind, *index)));
                let mut reply = self.run(script, &keys, &arguments).await?;
                for index in chunk {
                    answers[*index] = reply.number()? == 1;
                }
            }
        }
        Ok(answers)
    }

    /// Enters a kind into the set of kinds, which is no key of its slot and so no part of any script. It happens
    /// before a kind's first job is added, so that no job is ever added to a kind that nobody can list.
    async fn enter(&self, kind: &str) -> Result<()> {
        let mut command = redis::cmd("SADD");
        command.arg(keys::kinds(&self.prefix)).arg(kind);
        self.link.ask::<()>(&command).await?;
        self.entered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(kind.to_owned());
        Ok(())
    }

    fn has_entered(&self, kind: &str) -> bool {
        self.entered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(kind)
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        self.add(jobs).await
    }

    async fn fetch(&self, kind: &str, n: usize, worker: &str, lease: Duration) -> Result<Fetched> {
        self.lease(kind, n.min(CHUNK), worker, lease).await
    }

    async fn wait(&self, kind: &str, at_most: Duration) -> Result<()> {
        let keys = self.keys(kind)?;
        let due = async {
            let found: i64 = self
                .link
                .run(&SCRIPTS.due, &keys, &self.arguments())
                .await?;
            Ok(found > 0)
        };
        self.wakes.wait(&keys, at_most, due).await
    }

    async fn renew(
        &self,
        kind: &str,
        leases: &[(String, u64)],
        lease: Duration,
    ) -> Result<Vec<bool>> {
        self.extend(kind, leases, lease).await
    }

    async fn settle(&self, kind: &str, settlements: &[Settlement]) -> Result<Vec<Settled>> {
        self.end(kind, settlements).await
    }

    async fn expired(&self, kind: &str) -> Result<Vec<(Lease, String)>> {
        self.lost(kind).await
    }

    async fn prune(&self, kind: &str, retention: &Retention) -> Result<Pruned> {
        self.drop_old(kind, retention).await
    }

    async fn kinds(&self) -> Result<Vec<String>> {
        self.every_kind().await
    }

    async fn stats(&self) -> Result<BTreeMap<String, KindStats>> {
        self.counts().await
    }

    async fn get(&self, id: &str) -> Result<Option<JobRow>> {
        self.row(id).await
    }

    async fn list(&self, filter: &JobFilter, after: Option<&str>, limit: usize) -> Result<Page> {
        self.page(filter, after, limit).await
    }

    async fn retry(&self, jobs: &[Revival]) -> Result<Vec<bool>> {
        self.revive(jobs).await
    }

    async fn discard(&self, ids: &[String]) -> Result<Vec<bool>> {
        self.remove(ids).await
    }

    async fn groups(&self, kind: Option<&str>) -> Result<Vec<Group>> {
        self.alike(kind).await
    }

    async fn clear(&self, kind: &str, n: usize) -> Result<Vec<(String, Vec<u8>)>> {
        self.drop_waiting(kind, n.min(CHUNK)).await
    }

    async fn run_now(&self, ids: &[String]) -> Result<Vec<bool>> {
        self.hurry(ids).await
    }

    async fn remove_waiting(&self, ids: &[String]) -> Result<Vec<bool>> {
        self.drop_each_waiting(ids).await
    }

    async fn announce(&self, process: &Process, for_: Duration) -> Result<()> {
        self.keep_process(process, for_).await
    }

    async fn withdraw(&self, name: &str) -> Result<()> {
        self.forget_process(name).await
    }

    async fn processes(&self) -> Result<Vec<ProcessRow>> {
        self.known_processes().await
    }

    async fn reopened(&self) -> Option<Arc<dyn Store>> {
        let link = self.link.another().ok()?;
        Some(Arc::new(Self {
            wakes: Wakes::on(link.clone()),
            link,
            prefix: self.prefix.clone(),
            offset: self.offset.clone(),
            allow_eviction: self.allow_eviction,
            entered: Mutex::default(),
        }))
    }

    async fn set_paused(&self, kind: &str, paused: bool) -> Result<()> {
        self.pause(kind, paused).await
    }

    async fn adopt(&self, kind: &str, default_max_attempts: u32) -> Result<u64> {
        self.adopt_chunk(kind, default_max_attempts).await
    }

    async fn check(&self) -> Result<()> {
        self.link.ask::<()>(&redis::cmd("PING")).await?;
        if self.allow_eviction {
            return Ok(());
        }
        self.refuse_eviction().await
    }

    async fn remarks(&self) -> Result<Vec<Remark>> {
        self.look().await
    }

    async fn now(&self) -> Result<DateTime<Utc>> {
        self.clock().await
    }

    fn place(&self) -> &str {
        self.link.place()
    }
}

/// A number as an argument.
fn number(number: impl Copy + ToString) -> Vec<u8> {
    number.to_string().into_bytes()
}

/// A span in milliseconds, at most a thousand years: Lua's numbers are exact far beyond that.
fn millis(span: Duration) -> i64 {
    const LONGEST: i64 = 1_000 * 366 * 24 * 3_600 * 1_000;
    i64::try_from(span.as_millis()).map_or(LONGEST, |millis| millis.min(LONGEST))
}

/// The positions of the items of each kind, for calls that may name several.
fn by_kind<'a>(
    kinds: impl Iterator<Item = Option<&'a str>>,
) -> impl Iterator<Item = (&'a str, Vec<usize>)> {
    let mut positions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, kind) in kinds.enumerate() {
        if let Some(kind) = kind {
            positions.entry(kind).or_default().push(index);
        }
    }
    positions.into_iter()
}
