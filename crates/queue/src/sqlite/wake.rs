//! Waking who waits for a job: at once within the process, within a second across processes.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::SqliteStore;

/// How often a waiting process looks whether another one wrote: one row read, by one of its waiters.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// No wait is longer, so that adding it to the present cannot overflow.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

impl SqliteStore {
    pub(super) async fn wait_for_wake(&self, kind: &str, at_most: Duration) -> sqlx::Result<()> {
        let mut generation = self.watch.wakes.subscribe(kind);
        let drained = self.watch.drained(kind);
        let end = Instant::now() + at_most.min(LONGEST_WAIT);
        while *generation.borrow_and_update() == drained {
            let tick = end.min(Instant::now() + LOOK_EVERY);
            tokio::select! {
                _ = generation.changed() => {}
                () = sleep_until(tick) => {
                    if tick == end {
                        return Ok(());
                    }
                    if self.watch.wakes.look_is_due() {
                        self.look().await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks whether another process wrote, and wakes everybody if so: what it wrote is not known.
    ///
    /// `PRAGMA data_version` would move at each write of this process too, and at those of the lake and the
    /// warehouse in the same file; the change number moves with the queue alone.
    pub(super) async fn look(&self) -> sqlx::Result<()> {
        let change = sqlx::query_scalar("SELECT change FROM queue_clock")
            .fetch_one(self.database.reader())
            .await?;
        self.watch.wakes.seen(change);
        Ok(())
    }
}

/// One handle's view of the wakes.
#[derive(Debug)]
pub(super) struct Watch {
    wakes: Arc<Wakes>,
    drained: Mutex<HashMap<String, u64>>,
}

impl Watch {
    pub(super) fn on(path: &Path) -> Self {
        Self {
            wakes: Wakes::of(path),
            drained: Mutex::default(),
        }
    }

    pub(super) fn wakes(&self) -> &Arc<Wakes> {
        &self.wakes
    }

    /// Remembers that a fetch which began in this generation left nothing ready. Only such a fetch counts: after one
    /// that was full, another worker of this handle must not sleep beside the jobs that were left.
    pub(super) fn found_drained(&self, kind: &str, generation: u64) {
        lock(&self.drained).insert(kind.to_owned(), generation);
    }

    fn drained(&self, kind: &str) -> u64 {
        lock(&self.drained).get(kind).copied().unwrap_or(0)
    }
}

/// The wakes of one file, shared by every handle on it in this process.
#[derive(Debug)]
pub(super) struct Wakes {
    /// A kind's generation moves when there may be something new to fetch. A waiter that knows an older one
    /// returns at once, so that no wake is lost between a fetch that found nothing and the wait after it.
    generations: Mutex<HashMap<String, watch::Sender<u64>>>,
    /// The last change number whose waiters have been woken.
    change: AtomicI64,
    looked: Mutex<Instant>,
}

static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<Wakes>>>> = LazyLock::new(Mutex::default);

impl Wakes {
    fn of(path: &Path) -> Arc<Self> {
        let mut open = lock(&OPEN);
        if let Some(wakes) = open.get(path).and_then(Weak::upgrade) {
            return wakes;
        }
        let wakes = Arc::new(Self {
            generations: Mutex::default(),
            change: AtomicI64::new(0),
            looked: Mutex::new(Instant::now()),
        });
        open.retain(|_, wakes| wakes.strong_count() > 0);
        open.insert(path.to_owned(), Arc::downgrade(&wakes));
        wakes
    }

    /// The kind's present generation: take it before reading the file.
    pub(super) fn generation(&self, kind: &str) -> u64 {
        *self.subscribe(kind).borrow()
    }

    /// Wakes the kind's waiters.
    pub(super) fn wake(&self, kind: &str) {
        self.sender(kind).send_modify(|generation| *generation += 1);
    }

    /// Takes note of the file's change number. One that is beyond what this process wrote is another's work. (It may
    /// also be a commit of this process that has yet to call [`Self::wrote`]: a wake for nothing, which does no harm.)
    pub(super) fn seen(&self, change: i64) {
        if self.change.fetch_max(change, Ordering::SeqCst) < change {
            for sender in lock(&self.generations).values() {
                sender.send_modify(|generation| *generation += 1);
            }
        }
    }

    /// Takes note of the change number that this process has just committed.
    pub(super) fn wrote(&self, change: i64) {
        self.change.fetch_max(change, Ordering::SeqCst);
    }

    fn look_is_due(&self) -> bool {
        let mut looked = lock(&self.looked);
        let due = looked.elapsed() >= LOOK_EVERY / 2;
        if due {
            *looked = Instant::now();
        }
        due
    }

    fn subscribe(&self, kind: &str) -> watch::Receiver<u64> {
        self.sender(kind).subscribe()
    }

    fn sender(&self, kind: &str) -> watch::Sender<u64> {
        lock(&self.generations)
            .entry(kind.to_owned())
            .or_insert_with(|| watch::Sender::new(0))
            .clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
