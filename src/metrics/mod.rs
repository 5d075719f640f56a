//! Metrics: what a long-running role tells Prometheus, at `/metrics` of `[metrics] listen`.
//!
//! What happens in the process (attempts, posts) is counted where it happens, through the `metrics` facade. What lies in the
//! stores (depth, dead letters, watermarks, publications) is read when it is asked for, so that every role of an
//! installation tells the same of it: take the `max` over instances.

mod family;
mod sampled;
mod server;
mod watched;

use std::{sync::Arc, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use moodwire_queue::meters;
use tokio::{net::TcpListener, task::JoinHandle};

use self::sampled::Sampler;
pub(crate) use self::watched::Watched;
use crate::{config::Config, failure::Failure};

/// Upper ends of the histograms' buckets, seconds: from an idle queue's pick-up (a millisecond) to a job that waited for an
/// hour to be complete.
const BUCKETS: [f64; 18] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
    900.0, 3600.0,
];

/// How often recorded times are sorted into buckets: what comes meanwhile is kept one by one.
const SORT_EVERY: Duration = Duration::from_secs(1);

/// The listener of a role's metrics; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Exporter {
    tasks: Vec<JoinHandle<()>>,
}

impl Exporter {
    /// Begins to count and to listen, where that is configured. Before the role's workers start: what they count goes to the
    /// recorder that is there by then.
    pub(crate) async fn start(
        config: &Config,
        role: &'static str,
        watched: Watched,
    ) -> Result<Self, Failure> {
        let Some(address) = config.metrics.listen else {
            return Ok(Self { tasks: Vec::new() });
        };
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::Runtime(format!(
                "metrics cannot be served at {address}: {error}; free the port, or set another one as [metrics] listen"
            ))
        };
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| cannot(&error))?;
        let bound = listener.local_addr().map_err(|error| cannot(&error))?;
        let handle = count(&watched).map_err(|error| cannot(&error))?;
        tracing::info!(address = %bound, "metrics at http://{bound}/metrics");
        let sampler = Arc::new(Sampler::new(role, watched));
        let sorting = handle.clone();
        Ok(Self {
            tasks: vec![
                tokio::spawn(server::serve(listener, handle, sampler)),
                tokio::spawn(sort(sorting)),
            ],
        })
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Installs the recorder of the whole process.
fn count(watched: &Watched) -> Result<PrometheusHandle, Box<dyn std::error::Error>> {
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    meters::describe();
    moodwire_workers::meters::describe(watched.sources.keys().map(String::as_str));
    Ok(handle)
}

fn recorder()
-> Result<metrics_exporter_prometheus::PrometheusRecorder, metrics_exporter_prometheus::BuildError>
{
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?;
    Ok(builder.build_recorder())
}

/// Never ends by itself.
async fn sort(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(SORT_EVERY);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_rendered_with_its_buckets_and_its_meaning() {
        let recorder = recorder().unwrap();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            meters::describe();
            moodwire_workers::meters::describe(["history"].into_iter());
            metrics::histogram!(meters::RUN, "kind" => "collect").record(0.7);
        });
        handle.run_upkeep();
        let text = handle.render();
        for line in [
            "# TYPE moodwire_job_run_seconds histogram",
            "moodwire_job_run_seconds_bucket{kind=\"collect\",le=\"0.5\"} 0",
            "moodwire_job_run_seconds_bucket{kind=\"collect\",le=\"1\"} 1",
            "moodwire_posts_collected_total{source=\"history\"} 0",
            "# HELP moodwire_posts_collected_total Posts that this process stored in the lake.",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }
}
