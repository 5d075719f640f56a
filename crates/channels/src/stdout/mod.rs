//! The stdout channel: a digest as text on standard output, for demos, logs and pipes.

mod message;
#[cfg(test)]
mod tests;
mod text;

use std::{
    fmt,
    io::{self, ErrorKind, IsTerminal, Write},
    sync::Arc,
};

use async_trait::async_trait;
use moodwire_model::Digest;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

use crate::{Body, Channel, Language, Preview, SEND_DEADLINE, SendError, Sent};

pub use self::message::render;

/// Standard output as a channel. A digest is written whole, so that digests never interleave.
pub struct StdoutChannel {
    name: String,
    /// Held from the first byte to the flush; a write that hangs on a full pipe keeps it, and no other begins.
    out: Arc<Mutex<Box<dyn Write + Send>>>,
    coloured: bool,
    language: Language,
}

impl StdoutChannel {
    /// The channel called `name`. Colours are used only on a terminal.
    pub fn new(name: String) -> Self {
        let coloured = io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        Self::writing_to(name, Box::new(io::stdout()), coloured)
    }

    /// The channel called `name` on standard error instead, for a program whose standard output is one document.
    pub fn on_stderr(name: String) -> Self {
        Self::writing_to(name, Box::new(io::stderr()), false)
    }

    fn writing_to(name: String, out: Box<dyn Write + Send>, coloured: bool) -> Self {
        let out = Arc::new(Mutex::new(out));
        Self {
            name,
            out,
            coloured,
            language: Language::En,
        }
    }

    /// The same in another language.
    pub fn in_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    async fn print(&self, message: String) -> Result<Sent, SendError> {
        let deadline = Instant::now() + SEND_DEADLINE;
        let Ok(mut out) = timeout_at(deadline, Arc::clone(&self.out).lock_owned()).await else {
            return Err(SendError::Unsent(
                "standard output is still taken by an earlier digest: see that whatever reads it goes on".to_owned(),
            ));
        };
        // The guard moves to the thread: given up at the deadline, the write may still go through.
        let write = tokio::task::spawn_blocking(move || write_whole(&mut *out, message.as_bytes()));
        match timeout_at(deadline, write).await {
            Ok(Ok(written)) => written.map(|()| Sent { message_id: None }),
            Ok(Err(error)) => Err(SendError::Uncertain(format!(
                "writing to standard output was broken off: {error}"
            ))),
            Err(_) => Err(SendError::Uncertain(
                "standard output took no digest within 10 s: see that whatever reads it goes on"
                    .to_owned(),
            )),
        }
    }
}

impl fmt::Debug for StdoutChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StdoutChannel")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Channel for StdoutChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "stdout"
    }

    async fn send(&self, digest: &Digest) -> Result<Sent, SendError> {
        self.print(message::styled(digest, self.language, self.coloured) + "\n")
            .await
    }

    fn preview(&self, digest: &Digest) -> Preview {
        Preview {
            body: Body::Text(message::styled(digest, self.language, false)),
            chart: None,
        }
    }

    async fn test(&self) -> Result<Sent, SendError> {
        self.print(message::test(&self.name, self.language)).await
    }
}

/// Writes and flushes `message`. An error before its first byte is `Unsent`, a later one `Uncertain`.
fn write_whole(out: &mut dyn Write, message: &[u8]) -> Result<(), SendError> {
    let mut rest = message;
    while !rest.is_empty() {
        let written = match out.write(rest) {
            Ok(0) => Err(ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other,
        };
        match written {
            Ok(bytes) => rest = &rest[bytes..],
            Err(error) if error.kind() == ErrorKind::BrokenPipe && rest.len() == message.len() => {
                return Err(SendError::Dead(
                    "whatever read standard output has gone away".to_owned(),
                ));
            }
            Err(error) if rest.len() == message.len() => {
                return Err(SendError::Unsent(format!(
                    "standard output takes nothing: {error}"
                )));
            }
            Err(error) => return Err(broken_off(&error)),
        }
    }
    out.flush().map_err(|error| broken_off(&error))
}

fn broken_off(error: &io::Error) -> SendError {
    SendError::Uncertain(format!(
        "standard output broke off within the digest: {error}"
    ))
}
