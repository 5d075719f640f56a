//! Real processes that enqueue the same ids at the same moment.

use moodwire_chaos::{process::Process, store::counts, work::Work};

use crate::place::{KIND, Place};

const IDS: u64 = 5_000;

#[tokio::test]
async fn four_processes_that_race_for_5000_ids_add_each_exactly_once() {
    for place in Place::each().await {
        let ids = format!("0..{IDS}");
        let role = ["enqueue", "--ids", &ids, "--wait"];
        let mut racers: Vec<Process> = (0..4)
            .map(|_| place.start(&role, &place.url, None))
            .collect();
        for racer in &racers {
            racer.says("ready").await.unwrap();
        }
        for racer in &mut racers {
            racer.tell("go").await.unwrap();
        }
        let mut added = 0;
        for racer in &mut racers {
            let line = racer.says("added ").await.unwrap();
            added += line["added ".len()..].parse::<u64>().unwrap();
            assert!(racer.end().await.unwrap().success());
        }
        assert_eq!(added, IDS, "{}", place.url);
        let counts = counts(&*place.store, KIND).await.unwrap();
        assert_eq!((counts.ready, counts.scheduled), (IDS, 0));
    }
}

#[tokio::test]
async fn three_processes_on_one_queue_run_each_job_once() {
    for place in Place::each().await {
        place.enqueue("shared", 600, &Work::Quick, 1).await;
        let mut workers: Vec<Process> = (0..3).map(|_| place.worker(&[])).collect();
        place.drained().await;
        for worker in &mut workers {
            worker.terminate().await.unwrap();
        }
        let ended = place.is_clean().await;
        let mut ids = ended.rows.keys();
        assert!(ids.all(|id| ended.audit.runs(id) == 1), "{}", place.url);
    }
}
