//! `worker`: runs jobs of all kinds, or of some.

use moodwire_model::slot;

use super::args::Worker;
use crate::{
    config::Config,
    environment,
    failure::Failure,
    metrics::{Exporter, Watched},
    roles::{Roles, Signals, Workers, stay},
};

/// Runs the command.
pub(super) async fn run(mut config: Config, args: &Worker) -> Result<(), Failure> {
    if let Some(concurrency) = args.concurrency.map(usize::from) {
        let worker = &mut config.worker;
        worker.collect = concurrency;
        worker.transform = concurrency;
        worker.publish = concurrency;
        worker.rescore = concurrency;
    }
    let mut signals = Signals::listen()?;
    environment::refuse_stdin(&config)?;
    let deps = signals
        .unless_stopped(environment::of_role(&config))
        .await?;
    let kinds = if args.only.is_empty() {
        slot::KINDS.map(str::to_owned).to_vec()
    } else {
        args.only.clone()
    };
    if deps.sources.is_empty() && kinds.iter().any(|kind| kind == slot::PUBLISH) {
        tracing::warn!(
            "no [[source]] is configured here: this worker will take hours for complete without waiting for any source"
        );
    }
    let _metrics = Exporter::start(&config, "worker", Watched::of(&deps)).await?;
    let workers = Workers::start(&deps, &kinds, config.worker.shutdown_grace);
    let roles = Roles {
        workers: Some(workers),
        ..Roles::default()
    };
    stay(roles, &mut signals).await
}
