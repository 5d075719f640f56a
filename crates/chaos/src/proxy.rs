//! A TCP proxy that cuts connections at the worst moment: when a command has run and its answer is on the way.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// Of so many messages one is cut off while cuts are due.
const ONE_IN: u64 = 5;

/// A proxy before a Redis; its connections end with it.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    cuts: Arc<Cuts>,
    accepting: JoinHandle<()>,
}

/// The cuts that are still to be made.
#[derive(Debug)]
struct Cuts {
    due: AtomicU64,
    messages: AtomicU64,
    made: watch::Sender<u64>,
}

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A command goes out by half.
    Request,
    /// The answer is thrown away.
    Answer,
}

impl Proxy {
    /// Listens on a port of its own for connections to that port of this machine.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn before(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let cuts = Arc::new(Cuts {
            due: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            made: watch::Sender::new(0),
        });
        Ok(Self {
            port: listener.local_addr()?.port(),
            accepting: tokio::spawn(accept(
                listener,
                (Ipv4Addr::LOCALHOST, port).into(),
                Arc::clone(&cuts),
            )),
            cuts,
        })
    }

    /// The URL of the Redis through this proxy.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Cuts so many connections more, in turn after the answer came and before it is passed on, and in the middle of a
    /// command.
    pub fn cut(&self, times: u64) {
        self.cuts.due.fetch_add(times, Ordering::SeqCst);
    }

    /// Makes no more cuts than were made.
    pub fn stop_cutting(&self) {
        self.cuts.due.store(0, Ordering::SeqCst);
    }

    /// How many cuts were made.
    pub fn made(&self) -> u64 {
        *self.cuts.made.borrow()
    }

    /// Returns once so many cuts were made.
    pub async fn has_cut(&self, times: u64) {
        let mut made = self.cuts.made.subscribe();
        // The sender lives as long as this proxy.
        let _made = made.wait_for(|made| *made >= times).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Cuts {
    /// Whether this message is the one to cut.
    fn take(&self, place: Place) -> bool {
        let message = self.messages.fetch_add(1, Ordering::SeqCst);
        if self.due.load(Ordering::SeqCst) == 0 || !message.is_multiple_of(ONE_IN) {
            return false;
        }
        let turn = if self.made.borrow().is_multiple_of(3) {
            Place::Request
        } else {
            Place::Answer
        };
        let mine = turn == place
            && self
                .due
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |due| due.checked_sub(1))
                .is_ok();
        if mine {
            self.made.send_modify(|made| *made += 1);
        }
        mine
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, cuts: Arc<Cuts>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let cuts = Arc::clone(&cuts);
        connections.spawn(async move {
            if let Ok(server) = TcpStream::connect(server).await {
                pass(client, server, &cuts).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Passes bytes both ways until one side ends or the connection is cut; then both are closed.
async fn pass(client: TcpStream, server: TcpStream, cuts: &Cuts) {
    let quick = client
        .set_nodelay(true)
        .and_then(|()| server.set_nodelay(true));
    if quick.is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = one_way(from_client, to_server, Place::Request, cuts) => {}
        () = one_way(from_server, to_client, Place::Answer, cuts) => {}
    }
}

async fn one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, place: Place, cuts: &Cuts) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let cut = cuts.take(place);
        let passed = match place {
            _ if !cut => read,
            Place::Request => read / 2,
            Place::Answer => 0,
        };
        if to.write_all(&buffer[..passed]).await.is_err() || cut {
            return;
        }
    }
}
