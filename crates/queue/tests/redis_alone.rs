//! What only the store on Redis can get wrong: keys, scripts, eviction, and a server that fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod own_redis;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use moodwire_model::SystemClock;
use moodwire_queue::{
    Attempt, ClockOffset, Error, Lease, NewJob, Options, Outcome, Process, Settled, Settlement,
    State, Store, VerdictWord, open,
};
use own_redis::OwnRedis;
use tokio::time::timeout;

const LEASE: Duration = Duration::from_secs(30);

/// Far more than anything here takes: a test that would wait for ever fails.
const BOUND: Duration = Duration::from_secs(60);

fn options(prefix: &str) -> Options {
    Options {
        clock: Arc::new(SystemClock),
        offset: ClockOffset::default(),
        prefix: prefix.to_owned(),
        allow_eviction: false,
    }
}

fn job(kind: &str, name: &str) -> NewJob {
    NewJob {
        id: format!("{kind}:{name}"),
        kind: kind.to_owned(),
        payload: name.as_bytes().to_vec(),
        run_at: None,
        max_attempts: 3,
        parent: None,
        root: None,
    }
}

fn settlement(lease: &Lease, outcome: Outcome) -> Settlement {
    Settlement {
        id: lease.id.clone(),
        token: lease.token,
        outcome,
        record: Attempt {
            attempt: lease.attempt,
            started_at: lease.started_at,
            duration_ms: 1,
            worker: "worker-1".to_owned(),
            verdict: VerdictWord::Done,
            error: None,
        },
        only_if_expired: false,
    }
}

async fn fetch(store: &Arc<dyn Store>, n: usize) -> Vec<Lease> {
    let fetched = store.fetch("collect", n, "worker-1", LEASE).await.unwrap();
    fetched.leases
}

/// The call failed because the store cannot be reached, and says where it is.
fn unavailable<T: std::fmt::Debug>(server: &OwnRedis, result: Result<T, Error>) {
    match result {
        Err(Error::Unavailable { place, .. }) => assert_eq!(place, server.url()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn processes_that_fall_silent_leave_nothing_though_nobody_asks_who_is_there() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let offset = ClockOffset::default();
    let options = Options {
        offset: offset.clone(),
        ..options("moodwire")
    };
    let store = open(&server.url(), &options).await.unwrap();
    let mut process = Process {
        name: String::new(),
        roles: vec!["worker".to_owned()],
        kinds: BTreeMap::new(),
        version: "1.2.3".to_owned(),
        started_at: store.now().await.unwrap(),
    };
    for number in 0..40 {
        process.name = number.to_string();
        store.announce(&process, LEASE).await.unwrap();
        offset.step(TimeDelta::seconds(20));
    }
    // The last, and the one that told of itself 20 s before it.
    for (count, key) in [("HLEN", "told"), ("ZCARD", "until")] {
        let key = format!("moodwire:{{PROCESSES}}:{key}");
        let kept: usize = server.ask(&[count, &key]);
        assert_eq!(kept, 2, "{key}");
    }
    store.withdraw("38").await.unwrap();
    store.withdraw("39").await.unwrap();
    let keys: Vec<String> = server.ask(&["KEYS", "*"]);
    assert_eq!(keys, Vec::<String>::new());
}

#[tokio::test]
async fn every_key_of_a_kind_lies_in_its_cluster_slot() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = open(&server.url(), &options("two words")).await.unwrap();
    let jobs: Vec<NewJob> = ["a", "b", "c", "d", "e"]
        .map(|name| job("collect", name))
        .into();
    store.enqueue(&jobs).await.unwrap();
    let leases = fetch(&store, 4).await;
    let (reason, error) = ("no".to_owned(), "no".to_owned());
    let delay = LEASE;
    let outcomes = [
        Outcome::Done,
        Outcome::Retry {
            error: error.clone(),
            delay,
        },
        Outcome::Dead { reason, error },
    ];
    let settlements: Vec<_> = leases
        .iter()
        .zip(outcomes)
        .map(|(lease, outcome)| settlement(lease, outcome))
        .collect();
    store.settle("collect", &settlements).await.unwrap();
    store.set_paused("collect", true).await.unwrap();
    let mut keys: Vec<String> = server.ask(&["KEYS", "*"]);
    keys.sort_unstable();
    let expected = [
        "dead",
        "done",
        "faults",
        "ids",
        "jobs",
        "leases",
        "meta",
        "ready",
        "running",
        "scheduled",
        "told",
        "tries",
        "wake",
    ];
    let (first, of_kind) = keys.split_first().unwrap();
    assert_eq!(first, "two words:kinds");
    assert_eq!(
        of_kind,
        expected.map(|name| format!("two words:{{collect}}:{name}"))
    );
}

#[tokio::test]
async fn a_prefix_with_a_brace_is_refused() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let error = open(&server.url(), &options("{a}")).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
}

#[tokio::test]
async fn flushed_scripts_are_sent_again() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = open(&server.url(), &options("queue")).await.unwrap();
    store.enqueue(&[job("collect", "a")]).await.unwrap();
    server.ask::<()>(&["SCRIPT", "FLUSH"]);
    store.enqueue(&[job("collect", "b")]).await.unwrap();
    assert_eq!(fetch(&store, 2).await.len(), 2);
}

#[tokio::test]
async fn an_emptied_redis_is_entered_anew() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = open(&server.url(), &options("queue")).await.unwrap();
    store.enqueue(&[job("collect", "a")]).await.unwrap();
    server.ask::<()>(&["FLUSHALL"]);
    let answers = store.enqueue(&[job("collect", "a")]).await.unwrap();
    assert!(!answers[0].duplicate);
    assert_eq!(store.stats().await.unwrap()["collect"].ready, 1);
    assert_eq!(fetch(&store, 2).await.len(), 1);
}

#[tokio::test]
async fn a_token_from_before_the_loss_of_everything_settles_nothing() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = open(&server.url(), &options("queue")).await.unwrap();
    let mut leases = Vec::new();
    for _ in 0..2 {
        store.enqueue(&[job("collect", "a")]).await.unwrap();
        leases.extend(fetch(&store, 1).await);
        server.ask::<()>(&["FLUSHALL"]);
    }
    store.enqueue(&[job("collect", "a")]).await.unwrap();
    fetch(&store, 1).await;
    for lease in leases {
        let stale = settlement(&lease, Outcome::Done);
        let settled = store.settle("collect", &[stale]).await.unwrap();
        assert_eq!(settled, [Settled::Stale]);
    }
    assert_eq!(store.stats().await.unwrap()["collect"].running, 1);
}

#[tokio::test]
async fn a_redis_that_may_evict_is_refused_with_the_mend() {
    let Some(server) = OwnRedis::start(&["--maxmemory-policy", "allkeys-lru"]) else {
        return;
    };
    let error = open(&server.url(), &options("queue")).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    let sentence = error.to_string();
    for part in [
        "allkeys-lru",
        "CONFIG SET maxmemory-policy noeviction",
        "allow_eviction = true",
    ] {
        assert!(sentence.contains(part), "{sentence}");
    }
    let allowing = Options {
        allow_eviction: true,
        ..options("queue")
    };
    open(&server.url(), &allowing).await.unwrap();
    server.ask::<()>(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    let store = open(&server.url(), &options("queue")).await.unwrap();
    server.ask::<()>(&["CONFIG", "SET", "maxmemory-policy", "volatile-ttl"]);
    assert!(matches!(store.check().await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_shown() {
    let Some(server) = OwnRedis::start(&["--requirepass", "right"]) else {
        return;
    };
    let url = server.url().replace("127", ":wrong@127");
    let error = open(&url, &options("queue")).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains(":wrong"));
    let url = server.url().replace("127", ":right@127");
    let store = open(&url, &options("queue")).await.unwrap();
    assert_eq!(store.place(), server.url());
    assert!(!format!("{store:?}").contains("right"));
}

#[tokio::test]
async fn a_server_killed_and_started_again_is_found_again_with_its_jobs() {
    let Some(mut server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = open(&server.url(), &options("queue")).await.unwrap();
    store
        .enqueue(&[job("collect", "a"), job("collect", "b")])
        .await
        .unwrap();
    let leases = fetch(&store, 1).await;
    server.kill();
    unavailable(&server, store.enqueue(&[job("collect", "c")]).await);
    unavailable(&server, store.fetch("collect", 1, "worker-1", LEASE).await);
    unavailable(&server, store.wait("collect", BOUND).await);
    unavailable(&server, store.check().await);
    unavailable(&server, open(&server.url(), &options("queue")).await);
    server.start_again();
    let settled = store
        .settle("collect", &[settlement(&leases[0], Outcome::Done)])
        .await;
    assert_eq!(settled.unwrap(), [Settled::Moved(State::Done)]);
    assert_eq!(fetch(&store, 5).await.len(), 1);
}

#[tokio::test]
async fn a_wait_in_a_killed_server_fails_and_the_next_one_is_woken() {
    let Some(mut server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = open(&server.url(), &options("queue")).await.unwrap();
    let waiting = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.wait("collect", 60 * BOUND).await })
    };
    while server
        .ask::<String>(&["INFO", "clients"])
        .contains("blocked_clients:0")
    {
        tokio::task::yield_now().await;
    }
    server.kill();
    let ended = timeout(BOUND, waiting).await.unwrap().unwrap();
    unavailable(&server, ended);
    server.start_again();
    let jobs = [job("collect", "a")];
    let (woken, enqueued) = tokio::join!(
        timeout(BOUND, store.wait("collect", 60 * BOUND)),
        store.enqueue(&jobs)
    );
    woken.unwrap().unwrap();
    enqueued.unwrap();
}

#[tokio::test]
async fn a_frozen_server_is_given_up_and_found_again() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = open(&server.url(), &options("queue")).await.unwrap();
    store.enqueue(&[job("collect", "a")]).await.unwrap();
    server.signal("STOP");
    let given_up = timeout(BOUND, store.enqueue(&[job("collect", "b")])).await;
    server.signal("CONT");
    unavailable(&server, given_up.unwrap());
    // Nothing is known of the call's effect, and it is safe to repeat.
    store.enqueue(&[job("collect", "b")]).await.unwrap();
    assert_eq!(fetch(&store, 5).await.len(), 2);
}

#[tokio::test]
async fn a_full_server_leaves_every_job_where_it_is() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = open(&server.url(), &options("queue")).await.unwrap();
    store
        .enqueue(&[job("collect", "a"), job("collect", "b")])
        .await
        .unwrap();
    let leases = fetch(&store, 1).await;
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    unavailable(&server, store.enqueue(&[job("collect", "c")]).await);
    unavailable(&server, store.fetch("collect", 1, "worker-1", LEASE).await);
    for outcome in [Outcome::Done, Outcome::HandBack] {
        let settlements = [settlement(&leases[0], outcome)];
        unavailable(&server, store.settle("collect", &settlements).await);
    }
    assert_eq!(
        store.get("collect:a").await.unwrap().unwrap().state,
        State::Running
    );
    assert_eq!(
        store.get("collect:b").await.unwrap().unwrap().state,
        State::Ready
    );
    let stats = &store.stats().await.unwrap()["collect"];
    assert_eq!((stats.ready, stats.running, stats.done), (1, 1, 0));
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    let settled = store
        .settle("collect", &[settlement(&leases[0], Outcome::Done)])
        .await;
    assert_eq!(settled.unwrap(), [Settled::Moved(State::Done)]);
    assert_eq!(fetch(&store, 5).await.len(), 1);
}

#[tokio::test]
async fn an_id_without_its_job_does_not_fail_its_neighbours() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = open(&server.url(), &options("queue")).await.unwrap();
    let jobs = ["a", "b", "c"].map(|name| job("collect", name));
    store.enqueue(&jobs).await.unwrap();
    server.ask::<()>(&["HDEL", "queue:{collect}:jobs", "b"]);
    let ids: Vec<String> = fetch(&store, 3)
        .await
        .into_iter()
        .map(|lease| lease.id)
        .collect();
    assert_eq!(ids, ["collect:a", "collect:c"]);
    assert!(fetch(&store, 3).await.is_empty());
}

#[tokio::test]
async fn a_wait_that_nobody_holds_any_more_takes_no_wake_up() {
    let Some(server) = OwnRedis::start(&[]) else {
        return;
    };
    let busy = open(&server.url(), &options("queue")).await.unwrap();
    let idle = open(&server.url(), &options("queue")).await.unwrap();
    busy.wait("collect", Duration::from_millis(1))
        .await
        .unwrap();
    // The busy store's task still blocks; the entry that it takes must come back for the idle one.
    busy.enqueue(&[job("collect", "a")]).await.unwrap();
    let taken = fetch(&busy, 1).await;
    assert_eq!(taken.len(), 1);
    timeout(BOUND, idle.wait("collect", 60 * BOUND))
        .await
        .unwrap()
        .unwrap();
}
