//! `scheduler`: slots for collects, and the upkeep of every minute, without workers.

use std::sync::Arc;

use crate::{
    config::Config,
    environment,
    failure::Failure,
    metrics::{Exporter, Watched},
    roles::{Roles, Signals, stay},
    scheduler::Scheduler,
};

/// Runs the command.
pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    environment::refuse_stdin(config)?;
    let deps = signals.unless_stopped(environment::of_role(config)).await?;
    let _metrics = Exporter::start(config, "scheduler", Watched::of(&deps)).await?;
    let scheduler = Scheduler::new(Arc::clone(&deps), config)?;
    tracing::info!(sources = deps.sources.len(), "scheduling; stop with Ctrl-C");
    let roles = Roles {
        scheduler: Some(scheduler),
        ..Roles::default()
    };
    stay(roles, &mut signals).await
}
