//! A private Redis that writes every change to disk before it answers, to be killed, frozen and filled.

use std::{
    net::{Ipv4Addr, TcpListener},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use moodwire_model::{Entropy, SystemEntropy};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::process::signal;

/// How long it may take until it has read what it had written, and answers.
const START: Duration = Duration::from_secs(60);

/// A running `redis-server` with a folder of its own; killed when dropped.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// Starts one on a free port, with `appendfsync always`.
    ///
    /// # Errors
    /// When `redis-server` is not installed or does not start.
    pub async fn start() -> Result<Self> {
        let (port, folder) = (free_port()?, tempfile::tempdir()?);
        Ok(Self {
            child: spawn(port, &folder).await?,
            port,
            folder,
        })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a power cut would, the kernel's own buffers aside.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Starts it again where it was, with what it had written.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> Result<()> {
        self.child = spawn(self.port, &self.folder).await?;
        Ok(())
    }

    /// Sends its process a signal, such as `STOP`.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn signal(&self, name: &str) -> Result<()> {
        signal(self.child.id().context("Redis has ended")?, name).await
    }

    /// Runs a command on it.
    ///
    /// # Errors
    /// What it answers, and that it does not answer.
    pub async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> Result<T> {
        let client = redis::Client::open(self.url())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let (name, arguments) = words.split_first().context("there is no command")?;
        let mut command = redis::cmd(name);
        Ok(command.arg(arguments).query_async(&mut connection).await?)
    }
}

async fn spawn(port: u16, folder: &TempDir) -> Result<Child> {
    let port = port.to_string();
    let mut child = Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
        .args(["--appendonly", "yes", "--appendfsync", "always"])
        .args(["--maxmemory-policy", "noeviction"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("redis-server cannot be started: is it installed?")?;
    let out = child.stdout.take().context("Redis has no output")?;
    let mut lines = BufReader::new(out).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains("Ready to accept connections") {
                return Ok(());
            }
        }
        bail!("redis-server ended at its start")
    };
    timeout(START, ready)
        .await
        .context("redis-server does not start")??;
    // What it says later is read as well: a full pipe would stop it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(child)
}

/// A port that nobody listens on, below those that the system gives to clients: a client that tries again and again
/// to reach a Redis that is down could otherwise be given that very port, be connected to itself, and keep it.
fn free_port() -> Result<u16> {
    const FIRST: u16 = 10_000;
    const COUNT: u64 = 20_000;
    for _ in 0..100 {
        let port = FIRST + u16::try_from(SystemEntropy.bits() % COUNT)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("127.0.0.1 has no free port")
}
