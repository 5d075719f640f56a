//! A writing transaction: the store's time, change numbers, the kinds' counts, and whom to wake at its end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use moodwire_sqlite::Database;
use sqlx::{Sqlite, SqliteConnection};

use super::{clock::StoreClock, wake::Wakes};
use crate::State;

/// One transition of at most [`crate::CHUNK`] jobs. Dropped before its commit, it leaves nothing.
#[derive(Debug)]
pub(super) struct Write {
    transaction: sqlx::Transaction<'static, Sqlite>,
    now: i64,
    change: i64,
    dirty: bool,
    tallies: BTreeMap<String, Tally>,
    woken: BTreeSet<String>,
    wakes: Arc<Wakes>,
}

/// By how much a kind's counts change.
#[derive(Debug, Default)]
struct Tally {
    kept: [i64; State::ALL.len()],
    enqueued: i64,
    done: i64,
    dead: i64,
    dropped: i64,
}

impl Write {
    /// Takes SQLite's write lock, so that what is read from here on is what is written upon.
    pub(super) async fn begin(
        database: &Database,
        clock: &StoreClock,
        wakes: &Arc<Wakes>,
    ) -> sqlx::Result<Self> {
        let mut transaction = database.begin().await?;
        let (latest, change): (i64, i64) = sqlx::query_as("SELECT latest, change FROM queue_clock")
            .fetch_one(&mut *transaction)
            .await?;
        wakes.seen(change);
        Ok(Self {
            transaction,
            now: clock.now(latest),
            change,
            dirty: false,
            tallies: BTreeMap::new(),
            woken: BTreeSet::new(),
            wakes: Arc::clone(wakes),
        })
    }

    /// The transaction's one moment, milliseconds.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    /// The number that the next change will have.
    pub(super) fn next_change(&self) -> i64 {
        self.change + 1
    }

    /// Reserves `count` change numbers and returns the first.
    pub(super) fn changes(&mut self, count: usize) -> i64 {
        self.dirty = true;
        let first = self.next_change();
        self.change += i64::try_from(count).unwrap_or(0);
        first
    }

    /// Counts jobs of a kind that went from one state to another (none: from or to nowhere), and has the kind's
    /// waiters woken where there is something new to fetch, or to wait for.
    pub(super) fn moved(
        &mut self,
        kind: &str,
        from: Option<State>,
        to: Option<State>,
        jobs: usize,
    ) {
        if jobs == 0 {
            return;
        }
        self.dirty = true;
        let count = i64::try_from(jobs).unwrap_or(0);
        let tally = self.tallies.entry(kind.to_owned()).or_default();
        match from {
            Some(state) => tally.kept[state as usize] -= count,
            None => tally.enqueued += count,
        }
        if let Some(state) = to {
            tally.kept[state as usize] += count;
        }
        match to {
            Some(State::Done) => tally.done += count,
            Some(State::Dead) => tally.dead += count,
            Some(State::Scheduled | State::Ready) => self.wake(kind),
            Some(State::Running) | None => {}
        }
    }

    /// Counts dead letters that retention drops; [`Self::moved`] takes them from those that are kept.
    pub(super) fn dropped(&mut self, kind: &str, jobs: usize) {
        let tally = self.tallies.entry(kind.to_owned()).or_default();
        tally.dropped += i64::try_from(jobs).unwrap_or(0);
    }

    /// Has the kind's waiters woken after the commit.
    pub(super) fn wake(&mut self, kind: &str) {
        self.woken.insert(kind.to_owned());
    }

    /// Says that something is to be committed that is no job's change of state.
    pub(super) fn touched(&mut self) {
        self.dirty = true;
    }

    /// Makes it all true, then wakes; ends the transaction without a trace when nothing was written.
    pub(super) async fn commit(mut self) -> sqlx::Result<()> {
        if !self.dirty {
            return self.transaction.rollback().await;
        }
        for (kind, tally) in &self.tallies {
            count(&mut self.transaction, kind, tally).await?;
        }
        sqlx::query("UPDATE queue_clock SET latest = ?, change = ?")
            .bind(self.now)
            .bind(self.change)
            .execute(&mut *self.transaction)
            .await?;
        self.transaction.commit().await?;
        self.wakes.wrote(self.change);
        for kind in &self.woken {
            self.wakes.wake(kind);
        }
        Ok(())
    }
}

async fn count(connection: &mut SqliteConnection, kind: &str, tally: &Tally) -> sqlx::Result<()> {
    let mut query = sqlx::query(COUNT).bind(kind);
    for delta in tally.kept {
        query = query.bind(delta);
    }
    query
        .bind(tally.enqueued)
        .bind(tally.done)
        .bind(tally.dead)
        .bind(tally.dropped)
        .execute(connection)
        .await?;
    Ok(())
}

const COUNT: &str = "
    INSERT INTO queue_kinds
        (kind, scheduled, ready, running, done, dead, enqueued_total, done_total, dead_total, dropped_total)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind) DO UPDATE SET
        scheduled = scheduled + excluded.scheduled,
        ready = ready + excluded.ready,
        running = running + excluded.running,
        done = done + excluded.done,
        dead = dead + excluded.dead,
        enqueued_total = enqueued_total + excluded.enqueued_total,
        done_total = done_total + excluded.done_total,
        dead_total = dead_total + excluded.dead_total,
        dropped_total = dropped_total + excluded.dropped_total";
