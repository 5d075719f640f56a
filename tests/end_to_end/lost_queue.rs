//! A queue that loses what it holds, as a Redis does that was not told to write every change down: the lake and the
//! ledger bring the jobs back.

use std::{collections::BTreeSet, net::TcpListener, process::Stdio, time::Duration};

use moodwire_model::Entropy;
use moodwire_testing::FixedEntropy;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::common::{Installation, Posts, Stores, write_posts};

const POSTS: u64 = 1_500;

/// Far more than anything here takes, other tests at work on the same cores: one that would wait for ever fails.
const BOUND: Duration = Duration::from_secs(300);

/// A Redis of a test's own, whose data can be thrown away; killed when dropped.
struct OwnRedis {
    _server: Child,
    port: u16,
}

impl OwnRedis {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let mut server = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("redis-server is not installed, but MOODWIRE_TEST_REDIS_URL is set");
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap();
            if line.unwrap().contains("Ready to accept connections") {
                break;
            }
        }
        // What it says later is read as well: a full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            _server: server,
            port,
        }
    }

    /// Throws away every key; how many there were.
    async fn lose_everything(&self) -> u64 {
        let keys = self.ask("DBSIZE").await;
        assert_eq!(self.ask("FLUSHALL").await, "+OK");
        keys.trim_start_matches(':').parse().unwrap()
    }

    async fn ask(&self, command: &str) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let line = format!("{command}\r\n");
        connection.write_all(line.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let mut reader = BufReader::new(connection);
        reader.read_line(&mut answer).await.unwrap();
        answer.trim_end().to_owned()
    }
}

/// An installation on servers whose queue is that Redis; none where servers are not to be had.
async fn on_own_redis(posts: &Posts) -> Option<(OwnRedis, Installation)> {
    let mut stores = Stores::servers().await?;
    let own = OwnRedis::start().await;
    if let Stores::Servers { redis, .. } = &mut stores {
        *redis = format!("redis://127.0.0.1:{}", own.port);
    }
    let installation = Installation::new(stores, &posts.path, "").await;
    Some((own, installation))
}

/// Drains what is left: every post is scored, each hour came at most once, and what did not come is held for a person.
/// How many are.
async fn is_complete(installation: &Installation, posts: &Posts) -> u64 {
    let output = installation.runs(&["up", "--drain", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["posts"], posts.posts);
    assert_eq!(report["quarantined"], posts.bad);
    assert_eq!(report["hours"], posts.hours.len());
    assert_eq!((&report["dead"], &report["failed"]), (&0.into(), &0.into()));
    let hours = installation.receiver.hours().await;
    let distinct: BTreeSet<&String> = hours.iter().collect();
    assert_eq!(distinct.len(), hours.len(), "an hour came twice");
    let (sent, uncertain) = (
        report["sent"].as_u64().unwrap(),
        report["uncertain"].as_u64().unwrap(),
    );
    assert_eq!(sent + uncertain, posts.hours.len() as u64);
    assert!(distinct.len() as u64 >= sent);
    uncertain
}

#[tokio::test]
async fn a_queue_lost_while_a_drain_publishes_costs_no_hour_and_sends_none_twice() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), POSTS);
    let Some((redis, installation)) = on_own_redis(&posts).await else {
        return;
    };
    let drain = installation.start(&["up", "--drain"]);
    for messages in [1, 5, 20] {
        has(&installation, messages).await;
        assert!(redis.lose_everything().await > 0);
    }
    let drained = drain.wait_with_output().await.unwrap();
    let log = String::from_utf8_lossy(&drained.stderr);
    assert!(drained.status.success(), "{log}");
    let hours = installation.receiver.hours().await;
    assert_eq!(hours.iter().collect::<BTreeSet<_>>().len(), hours.len());
    assert_eq!(hours.len(), posts.hours.len());
    assert_eq!(is_complete(&installation, &posts).await, 0);
    installation.end().await;
}

#[tokio::test]
async fn a_queue_lost_while_a_drain_collects_costs_no_post() {
    let folder = tempfile::tempdir().unwrap();
    // So many that the collect is still at it when the first batch is scored, and when its lease is renewed next.
    let posts = write_posts(folder.path(), 15 * POSTS);
    let Some((redis, installation)) = on_own_redis(&posts).await else {
        return;
    };
    let mut drain = installation.start(&["up", "--drain"]);
    let mut log = BufReader::new(drain.stderr.take().unwrap()).lines();
    while let Some(line) = log.next_line().await.unwrap() {
        if line.contains("job.id=transform") {
            break;
        }
    }
    assert!(redis.lose_everything().await > 0);
    let rest = async {
        while log.next_line().await.unwrap().is_some() {}
        drain.wait().await.unwrap()
    };
    let ended = tokio::time::timeout(BOUND, rest).await;
    assert!(ended.unwrap().success());
    assert_eq!(is_complete(&installation, &posts).await, 0);
    installation.end().await;
}

/// Starts a drain, and at the n-th line of its debug log loses the queue and kills the process, as a machine that loses
/// its power does; how many keys were lost.
async fn loses_its_power_at_line(installation: &Installation, redis: &OwnRedis, line: u64) -> u64 {
    let mut child = installation.start(&["up", "--drain"]);
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    for _ in 0..line {
        if log.next_line().await.unwrap().is_none() {
            child.wait().await.unwrap();
            return 0;
        }
    }
    child.kill().await.unwrap();
    redis.lose_everything().await
}

#[tokio::test]
async fn a_queue_lost_with_its_processes_at_random_moments_is_filled_again() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), POSTS);
    let Some((redis, installation)) = on_own_redis(&posts).await else {
        return;
    };
    let undisturbed = Installation::new(Stores::Embedded, &posts.path, "").await;
    assert_eq!(is_complete(&undisturbed, &posts).await, 0);
    let entropy = FixedEntropy::seeded(21);
    let mut losses = 0;
    for _ in 0..6 {
        let line = 1 + entropy.bits() % 80;
        losses += u64::from(loses_its_power_at_line(&installation, &redis, line).await > 0);
    }
    let uncertain = is_complete(&installation, &posts).await;
    assert!(
        losses > 1 && uncertain <= losses,
        "{losses} losses, {uncertain} uncertain"
    );
    let expected = undisturbed.digests(&posts).await;
    assert_eq!(installation.digests(&posts).await, expected);
    installation.end().await;
}

/// Returns once so many messages have come; within a bound, so that a queue that stays empty fails the test.
async fn has(installation: &Installation, messages: u64) {
    let came = installation.receiver.has(messages);
    tokio::time::timeout(BOUND, came).await.unwrap();
}

/// Starts a role, whose log is read while it runs, or a full pipe would hold it up.
fn role(installation: &Installation, name: &str) -> Child {
    let mut child = installation.start(&[name]);
    let mut log = child.stderr.take().unwrap();
    tokio::spawn(async move { tokio::io::copy(&mut log, &mut tokio::io::sink()).await });
    child
}

#[tokio::test]
async fn workers_outlive_the_loss_of_their_queue_and_a_scheduler_fills_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), POSTS);
    let Some((redis, installation)) = on_own_redis(&posts).await else {
        return;
    };
    let workers = [role(&installation, "worker"), role(&installation, "worker")];
    for messages in [1, 10] {
        // One that starts does the upkeep of every minute at once.
        let mut scheduler = role(&installation, "scheduler");
        has(&installation, messages).await;
        assert!(redis.lose_everything().await > 0);
        scheduler.kill().await.unwrap();
    }
    let scheduler = role(&installation, "scheduler");
    has(&installation, posts.hours.len() as u64).await;
    for mut child in workers.into_iter().chain([scheduler]) {
        assert!(child.try_wait().unwrap().is_none(), "a role has ended");
        child.kill().await.unwrap();
    }
    is_complete(&installation, &posts).await;
    installation.end().await;
}
