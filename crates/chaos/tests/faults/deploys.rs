//! SIGTERM: a deploy burns no attempt.

use moodwire_chaos::work::Work;
use moodwire_queue::State;

use crate::place::Place;

/// Attempts of a job that would not outlive a deploy that burned one.
const ONE: u32 = 1;

#[tokio::test]
async fn jobs_longer_than_the_grace_period_are_handed_back_with_no_attempt_burned() {
    for place in Place::each().await {
        let gate = place.file("gate");
        let work = Work::Gated { gate: gate.clone() };
        place.enqueue("long", 3, &work, ONE).await;
        for _deploy in 0..3 {
            let mut worker = place.worker(&["--grace", "50"]);
            worker.says_times("begin", 3).await.unwrap();
            worker.terminate().await.unwrap();
            for index in 0..3 {
                let row = place.row(&format!("long-{index}")).await;
                assert_eq!((row.state, row.attempts), (State::Ready, 0), "{row:?}");
                assert_eq!(row.history, [], "a deploy leaves no trace");
            }
        }
        std::fs::write(gate, "").unwrap();
        let mut other = place.worker(&[]);
        place.drained().await;
        other.terminate().await.unwrap();
        let ended = place.is_clean().await;
        assert!(ended.rows.values().all(|row| row.attempts == 1));
    }
}

#[tokio::test]
async fn jobs_shorter_than_the_grace_period_are_finished() {
    for place in Place::each().await {
        let gate = place.file("gate");
        let work = Work::Gated { gate: gate.clone() };
        place.enqueue("short", 3, &work, ONE).await;
        place.enqueue("waiting", 20, &Work::Quick, ONE).await;
        let flags = ["--grace", "60000", "--concurrency", "3"];
        let mut worker = place.worker(&flags);
        worker.says_times("begin", 3).await.unwrap();
        worker.signal("TERM").await.unwrap();
        worker.says("stopping").await.unwrap();
        std::fs::write(gate, "").unwrap();
        assert!(worker.end().await.unwrap().success());
        for index in 0..3 {
            let row = place.row(&format!("short-{index}")).await;
            assert_eq!((row.state, row.attempts), (State::Done, 1), "{row:?}");
        }
        let row = place.row("waiting-0").await;
        assert_eq!((row.state, row.attempts), (State::Ready, 0), "{row:?}");
        let mut other = place.worker(&[]);
        place.drained().await;
        other.terminate().await.unwrap();
        place.is_clean().await;
    }
}

#[tokio::test]
async fn one_deploy_after_another_under_load_burns_no_attempt() {
    for place in Place::each().await {
        // Two at a time, as a deploy that rolls does it.
        let mut old = place.worker(&["--grace", "10"]);
        for deploy in 0..5 {
            let work = Work::Slow { millis: 40 };
            place
                .enqueue(&format!("load-{deploy}"), 40, &work, ONE)
                .await;
            let begun = old.said("begin") + 6;
            old.says_times("begin", begun).await.unwrap();
            let new = place.worker(&["--grace", "10"]);
            new.says("ready").await.unwrap();
            old.terminate().await.unwrap();
            old = new;
        }
        place.drained().await;
        old.terminate().await.unwrap();
        let ended = place.is_clean().await;
        for row in ended.rows.values() {
            assert_eq!((row.attempts, row.history.len()), (1, 1), "{row:?}");
        }
    }
}
