//! What a Redis with 100,000 jobs is asked: never anything that takes as long as there are jobs.

use std::time::Duration;

use moodwire_queue::{JobFilter, NewJob, Outcome, Retention, State, Store};

use crate::{
    fixture::{LEASE, job, settlement},
    outages::store_on,
    own_redis::OwnRedis,
};

const JOBS: usize = 100_000;

/// What one script may take of Redis's only thread. It is measured as the processor time of that thread and not by the
/// slow log, which counts the time in which other processes had the processor as well.
const MOST: Duration = Duration::from_millis(10);

/// How often each call is measured: the shortest counts, since what a call has to do never becomes less by chance.
const TIMES: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v15_listing_and_retention_of_100000_jobs_never_hold_redis_up() {
    let Some(server) = OwnRedis::start(&["--appendonly", "no"]) else {
        return;
    };
    let store = store_on(&server).await;
    fill(&*store).await;
    for state in [None].into_iter().chain(State::ALL.map(Some)) {
        for search in [None, Some("does not occur".to_owned())] {
            let filter = JobFilter {
                kind: Some("collect".to_owned()),
                state,
                search,
                ..JobFilter::default()
            };
            never_slow(&server, &format!("{filter:?}"), async |_| {
                store.list(&filter, None, 100).await.unwrap();
            })
            .await;
        }
    }
    let prefix = JobFilter {
        prefix: Some("collect:0500".to_owned()),
        ..JobFilter::default()
    };
    never_slow(&server, "by prefix", async |_| {
        store.list(&prefix, None, 100).await.unwrap();
    })
    .await;
    never_slow(&server, "statistics", async |_| {
        store.stats().await.unwrap();
    })
    .await;
    // A call drops a few chunks at most; each of these leaves one chunk less of each.
    never_slow(&server, "retention", async |time| {
        let left = 25_000 - 250 * (u64::try_from(time).unwrap() + 1);
        let retention = Retention {
            done_count: left,
            dead_count: left,
            ..Retention::default()
        };
        let pruned = store.prune("collect", &retention).await.unwrap();
        assert_eq!((pruned.done, pruned.dead), (250, 250));
    })
    .await;
    let stats = &store.stats().await.unwrap()["collect"];
    assert_eq!(
        (stats.done, stats.dead, stats.ready),
        (23_750, 23_750, 49_500)
    );
}

/// Asks several times, and fails when even in the shortest the scripts held Redis up.
async fn never_slow(server: &OwnRedis, what: &str, ask: impl AsyncFn(usize)) {
    let mut shortest = Duration::MAX;
    for time in 0..TIMES {
        let before = worked(server);
        server.ask::<()>(&["CONFIG", "RESETSTAT"]);
        ask(time).await;
        let scripts = scripts(server).max(1);
        shortest = shortest.min((worked(server) - before) / scripts);
    }
    assert!(
        shortest < MOST,
        "{what}: {shortest:?} of Redis's time a script"
    );
}

/// The processor time that Redis's main thread has taken so far.
fn worked(server: &OwnRedis) -> Duration {
    let told: String = server.ask(&["INFO", "cpu"]);
    told.lines()
        .filter_map(|line| line.strip_prefix("used_cpu_")?.split_once("_main_thread:"))
        .map(|(_, seconds)| Duration::from_secs_f64(seconds.trim().parse().unwrap()))
        .sum()
}

/// How many scripts were run since the counts were reset.
fn scripts(server: &OwnRedis) -> u32 {
    let told: String = server.ask(&["INFO", "commandstats"]);
    told.lines()
        .filter_map(|line| line.strip_prefix("cmdstat_eval")?.split_once("calls="))
        .map(|(_, counts)| counts.split(',').next().unwrap().parse::<u32>().unwrap())
        .sum()
}

/// A quarter of the jobs done, a quarter dead, some running, the others ready.
async fn fill(store: &dyn Store) {
    for chunk in 0..JOBS / 500 {
        let jobs: Vec<NewJob> = (0..500)
            .map(|number| job("collect", &format!("{:06}", chunk * 500 + number)))
            .collect();
        store.enqueue(&jobs).await.unwrap();
    }
    let dead = Outcome::Dead {
        reason: "it can never succeed".to_owned(),
        error: "no".to_owned(),
    };
    for outcome in [Outcome::Done, dead] {
        for _ in 0..50 {
            let fetched = store.fetch("collect", 500, "worker-1", LEASE).await;
            let settlements: Vec<_> = fetched
                .unwrap()
                .leases
                .iter()
                .map(|lease| settlement(lease, outcome.clone()))
                .collect();
            store.settle("collect", &settlements).await.unwrap();
        }
    }
    let hour = Duration::from_secs(3_600);
    store.fetch("collect", 500, "worker-1", hour).await.unwrap();
}
