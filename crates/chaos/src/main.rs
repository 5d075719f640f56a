//! The chaos program: workers and producers to be killed, and the run that kills them.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use moodwire_chaos::{enqueue::Enqueue, publish::Publish, run::Run, worker::Worker};

/// Faults for real against Moodwire's queue.
#[derive(Debug, Parser)]
#[command(max_term_width = 100)]
struct Args {
    #[command(subcommand)]
    role: Role,
}

/// What a process does.
#[derive(Debug, Subcommand)]
enum Role {
    /// Run jobs until SIGTERM, or until killed
    Worker(Worker),
    /// Add jobs
    Enqueue(Enqueue),
    /// Work under faults at random on a private Redis, and count what was lost or done twice
    Run(Run),
    /// Publish to a receiver that misbehaves, from processes that are killed, and count what was lost or sent twice
    Publish(Publish),
}

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let threads = match &args.role {
        Role::Worker(worker) => worker.threads,
        Role::Enqueue(_) | Role::Run(_) | Role::Publish(_) => 2,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .enable_all()
        .build();
    let result = runtime.map_err(Into::into).and_then(|runtime| {
        let result = runtime.block_on(async {
            match args.role {
                Role::Worker(worker) => worker.run().await.map(|()| ExitCode::SUCCESS),
                Role::Enqueue(enqueue) => enqueue.run().await.map(|()| ExitCode::SUCCESS),
                Role::Run(run) => run.run().await,
                Role::Publish(publish) => publish.run().await,
            }
        });
        // A job that blocks its thread is not waited for: it was handed back.
        runtime.shutdown_background();
        result
    });
    result.unwrap_or_else(|error| {
        tracing::error!("{error:#}");
        ExitCode::FAILURE
    })
}
