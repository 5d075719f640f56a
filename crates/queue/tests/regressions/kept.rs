//! What is kept, for how long, and how it is counted and listed.

use std::time::Duration;

use moodwire_queue::{JobFilter, NewJob, Outcome, Retention, Settled, State};

use crate::fixture::{Fixture, job, jobs, retry, settlement};

/// Keeps nothing that has ended.
const NOTHING: Retention = Retention {
    done_for: Duration::ZERO,
    done_count: 0,
    dead_for: Duration::ZERO,
    dead_count: 0,
};

/// Fetches and settles everything that is due, each with the outcome.
async fn end_all(fixture: &Fixture, kind: &str, outcome: &Outcome) {
    loop {
        let leases = fixture.fetch(kind, 500).await;
        if leases.is_empty() {
            return;
        }
        let settlements: Vec<_> = leases
            .iter()
            .map(|lease| settlement(lease, outcome.clone()))
            .collect();
        let settled = fixture.store.settle(kind, &settlements).await.unwrap();
        assert!(
            settled
                .iter()
                .all(|settled| matches!(settled, Settled::Moved(_)))
        );
    }
}

fn dead() -> Outcome {
    Outcome::Dead {
        reason: "it can never succeed".to_owned(),
        error: "no".to_owned(),
    }
}

/// One job in each state, named after it.
async fn one_in_each_state(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "done")]).await;
    end_all(fixture, "collect", &Outcome::Done).await;
    fixture.enqueue(&[job("collect", "dead")]).await;
    end_all(fixture, "collect", &dead()).await;
    fixture.enqueue(&[job("collect", "scheduled")]).await;
    let waiting = retry("no", Duration::from_secs(3_600));
    end_all(fixture, "collect", &waiting).await;
    fixture.enqueue(&[job("collect", "running")]).await;
    assert_eq!(fixture.fetch("collect", 1).await.len(), 1);
    fixture.enqueue(&[job("collect", "ready")]).await;
}

pub(crate) async fn v05_pruning_never_takes_a_job_that_waits(fixture: &Fixture) {
    one_in_each_state(fixture).await;
    let later = NewJob {
        run_at: Some(fixture.after(400 * 24 * 3_600).await),
        ..job("collect", "far")
    };
    fixture.enqueue(&[later]).await;
    // Every other job is older than anything is kept, also the one that waits for its retry.
    fixture.step(3_599);
    fixture.store.prune("collect", &NOTHING).await.unwrap();
    let left: Vec<String> = fixture.states("collect").await.into_keys().collect();
    assert_eq!(
        left,
        [
            "collect:far",
            "collect:ready",
            "collect:running",
            "collect:scheduled"
        ]
    );
    fixture.step(60);
    fixture.store.prune("collect", &NOTHING).await.unwrap();
    let ids: Vec<String> = fixture
        .fetch("collect", 9)
        .await
        .into_iter()
        .map(|lease| lease.id)
        .collect();
    assert!(ids.contains(&"collect:scheduled".to_owned()), "{ids:?}");
}

pub(crate) async fn v13_statistics_hold_after_finished_jobs(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 7)).await;
    end_all(fixture, "collect", &Outcome::Done).await;
    fixture.enqueue(&jobs("publish", 3)).await;
    end_all(fixture, "publish", &dead()).await;
    let stats = fixture.store.stats().await.unwrap();
    let (collect, publish) = (&stats["collect"], &stats["publish"]);
    assert_eq!((collect.done, collect.done_total, collect.dead), (7, 7, 0));
    assert_eq!((publish.dead, publish.dead_total, publish.done), (3, 3, 0));
    assert_eq!(
        (collect.ready, collect.running, collect.scheduled),
        (0, 0, 0)
    );
}

pub(crate) async fn v14_kinds_and_jobs_are_listed_in_every_state(fixture: &Fixture) {
    one_in_each_state(fixture).await;
    fixture.enqueue(&[job("publish", "a")]).await;
    assert_eq!(fixture.store.kinds().await.unwrap(), ["collect", "publish"]);
    for state in State::ALL {
        let filter = JobFilter {
            kind: Some("collect".to_owned()),
            state: Some(state),
            ..JobFilter::default()
        };
        let rows = fixture.list(&filter, 100).await;
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, [format!("collect:{}", state.as_str())]);
        let worker = rows[0].worker.as_deref();
        assert_eq!(worker, (state == State::Running).then_some("worker-1"));
    }
}

pub(crate) async fn v21_retention_bounds_what_is_kept(fixture: &Fixture) {
    let retention = Retention {
        done_count: 100,
        dead_count: 50,
        ..Retention::default()
    };
    for (kind, outcome) in [("collect", Outcome::Done), ("publish", dead())] {
        for round in 0..3 {
            let round: Vec<NewJob> = (0..300)
                .map(|number| job(kind, &format!("{round}-{number}")))
                .collect();
            fixture.enqueue(&round).await;
            end_all(fixture, kind, &outcome).await;
            fixture.store.prune(kind, &retention).await.unwrap();
        }
    }
    let stats = fixture.store.stats().await.unwrap();
    assert_eq!(
        (stats["collect"].done, stats["collect"].done_total),
        (100, 900)
    );
    assert_eq!(
        (stats["publish"].dead, stats["publish"].dead_total),
        (50, 900)
    );
    assert_eq!(fixture.states("collect").await.len(), 100);
    assert_eq!(fixture.states("publish").await.len(), 50);
    fixture.step(31 * 24 * 3_600);
    for kind in ["collect", "publish"] {
        fixture.store.prune(kind, &retention).await.unwrap();
        assert_eq!(fixture.states(kind).await.len(), 0);
    }
}
