//! Who gets the digests: a webhook's receiver on this machine, which counts how often each hour came.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

type Hours = Arc<Mutex<BTreeMap<String, u32>>>;

/// The receiver; it listens for as long as the program runs.
pub(super) struct Receiver {
    port: u16,
    hours: Hours,
}

impl Receiver {
    /// Listens on every address: containers reach this machine by one that is not its own loopback.
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("0.0.0.0:0")
            .await
            .context("no port to receive digests on")?;
        let port = listener.local_addr()?.port();
        let hours = Hours::default();
        tokio::spawn({
            let hours = Arc::clone(&hours);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let hours = Arc::clone(&hours);
                    tokio::spawn(async move {
                        // A worker that is killed breaks off in the middle.
                        let _broken_off = answer(stream, &hours).await;
                    });
                }
            }
        });
        Ok(Self { port, hours })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// How often each hour came.
    pub(super) fn hours(&self) -> BTreeMap<String, u32> {
        self.hours
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Reads one request, counts its hour, and closes the connection.
async fn answer(stream: TcpStream, hours: &Hours) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        let header = line.to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let digest: Value = serde_json::from_slice(&body)?;
    if let Some(hour) = digest["hour"].as_str() {
        let mut hours = hours.lock().unwrap_or_else(PoisonError::into_inner);
        *hours.entry(hour.to_owned()).or_default() += 1;
    }
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(())
}
