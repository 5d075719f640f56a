//! A stand-in for Jetstream on 127.0.0.1: each connection gets what a test says, byte for byte.

use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Bytes, Message,
        handshake::server::{Request, Response},
        protocol::frame::{Frame, coding::Data, coding::OpCode},
    },
};
use url::Url;

/// What a connection is answered with.
#[derive(Debug, Default)]
pub struct Answer {
    /// What is sent after the handshake: frames, whole or cut.
    pub bytes: Vec<u8>,
    /// Whether the connection ends then, without a farewell; else it stays open and pings are answered.
    pub ends: bool,
    /// Whether nothing is read, so that pings stay unanswered.
    pub deaf: bool,
}

impl Answer {
    /// These frames, and silence.
    pub fn frames(frames: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self {
            bytes: frames.into_iter().flatten().collect(),
            ..Self::default()
        }
    }

    /// The same, cut off after so many bytes.
    pub fn cut(mut self, after: usize) -> Self {
        self.bytes.truncate(after);
        self.ends = true;
        self
    }
}

/// A running stand-in; it ends when dropped.
#[derive(Debug)]
pub struct FakeJetstream {
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<Url>>>,
    task: JoinHandle<()>,
}

impl FakeJetstream {
    /// Starts one. `answer` is asked with the number of the connection, from 0, and the address that it asked for.
    ///
    /// # Panics
    /// When no port is to be had.
    pub async fn start(answer: impl Fn(usize, &Url) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap_or_else(|error| panic!("no port for a Jetstream: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("a port without an address: {error}"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, noted) = (Arc::new(answer), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                let (answer, noted) = (Arc::clone(&answer), Arc::clone(&noted));
                connections.spawn(async move { serve(connection, &*answer, &noted).await });
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("ws://{}/subscribe", self.address)
    }

    /// What was asked for, connection by connection.
    pub fn asked(&self) -> Vec<Url> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Drop for FakeJetstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A text frame, as it goes over the wire.
pub fn text_frame(text: &str) -> Vec<u8> {
    wire(Data::Text, text.as_bytes())
}

/// A binary frame.
pub fn binary_frame(payload: &[u8]) -> Vec<u8> {
    wire(Data::Binary, payload)
}

/// A farewell.
pub fn close_frame() -> Vec<u8> {
    bytes(&Frame::close(None))
}

/// The value of an option in the address that was asked for.
pub fn option(url: &Url, name: &str) -> Option<String> {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

fn wire(kind: Data, payload: &[u8]) -> Vec<u8> {
    let payload = Bytes::copy_from_slice(payload);
    bytes(&Frame::message(payload, OpCode::Data(kind), true))
}

fn bytes(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(frame.len());
    frame
        .clone()
        .format(&mut bytes)
        .unwrap_or_else(|error| panic!("a frame that cannot be written: {error}"));
    bytes
}

async fn serve(
    connection: TcpStream,
    answer: &(dyn Fn(usize, &Url) -> Answer + Send + Sync),
    noted: &Mutex<Vec<Url>>,
) {
    let mut given = Answer::default();
    #[expect(
        clippy::result_large_err,
        reason = "the library's own type, of a refusal that is never made"
    )]
    let note = |request: &Request, response: Response| {
        let asked = format!("ws://fake{}", request.uri());
        if let Ok(url) = Url::parse(&asked) {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            given = answer(noted.len(), &url);
            noted.push(url);
        }
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(connection, note).await else {
        return;
    };
    // A reader that has gone away is no fault of the stand-in's.
    let sent = socket.get_mut().write_all(&given.bytes).await;
    if given.ends || sent.is_err() {
        // Without reading on, what is still under way to the client would be lost with the connection.
        let connection = socket.get_mut();
        drop(connection.shutdown().await);
        drop(tokio::io::copy(connection, &mut tokio::io::sink()).await);
        return;
    }
    if given.deaf {
        std::future::pending::<()>().await;
    }
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(_) = message {
            return;
        }
    }
}
