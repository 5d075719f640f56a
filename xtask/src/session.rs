//! One call of `cargo xtask`: what it started, and that all of it ends with it.

use std::{
    env,
    ffi::OsString,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    commands::Task,
    process::{Ending, Process},
    run_folder::RunFolder,
};

/// Runs `task` to its end or to the first signal, stops everything that it started, and returns the exit code.
pub(crate) fn perform(task: Task) -> u8 {
    // One thread: the kernel ties the death signals of `process` to the thread that started the child.
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime cannot be started")
        .and_then(|runtime| runtime.block_on(perform_until_signalled(task)));
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        1
    })
}

async fn perform_until_signalled(task: Task) -> Result<u8> {
    let mut signals = Signals::listen()?;
    let mut session = Session::new();
    let asked_to_stay = task == Task::Services;
    let outcome = tokio::select! {
        number = signals.next() => Ok(match number {
            // Ctrl-C is the way to end `cargo xtask services`, not a failure of it.
            Signals::INTERRUPT if asked_to_stay => 0,
            number => 128 + number,
        }),
        outcome = task.run(&mut session) => outcome,
    };
    session.stop().await;
    outcome
}

/// What one call of `cargo xtask` has started. Dropping it, as a panic does, ends all of it.
#[derive(Debug)]
pub(crate) struct Session {
    // In this order on drop: first the processes, then their folder.
    cargo: Option<Process>,
    servers: Vec<Process>,
    run_folder: Option<RunFolder>,
    root: PathBuf,
    target: PathBuf,
}

impl Session {
    fn new() -> Self {
        // Cargo sets it for `cargo run`; a copied executable falls back to where it was built.
        let package =
            env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package)
            .parent()
            .unwrap_or_else(|| Path::new("."))
            .to_owned();
        let target = env::var_os("CARGO_TARGET_DIR")
            .filter(|folder| !folder.is_empty())
            .map_or_else(|| root.join("target"), PathBuf::from);
        Self {
            cargo: None,
            servers: Vec::new(),
            run_folder: None,
            root,
            target,
        }
    }

    /// The workspace's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that cargo builds into.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// `target/services`, absolute: what outlives a run, such as an unpacked mongod, lies here.
    pub(crate) fn services_folder(&self) -> Result<PathBuf> {
        std::path::absolute(self.target.join("services"))
            .context("the current folder cannot be read")
    }

    /// The folder of this run, made at the first call. Making it clears what killed runs left.
    pub(crate) fn run_folder(&mut self) -> Result<&RunFolder> {
        let folder = match self.run_folder.take() {
            Some(folder) => folder,
            None => RunFolder::create(&self.services_folder()?)?,
        };
        Ok(self.run_folder.insert(folder))
    }

    /// Takes a server into the session, which stops it at its end.
    pub(crate) fn keep(&mut self, server: Process) {
        self.servers.push(server);
    }

    /// The names of the servers that are no longer running.
    pub(crate) fn ended_servers(&mut self) -> Vec<&'static str> {
        let ended = |server: &mut Process| server.ended().is_some().then(|| server.name());
        self.servers.iter_mut().filter_map(ended).collect()
    }

    /// Runs cargo at the workspace's root, with these variables added to the environment.
    pub(crate) async fn cargo(
        &mut self,
        arguments: &[OsString],
        variables: &[(&'static str, String)],
    ) -> Result<ExitStatus> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Ending::Terminate.command_that_dies_with_us(cargo.as_ref());
        command
            .args(arguments)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .envs(variables.iter().map(|(name, value)| (name, value)));
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(describes_this_package) {
                command.env_remove(name);
            }
        }
        let cargo = self
            .cargo
            .insert(Process::spawn("cargo", command, Ending::Terminate)?);
        let status = cargo.wait().await;
        self.cargo = None;
        status
    }

    /// Stops what is still running: cargo with its tests first, then the servers that they use.
    async fn stop(mut self) {
        if let Some(mut cargo) = self.cargo.take() {
            cargo.stop().await;
        }
        for mut server in self.servers.drain(..).rev() {
            server.stop().await;
        }
    }
}

/// Whether cargo set the variable to describe xtask itself. Handed on to a second cargo, it makes build scripts
/// that watch it (ring's does) run again, and everything above them compile twice.
fn describes_this_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

/// The exit code that a shell would show for `status`.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    u8::try_from(code).unwrap_or(1)
}

/// The signals that ask for an end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    const HANG_UP: u8 = 1;
    const INTERRUPT: u8 = 2;
    const TERMINATE: u8 = 15;

    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("signals cannot be listened to");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for one of them, and returns its number.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => Self::INTERRUPT,
            _ = self.terminate.recv() => Self::TERMINATE,
            _ = self.hang_up.recv() => Self::HANG_UP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_the_exit_code_that_a_shell_shows() {
        assert_eq!(exit_code(ExitStatus::from_raw(0)), 0);
        assert_eq!(exit_code(ExitStatus::from_raw(101 << 8)), 101);
        assert_eq!(exit_code(ExitStatus::from_raw(9)), 137);
    }

    #[test]
    fn cargo_is_not_told_that_it_builds_xtask() {
        assert!(describes_this_package("CARGO_PKG_NAME"));
        assert!(describes_this_package("CARGO_MANIFEST_DIR"));
        assert!(!describes_this_package("CARGO_HOME"));
        assert!(!describes_this_package("CARGO_TARGET_DIR"));
    }
}
