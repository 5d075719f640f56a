//! A property: after any history of calls the store agrees with a model of it that fits on a page.

use std::{cell::Cell, collections::BTreeMap, time::Duration};

use moodwire_queue::{JobFilter, JobRow, Lease, Outcome, Settled, State, fingerprint};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use tokio::runtime::Handle;

use super::fixture::{Fixture, job, lost, retry};

/// Moments end in 0 and waits in 5, so that nothing is ever due in the very second that is shown.
const LEASE: i64 = 35;

#[derive(Debug, Clone)]
enum Call {
    Enqueue {
        job: usize,
        wait: i64,
    },
    Fetch {
        n: usize,
    },
    Settle {
        lease: usize,
        end: End,
    },
    Renew {
        lease: usize,
    },
    SettleLost,
    Step {
        seconds: i64,
    },
    Pause {
        paused: bool,
    },
    Retry {
        job: usize,
        wait: i64,
        payload: Option<u8>,
    },
    Discard {
        job: usize,
    },
    Clear {
        n: usize,
    },
    RunNow {
        job: usize,
    },
    RemoveWaiting {
        job: usize,
    },
}

#[derive(Debug, Clone, Copy)]
enum End {
    Done,
    Retry(i64),
    Later(i64),
    Dead,
    HandBack,
}

fn call() -> impl Strategy<Value = Call> {
    let wait = prop_oneof![Just(0_i64), Just(65), Just(505)];
    let end = prop_oneof![
        Just(End::Done),
        wait.clone().prop_map(End::Retry),
        wait.clone().prop_map(End::Later),
        Just(End::Dead),
        Just(End::HandBack),
    ];
    prop_oneof![
        3 => (0..6_usize, wait.clone()).prop_map(|(job, wait)| Call::Enqueue { job, wait }),
        4 => (0..4_usize).prop_map(|n| Call::Fetch { n }),
        6 => (0..8_usize, end).prop_map(|(lease, end)| Call::Settle { lease, end }),
        1 => (0..8_usize).prop_map(|lease| Call::Renew { lease }),
        2 => Just(Call::SettleLost),
        3 => prop_oneof![Just(10), Just(40), Just(1_000)].prop_map(|seconds| Call::Step { seconds }),
        1 => any::<bool>().prop_map(|paused| Call::Pause { paused }),
        2 => (0..6_usize, wait, any::<Option<u8>>())
            .prop_map(|(job, wait, payload)| Call::Retry { job, wait, payload }),
        1 => (0..6_usize).prop_map(|job| Call::Discard { job }),
        1 => (0..4_usize).prop_map(|n| Call::Clear { n }),
        1 => (0..6_usize).prop_map(|job| Call::RunNow { job }),
        1 => (0..6_usize).prop_map(|job| Call::RemoveWaiting { job }),
    ]
}

pub(crate) async fn random_histories_agree_with_a_simple_model(fixture: &Fixture) {
    let config = Config {
        cases: 24,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let histories = Cell::new(0);
    let run = |calls: Vec<Call>| {
        histories.set(histories.get() + 1);
        let play = play(fixture, format!("model-{}", histories.get()), calls);
        tokio::task::block_in_place(|| Handle::current().block_on(play))
    };
    let result = TestRunner::new(config).run(&prop::collection::vec(call(), 1..60), run);
    assert!(result.is_ok(), "{}", result.unwrap_err());
}

/// What the model knows of a job.
#[derive(Debug, Clone)]
struct Job {
    at: At,
    attempts: u32,
    payload: Vec<u8>,
    /// Of the last attempt that failed.
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum At {
    Waiting { due: i64 },
    Running { token: u64, until: i64 },
    Done,
    Dead,
}

/// Three attempts a job: few enough to be used up.
const ATTEMPTS: u32 = 3;

struct Model {
    kind: String,
    now: i64,
    paused: bool,
    jobs: BTreeMap<String, Job>,
    leases: Vec<Lease>,
    /// How many attempts have failed: the number in each error, which tells those that failed alike apart.
    failures: u32,
}

async fn play(fixture: &Fixture, kind: String, calls: Vec<Call>) -> Result<(), TestCaseError> {
    let mut model = Model {
        kind,
        now: 0,
        paused: false,
        jobs: BTreeMap::new(),
        leases: Vec::new(),
        failures: 0,
    };
    for call in calls {
        model.call(fixture, call).await?;
        model.compare(fixture).await?;
    }
    fixture.states(&model.kind).await;
    Ok(())
}

impl Model {
    fn id(&self, job: usize) -> String {
        format!("{}:{job}", self.kind)
    }

    async fn call(&mut self, fixture: &Fixture, call: Call) -> Result<(), TestCaseError> {
        match call {
            Call::Enqueue { job, wait } => self.enqueue(fixture, job, wait).await?,
            Call::Fetch { n } => self.fetch(fixture, n).await?,
            Call::Settle { lease, end } => self.settle(fixture, lease, end).await?,
            Call::Renew { lease } => self.renew(fixture, lease).await?,
            Call::SettleLost => self.settle_lost(fixture).await?,
            Call::Step { seconds } => {
                fixture.step(seconds);
                self.now += seconds;
            }
            Call::Pause { paused } => {
                fixture.store.set_paused(&self.kind, paused).await.unwrap();
                self.paused = paused;
            }
            Call::Retry { job, wait, payload } => {
                let payload = payload.map(|byte| vec![byte; 3]);
                self.retry(fixture, job, wait, payload).await?;
            }
            Call::Clear { n } => self.clear(fixture, n).await?,
            Call::RunNow { job } => self.run_now(fixture, job).await?,
            Call::RemoveWaiting { job } => {
                let id = self.id(job);
                let asked = std::slice::from_ref(&id);
                let removed = fixture.store.remove_waiting(asked).await.unwrap();
                let waits = |job: &Job| matches!(job.at, At::Waiting { .. });
                prop_assert_eq!(removed, [self.jobs.get(&id).is_some_and(waits)]);
                self.jobs.retain(|other, job| *other != id || !waits(job));
            }
            Call::Discard { job } => {
                let id = self.id(job);
                let dead = self.jobs.get(&id).is_some_and(|job| job.at == At::Dead);
                let discarded = fixture
                    .store
                    .discard(std::slice::from_ref(&id))
                    .await
                    .unwrap();
                prop_assert_eq!(discarded, [dead]);
                if dead {
                    self.jobs.remove(&id);
                }
            }
        }
        Ok(())
    }

    async fn enqueue(
        &mut self,
        fixture: &Fixture,
        number: usize,
        wait: i64,
    ) -> Result<(), TestCaseError> {
        let mut new = job(&self.kind, &number.to_string());
        new.max_attempts = ATTEMPTS;
        if wait > 0 {
            new.run_at = Some(fixture.after(wait).await);
        }
        let payload = new.payload.clone();
        let answers = fixture.store.enqueue(&[new]).await.unwrap();
        let id = self.id(number);
        prop_assert_eq!(answers[0].duplicate, self.jobs.contains_key(&id));
        let due = self.now + wait;
        self.jobs.entry(id).or_insert(Job {
            at: At::Waiting { due },
            attempts: 0,
            payload,
            error: None,
        });
        Ok(())
    }

    async fn fetch(&mut self, fixture: &Fixture, n: usize) -> Result<(), TestCaseError> {
        let due = |job: &Job| matches!(job.at, At::Waiting { due } if due <= self.now);
        let ready = self.jobs.values().filter(|job| due(job)).count();
        let lease = Duration::from_secs(LEASE.unsigned_abs());
        let fetched = fixture
            .store
            .fetch(&self.kind, n, "worker-1", lease)
            .await
            .unwrap();
        let expected = if self.paused { 0 } else { n.min(ready) };
        prop_assert_eq!(fetched.leases.len(), expected);
        for lease in fetched.leases {
            let job = self.jobs.get_mut(&lease.id).unwrap();
            prop_assert!(
                matches!(job.at, At::Waiting { due } if due <= self.now),
                "{:?}",
                job
            );
            job.attempts += 1;
            prop_assert_eq!(lease.attempt, job.attempts);
            prop_assert_eq!(&lease.payload, &job.payload);
            let used = self
                .leases
                .iter()
                .any(|other| other.token == lease.token && other.id == lease.id);
            prop_assert!(!used, "token {} again", lease.token);
            job.at = At::Running {
                token: lease.token,
                until: self.now + LEASE,
            };
            self.leases.push(lease);
        }
        Ok(())
    }

    /// A lease that was given out, however long ago; counted from the latest.
    fn lease(&self, back: usize) -> Option<Lease> {
        self.leases.iter().rev().nth(back).cloned()
    }

    /// The job's lease is this one still.
    fn holds(&self, lease: &Lease) -> bool {
        self.jobs
            .get(&lease.id)
            .is_some_and(|job| matches!(job.at, At::Running { token, .. } if token == lease.token))
    }

    async fn settle(
        &mut self,
        fixture: &Fixture,
        lease: usize,
        end: End,
    ) -> Result<(), TestCaseError> {
        let Some(lease) = self.lease(lease) else {
            return Ok(());
        };
        self.failures += 1;
        let (broke, gone) = (
            format!("it broke {} times", self.failures),
            format!("{} is gone", self.failures),
        );
        let error = match end {
            End::Retry(_) => Some(broke.clone()),
            End::Dead => Some(gone.clone()),
            _ => None,
        };
        let outcome = match end {
            End::Done => Outcome::Done,
            End::Retry(wait) => retry(&broke, Duration::from_secs(wait.unsigned_abs())),
            End::Later(wait) => Outcome::Later {
                until: fixture.after(wait).await,
                reason: "it waits".to_owned(),
            },
            End::Dead => Outcome::Dead {
                reason: "no".to_owned(),
                error: gone,
            },
            End::HandBack => Outcome::HandBack,
        };
        let settled = fixture.settle(&lease, outcome).await;
        prop_assert_eq!(settled != Settled::Stale, self.holds(&lease));
        if self.holds(&lease) {
            self.end(&lease.id, end, error);
        }
        Ok(())
    }

    fn end(&mut self, id: &str, end: End, error: Option<String>) {
        let now = self.now;
        let job = self.jobs.get_mut(id).unwrap();
        job.error = error.or(job.error.take());
        job.at = match end {
            End::Done => At::Done,
            End::Dead => At::Dead,
            End::Retry(_) if job.attempts >= ATTEMPTS => At::Dead,
            End::Retry(wait) | End::Later(wait) => At::Waiting { due: now + wait },
            End::HandBack => At::Waiting { due: now },
        };
        if matches!(end, End::Later(_) | End::HandBack) {
            job.attempts -= 1;
        }
    }

    async fn renew(&mut self, fixture: &Fixture, lease: usize) -> Result<(), TestCaseError> {
        let Some(lease) = self.lease(lease) else {
            return Ok(());
        };
        let held = [(lease.id.clone(), lease.token)];
        let length = Duration::from_secs(LEASE.unsigned_abs());
        let renewed = fixture
            .store
            .renew(&self.kind, &held, length)
            .await
            .unwrap();
        prop_assert_eq!(renewed, [self.holds(&lease)]);
        if self.holds(&lease) {
            let until = self.now + LEASE;
            self.jobs.get_mut(&lease.id).unwrap().at = At::Running {
                token: lease.token,
                until,
            };
        }
        Ok(())
    }

    async fn settle_lost(&mut self, fixture: &Fixture) -> Result<(), TestCaseError> {
        let mut expected: Vec<String> = Vec::new();
        for (id, job) in &self.jobs {
            if matches!(job.at, At::Running { until, .. } if until <= self.now) {
                expected.push(id.clone());
            }
        }
        let mut expired = fixture.store.expired(&self.kind).await.unwrap();
        expired.sort_by(|(one, _), (two, _)| one.id.cmp(&two.id));
        prop_assert!(expired.iter().map(|(lease, _)| &lease.id).eq(&expected));
        // All leases are settled as lost; those that live are left alone.
        for lease in self.leases.clone() {
            let settlements = [lost(&lease, Duration::from_secs(65))];
            let settled = fixture
                .store
                .settle(&self.kind, &settlements)
                .await
                .unwrap();
            let ends = self.holds(&lease) && expected.contains(&lease.id);
            prop_assert_eq!(settled[0] != Settled::Stale, ends);
            if ends {
                self.end(&lease.id, End::Retry(65), Some("worker lost".to_owned()));
            }
        }
        Ok(())
    }

    async fn retry(
        &mut self,
        fixture: &Fixture,
        job: usize,
        wait: i64,
        payload: Option<Vec<u8>>,
    ) -> Result<(), TestCaseError> {
        let id = self.id(job);
        let run_at = match wait {
            0 => None,
            wait => Some(fixture.after(wait).await),
        };
        let dead = self.jobs.get(&id).is_some_and(|job| job.at == At::Dead);
        let asked = [(id.clone(), run_at, payload.clone())];
        prop_assert_eq!(fixture.store.retry(&asked).await.unwrap(), [dead]);
        if dead {
            let due = self.now + wait;
            let job = self.jobs.get_mut(&id).unwrap();
            job.at = At::Waiting { due };
            job.attempts = 0;
            job.payload = payload.unwrap_or_else(|| job.payload.clone());
            job.error = None;
        }
        Ok(())
    }

    async fn run_now(&mut self, fixture: &Fixture, job: usize) -> Result<(), TestCaseError> {
        let id = self.id(job);
        let asked = std::slice::from_ref(&id);
        let moved = fixture.store.run_now(asked).await.unwrap()[0];
        match self.jobs.get_mut(&id) {
            Some(job) if matches!(job.at, At::Waiting { due } if due > self.now) => {
                prop_assert!(moved);
                job.at = At::Waiting { due: self.now };
            }
            // One that has just become due may be called scheduled until the next fetch.
            Some(job) if matches!(job.at, At::Waiting { .. }) => {}
            _ => prop_assert!(!moved),
        }
        Ok(())
    }

    async fn clear(&mut self, fixture: &Fixture, n: usize) -> Result<(), TestCaseError> {
        let waiting = |job: &Job| match job.at {
            At::Waiting { due } => Some(due <= self.now),
            _ => None,
        };
        let all: Vec<bool> = self.jobs.values().filter_map(waiting).collect();
        let due = all.iter().filter(|due| **due).count();
        let cleared = fixture.store.clear(&self.kind, n).await.unwrap();
        prop_assert_eq!(cleared.len(), n.min(all.len()));
        let mut were_due = Vec::new();
        for (id, payload) in cleared {
            let job = self.jobs.get(&id);
            prop_assert!(job.is_some(), "{} is not there", id);
            let job = job.unwrap();
            prop_assert!(waiting(job).is_some(), "{:?}", job);
            prop_assert_eq!(&payload, &job.payload);
            were_due.extend(waiting(job));
            self.jobs.remove(&id);
        }
        let expected: Vec<bool> = (0..were_due.len()).map(|nth| nth < due).collect();
        prop_assert_eq!(were_due, expected);
        Ok(())
    }

    async fn compare(&self, fixture: &Fixture) -> Result<(), TestCaseError> {
        let mut filter = JobFilter {
            kind: Some(self.kind.clone()),
            ..JobFilter::default()
        };
        let rows = fixture.list(&filter, 1_000).await;
        prop_assert_eq!(rows.len(), self.jobs.len());
        for row in &rows {
            let job = &self.jobs[&row.id];
            prop_assert_eq!(row.attempts, job.attempts, "{}", row.id);
            let payload = String::from_utf8_lossy(&job.payload);
            prop_assert_eq!(row.payload.as_str(), payload.as_ref());
            let agrees = match job.at {
                // A job that has just become due may be called scheduled until the next fetch.
                At::Waiting { due } if due <= self.now => {
                    matches!(row.state, State::Ready | State::Scheduled)
                }
                At::Waiting { .. } => row.state == State::Scheduled,
                At::Running { .. } => row.state == State::Running,
                At::Done => row.state == State::Done,
                At::Dead => row.state == State::Dead,
            };
            prop_assert!(agrees, "{:?} is {:?}", job, row.state);
            if row.state == State::Dead {
                prop_assert_eq!(&row.error, &job.error);
            }
        }
        self.compare_groups(fixture, &rows).await?;
        (filter.kind, filter.prefix) = (None, Some(format!("{}:", self.kind)));
        let rows = fixture.list(&filter, 4).await;
        prop_assert!(rows.iter().map(|row| &row.id).eq(self.jobs.keys()));
        let stats = fixture.store.stats().await.unwrap();
        let paused = stats.get(&self.kind).is_some_and(|stats| stats.paused);
        prop_assert!(paused == self.paused || self.jobs.is_empty());
        Ok(())
    }

    async fn compare_groups(
        &self,
        fixture: &Fixture,
        rows: &[JobRow],
    ) -> Result<(), TestCaseError> {
        let mut dead: BTreeMap<&str, Vec<&JobRow>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.state == State::Dead) {
            let error = row.error.as_deref().unwrap_or_default();
            let alike = fingerprint(&self.kind, error);
            prop_assert_eq!(row.fingerprint.as_ref(), Some(&alike));
            let group = row.fingerprint.as_deref().unwrap_or_default();
            dead.entry(group).or_default().push(row);
        }
        let groups = fixture.store.groups(Some(&self.kind)).await.unwrap();
        prop_assert_eq!(groups.len(), dead.len());
        prop_assert!(groups.is_sorted_by(|one, two| one.last >= two.last));
        for group in groups {
            let letters = dead.remove(group.fingerprint.as_str()).unwrap_or_default();
            let ends = || letters.iter().filter_map(|row| row.finished_at);
            prop_assert_eq!(group.count, letters.len() as u64);
            prop_assert_eq!(Some(group.first), ends().min());
            prop_assert_eq!(Some(group.last), ends().max());
            let of_last = letters.iter().any(|row| {
                row.finished_at == Some(group.last) && row.error.as_ref() == Some(&group.error)
            });
            prop_assert!(of_last, "{:?}", group);
        }
        Ok(())
    }
}
