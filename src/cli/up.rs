//! `up`: all roles in one process, for as long as it runs, or until nothing is left to do.

use std::{path::Path, process::ExitCode, sync::Arc};

use moodwire_channels::StdoutChannel;
use moodwire_sources::SourceError;
use moodwire_workers::Deps;

use super::args::Up;
use crate::{
    config::Config,
    console::Served,
    drain,
    environment::{self, Start},
    failure::Failure,
    metrics::{Exporter, Watched},
    output,
    roles::{Roles, Signals, Workers, stay},
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
    let mut signals = Signals::listen()?;
    signals.unless_stopped(copy_stdin(&config)).await?;
    let sources = environment::sources(&config)?;
    for (name, source) in &sources {
        match source.check().await {
            Ok(()) => {}
            Err(SourceError::Dead(sentence)) => return Err(Failure::Usage(sentence)),
            // A network that is away at start is what its jobs wait for.
            Err(error) => {
                tracing::warn!(source = name, reason = %error, "not to be read at present")
            }
        }
    }
    let start = Start {
        horizon: args.drain.then(|| environment::clock().now()),
        ..Start::role()
    };
    let mut channels = environment::channels(&config)?;
    if json {
        // The one document of standard output is the report.
        for (name, entry) in &mut channels {
            if entry.channel.kind() == "stdout" {
                entry.channel = Arc::new(StdoutChannel::on_stderr(name.clone()));
            }
        }
    }
    let deps = signals
        .unless_stopped(environment::build(&config, sources, channels, start))
        .await?;
    let _metrics = Exporter::start(&config, "up", Watched::of(&deps)).await?;
    if args.drain {
        return drained(&deps, &config, &mut signals, json).await;
    }
    let scheduler = Scheduler::new(Arc::clone(&deps), &config)?;
    let workers = Workers::start_all(&deps, &config);
    tracing::info!(
        sources = deps.sources.len(),
        channels = deps.channels.len(),
        "up; stop with Ctrl-C"
    );
    let roles = Roles {
        workers: Some(workers),
        scheduler: Some(scheduler),
        console: Served::start_beside(&deps, &config).await?,
    };
    stay(roles, &mut signals).await?;
    Ok(ExitCode::SUCCESS)
}

async fn drained(
    deps: &Arc<Deps>,
    config: &Config,
    signals: &mut Signals,
    json: bool,
) -> Result<ExitCode, Failure> {
    let workers = Workers::start_all(deps, config);
    let report = tokio::select! {
        report = drain::drain(deps) => report,
        failure = workers.died() => Err(failure),
        () = signals.next() => Err(Failure::Runtime(
            "stopped by a signal before all was drained; run it again to go on".to_owned(),
        )),
    };
    workers.stop(signals).await?;
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
