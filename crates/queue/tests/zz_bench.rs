//! x
mod own_redis;
use std::{sync::Arc, time::{Duration, Instant}};
use moodwire_model::SystemClock;
use moodwire_queue::*;
fn options(prefix: &str) -> Options { Options { clock: Arc::new(SystemClock), offset: ClockOffset::default(), prefix: prefix.into(), allow_eviction: false } }
fn cpu(s: &own_redis::OwnRedis) -> f64 { let t: String = s.ask(&["INFO","cpu"]); t.lines().filter_map(|l| l.strip_prefix("used_cpu_user:").or(l.strip_prefix("used_cpu_sys:"))).map(|v| v.trim().parse::<f64>().unwrap()).sum() }
fn mem(s: &own_redis::OwnRedis) -> i64 { let t: String = s.ask(&["INFO","memory"]); t.lines().find_map(|l| l.strip_prefix("used_memory:")).unwrap().trim().parse().unwrap() }
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bench() {
    let s = own_redis::OwnRedis::start(&["--appendonly","no"]).unwrap();
    let store = open(&s.url(), &options("moodwire")).await.unwrap();
    let n = 50_000usize;
    let jobs: Vec<NewJob> = (0..n).map(|i| NewJob { id: format!("transform:01J{i:023}"), kind: "transform".into(), payload: vec![b'x'; 60], run_at: None, max_attempts: 15, parent: None, root: None }).collect();
    let (c0, m0) = (cpu(&s), mem(&s));
    let t = Instant::now();
    for c in jobs.chunks(500) { store.enqueue(c).await.unwrap(); }
    let (c1, m1) = (cpu(&s), mem(&s));
    println!("push {:.0}/s cpu {:.2} ms/1000 mem {} B/job", n as f64 / t.elapsed().as_secs_f64(), (c1-c0)*1e6/n as f64, (m1-m0)/n as i64);
    let t = Instant::now();
    loop {
        let f = store.fetch("transform", 100, "host-1234:5678", Duration::from_secs(30)).await.unwrap();
        if f.leases.is_empty() { break; }
        let v: Vec<Settlement> = f.leases.iter().map(|l| Settlement { id: l.id.clone(), token: l.token, outcome: Outcome::Done, record: Attempt { attempt: l.attempt, started_at: l.started_at, duration_ms: 3, worker: "host-1234:5678".into(), verdict: VerdictWord::Done, error: None }, only_if_expired: false }).collect();
        store.settle("transform", &v).await.unwrap();
    }
    let c2 = cpu(&s);
    println!("drain {:.0}/s cpu {:.2} ms/1000 mem {} B/done", n as f64 / t.elapsed().as_secs_f64(), (c2-c1)*1e6/n as f64, (mem(&s)-m0)/n as i64);
    let other = open(&s.url(), &options("moodwire")).await.unwrap();
    let mut lat = Vec::new();
    for i in 0..500 {
        let w = { let store = Arc::clone(&store); tokio::spawn(async move { loop { let f = store.fetch("collect", 1, "w", Duration::from_secs(30)).await.unwrap(); if !f.leases.is_empty() { return Instant::now(); } store.wait("collect", Duration::from_secs(5)).await.unwrap(); } }) };
        tokio::time::sleep(Duration::from_millis(5 + i % 7)).await;
        let t = Instant::now();
        let mut j = jobs[0].clone(); j.kind = "collect".into(); j.id = format!("collect:{i}");
        other.enqueue(&[j]).await.unwrap();
        lat.push(w.await.unwrap() - t);
    }
    lat.sort();
    println!("p50 {:?} p99 {:?} max {:?}", lat[250], lat[495], lat[499]);
}
