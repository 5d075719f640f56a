//! What a kind's workers count, through the `metrics` facade: in a process without a recorder it costs a branch.
//!
//! Handles are asked for once a kind and process, never a job: a recorder must be installed before the workers start.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};

use crate::{Outcome, Settled, Settlement};

/// Ended attempts, by `kind` and `verdict`.
pub const ATTEMPTS: &str = "moodwire_job_attempts_total";

/// How long jobs waited from when they were due until they began, by `kind`.
pub const LATENCY: &str = "moodwire_job_latency_seconds";

/// How long attempts ran, by `kind`.
pub const RUN: &str = "moodwire_job_run_seconds";

/// Attempts of this process whose lease was lost before they were settled, by `kind`.
pub const LEASES_LOST: &str = "moodwire_leases_lost_total";

/// Tells the recorder what the numbers mean.
pub fn describe() {
    describe_counter!(
        ATTEMPTS,
        Unit::Count,
        "Attempts that ended, by how: done, retry, later, dead, handed-back, or worker-lost of another process."
    );
    describe_histogram!(
        LATENCY,
        Unit::Seconds,
        "Time from when a job was due until its attempt began."
    );
    describe_histogram!(
        RUN,
        Unit::Seconds,
        "Time that an attempt ran, however it ended."
    );
    describe_counter!(
        LEASES_LOST,
        Unit::Count,
        "Attempts of this process that lost their lease before they were settled: they run again elsewhere."
    );
}

/// The handles of one kind. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Meters(Arc<Handles>);

struct Handles {
    done: Counter,
    retry: Counter,
    later: Counter,
    dead: Counter,
    handed_back: Counter,
    worker_lost: Counter,
    leases_lost: Counter,
    latency: Histogram,
    run: Histogram,
}

impl Meters {
    /// Those of this kind, in the recorder that is installed now.
    pub(crate) fn of(kind: &str) -> Self {
        let attempts = |verdict: &'static str| counter!(ATTEMPTS, "kind" => kind.to_owned(), "verdict" => verdict);
        Self(Arc::new(Handles {
            done: attempts("done"),
            retry: attempts("retry"),
            later: attempts("later"),
            dead: attempts("dead"),
            handed_back: attempts("handed-back"),
            worker_lost: attempts("worker-lost"),
            leases_lost: counter!(LEASES_LOST, "kind" => kind.to_owned()),
            latency: histogram!(LATENCY, "kind" => kind.to_owned()),
            run: histogram!(RUN, "kind" => kind.to_owned()),
        }))
    }

    /// An attempt begins, so long after its job was due.
    pub(crate) fn begun(&self, waited: Duration) {
        self.0.latency.record(waited);
    }

    /// An attempt is over, however it ended.
    pub(crate) fn ran(&self, took: Duration) {
        self.0.run.record(took);
    }

    /// The store has answered to a settlement.
    pub(crate) fn settled(&self, settlement: &Settlement, settled: Settled) {
        let handles = &*self.0;
        if settled == Settled::Stale {
            // Of a worker that was lost it says that its lease is alive after all.
            if !settlement.only_if_expired {
                handles.leases_lost.increment(1);
            }
            return;
        }
        let counter = match &settlement.outcome {
            _ if settlement.only_if_expired => &handles.worker_lost,
            Outcome::Done => &handles.done,
            Outcome::Retry { .. } => &handles.retry,
            Outcome::Later { .. } => &handles.later,
            Outcome::Dead { .. } => &handles.dead,
            Outcome::HandBack => &handles.handed_back,
        };
        counter.increment(1);
    }

    /// An attempt was stopped since its lease was gone.
    pub(crate) fn lease_lost(&self) {
        self.0.leases_lost.increment(1);
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meters")
    }
}
