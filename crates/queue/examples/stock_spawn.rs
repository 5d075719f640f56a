//! A stock worker on a task of its own. `cargo xtask stock` compiles it again with `--cfg boxed_error`, which the
//! compiler refuses: V24 of the crate's README.

#![expect(unexpected_cfgs, reason = "given by hand, see above")]

use apalis::prelude::{BoxDynError, WorkerBuilder};
use apalis_redis::RedisStorage;

#[cfg(boxed_error)]
type Failure = BoxDynError;
#[cfg(not(boxed_error))]
type Failure = std::io::Error;

#[tokio::main]
async fn main() -> Result<(), BoxDynError> {
    let url = std::env::args()
        .nth(1)
        .ok_or("the URL of a Redis, please")?;
    let connection = apalis_redis::connect(url).await?;
    let worker = WorkerBuilder::new("spawned")
        .backend(RedisStorage::new(connection))
        .build(|_: u32| async { Ok::<(), Failure>(()) });
    tokio::spawn(async move { worker.run().await }).await??;
    Ok(())
}
