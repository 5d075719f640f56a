//! A child process whose lines can be waited for and that is ended by its id.

use std::{
    fs::OpenOptions,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::watch,
    time::timeout,
};

/// Far more than anything here takes: what would wait for ever fails.
const BOUND: Duration = Duration::from_secs(60);

/// A child process, killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    said: watch::Receiver<Vec<String>>,
    id: u32,
}

impl Process {
    /// Starts the command. Its standard error is added to the file `log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("a process cannot be started")?;
        let id = child.id().context("a process ended at once")?;
        let out = child.stdout.take().context("a process has no output")?;
        let (sender, said) = watch::channel(Vec::new());
        // Read to its end, or a full pipe would hold the process up.
        tokio::spawn(async move {
            let mut lines = BufReader::new(out).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                sender.send_modify(|said| said.push(line));
            }
        });
        Ok(Self {
            input: child.stdin.take(),
            child,
            said,
            id,
        })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Waits until it has said a line that begins with this; that line.
    ///
    /// # Errors
    /// When it ends before, and after a minute.
    pub async fn says(&self, beginning: &str) -> Result<String> {
        self.says_times(beginning, 1).await
    }

    /// Waits until it has said so many lines that begin with this; the last of them.
    ///
    /// # Errors
    /// When it ends before, and after a minute.
    pub async fn says_times(&self, beginning: &str, times: usize) -> Result<String> {
        let mut said = self.said.clone();
        let nth = |lines: &Vec<String>| {
            let mut those = lines.iter().filter(|line| line.starts_with(beginning));
            those.nth(times - 1).cloned()
        };
        let waited = timeout(BOUND, said.wait_for(|lines| nth(lines).is_some())).await;
        match waited {
            Ok(Ok(lines)) => nth(&lines).context("a line was said and is gone"),
            failed => {
                let why = if failed.is_ok() { "ended" } else { "is silent" };
                Err(anyhow!(
                    "process {} {why} and has not said \"{beginning}\" {times} times, but {:?}",
                    self.id,
                    self.said.borrow()
                ))
            }
        }
    }

    /// How many lines it has said that begin with this.
    pub fn said(&self, beginning: &str) -> usize {
        let lines = self.said.borrow();
        lines
            .iter()
            .filter(|line| line.starts_with(beginning))
            .count()
    }

    /// Writes a line to its standard input.
    ///
    /// # Errors
    /// When it no longer reads.
    pub async fn tell(&mut self, line: &str) -> Result<()> {
        let input = self.input.as_mut().context("its input is closed")?;
        Ok(input.write_all(format!("{line}\n").as_bytes()).await?)
    }

    /// Sends it a signal by its name without `SIG`.
    ///
    /// # Errors
    /// When there is no such process any more.
    pub async fn signal(&self, name: &str) -> Result<()> {
        signal(self.id, name).await
    }

    /// Kills it and waits for its end.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// After a minute.
    pub async fn end(&mut self) -> Result<ExitStatus> {
        let ended = timeout(BOUND, self.child.wait());
        Ok(ended
            .await
            .with_context(|| format!("process {} does not end", self.id))??)
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// Those of the system.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Asks it to stop and waits until it has, well.
    ///
    /// # Errors
    /// When it ends badly, or not within a minute.
    pub async fn terminate(&mut self) -> Result<()> {
        self.signal("TERM").await?;
        let status = self.end().await?;
        if !status.success() {
            bail!(
                "process {} was asked to stop and ended with {status}",
                self.id
            );
        }
        Ok(())
    }

    /// Waits for its end by SIGKILL.
    ///
    /// # Errors
    /// When it ends otherwise, or not within a minute.
    pub async fn is_killed(&mut self) -> Result<()> {
        const KILL: i32 = 9;
        let status = self.end().await?;
        if status.signal() != Some(KILL) {
            bail!(
                "process {} was to be killed and ended with {status}",
                self.id
            );
        }
        Ok(())
    }
}

/// Sends a process that we started a signal by its name without `SIG`.
pub(crate) async fn signal(id: u32, name: &str) -> Result<()> {
    // The shell's own `kill`: small images have no executable of that name.
    let sent = Command::new("sh")
        .args(["-c", "kill -s \"$0\" \"$1\"", name, &id.to_string()])
        .status()
        .await?;
    if !sent.success() {
        bail!("process {id} cannot be sent SIG{name}: it has ended");
    }
    Ok(())
}
