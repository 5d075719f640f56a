//! The record of an ended attempt, for whoever follows runs across processes.
//!
//! It is a `tracing` event of a target of its own: where no layer asks for it, and no log is written at `trace`, it costs a
//! look at a flag.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{Lease, Settlement};

/// The target of the events, whose fields are `id`, `kind`, `root`, `parent`, `attempt`, `token`, `verdict`, `error`,
/// `due_ms`, `ended_ms` (by the store's clock, Unix time) and `took_us`.
pub const TARGET: &str = "moodwire::attempt";

/// Tells of an attempt that ended at `ended_at`.
pub(crate) fn tell(
    lease: &Lease,
    settlement: &Settlement,
    ended_at: DateTime<Utc>,
    took: Duration,
) {
    tracing::trace!(
        target: TARGET,
        id = %lease.id,
        kind = %lease.kind,
        root = lease.root.as_deref().unwrap_or(&lease.id),
        parent = lease.parent.as_deref().unwrap_or_default(),
        attempt = lease.attempt,
        token = lease.token,
        verdict = settlement.record.verdict.as_str(),
        error = settlement.record.error.as_deref().unwrap_or_default(),
        due_ms = lease.due_at.timestamp_millis(),
        ended_ms = ended_at.timestamp_millis(),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    );
}
