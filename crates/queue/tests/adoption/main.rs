//! What a stock `apalis_redis::RedisStorage` pushes to a queue of ours is run by our worker.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod both;
#[path = "../own_redis/mod.rs"]
#[expect(dead_code, reason = "other tests kill their Redis")]
mod own_redis;
#[path = "../running/mod.rs"]
mod running;
#[path = "../../examples/stock_producer.rs"]
#[expect(dead_code, reason = "the example's main")]
mod stock_producer;
mod tasks;
mod workers;
