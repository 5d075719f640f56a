//! Cases of a clock that is set while jobs are in every stage of their lives.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use moodwire_queue::{Lease, NewJob, Outcome, Pruned, Retention, Settled, State, VerdictWord};

use super::fixture::{Fixture, LEASE, job, jobs, lost, retry, waits};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Keeps what ended less than a quarter of an hour ago.
const RETENTION: Retention = Retention {
    done_for: Duration::from_secs(900),
    done_count: 1_000,
    dead_for: Duration::from_secs(900),
    dead_count: 1_000,
};

pub(crate) async fn a_clock_stepped_back_by_an_hour_in_the_middle_of_everything(fixture: &Fixture) {
    let mut drill = Drill::new(fixture);
    let held = drill.put_jobs_everywhere().await;
    fixture.step(-HOUR);
    let pruned = fixture.store.prune("collect", &RETENTION).await.unwrap();
    assert_eq!(pruned, Pruned::default(), "nothing has grown old");
    assert!(fixture.store.expired("collect").await.unwrap().is_empty());
    // A store whose clock is another's may take what became due in the hour that comes again for not yet due.
    drill.go_on_with(held).await;
    drill.drain().await;
}

pub(crate) async fn a_clock_stepped_forward_by_a_day_in_the_middle_of_everything(
    fixture: &Fixture,
) {
    let mut drill = Drill::new(fixture);
    let held = drill.put_jobs_everywhere().await;
    fixture.step(DAY);
    // Every lease has expired, also those of workers that are well: these renew before anybody sweeps.
    let expired = fixture.store.expired("collect").await.unwrap();
    assert_eq!(expired.len(), drill.running.len());
    let taken = drill.go_on_with(held).await;
    assert_eq!(taken, 18, "everything that waited is due");
    let pruned = fixture.store.prune("collect", &RETENTION).await.unwrap();
    assert_eq!(pruned, Pruned { done: 1, dead: 1 }, "what ended yesterday");
    drill.drain().await;
}

/// What is known of the jobs without asking the store.
struct Drill<'a> {
    fixture: &'a Fixture,
    enqueued: BTreeSet<String>,
    running: BTreeMap<String, Lease>,
    done: BTreeSet<String>,
    dead: BTreeSet<String>,
    lost: BTreeSet<String>,
}

impl<'a> Drill<'a> {
    fn new(fixture: &'a Fixture) -> Self {
        Self {
            fixture,
            enqueued: BTreeSet::new(),
            running: BTreeMap::new(),
            done: BTreeSet::new(),
            dead: BTreeSet::new(),
            lost: BTreeSet::new(),
        }
    }

    /// One job done, one dead, one that waits for its retry, one that waits for something, two that are held by a
    /// worker that is well, two by one that is gone, four ready, eight scheduled. Answers the two.
    async fn put_jobs_everywhere(&mut self) -> Vec<Lease> {
        self.enqueue(jobs("collect", 12)).await;
        for (name, wait) in [("soon", 60), ("late", 2 * HOUR)] {
            let run_at = Some(self.fixture.after(wait).await);
            let scheduled = (0..4).map(|number| NewJob {
                run_at,
                ..job("collect", &format!("{name}-{number}"))
            });
            self.enqueue(scheduled.collect()).await;
        }
        let mut leases = self.fetch(8).await;
        assert_eq!(leases.len(), 8);
        self.end(&leases[0], Outcome::Done).await;
        let (reason, error) = ("no".to_owned(), "no".to_owned());
        self.end(&leases[1], Outcome::Dead { reason, error }).await;
        let wait = retry("it broke", Duration::from_secs(60));
        self.end(&leases[2], wait).await;
        let (until, reason) = (self.fixture.after(90).await, "it waits".to_owned());
        self.end(&leases[3], Outcome::Later { until, reason }).await;
        leases.drain(4..6).collect()
    }

    /// The worker that is well renews, ends one of its jobs and hands back the other; new jobs come; what is due runs.
    /// Answers how many those are.
    async fn go_on_with(&mut self, held: Vec<Lease>) -> usize {
        let tokens: Vec<(String, u64)> = held
            .iter()
            .map(|lease| (lease.id.clone(), lease.token))
            .collect();
        let renewed = self.fixture.store.renew("collect", &tokens, LEASE).await;
        assert_eq!(renewed.unwrap(), [true, true]);
        self.sweep().await;
        for lease in &held {
            assert!(
                self.running.contains_key(&lease.id),
                "taken from its worker"
            );
        }
        self.end(&held[0], Outcome::Done).await;
        self.end(&held[1], Outcome::HandBack).await;
        let new: Vec<NewJob> = ["new-0", "new-1", "new-2"]
            .map(|name| job("collect", name))
            .into();
        self.enqueue(new).await;

        let leases = self.fetch(100).await;
        // Half of them end; the others' worker is gone.
        for lease in leases.iter().step_by(2) {
            self.end(lease, Outcome::Done).await;
        }
        leases.len()
    }

    /// Hours pass, workers come back, and everything ends.
    async fn drain(&mut self) {
        for _ in 0..6 {
            self.fixture.step(HOUR + 100);
            self.sweep().await;
            for lease in self.fetch(100).await {
                self.end(&lease, Outcome::Done).await;
            }
        }
        assert!(self.running.is_empty(), "{:?}", self.running);
        let ended: BTreeSet<String> = self.done.union(&self.dead).cloned().collect();
        assert_eq!(ended, self.enqueued, "lost");
        let stats = &self.fixture.store.stats().await.unwrap()["collect"];
        assert_eq!((stats.scheduled, stats.ready, stats.running), (0, 0, 0));
        assert_eq!(stats.done_total, self.done.len() as u64);
        assert_eq!(stats.dead_total, self.dead.len() as u64);
        for (id, state) in self.fixture.states("collect").await {
            let ended = if self.dead.contains(&id) {
                State::Dead
            } else {
                State::Done
            };
            assert_eq!(state, ended, "{id}");
            let history = self.fixture.row(&id).await.history;
            let lost = history
                .iter()
                .any(|one| one.verdict == VerdictWord::WorkerLost);
            assert_eq!(lost, self.lost.contains(&id), "{id}");
        }
    }

    async fn enqueue(&mut self, jobs: Vec<NewJob>) {
        self.fixture.enqueue(&jobs).await;
        self.enqueued.extend(jobs.into_iter().map(|job| job.id));
    }

    async fn fetch(&mut self, n: usize) -> Vec<Lease> {
        let leases = self.fixture.fetch("collect", n).await;
        for lease in &leases {
            let id = lease.id.clone();
            assert!(
                !self.done.contains(&id) && !self.dead.contains(&id),
                "{id} runs again"
            );
            let before = self.running.insert(id.clone(), lease.clone());
            assert_eq!(before, None, "{id} runs twice at once");
        }
        leases
    }

    async fn end(&mut self, lease: &Lease, outcome: Outcome) {
        let settled = self.fixture.settle(lease, outcome).await;
        assert_ne!(settled, Settled::Stale, "{}", lease.id);
        self.running.remove(&lease.id);
        match settled {
            Settled::Moved(State::Done) => self.done.insert(lease.id.clone()),
            Settled::Moved(State::Dead) => self.dead.insert(lease.id.clone()),
            _ => false,
        };
    }

    /// What a worker does every few seconds: whoever holds an expired lease is lost.
    async fn sweep(&mut self) {
        for (lease, _) in self.fixture.store.expired("collect").await.unwrap() {
            assert_eq!(self.running.remove(&lease.id).as_ref(), Some(&lease));
            let settlements = [lost(&lease, Duration::from_secs(10))];
            let settled = self.fixture.store.settle("collect", &settlements).await;
            assert!(waits(settled.unwrap()[0]), "{}", lease.id);
            self.lost.insert(lease.id);
        }
    }
}
