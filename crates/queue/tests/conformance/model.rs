//! A property: after any history of calls the store agrees with a model of it that fits on a page.

use std::{cell::Cell, collections::BTreeMap, time::Duration};

use moodwire_queue::{JobFilter, Lease, Outcome, Settled, State};
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
    Enqueue { job: usize, wait: i64 },
    Fetch { n: usize },
    Settle { lease: usize, end: End },
    Renew { lease: usize },
    SettleLost,
    Step { seconds: i64 },
    Pause { paused: bool },
    Retry { job: usize, wait: i64 },
    Discard { job: usize },
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
        2 => (0..6_usize, wait).prop_map(|(job, wait)| Call::Retry { job, wait }),
        1 => (0..6_usize).prop_map(|job| Call::Discard { job }),
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
#[derive(Debug, Clone, Copy)]
struct Job {
    at: At,
    attempts: u32,
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
}

async fn play(fixture: &Fixture, kind: String, calls: Vec<Call>) -> Result<(), TestCaseError> {
    let mut model = Model {
        kind,
        now: 0,
        paused: false,
        jobs: BTreeMap::new(),
        leases: Vec::new(),
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
            Call::Retry { job, wait } => self.retry(fixture, job, wait).await?,
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
        let answers = fixture.store.enqueue(&[new]).await.unwrap();
        let id = self.id(number);
        prop_assert_eq!(answers[0].duplicate, self.jobs.contains_key(&id));
        let due = self.now + wait;
        self.jobs.entry(id).or_insert(Job {
            at: At::Waiting { due },
            attempts: 0,
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
        let outcome = match end {
            End::Done => Outcome::Done,
            End::Retry(wait) => retry("it broke", Duration::from_secs(wait.unsigned_abs())),
            End::Later(wait) => Outcome::Later {
                until: fixture.after(wait).await,
                reason: "it waits".to_owned(),
            },
            End::Dead => Outcome::Dead {
                reason: "no".to_owned(),
                error: "no".to_owned(),
            },
            End::HandBack => Outcome::HandBack,
        };
        let settled = fixture.settle(&lease, outcome).await;
        prop_assert_eq!(settled != Settled::Stale, self.holds(&lease));
        if self.holds(&lease) {
            self.end(&lease.id, end);
        }
        Ok(())
    }

    fn end(&mut self, id: &str, end: End) {
        let now = self.now;
        let job = self.jobs.get_mut(id).unwrap();
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
                self.end(&lease.id, End::Retry(65));
            }
        }
        Ok(())
    }

    async fn retry(
        &mut self,
        fixture: &Fixture,
        job: usize,
        wait: i64,
    ) -> Result<(), TestCaseError> {
        let id = self.id(job);
        let run_at = match wait {
            0 => None,
            wait => Some(fixture.after(wait).await),
        };
        let dead = self.jobs.get(&id).is_some_and(|job| job.at == At::Dead);
        let asked = [(id.clone(), run_at, None)];
        prop_assert_eq!(fixture.store.retry(&asked).await.unwrap(), [dead]);
        if dead {
            let due = self.now + wait;
            let at = At::Waiting { due };
            self.jobs.insert(id, Job { at, attempts: 0 });
        }
        Ok(())
    }

    async fn compare(&self, fixture: &Fixture) -> Result<(), TestCaseError> {
        let filter = JobFilter {
            kind: Some(self.kind.clone()),
            ..JobFilter::default()
        };
        let rows = fixture.list(&filter, 1_000).await;
        prop_assert_eq!(rows.len(), self.jobs.len());
        for row in rows {
            let job = &self.jobs[&row.id];
            prop_assert_eq!(row.attempts, job.attempts, "{}", row.id);
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
        }
        Ok(())
    }
}
