//! A role whose metrics are served, and asking it.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    task::JoinHandle,
};

use crate::common::terminate_read;

/// How long anything may take to be told.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often it is asked for.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// A process that runs, and where its metrics are.
pub(super) struct Role {
    child: Child,
    log: JoinHandle<()>,
    pub(super) address: String,
}

impl Role {
    /// Starts it, and reads in its log where it serves its metrics.
    pub(super) async fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let address = loop {
            let line = log.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("no metrics in {said}"));
            if let Some((_, rest)) = line.split_once("metrics at http://") {
                break rest.split_once("/metrics").unwrap().0.to_owned();
            }
            said += &line;
        };
        // Read while it runs, or a full pipe would hold it up.
        let log = tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Self {
            child,
            log,
            address,
        }
    }

    /// Asks it to stop, which it must do well.
    pub(super) async fn stop(self) {
        assert!(terminate_read(self.child).await.success());
        self.log.await.unwrap();
    }
}

/// The body at `path`; empty when nobody answers.
pub(super) async fn get(address: &str, path: &str) -> String {
    let Ok(mut server) = TcpStream::connect(address).await else {
        return String::new();
    };
    // Of HTTP 1.0, so that the answer comes in one piece and ends with the connection.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    server.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    answer
        .split_once("\r\n\r\n")
        .map_or(String::new(), |(_, body)| body.to_owned())
}

/// Asks until there is an answer.
pub(super) async fn until<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    let asking = async {
        let mut ticks = tokio::time::interval(ASK_EVERY);
        loop {
            ticks.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap()
}
