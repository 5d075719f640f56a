//! A fresh store with a clock to step, and the short words that the cases are written in.

use std::{any::Any, collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::SystemClock;
use moodwire_queue::{
    Attempt, ClockOffset, JobFilter, JobRow, Lease, NewJob, Options, Outcome, Page, SCAN, Settled,
    Settlement, State, Store, VerdictWord, open,
};

/// How long a lease is in the cases that do not care.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// A fresh store. What its guard holds (a folder, a prefix of keys) goes when the fixture goes.
pub(crate) struct Fixture {
    /// The store.
    pub(crate) store: Arc<dyn Store>,
    offset: ClockOffset,
    prefix: String,
    other_url: String,
    _guard: Box<dyn Any + Send + Sync>,
}

impl Fixture {
    /// Opens the store at `url`; `other_url` names the same store for handles as of another process.
    pub(crate) async fn open(
        url: &str,
        other_url: &str,
        prefix: &str,
        guard: impl Any + Send + Sync,
    ) -> Self {
        let offset = ClockOffset::default();
        let options = options(prefix, &offset);
        Self {
            store: open(url, &options).await.unwrap(),
            offset,
            prefix: prefix.to_owned(),
            other_url: other_url.to_owned(),
            _guard: Box::new(guard),
        }
    }

    /// The same store once more, as another process would open it, with the same clock.
    pub(crate) async fn another(&self) -> Arc<dyn Store> {
        open(&self.other_url, &options(&self.prefix, &self.offset))
            .await
            .unwrap()
    }

    /// Steps the clock of every handle.
    pub(crate) fn step(&self, seconds: i64) {
        self.offset.step(TimeDelta::seconds(seconds));
    }

    /// So many seconds from now by the store's clock.
    pub(crate) async fn after(&self, seconds: i64) -> DateTime<Utc> {
        self.store.now().await.unwrap() + TimeDelta::seconds(seconds)
    }

    /// Enqueues jobs that must be new.
    pub(crate) async fn enqueue(&self, jobs: &[NewJob]) {
        let answers = self.store.enqueue(jobs).await.unwrap();
        assert_eq!(answers.len(), jobs.len());
        assert!(answers.iter().all(|answer| !answer.duplicate));
    }

    /// Leases up to `n` jobs.
    pub(crate) async fn fetch(&self, kind: &str, n: usize) -> Vec<Lease> {
        let fetched = self.store.fetch(kind, n, "worker-1", LEASE).await.unwrap();
        fetched.leases
    }

    /// Leases the one job that must be due.
    pub(crate) async fn fetch_one(&self, kind: &str) -> Lease {
        let mut leases = self.fetch(kind, 1).await;
        leases.pop().unwrap()
    }

    /// Settles one lease.
    pub(crate) async fn settle(&self, lease: &Lease, outcome: Outcome) -> Settled {
        let settlement = settlement(lease, outcome);
        let settled = self.store.settle(&lease.kind, &[settlement]).await.unwrap();
        assert_eq!(settled.len(), 1);
        settled[0]
    }

    /// The job, which must exist.
    pub(crate) async fn row(&self, id: &str) -> JobRow {
        self.store.get(id).await.unwrap().unwrap()
    }

    /// Enqueues a job of the kind and lets it end as a dead letter with this error.
    pub(crate) async fn bury(&self, job: NewJob, error: &str) {
        let kind = job.kind.clone();
        self.enqueue(&[job]).await;
        let lease = self.fetch_one(&kind).await;
        let outcome = Outcome::Dead {
            reason: "it can never succeed".to_owned(),
            error: error.to_owned(),
        };
        assert_eq!(
            self.settle(&lease, outcome).await,
            Settled::Moved(State::Dead)
        );
    }

    /// Every job that matches, page by page, each page of at most `limit`.
    pub(crate) async fn list(&self, filter: &JobFilter, limit: usize) -> Vec<JobRow> {
        let pages = self.pages(filter, limit).await;
        pages.into_iter().flat_map(|page| page.jobs).collect()
    }

    /// Every page of a listing.
    pub(crate) async fn pages(&self, filter: &JobFilter, limit: usize) -> Vec<Page> {
        let mut pages: Vec<Page> = Vec::new();
        loop {
            let after = pages.last().and_then(|page| page.next.as_deref());
            let page = self.store.list(filter, after, limit).await.unwrap();
            assert!(page.jobs.len() <= limit && page.jobs.len() <= page.looked);
            assert!(filter.search.is_none() || page.looked <= SCAN);
            assert!(page.next.is_none() || page.next.as_deref() != after);
            let last = page.next.is_none();
            pages.push(page);
            if last {
                return pages;
            }
        }
    }

    /// Where each job of the kind is, once statistics, the listing of each state, the listing of all and each
    /// job on its own were seen to agree: a job is in exactly one state.
    pub(crate) async fn states(&self, kind: &str) -> BTreeMap<String, State> {
        let stats = self.store.stats().await.unwrap();
        let stats = stats.get(kind).cloned().unwrap_or_default();
        let mut states = BTreeMap::new();
        for state in State::ALL {
            let filter = JobFilter {
                kind: Some(kind.to_owned()),
                state: Some(state),
                ..JobFilter::default()
            };
            let rows = self.list(&filter, 1_000).await;
            let counted = match state {
                State::Scheduled => stats.scheduled,
                State::Ready => stats.ready,
                State::Running => stats.running,
                State::Done => stats.done,
                State::Dead => stats.dead,
            };
            assert_eq!(rows.len() as u64, counted, "{state:?} by listing, by count");
            for row in rows {
                assert_eq!(row.state, state);
                assert_eq!(self.row(&row.id).await, row);
                assert_eq!(states.insert(row.id, state), None, "in two states");
            }
        }
        let filter = JobFilter {
            kind: Some(kind.to_owned()),
            ..JobFilter::default()
        };
        let all = self.list(&filter, 7).await;
        assert_eq!(all.len(), states.len());
        assert!(
            all.iter()
                .all(|row| states.get(&row.id) == Some(&row.state))
        );
        states
    }
}

fn options(prefix: &str, offset: &ClockOffset) -> Options {
    Options {
        clock: Arc::new(SystemClock),
        offset: offset.clone(),
        prefix: prefix.to_owned(),
        allow_eviction: false,
    }
}

/// A job of the kind, due at once, with five attempts.
pub(crate) fn job(kind: &str, name: &str) -> NewJob {
    NewJob {
        id: format!("{kind}:{name}"),
        kind: kind.to_owned(),
        payload: format!("{{\"name\":\"{name}\"}}").into_bytes(),
        run_at: None,
        max_attempts: 5,
        parent: None,
        root: None,
    }
}

/// Jobs of the kind, named `00000`, `00001`, ….
pub(crate) fn jobs(kind: &str, count: usize) -> Vec<NewJob> {
    (0..count)
        .map(|number| job(kind, &format!("{number:05}")))
        .collect()
}

/// The end of a lease's attempt, with the record that goes with it.
pub(crate) fn settlement(lease: &Lease, outcome: Outcome) -> Settlement {
    let (verdict, error) = match &outcome {
        Outcome::Done | Outcome::HandBack => (VerdictWord::Done, None),
        Outcome::Retry { error, .. } => (VerdictWord::Retry, Some(error.clone())),
        Outcome::Later { reason, .. } => (VerdictWord::Later, Some(reason.clone())),
        Outcome::Dead { error, .. } => (VerdictWord::Dead, Some(error.clone())),
    };
    Settlement {
        id: lease.id.clone(),
        token: lease.token,
        outcome,
        record: Attempt {
            attempt: lease.attempt,
            started_at: lease.started_at,
            duration_ms: 12,
            worker: "worker-1".to_owned(),
            verdict,
            error,
        },
        only_if_expired: false,
    }
}

/// What whoever finds an expired lease settles it with.
pub(crate) fn lost(lease: &Lease, delay: Duration) -> Settlement {
    let mut settlement = settlement(lease, retry("worker lost", delay));
    settlement.record.verdict = VerdictWord::WorkerLost;
    settlement.only_if_expired = true;
    settlement
}

/// A failure after which the job waits for `delay`.
pub(crate) fn retry(error: &str, delay: Duration) -> Outcome {
    Outcome::Retry {
        error: error.to_owned(),
        delay,
    }
}

/// The job waits: scheduled, or ready where the store sees that its wait is over already.
pub(crate) fn waits(settled: Settled) -> bool {
    matches!(settled, Settled::Moved(State::Scheduled | State::Ready))
}
