//! What becomes of a task: its id, payload, time and attempts, and what is left of it in the stock keys.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use apalis::prelude::{TaskBuilder, TaskId, TaskSink};
use apalis_redis::Config;
use chrono::{DateTime, Utc};
use moodwire_model::{Clock, SystemClock};
use moodwire_queue::State;

use crate::both::{Both, KIND, Letter, letter, our_store};

#[tokio::test]
async fn a_scheduled_task_keeps_its_time_and_its_attempts() {
    let Some(mut both) = Both::start().await else {
        return;
    };
    let hour = Duration::from_secs(3_600);
    let at = SystemTime::from(SystemClock.now()) + hour;
    let task = TaskBuilder::new(letter(1))
        .task_id(TaskId::from_string("later"))
        .run_at_time(at)
        .attempt(2)
        .max_attempts(7)
        .idempotency_key("once")
        .build();
    both.stock.push_task(task).await.unwrap();
    let never = TaskBuilder::new(letter(2))
        .task_id(TaskId::from_string("never"))
        .run_at_timestamp(u64::MAX)
        .build();
    both.stock.push_task(never).await.unwrap();
    assert_eq!(both.adopt_all().await, 2);

    let row = both.store.get("transform:later").await.unwrap().unwrap();
    let at = DateTime::<Utc>::from(at).timestamp();
    assert_eq!((row.state, row.run_at.timestamp()), (State::Scheduled, at));
    assert_eq!((row.attempts, row.max_attempts), (0, 5));
    let row = both.store.get("transform:never").await.unwrap().unwrap();
    assert_eq!(row.state, State::Scheduled);
    assert_eq!(row.run_at.to_rfc3339(), "9999-12-31T23:59:59+00:00");
    assert_eq!(row.max_attempts, 25, "what the stock crate gives unasked");
    both.stock_is_empty().await;
}

#[tokio::test]
async fn a_task_that_a_stock_worker_had_made_active_is_adopted_in_its_turn() {
    let Some(both) = Both::start().await else {
        return;
    };
    let config = Config::default().queue(KIND);
    for id in ["b", "a", "c"] {
        both.server
            .ask::<()>(&["HSET", &config.job_data_hash(), id, id]);
        both.server
            .ask::<()>(&["RPUSH", &config.active_jobs_list(), id]);
    }
    assert_eq!(both.adopt_all().await, 3);
    let lease = Duration::from_secs(30);
    let fetched = both.store.fetch(KIND, 9, "worker", lease).await.unwrap();
    let got: Vec<(&str, &[u8], u32)> = fetched
        .leases
        .iter()
        .map(|lease| (&*lease.id, &*lease.payload, lease.max_attempts))
        .collect();
    assert_eq!(
        got,
        [
            ("transform:b", &b"b"[..], 15),
            ("transform:a", &b"a"[..], 15),
            ("transform:c", &b"c"[..], 15)
        ]
    );
    both.stock_is_empty().await;
}

#[tokio::test]
async fn a_task_of_an_id_that_is_a_job_already_is_a_duplicate() {
    let Some(mut both) = Both::start().await else {
        return;
    };
    for number in [1, 2] {
        let task = TaskBuilder::new(letter(number)).task_id(TaskId::from_string("same"));
        both.stock.push_task(task.build()).await.unwrap();
        assert_eq!(both.adopt_all().await, 1);
    }
    let row = both.store.get("transform:same").await.unwrap().unwrap();
    assert_eq!(
        row.payload.as_bytes(),
        serde_json::to_vec(&letter(1)).unwrap()
    );
    both.stock_is_empty().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_adopt_at_once_adopt_each_task_once() {
    let Some(mut both) = Both::start().await else {
        return;
    };
    both.stock
        .push_bulk((0..900).map(letter).collect())
        .await
        .unwrap();
    let other = our_store(&both.server).await;
    let adopting = [Arc::clone(&both.store), other].map(|store| {
        tokio::spawn(async move { while store.adopt(KIND, 15).await.unwrap() > 0 {} })
    });
    for adopting in adopting {
        adopting.await.unwrap();
    }
    both.adopt_all().await;
    assert_eq!(both.ids().await.len(), 900);
    both.stock_is_empty().await;
}

#[tokio::test]
async fn v06_an_id_without_its_data_does_not_stop_the_others() {
    let Some(mut both) = Both::start().await else {
        return;
    };
    let config = Config::default().queue(KIND);
    let scheduled = config.scheduled_jobs_set();
    for number in 0..600 {
        let id = format!("empty-{number}");
        both.server.ask::<()>(&["ZADD", &scheduled, "1", &id]);
    }
    let active = config.active_jobs_list();
    both.server.ask::<()>(&["RPUSH", &active, "empty-too"]);
    let whole = TaskBuilder::new(letter(1)).task_id(TaskId::from_string("whole"));
    both.stock.push_task(whole.build()).await.unwrap();
    assert_eq!(both.adopt_all().await, 602);
    assert_eq!(both.ids().await, BTreeSet::from([format!("{KIND}:whole")]));
    both.stock_is_empty().await;
}

#[tokio::test]
async fn payloads_that_are_large_together_are_adopted_in_parts() {
    let Some(mut both) = Both::start().await else {
        return;
    };
    let large = Letter {
        to: "x".repeat(5 << 20),
        number: 0,
    };
    for number in 0..3 {
        let letter = Letter {
            number,
            ..large.clone()
        };
        both.stock.push(letter).await.unwrap();
    }
    for _ in 0..3 {
        assert_eq!(both.store.adopt(KIND, 15).await.unwrap(), 1);
    }
    assert_eq!(both.store.adopt(KIND, 15).await.unwrap(), 0);
    assert_eq!(both.ids().await.len(), 3);
    both.stock_is_empty().await;
}

#[tokio::test]
async fn an_idle_look_is_one_question_of_constant_cost() {
    let Some(both) = Both::start().await else {
        return;
    };
    assert_eq!(both.adopt_all().await, 0);
    both.server.ask::<()>(&["CONFIG", "RESETSTAT"]);
    assert_eq!(both.adopt_all().await, 0);
    let told: String = both.server.ask(&["INFO", "commandstats"]);
    let commands: Vec<&str> = told
        .lines()
        .filter_map(|line| line.strip_prefix("cmdstat_")?.split(',').next())
        .filter(|command| !command.starts_with("config") && !command.starts_with("client"))
        .filter(|command| {
            !["hello:", "info:"]
                .iter()
                .any(|own| command.starts_with(own))
        })
        .collect();
    assert_eq!(commands, ["exists:calls=1"]);
}
