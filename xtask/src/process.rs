//! A child process in a process group of its own, which ends with xtask however that ends.

use std::{
    ffi::OsStr,
    process::{Command as StdCommand, ExitStatus, Stdio},
    sync::LazyLock,
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

/// How long a process may take to end after it was asked to, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// A running child with its process group. Ctrl-C in a terminal does not reach the group: xtask passes on what is
/// meant for it. Dropping it kills the group.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    ending: Ending,
}

impl Process {
    /// Starts `command`, which `ending` ends.
    pub(crate) fn spawn(name: &'static str, mut command: Command, ending: Ending) -> Result<Self> {
        let child = command
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        Ok(Self {
            name,
            child,
            ending,
        })
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Its process id, which is its group's too; none once it has ended.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for its end.
    pub(crate) async fn wait(&mut self) -> Result<ExitStatus> {
        self.child
            .wait()
            .await
            .with_context(|| format!("{} cannot be waited for", self.name))
    }

    /// Ends it, and what is left of its group.
    pub(crate) async fn stop(&mut self) {
        let Some(group) = self.child.id() else { return };
        self.ending.signal_group(group);
        let in_time = timeout(GRACE, self.child.wait()).await;
        Ending::Kill.signal_group(group);
        if in_time.is_err() {
            eprintln!(
                "{}: killed, as it did not end within {} s",
                self.name,
                GRACE.as_secs()
            );
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(group) = self.child.id() {
            Ending::Kill.signal_group(group);
        }
    }
}

/// How a process is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is asked to end.
    Terminate,
    /// PostgreSQL's immediate shutdown: it takes its children and its shared memory with it.
    Quit,
    /// It is killed: its data are thrown away anyway.
    Kill,
}

impl Ending {
    /// The signal's name, without `SIG`.
    pub(crate) fn signal(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }

    /// The ending of that signal's name.
    pub(crate) fn of_signal(name: &str) -> Option<Self> {
        [Self::Terminate, Self::Quit, Self::Kill]
            .into_iter()
            .find(|ending| ending.signal() == name)
    }

    /// A command that the kernel ends in this way when xtask dies, even of SIGKILL, where it can (Linux with
    /// util-linux's `setpriv`). Elsewhere the next run clears up what is left.
    pub(crate) fn command_that_dies_with_us(self, program: &OsStr) -> Command {
        static SETPRIV: LazyLock<bool> = LazyLock::new(|| {
            StdCommand::new("setpriv")
                .args(["--pdeathsig", "KILL", "true"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        });
        if !*SETPRIV {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", self.signal(), "--"])
            .arg(program);
        command
    }

    /// Sends the signal to a process group; that there is none left is no failure.
    pub(crate) fn signal_group(self, group: u32) {
        // The shell's own `kill`: small images have no executable of that name.
        let sent = StdCommand::new("sh")
            .arg("-c")
            .arg(format!("kill -s {} -- -{group}", self.signal()))
            .stderr(Stdio::null())
            .status();
        if let Err(error) = sent {
            eprintln!("process group {group} cannot be ended: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt, process::ChildStdout};

    use super::*;

    fn sleeper() -> Process {
        let mut command = Ending::Kill.command_that_dies_with_us(OsStr::new("sh"));
        command
            .args(["-c", "sleep 1000; true"])
            .stdout(Stdio::piped());
        Process::spawn("sleeper", command, Ending::Terminate).unwrap()
    }

    /// Returns once nobody holds the other end of the output, neither the process nor a child of it.
    async fn closed(output: Option<ChildStdout>) {
        let mut nothing = Vec::new();
        output.unwrap().read_to_end(&mut nothing).await.unwrap();
    }

    #[tokio::test]
    async fn a_stopped_process_has_ended_with_its_children() {
        let mut process = sleeper();
        let output = process.child.stdout.take();
        assert!(process.ended().is_none());
        process.stop().await;
        assert!(process.ended().is_some());
        closed(output).await;
    }

    #[tokio::test]
    async fn a_dropped_process_has_ended_with_its_children() {
        let mut process = sleeper();
        let output = process.child.stdout.take();
        drop(process);
        closed(output).await;
    }

    #[test]
    fn an_ending_is_found_by_its_signal() {
        for ending in [Ending::Terminate, Ending::Quit, Ending::Kill] {
            assert_eq!(Ending::of_signal(ending.signal()), Some(ending));
        }
        assert_eq!(Ending::of_signal("HUP"), None);
    }
}
