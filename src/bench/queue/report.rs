//! What a benchmark of the queue found, for people and for scripts.

use serde_json::{Value, json};

use super::{
    QueueBench,
    measure::{Drained, PAYLOAD, Taken},
    sustain::{Held, Sustained},
};
use crate::{
    bench::{
        latencies::{Latencies, millis},
        memory::mb,
    },
    failure::Failure,
    output,
};

/// Everything that was measured.
pub(super) struct Report {
    pub(super) bench: QueueBench,
    pub(super) place: String,
    pub(super) single: Taken,
    pub(super) bulk: Taken,
    pub(super) listing: Latencies,
    pub(super) drain: Drained,
    pub(super) pick_up: Latencies,
    pub(super) sustained: Option<Sustained>,
}

impl Report {
    /// Prints it.
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        if json {
            return output::json(&self.document());
        }
        let row = |name: &str, value: String| vec![name.to_owned(), value];
        let rate = |taken: &Taken| format!("{:.0} jobs/s", per_second(taken));
        let cpu = |millis: Option<f64>| {
            millis.map_or_else(|| "unknown".to_owned(), |millis| format!("{millis:.1} ms"))
        };
        let times = |latencies: &Latencies| {
            let [p50, p99, p999] =
                [0.5, 0.99, 0.999].map(|share| millis(latencies.quantile(share)));
            format!("p50 {p50:.2} ms, p99 {p99:.2} ms, p99.9 {p999:.2} ms")
        };
        let mut rows = vec![
            row("queue", self.place.clone()),
            row("enqueue one by one", rate(&self.single)),
            row("enqueue in bulk", rate(&self.bulk)),
            row(
                "drain",
                format!(
                    "{} ({} jobs; processes: {}, threads of each: {}, jobs at once in each: {})",
                    rate(&self.drain.taken),
                    self.bench.jobs,
                    self.bench.processes,
                    self.bench.threads,
                    self.bench.concurrency
                ),
            ),
            row("idle pick-up", times(&self.pick_up)),
            row("listings, all waiting", times(&self.listing)),
            row("worker CPU per 1,000 jobs", cpu(self.worker_cpu())),
            row(
                "peak memory of a worker",
                self.peak()
                    .map_or_else(|| "unknown".to_owned(), |mb| format!("{mb:.1} MB")),
            ),
        ];
        if let Some(redis) = self.redis() {
            rows.extend([
                row(
                    "Redis CPU per 1,000 jobs",
                    cpu(redis["cpu_ms_per_1000"].as_f64()),
                ),
                row(
                    "Redis memory a waiting job",
                    format!("{} B beside its payload", redis["bytes_per_waiting_job"]),
                ),
                row(
                    "round trips a job",
                    redis["round_trips_per_job"].to_string(),
                ),
                row("bytes a job", redis["bytes_per_job"].to_string()),
            ]);
        }
        if let Some(sustained) = &self.sustained {
            rows.extend(sustained_rows(sustained));
        }
        output::table(&["", ""], &rows)
    }

    fn document(&self) -> Value {
        let drain = &self.drain.taken;
        let taken = |taken: &Taken| {
            json!({
                "n": taken.jobs,
                "seconds": taken.time.as_secs_f64(),
                "per_second": per_second(taken),
            })
        };
        let latencies = |latencies: &Latencies| {
            json!({
                "p50_ms": millis(latencies.quantile(0.5)),
                "p99_ms": millis(latencies.quantile(0.99)),
                "p999_ms": millis(latencies.quantile(0.999)),
            })
        };
        json!({
            "name": "queue",
            "n": drain.jobs,
            "seconds": drain.time.as_secs_f64(),
            "per_second": per_second(drain),
            "p50_ms": millis(self.pick_up.quantile(0.5)),
            "p99_ms": millis(self.pick_up.quantile(0.99)),
            "peak_rss_mb": self.peak(),
            "parts": {
                "place": self.place,
                "processes": self.bench.processes,
                "threads": self.bench.threads,
                "concurrency": self.bench.concurrency,
                "enqueue_one_by_one": taken(&self.single),
                "enqueue_in_bulk": taken(&self.bulk),
                "drain": taken(drain),
                "pick_up": latencies(&self.pick_up),
                "listing": latencies(&self.listing),
                "worker_cpu_ms_per_1000": self.worker_cpu(),
                "redis": self.redis(),
                "sustained": self.sustained.as_ref().map(sustained_document),
            },
        })
    }

    /// Milliseconds of all workers' processors on 1,000 jobs.
    fn worker_cpu(&self) -> Option<f64> {
        let cpu = self.drain.workers.cpu?;
        Some(millis(cpu) * 1_000.0 / f64::from(self.drain.taken.jobs))
    }

    /// The largest worker's peak of resident memory, MB.
    fn peak(&self) -> Option<f64> {
        self.drain.workers.peak.map(mb)
    }

    /// What a job costs Redis over its whole life, from a bulk enqueue to its done row.
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn redis(&self) -> Option<Value> {
        let (bulk, drain) = (self.bulk.usage?, self.drain.taken.usage?);
        let jobs = f64::from(self.bench.jobs);
        let cpu = millis(bulk.cpu + drain.cpu) * 1_000.0 / jobs;
        Some(json!({
            "cpu_ms_per_1000": cpu,
            "cpu_ms_per_1000_enqueue": millis(bulk.cpu) * 1_000.0 / jobs,
            "cpu_ms_per_1000_drain": millis(drain.cpu) * 1_000.0 / jobs,
            "bytes_per_waiting_job": (bulk.memory as f64 / jobs - PAYLOAD.len() as f64).round(),
            "round_trips_per_job": rounded((bulk.round_trips + drain.round_trips) as f64 / jobs),
            "bytes_per_job": ((bulk.bytes + drain.bytes) as f64 / jobs).round(),
        }))
    }
}

fn sustained_rows(sustained: &Sustained) -> Vec<Vec<String>> {
    let memory = |early: Option<u64>, late: Option<u64>| {
        early.zip(late).map_or_else(
            || "unknown".to_owned(),
            |(early, late)| {
                format!(
                    "{:.1} MB after a fifth of it, {:.1} MB at its end",
                    mb(early),
                    mb(late)
                )
            },
        )
    };
    let Held { redis, worker } = sustained.early;
    let late = sustained.late;
    let seconds = sustained.time.as_secs_f64();
    let rows = [
        (
            "at full rate",
            format!("{} jobs in {seconds:.0} s", sustained.jobs),
        ),
        ("  memory of Redis", memory(redis, late.redis)),
        ("  memory of a worker", memory(worker, late.worker)),
    ];
    rows.map(|(name, value)| vec![name.to_owned(), value])
        .into()
}

fn sustained_document(sustained: &Sustained) -> Value {
    let held =
        |held: Held| json!({"redis_mb": held.redis.map(mb), "worker_mb": held.worker.map(mb)});
    json!({
        "n": sustained.jobs,
        "seconds": sustained.time.as_secs_f64(),
        "early": held(sustained.early),
        "late": held(sustained.late),
    })
}

fn per_second(taken: &Taken) -> f64 {
    f64::from(taken.jobs) / taken.time.as_secs_f64()
}

/// To a thousandth.
fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}
