//! How apalis's own worker can be started, and how it ends.

use std::{
    convert::Infallible,
    process::Stdio,
    task::{Context, Poll},
};

use apalis::prelude::{Backend, BoxDynError, Task, WorkerBuilder, WorkerContext};
use apalis_core::backend::{BackendConfig, finalize::Ephemeral};
use tokio::process::Command;
use tower::layer::util::Identity;

use crate::bench::{Bench, Seen, ended};

/// Compiles `examples/stock_spawn.rs` with and without what the compiler refuses.
pub(crate) async fn v24_a_worker_cannot_be_spawned(_: Bench) -> Result<Seen, BoxDynError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let refused = Command::new(cargo)
        .args(["rustc", "--package", "moodwire-queue", "--example"])
        .args(["stock_spawn", "--", "--cfg", "boxed_error"])
        .stdin(Stdio::null())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&refused.stderr);
    let line = said
        .lines()
        .find(|line| line.contains("is not general enough"))
        .unwrap_or("a closure that returns BoxDynError can be spawned");
    Ok(Seen::new(
        !refused.status.success() && said.contains("is not general enough"),
        format!(
            "spawning a worker of a closure that returns BoxDynError: {}",
            line.trim()
        ),
    ))
}

/// A backend whose stream ends.
struct Empty;

impl Backend for Empty {
    type Task = Task<Vec<u8>>;
    type Error = Infallible;

    fn poll_ready(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        Poll::Ready(None)
    }

    fn poll_close(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for Empty {
    type Args = Vec<u8>;
    type Id = u64;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}

pub(crate) async fn v26_a_backend_that_ends_leaves_its_worker(
    _: Bench,
) -> Result<Seen, BoxDynError> {
    let worker = WorkerBuilder::new("empty")
        .backend(Empty)
        .build(|_: Vec<u8>| async { Ok::<(), Infallible>(()) });
    let mut worker = tokio::spawn(worker.run());
    let end = ended(5, &mut worker).await;
    worker.abort();
    Ok(Seen::new(
        end.is_none(),
        format!(
            "5 s after its backend ended, the worker {}",
            end.as_deref().unwrap_or("runs on")
        ),
    ))
}
