//! The command line: one `match` that shows the whole program.

mod args;
mod audit;
mod backfill;
mod channel;
mod config;
mod console;
mod dead;
mod digest;
mod doctor;
mod edit;
mod enqueue;
mod export;
mod health;
mod jobs;
mod listing;
mod migrate;
mod mood;
mod publications;
mod queue;
mod rescore;
mod scheduler;
mod score;
mod source;
mod up;
mod usage;
mod waiting;
mod worker;
mod workers;

use std::{collections::BTreeMap, process::ExitCode};

use clap::Parser;

pub(crate) use self::args::Args;
use self::args::{BenchCommand, Command};
use crate::{
    bench,
    config::{Loaded, LogFormat, load},
    demo,
    failure::Failure,
    output,
};

/// What was written on the command line; else the exit code, after help was printed or the complaint made.
pub(crate) fn parse() -> Result<Args, ExitCode> {
    Args::try_parse().map_err(|error| {
        match usage::sentence(&error) {
            Some(sentence) => output::complain(&sentence),
            // Nobody is left to be told that the help has no reader.
            None => drop(error.print()),
        }
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    })
}

/// How logs are to be written, and the URL that traces go to, which must be known before anything is told. A configuration
/// that cannot be used is complained of later, by the command.
pub(crate) fn logging(args: &Args) -> (LogFormat, Option<String>) {
    configured(args)
        .map(|loaded| (loaded.config.log.format, loaded.config.telemetry.otlp))
        .unwrap_or_default()
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode, Failure> {
    let json = args.json;
    // The commands that are there to run or explain without, or in spite of, a configuration.
    match &args.command {
        Command::Demo(demo) => return demo::run(demo).await.map(done),
        Command::Config(command) => return config::run(command, &args, json).map(done),
        Command::Doctor => return doctor::run(configured(&args), json).await,
        Command::Bench(BenchCommand::Match(matching)) => {
            return bench::matching::run(*matching, json).map(done);
        }
        // Its parent tells it on standard input what it needs.
        Command::Bench(BenchCommand::QueueWorker) => return bench::queue::serve().await.map(done),
        _ => {}
    }
    let config = configured(&args)?.config;
    match args.command {
        Command::Demo(_) | Command::Config(_) | Command::Doctor => Ok(()),
        Command::Bench(BenchCommand::QueueWorker | BenchCommand::Match(_)) => Ok(()),
        Command::Bench(BenchCommand::Queue(queue)) => bench::queue::run(&config, queue, json).await,
        Command::Bench(BenchCommand::Console(console)) => {
            Box::pin(bench::console::run(&config, console, json)).await
        }
        Command::Up(up) => return up::run(config, &up, json).await,
        Command::Scheduler => scheduler::run(&config).await,
        Command::Console => Box::pin(console::run(&config)).await,
        Command::Worker(worker) => worker::run(config, &worker).await,
        Command::Migrate(migrate) => migrate::run(&config, &migrate, json).await,
        Command::Enqueue(enqueue) => enqueue::run(&config, &enqueue, json).await,
        Command::Backfill(backfill) => backfill::run(&config, &backfill, json).await,
        Command::Health => return Box::pin(health::run(&config, json)).await,
        Command::Queue(command) => queue::run(&config, &command, json).await,
        Command::Jobs(command) => jobs::run(&config, &command, json).await,
        Command::Dead(command) => dead::run(&config, &command, json).await,
        Command::Publications(command) => publications::run(&config, &command, json).await,
        Command::Rescore(rescore) => rescore::run(&config, &rescore, json).await,
        Command::Score(score) => score::run(&config, &score, json),
        Command::Bench(BenchCommand::Score(score)) => bench::score::run(&config, &score, json),
        Command::Source(command) => source::run(&config, &command, json).await,
        Command::Channel(command) => channel::run(&config, &command, json).await,
        Command::Audit(audit) => audit::run(&config, &audit, json).await,
        Command::Mood(mood) => mood::run(&config, &mood, json).await,
        Command::Export(export) => export::run(&config, &export, json).await,
        Command::Digest(digest) => digest::run(&config, &digest, json).await,
    }
    .map(done)
}

fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

fn configured(args: &Args) -> Result<Loaded, Failure> {
    // Variables that are no Unicode cannot be settings of ours, whose names and values are.
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Ok(load(args.config.as_deref(), &environment)?)
}
