//! An installation whose queue the test fills itself, beside the binary.

use std::{path::Path, sync::Arc, time::Duration};

use moodwire_model::SystemClock;
use moodwire_queue::{Attempt, NewJob, Options, Outcome, Settlement, Store, VerdictWord};
use serde_json::Value;

use crate::common::{Installation, Stores, write_posts};

/// An installation with nothing on its queue yet.
pub(crate) async fn empty() -> Installation {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 1);
    // The posts are gone with their folder: nothing is collected.
    Installation::new(Stores::Embedded, &posts.path, "").await
}

/// The queue that the binary works on.
pub(crate) async fn queue(installation: &Installation) -> Arc<dyn Store> {
    open(&installation.database()).await
}

/// The queue in this file.
pub(crate) async fn open(database: &Path) -> Arc<dyn Store> {
    let options = Options {
        clock: Arc::new(SystemClock),
        offset: moodwire_queue::ClockOffset::default(),
        prefix: "moodwire".to_owned(),
        allow_eviction: false,
    };
    let url = format!("sqlite://{}", database.display());
    moodwire_queue::open(&url, &options).await.unwrap()
}

/// Enqueues a job under each id, in this order, with a payload.
pub(crate) async fn enqueue(queue: &dyn Store, ids: &[String], payload: &str) {
    let jobs: Vec<NewJob> = ids
        .iter()
        .map(|id| NewJob {
            id: id.clone(),
            kind: id.split(':').next().unwrap().to_owned(),
            payload: payload.as_bytes().to_vec(),
            run_at: None,
            max_attempts: 3,
            parent: None,
            root: None,
        })
        .collect();
    for chunk in jobs.chunks(moodwire_queue::CHUNK) {
        queue.enqueue(chunk).await.unwrap();
    }
}

/// Makes a dead letter of each id, all of one kind, those of one call of one error.
pub(crate) async fn bury(queue: &dyn Store, ids: &[String], error: &str) {
    for chunk in ids.chunks(moodwire_queue::CHUNK) {
        enqueue(queue, chunk, "{}").await;
        let kind = chunk[0].split(':').next().unwrap();
        let lease = Duration::from_secs(30);
        let fetched = queue.fetch(kind, chunk.len(), "test", lease).await.unwrap();
        let settlements: Vec<Settlement> = fetched
            .leases
            .iter()
            .map(|lease| Settlement {
                id: lease.id.clone(),
                token: lease.token,
                outcome: Outcome::Dead {
                    reason: error.lines().next().unwrap().to_owned(),
                    error: error.to_owned(),
                },
                record: Attempt {
                    attempt: lease.attempt,
                    started_at: lease.started_at,
                    duration_ms: 1,
                    worker: "test".to_owned(),
                    verdict: VerdictWord::Dead,
                    error: Some(error.to_owned()),
                },
                only_if_expired: false,
            })
            .collect();
        assert_eq!(settlements.len(), chunk.len());
        queue.settle(kind, &settlements).await.unwrap();
    }
}

/// `count` ids that begin alike.
pub(crate) fn ids(stem: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{stem}{n:05}")).collect()
}

/// The ids of a listing.
pub(crate) fn listed(rows: &Value) -> Vec<String> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

/// All that may not change when a command is refused.
pub(crate) async fn everything(
    installation: &Installation,
) -> (Value, Vec<moodwire_queue::JobRow>) {
    let mut stats = installation.json(&["queue", "stats"]).await;
    for kind in stats.as_object_mut().unwrap().values_mut() {
        // It grows with the time.
        kind["oldest_ready_seconds"].take();
    }
    let queue = queue(installation).await;
    let filter = moodwire_queue::JobFilter::default();
    let page = queue.list(&filter, None, 1_000).await.unwrap();
    assert_eq!(page.next, None);
    (stats, page.jobs)
}
