//! A producer that knows nothing of Moodwire: it pushes tasks with the stock `apalis_redis::RedisStorage`, and
//! Moodwire's workers run them.
//!
//! `cargo run --example stock_producer -- redis://127.0.0.1:6379 transform`

use std::time::Duration;

use apalis::prelude::{BoxDynError, TaskBuilder, TaskId, TaskSink};
use apalis_redis::{Config, RedisStorage};
use serde::{Deserialize, Serialize};

/// What the worker's handler gets, as JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Greeting {
    to: String,
    text: String,
}

fn greeting(text: &str) -> Greeting {
    Greeting {
        to: "you".to_owned(),
        text: text.to_owned(),
    }
}

/// Pushes a task, another for later, and two at once to the queue, whose name is a kind of ours.
pub(crate) async fn push(url: &str, kind: &str) -> Result<(), BoxDynError> {
    let connection = apalis_redis::connect(url).await?;
    let mut queue = RedisStorage::new(connection).with_config(Config::default().queue(kind));

    queue.push(greeting("now")).await?;

    let later = TaskBuilder::new(greeting("in an hour"))
        .task_id(TaskId::from_string("greeting-1"))
        .run_after(Duration::from_secs(3_600))
        .max_attempts(5);
    queue.push_task(later.build()).await?;

    let two = vec![greeting("both"), greeting("at once")];
    queue.push_bulk(two).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxDynError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(kind)) = (arguments.next(), arguments.next()) else {
        return Err("usage: stock_producer REDIS_URL KIND".into());
    };
    push(&url, &kind).await
}
