//! The lines of a stream, read by a task of their own: whoever takes them may be busy storing, while X ends a connection
//! that is read too slowly.

use std::time::Duration;

use reqwest::Response;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use crate::{SourceError, http};

/// A living stream sends a line, if only an empty one, every 20 seconds. (X documentation,
/// posts/filtered-stream/integrate/consuming-streaming-data.)
pub(super) const SILENCE: Duration = Duration::from_secs(30);

/// The longest line, in bytes.
const MAX_LINE: usize = 4 * 1024 * 1024;

/// The lines that wait to be taken: forty seconds of the most that X streams, 250 posts a second.
const WAITING: usize = 10_000;

/// A line, or why there is none any more.
pub(super) type Line = Result<Vec<u8>, SourceError>;

/// The lines of a connection, which ends with it.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) lines: mpsc::Receiver<Line>,
    reader: JoinHandle<()>,
}

impl Lines {
    /// The lines of this answer.
    pub(super) fn of(response: Response, server: String) -> Self {
        let (sender, lines) = mpsc::channel(WAITING);
        let reader = tokio::spawn(async move {
            if let Err(error) = read(response, &server, &sender).await {
                // None takes it: the stream was given up.
                let _ = sender.send(Err(error)).await;
            }
        });
        Self { lines, reader }
    }

    /// Ends the connection. What was read of it can still be taken.
    pub(super) fn end(&self) {
        self.reader.abort();
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.end();
    }
}

/// Hands on all whole lines that are not empty. A last one that was cut off is none.
async fn read(
    mut response: Response,
    server: &str,
    sender: &mpsc::Sender<Line>,
) -> Result<(), SourceError> {
    let mut splitter = Splitter::default();
    loop {
        let chunk = timeout(SILENCE, response.chunk()).await.map_err(|_| {
            SourceError::Retry(format!(
                "the stream of {server} was silent for {} seconds",
                SILENCE.as_secs()
            ))
        })?;
        let Some(chunk) = chunk.map_err(|error| http::lost(server, error))? else {
            return Err(SourceError::Retry(format!("{server} ended the stream")));
        };
        for line in splitter.split(&chunk) {
            if sender.send(Ok(line)).await.is_err() {
                return Ok(());
            }
        }
        if splitter.rest.len() > MAX_LINE {
            return Err(SourceError::Retry(format!(
                "the stream of {server} has a line of more than {MAX_LINE} bytes"
            )));
        }
    }
}

/// Takes lines out of pieces that end anywhere.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    rest: Vec<u8>,
}

impl Splitter {
    /// The lines that this piece completes.
    pub(super) fn split(&mut self, piece: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.rest);
                let line = line.trim_ascii();
                if !line.is_empty() {
                    lines.push(line.to_vec());
                }
            }
        }
        lines
    }
}
