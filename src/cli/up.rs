//! `up`: all roles in one process, for as long as it runs, or until nothing is left to do.

use std::{path::Path, process::ExitCode, sync::Arc};

use moodwire_model::slot;
use moodwire_workers::Deps;
use tokio_util::sync::CancellationToken;

use super::args::Up;
use crate::{
    config::Config,
    drain,
    environment::{self, Start},
    failure::Failure,
    output,
    roles::{Workers, asked_to_stop},
    scheduler::Scheduler,
    stdin,
};

/// Runs the command.
pub(super) async fn run(config: Config, args: &Up, json: bool) -> Result<ExitCode, Failure> {
    if config.source.is_empty() {
        return Err(Failure::Usage(
            "no [[source]] is configured, so there is nothing to collect: name a configuration file with -c FILE, or try `moodwire demo`".to_owned(),
        ));
    }
    copy_stdin(&config).await?;
    let sources = environment::sources(&config);
    for source in sources.values() {
        source
            .check()
            .await
            .map_err(|error| Failure::Usage(error.to_string()))?;
    }
    let start = Start {
        horizon: args.drain.then(|| environment::clock().now()),
        ..Start::role()
    };
    let deps = environment::build(&config, sources, environment::channels(&config)?, start).await?;
    if args.drain {
        drained(&deps, &config, json).await
    } else {
        stay(deps, &config).await.map(|()| ExitCode::SUCCESS)
    }
}

async fn drained(deps: &Arc<Deps>, config: &Config, json: bool) -> Result<ExitCode, Failure> {
    let workers = start_workers(deps, config);
    let report = tokio::select! {
        report = drain::drain(deps) => Some(report),
        () = asked_to_stop() => None,
    };
    workers.stop().await?;
    let Some(report) = report else {
        return Err(Failure::Runtime(
            "stopped by a signal before all was drained; run it again to go on".to_owned(),
        ));
    };
    let report = report?;
    if json {
        output::json(&report)?;
    } else {
        output::line(&report.sentence())?;
    }
    if let Some(trouble) = report.trouble() {
        return Err(Failure::Runtime(trouble));
    }
    Ok(ExitCode::SUCCESS)
}

async fn stay(deps: Arc<Deps>, config: &Config) -> Result<(), Failure> {
    let scheduler = Scheduler::new(Arc::clone(&deps), config)?;
    let workers = start_workers(&deps, config);
    let stop = CancellationToken::new();
    let scheduling = tokio::spawn(scheduler.run(stop.clone()));
    tracing::info!(
        sources = deps.sources.len(),
        channels = deps.channels.len(),
        "up; stop with Ctrl-C"
    );
    asked_to_stop().await;
    tracing::info!("stopping");
    stop.cancel();
    let stopped = workers.stop().await;
    scheduling
        .await
        .map_err(|error| Failure::Runtime(format!("the scheduler ended badly: {error}")))?;
    stopped
}

fn start_workers(deps: &Arc<Deps>, config: &Config) -> Workers {
    let kinds: Vec<String> = slot::KINDS.map(str::to_owned).to_vec();
    Workers::start(deps, &kinds, config.worker.shutdown_grace)
}

/// Copies standard input into the data directory for a source whose path is `-`.
async fn copy_stdin(config: &Config) -> Result<(), Failure> {
    let mut reading = config
        .source
        .iter()
        .filter(|source| source.path.as_deref() == Some(Path::new("-")));
    let Some(source) = reading.next() else {
        return Ok(());
    };
    if let Some(other) = reading.next() {
        return Err(Failure::Usage(format!(
            "[[source]] \"{}\" and \"{}\" both read standard input: only one can",
            source.name, other.name
        )));
    }
    let path = environment::stdin_copy(&environment::data_dir(config), &source.name);
    stdin::save(path).await
}
