//! A Redis that is killed, paused, frozen, cut off or full, and a worker that is frozen.

use moodwire_chaos::{
    process::Process,
    proxy::Proxy,
    store::{insist, reach, until},
    work::Work,
};

use crate::place::{BOUND, KIND, Place};

const ENOUGH: u32 = 20;

const LEASE: [&str; 2] = ["--lease", "2000"];

/// Returns once one of two workers has said so many more lines that begin with this.
async fn more(workers: &[Process; 2], beginning: &str, lines: usize) {
    let [one, other] = workers;
    let of = |worker: &Process| worker.said(beginning) + lines;
    let (of_one, of_other) = (of(one), of(other));
    tokio::select! {
        said = one.says_times(beginning, of_one) => said,
        said = other.says_times(beginning, of_other) => said,
    }
    .unwrap();
}

#[tokio::test]
async fn a_redis_killed_and_started_again_under_load_loses_nothing() {
    let Some(mut place) = Place::redis().await else {
        return;
    };
    let jobs: Vec<_> = (0..2_000).map(|id| Work::Quick.job(KIND, id, 3)).collect();
    place.expect(&jobs, false);
    let producing = ["enqueue", "--ids", "0..2000", "--chunk", "1"];
    let mut producer = place.start(&producing, &place.url, None);
    let mut workers = [place.worker(&LEASE), place.worker(&LEASE)];
    for kill in 0..4 {
        let work = Work::Slow { millis: 20 };
        place
            .enqueue(&format!("load-{kill}"), 200, &work, ENOUGH)
            .await;
        more(&workers, "moved", 20).await;
        place.server().kill().await.unwrap();
        more(&workers, "failed", 1).await;
        place.server().start_again().await.unwrap();
    }
    assert!(producer.end().await.unwrap().success());
    place.drained().await;
    for worker in &mut workers {
        worker.terminate().await.unwrap();
    }
    place.is_clean().await;
}

/// A worker with four jobs under way, which cannot end before the gate is open.
async fn at_work(place: &Place) -> Process {
    let gate = place.file("gate");
    place
        .enqueue("held", 4, &Work::Gated { gate }, ENOUGH)
        .await;
    place.enqueue("waiting", 50, &Work::Quick, ENOUGH).await;
    let worker = place.worker(&LEASE);
    worker.says_times("begin", 4).await.unwrap();
    worker
}

/// The jobs end while Redis does not answer; everything is settled once it does.
async fn goes_on_unaided(place: &Place, mut worker: Process) {
    place.drained().await;
    worker.terminate().await.unwrap();
    let ended = place.is_clean().await;
    assert_eq!(ended.rows.len(), 54);
}

#[tokio::test]
async fn a_redis_that_is_paused_for_longer_than_a_lease_loses_nothing() {
    let Some(mut place) = Place::redis().await else {
        return;
    };
    let worker = at_work(&place).await;
    let server = place.server();
    // Longer than the lease, and than a caller's patience.
    server
        .ask::<()>(&["CLIENT", "PAUSE", "7000", "ALL"])
        .await
        .unwrap();
    worker.says("failed renew").await.unwrap();
    std::fs::write(place.file("gate"), "").unwrap();
    worker.says_times("effect chaos:held", 4).await.unwrap();
    goes_on_unaided(&place, worker).await;
}

#[tokio::test]
async fn a_redis_that_is_frozen_for_longer_than_a_lease_loses_nothing() {
    let Some(mut place) = Place::redis().await else {
        return;
    };
    let worker = at_work(&place).await;
    place.server().signal("STOP").await.unwrap();
    worker.says("failed renew").await.unwrap();
    std::fs::write(place.file("gate"), "").unwrap();
    worker.says_times("effect chaos:held", 4).await.unwrap();
    worker.says("failed settle").await.unwrap();
    place.server().signal("CONT").await.unwrap();
    goes_on_unaided(&place, worker).await;
}

#[tokio::test]
async fn a_full_redis_loses_nothing_and_goes_on_when_it_has_room() {
    let Some(mut place) = Place::redis().await else {
        return;
    };
    let worker = at_work(&place).await;
    let refuse = ["CONFIG", "SET", "maxmemory", "1"];
    place.server().ask::<()>(&refuse).await.unwrap();
    let job = Work::Quick.job(KIND, "refused", ENOUGH);
    let refused = place.store.enqueue(&[job]).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");
    assert!(refused.to_string().contains("maxmemory"), "{refused}");
    std::fs::write(place.file("gate"), "").unwrap();
    // What ends makes room, so a store may settle it even now.
    tokio::select! {
        said = worker.says("failed settle") => said,
        said = worker.says("moved chaos:held") => said,
    }
    .unwrap();
    let allow = ["CONFIG", "SET", "maxmemory", "0"];
    place.server().ask::<()>(&allow).await.unwrap();
    goes_on_unaided(&place, worker).await;
}

#[tokio::test]
async fn connections_cut_in_the_middle_of_commands_and_answers_lose_nothing() {
    const CUTS: u64 = 40;
    let Some(mut place) = Place::redis().await else {
        return;
    };
    let proxy = Proxy::before(place.server().port()).await.unwrap();
    let mut workers = [
        place.worker_by(&proxy.url(), &LEASE, None),
        place.worker_by(&proxy.url(), &LEASE, None),
    ];
    for worker in &workers {
        worker.says("ready").await.unwrap();
    }
    let store = reach(&proxy.url(), KIND).await.unwrap();
    proxy.cut(CUTS);
    let producing = async {
        let mut chunk = 0;
        while proxy.made() < CUTS {
            let work = Work::Slow { millis: chunk % 40 };
            let jobs = [0, 1, 2].map(|job| work.job(KIND, 3 * chunk + job, ENOUGH));
            place.expect(&jobs, false);
            insist(|| store.enqueue(&jobs)).await.unwrap();
            chunk += 1;
        }
    };
    tokio::time::timeout(BOUND, producing).await.unwrap();
    place.drained().await;
    for worker in &mut workers {
        worker.terminate().await.unwrap();
    }
    place.is_clean().await;
}

#[tokio::test]
async fn a_worker_frozen_for_longer_than_its_lease_spoils_nothing_when_it_goes_on() {
    for place in Place::each().await {
        let gate = place.file("gate");
        let work = Work::Gated { gate: gate.clone() };
        place.enqueue("held", 2, &work, ENOUGH).await;
        let mut frozen = place.worker(&LEASE);
        frozen.says_times("begin", 2).await.unwrap();
        frozen.signal("STOP").await.unwrap();
        // Who stands still in the middle of a write keeps SQLite's lock, and nobody writes until he goes on.
        let between_writes = async || {
            if place.can_be_written().await {
                return Ok(Some(()));
            }
            frozen.signal("CONT").await?;
            frozen.signal("STOP").await?;
            Ok(None)
        };
        until("a worker frozen between two writes", BOUND, between_writes)
            .await
            .unwrap();
        let mut other = place.worker(&LEASE);
        other.says_times("begin", 2).await.unwrap();
        std::fs::write(gate, "").unwrap();
        place.drained().await;
        frozen.signal("CONT").await.unwrap();
        // Its attempts end as well: cancelled, or with an effect that is refused and a settlement that is stale.
        frozen.terminate().await.unwrap();
        other.terminate().await.unwrap();
        assert_eq!(frozen.said("moved"), 0, "{}", place.url);
        let ended = place.is_clean().await;
        for row in ended.rows.values() {
            assert_eq!((row.attempts, ended.audit.effects(&row.id)), (2, 1));
        }
    }
}
