//! The project's own commands, `cargo xtask …`: the tests with the servers that they need, the checks of CI.

#[cfg(unix)]
mod atproto;
#[cfg(unix)]
mod browser;
mod commands;
#[cfg(unix)]
mod fetched;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod reference;
#[cfg(unix)]
mod run_folder;
#[cfg(unix)]
mod services;
#[cfg(unix)]
mod session;
#[cfg(unix)]
mod tools;

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    let code = match commands::Task::parse(std::env::args_os().skip(1)) {
        Ok(task) => session::perform(task),
        Err(wrong) => {
            eprintln!("{wrong}\n\n{}", commands::USAGE);
            commands::WRONG_USAGE
        }
    };
    ExitCode::from(code)
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("xtask runs on Linux and macOS; Windows is not supported: run it inside WSL.");
    ExitCode::from(2)
}
