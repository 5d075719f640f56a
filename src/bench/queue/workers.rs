//! A benchmark's worker processes, as their parent sees them.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::Spec;
use crate::{bench::memory::of_status, failure::Failure};

/// A worker process under way; it ends with this.
pub(super) struct Worker {
    child: Child,
    input: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

/// What a process has spent so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    /// Processor time; none where `/proc` does not tell.
    pub(super) cpu: Option<Duration>,
    /// Peak of resident memory, bytes; none where `/proc` does not tell.
    pub(super) peak: Option<u64>,
    /// Resident memory now, bytes; none where `/proc` does not tell.
    pub(super) resident: Option<u64>,
}

impl Worker {
    /// Starts one with so many threads, and waits until it says that it has started.
    pub(super) async fn start(spec: &Spec, threads: u16) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bench", "queue-worker"])
            .env("TOKIO_WORKER_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::Runtime("a worker process has no pipes".to_owned()));
        };
        let line = serde_json::to_string(spec)?;
        input.write_all(format!("{line}\n").as_bytes()).await?;
        let said = BufReader::new(output).lines();
        let mut worker = Self { child, input, said };
        worker.line().await?;
        Ok(worker)
    }

    /// The next line that it says.
    pub(super) async fn line(&mut self) -> Result<String, Failure> {
        self.said
            .next_line()
            .await?
            .ok_or_else(|| Failure::Runtime("a worker process ended by itself".to_owned()))
    }

    /// What it has spent so far, as Linux tells; nothing elsewhere.
    pub(super) fn spent(&self) -> Spent {
        let read = |file: &str| {
            let pid = self.child.id()?;
            std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()
        };
        let status = read("status");
        let memory = |name| status.as_deref().and_then(|status| of_status(status, name));
        Spent {
            cpu: read("stat").as_deref().and_then(cpu),
            peak: memory("VmHWM:"),
            resident: memory("VmRSS:"),
        }
    }

    /// Lets it end, and waits for it.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        let Self {
            mut child, input, ..
        } = self;
        drop(input);
        child.wait().await?;
        Ok(())
    }
}

/// Processor time out of `/proc/PID/stat`: fields 14 and 15, user and system, in hundredths of a second. The name in
/// field 2 may hold anything, parentheses included.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 25 17 0 0 20 0 4 0 100 0 0";
        assert_eq!(cpu(stat), Some(Duration::from_millis(420)));
        assert_eq!(cpu("nonsense"), None);
    }
}
