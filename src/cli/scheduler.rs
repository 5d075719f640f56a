//! `scheduler`: slots for collects, and the upkeep of every minute, without workers.

use std::sync::Arc;

use crate::{
    config::Config,
    environment::{self, Start},
    failure::Failure,
    roles::{Signals, stay},
    scheduler::Scheduler,
};

/// Runs the command.
pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    environment::refuse_stdin(config)?;
    let (sources, channels) = (
        environment::sources(config)?,
        environment::channels(config)?,
    );
    let deps = signals
        .unless_stopped(environment::build(config, sources, channels, Start::role()))
        .await?;
    let scheduler = Scheduler::new(Arc::clone(&deps), config)?;
    tracing::info!(sources = deps.sources.len(), "scheduling; stop with Ctrl-C");
    stay(None, Some(scheduler), &mut signals).await
}
