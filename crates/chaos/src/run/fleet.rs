//! The workers of a run: replaced when they end, however they end.

use std::{
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::ExitStatus,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    fault::{Step, VARIABLE},
    process::Process,
};

/// The kind of the run's jobs.
pub(super) const KIND: &str = "chaos";

/// The sink's name in the fleet's folder.
const SINK: &str = "sink";

/// Signals that end a worker on purpose: an aborting job's, and a kill's.
const ABORTED: i32 = 6;
const KILLED: i32 = 9;

/// Worker processes, and how those before them ended.
#[derive(Debug)]
pub(super) struct Fleet {
    program: PathBuf,
    url: String,
    folder: PathBuf,
    /// The folder, where it is thrown away in the end.
    _thrown_away: Option<TempDir>,
    workers: Vec<Process>,
    pub(super) ends: Ends,
}

/// How workers ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    /// By SIGKILL.
    pub(super) killed: u64,
    /// With a job that aborted them.
    pub(super) aborted: u64,
    /// In any way that nobody asked for: a defect.
    pub(super) badly: u64,
}

impl Ends {
    fn count(&mut self, status: ExitStatus) {
        match status.signal() {
            Some(KILLED) => self.killed += 1,
            Some(ABORTED) => self.aborted += 1,
            _ => {
                tracing::error!(%status, "a worker ended by itself");
                self.badly += 1;
            }
        }
    }
}

impl Fleet {
    /// Starts so many workers on the queue at `url`; what they write stays in the folder `keep`.
    pub(super) async fn start(url: String, count: usize, keep: Option<PathBuf>) -> Result<Self> {
        let (folder, thrown_away) = match keep {
            Some(folder) => {
                std::fs::create_dir_all(&folder).context("--keep: the folder cannot be made")?;
                if folder.join(SINK).exists() {
                    bail!(
                        "--keep: {} holds an earlier run's sink; name another folder",
                        folder.display()
                    );
                }
                (folder, None)
            }
            None => {
                let folder = tempfile::tempdir()?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        let mut fleet = Self {
            program: std::env::current_exe()?,
            url,
            folder,
            _thrown_away: thrown_away,
            workers: Vec::new(),
            ends: Ends::default(),
        };
        for _ in 0..count.max(1) {
            let worker = fleet.worker(None)?;
            worker
                .says("ready")
                .await
                .with_context(|| fleet.log_text())?;
            fleet.workers.push(worker);
        }
        Ok(fleet)
    }

    /// The keyed sink of all workers.
    pub(super) fn sink(&self) -> PathBuf {
        self.folder.join(SINK)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.workers.len()
    }

    /// The worker at this index.
    pub(super) fn worker_at(&mut self, index: usize) -> &mut Process {
        &mut self.workers[index]
    }

    /// Puts a new worker in the place of this one, which is waited for; how it ended is counted by the caller.
    pub(super) fn replace(&mut self, index: usize, trap: Option<Step>) -> Result<()> {
        self.workers[index] = self.worker(trap)?;
        Ok(())
    }

    /// Replaces those that have ended.
    pub(super) async fn mend(&mut self) -> Result<()> {
        for index in 0..self.workers.len() {
            if let Some(status) = self.workers[index].ended()? {
                self.ends.count(status);
                self.replace(index, None)?;
            }
        }
        Ok(())
    }

    /// Waits for the end of one worker, in whatever way; true when it ended well.
    pub(super) async fn ended(&mut self, index: usize) -> Result<bool> {
        let status = self.workers[index].end().await?;
        if !status.success() {
            self.ends.count(status);
        }
        Ok(status.success())
    }

    /// Asks every worker to stop, and waits until they have.
    pub(super) async fn stop(&mut self) -> Result<()> {
        for worker in &self.workers {
            // Gone already: counted below.
            let _gone = worker.signal("TERM").await;
        }
        for index in 0..self.workers.len() {
            self.ended(index).await?;
        }
        Ok(())
    }

    fn worker(&self, trap: Option<Step>) -> Result<Process> {
        let mut command = Command::new(&self.program);
        command
            .args(["worker", "--url", &self.url, "--kind", KIND])
            .args(["--concurrency", "8", "--grace", "500"])
            .arg("--sink")
            .arg(self.sink())
            .env_remove(VARIABLE);
        if let Some(step) = trap {
            command.env(VARIABLE, format!("{step}:3"));
        }
        Process::start(command, &self.log())
    }

    fn log(&self) -> PathBuf {
        self.folder.join("workers.log")
    }

    fn log_text(&self) -> String {
        let path: &Path = &self.log();
        std::fs::read_to_string(path).unwrap_or_default()
    }
}
