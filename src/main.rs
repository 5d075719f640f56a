//! Moodwire: follows crypto actors, keeps and scores their posts, and publishes each hour's best and worst.

mod audit;
mod bench;
mod cli;
mod config;
mod console;
mod demo;
mod drain;
mod environment;
mod export;
mod failure;
mod metrics;
mod operations;
mod output;
mod presence;
mod roles;
mod scheduler;
mod scorer;
mod stdin;
mod telemetry;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Jobs are many small allocations on one thread that are freed on another, at which the C library's allocator is slow.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let args = match cli::parse() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let (format, collector) = cli::logging(&args);
    let traces = output::start_logging(args.verbosity(), format, collector);
    // Several crates bring rustls; which cryptography serves all of them is said once. An error says that it was said.
    let _already_said = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("the runtime cannot be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(telemetry::exporting(traces, cli::run(args)));
    // Not waited for: a blocking read of standard input would hold the process until its next line.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(failure) => {
            output::complain_in(format, &failure.to_string());
            ExitCode::from(failure.code())
        }
    }
}
