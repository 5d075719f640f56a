//! `worker`: runs jobs of all kinds, or of some.

use moodwire_model::slot;

use super::args::Worker;
use crate::{
    config::Config,
    environment::{self, Start},
    failure::Failure,
    roles::{Workers, asked_to_stop},
};

/// Runs the command.
pub(super) async fn run(mut config: Config, args: &Worker) -> Result<(), Failure> {
    if let Some(concurrency) = args.concurrency.map(usize::from) {
        let worker = &mut config.worker;
        (worker.collect, worker.transform, worker.publish) =
            (concurrency, concurrency, concurrency);
    }
    environment::refuse_stdin(&config)?;
    let deps = environment::build(
        &config,
        environment::sources(&config),
        environment::channels(&config)?,
        Start::role(),
    )
    .await?;
    let kinds = if args.only.is_empty() {
        slot::KINDS.map(str::to_owned).to_vec()
    } else {
        args.only.clone()
    };
    let workers = Workers::start(&deps, &kinds, config.worker.shutdown_grace);
    asked_to_stop().await;
    tracing::info!("stopping");
    workers.stop().await
}
