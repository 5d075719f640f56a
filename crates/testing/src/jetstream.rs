//! A stand-in for Jetstream on 127.0.0.1: each connection gets what a test says, byte for byte.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{SinkExt, StreamExt};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
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
    /// What is sent after that, each lot once the reader has read the one before it.
    pub lots: Vec<Vec<u8>>,
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

    /// These frames, `size` at a time, and silence. A reader that stands still is sent no more than one lot.
    pub fn lots(frames: &[Vec<u8>], size: usize) -> Self {
        Self {
            lots: frames.chunks(size).map(<[Vec<u8>]>::concat).collect(),
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
    read: watch::Receiver<u64>,
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
        let (lots, read) = watch::channel(0);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                let (answer, noted) = (Arc::clone(&answer), Arc::clone(&noted));
                let lots = lots.clone();
                connections.spawn(async move { serve(connection, &*answer, &noted, &lots).await });
            }
        });
        Self {
            address,
            asked,
            read,
            task,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("ws://{}/subscribe", self.address)
    }

    /// How many lots were read, over all connections.
    pub fn lots_read(&self) -> watch::Receiver<u64> {
        self.read.clone()
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
    lots: &watch::Sender<u64>,
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
    for lot in &given.lots {
        if !is_read(&mut socket, lot).await {
            return;
        }
        lots.send_modify(|read| *read += 1);
    }
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(_) = message {
            return;
        }
    }
}

/// Sends a lot, and a ping after it: what was sent before a ping is read before the ping is answered. False when the
/// reader has gone away.
async fn is_read(socket: &mut WebSocketStream<TcpStream>, lot: &[u8]) -> bool {
    const PING: &[u8] = b"read?";
    if socket.get_mut().write_all(lot).await.is_err()
        || socket
            .send(Message::Ping(Bytes::from_static(PING)))
            .await
            .is_err()
    {
        return false;
    }
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Pong(payload) if payload == PING => return true,
            Message::Close(_) => return false,
            _ => {}
        }
    }
    false
}
