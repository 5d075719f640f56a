//! What a benchmark of the console found, for people and for scripts.

use std::time::Duration;

use serde_json::{Value, json};

use super::ConsoleBench;
use crate::{
    bench::{
        latencies::{Latencies, millis},
        memory::{mb, peak},
    },
    failure::Failure,
    output,
};

/// How long a page took to its last byte.
pub(super) struct Page {
    pub(super) path: String,
    pub(super) bytes: usize,
    pub(super) first: Duration,
    pub(super) latencies: Latencies,
}

/// Everything that was measured.
pub(super) struct Report {
    pub(super) bench: ConsoleBench,
    pub(super) place: String,
    pub(super) pages: Vec<Page>,
}

impl Report {
    /// Prints it.
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        if json {
            return output::json(&self.document());
        }
        output::line(&format!(
            "queue {} with {} jobs, {} posts; each page {} times; peak memory {}",
            self.place,
            self.bench.jobs,
            self.bench.posts,
            self.bench.rounds,
            peak().map_or_else(
                || "unknown".to_owned(),
                |bytes| format!("{:.0} MB", mb(bytes))
            )
        ))?;
        let rows: Vec<Vec<String>> = self
            .pages
            .iter()
            .map(|page| {
                let time = |time| format!("{:.1}", millis(time));
                vec![
                    page.path.clone(),
                    time(page.first),
                    time(page.latencies.quantile(0.5)),
                    time(page.latencies.quantile(1.0)),
                    (page.bytes / 1_000).to_string(),
                ]
            })
            .collect();
        output::table(&["page", "first ms", "p50 ms", "longest ms", "kB"], &rows)
    }

    fn document(&self) -> Value {
        let pages: Vec<Value> = self
            .pages
            .iter()
            .map(|page| {
                json!({
                    "path": page.path,
                    "bytes": page.bytes,
                    "first_ms": millis(page.first),
                    "p50_ms": millis(page.latencies.quantile(0.5)),
                    "longest_ms": millis(page.latencies.quantile(1.0)),
                })
            })
            .collect();
        json!({
            "queue": self.place,
            "jobs": self.bench.jobs,
            "posts": self.bench.posts,
            "rounds": self.bench.rounds,
            "pages": pages,
        })
    }
}
