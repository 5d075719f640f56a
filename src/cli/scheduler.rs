//! `scheduler`: slots for collects, and the upkeep of every minute, without workers.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    environment::{self, Start},
    failure::Failure,
    roles::asked_to_stop,
    scheduler::Scheduler,
};

/// Runs the command.
pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    environment::refuse_stdin(config)?;
    let deps = environment::build(
        config,
        environment::sources(config),
        environment::channels(config)?,
        Start::role(),
    )
    .await?;
    let scheduler = Scheduler::new(Arc::clone(&deps), config)?;
    let stop = CancellationToken::new();
    let scheduling = tokio::spawn(scheduler.run(stop.clone()));
    tracing::info!(sources = deps.sources.len(), "scheduling; stop with Ctrl-C");
    asked_to_stop().await;
    stop.cancel();
    scheduling
        .await
        .map_err(|error| Failure::Runtime(format!("the scheduler ended badly: {error}")))
}
