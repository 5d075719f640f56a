//! A receiver on 127.0.0.1 that keeps its channel's contract, and misbehaves as the run's seed says.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use moodwire_testing::contract::Request;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    answer::{Answer, Kind},
    fault::{self, Fate},
    log::{Log, Told},
    plan::{Plan, Point},
    wire::{self, Extent},
};

/// Longer than a sender waits for an answer (10 s).
const LATE: Duration = Duration::from_millis(10_500);

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 64;

/// A receiver that runs until it is dropped.
#[derive(Debug)]
pub(super) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// Somebody has reached the point at which they are to be killed. They go on when the sender is dropped.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) process: u64,
    pub(super) _goes_on: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Shared {
    kind: Kind,
    seed: u64,
    roughness: u64,
    gone_at: Option<u64>,
    late: AtomicBool,
    calm: AtomicBool,
    connections: AtomicU64,
    requests: AtomicU64,
    ids: AtomicU64,
    log: Log,
    /// The point at which the n-th from now on is to be killed.
    armed: Mutex<Option<(Point, u64)>>,
    reached: mpsc::UnboundedSender<Reached>,
    closed_for: mpsc::UnboundedSender<Duration>,
}

impl Receiver {
    /// Begins to listen. Whoever reaches an armed point is told of in the second part.
    pub(super) fn start(plan: &Plan) -> Result<(Self, mpsc::UnboundedReceiver<Reached>)> {
        // Never listened on: keeps the port for us while nothing listens.
        let held = socket()?;
        held.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = held.local_addr()?;
        let (reached, told) = mpsc::unbounded_channel();
        let (closed_for, closing) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            kind: plan.kind,
            seed: plan.seed,
            roughness: plan.roughness,
            gone_at: plan.gone_at,
            late: AtomicBool::new(plan.late),
            calm: AtomicBool::new(false),
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            ids: AtomicU64::new(0),
            log: Log::default(),
            armed: Mutex::new(None),
            reached,
            closed_for,
        });
        let listener = listen(address)?;
        let task = tokio::spawn(serve(listener, held, Arc::clone(&shared), closing));
        let receiver = Self {
            address,
            shared,
            task,
        };
        Ok((receiver, told))
    }

    /// Where this process is to send to, so that it is known by its requests.
    pub(super) fn url(&self, process: u64) -> String {
        let path = self.shared.kind.path();
        format!("http://{}/p{process}{path}", self.address)
    }

    /// Whoever is the n-th to reach the point from now on is told of.
    pub(super) fn arm(&self, armed: Option<(Point, u64)>) {
        *self.shared.armed() = armed;
    }

    /// Behaves from now on, but for a target that is gone.
    pub(super) fn calm(&self) {
        self.arm(None);
        self.shared.calm.store(true, SeqCst);
    }

    pub(super) fn log(&self) -> &Log {
        &self.shared.log
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn socket() -> Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    let socket = socket()?;
    socket.bind(address)?;
    Ok(socket.listen(BACKLOG)?)
}

/// Accepts connections, but for the whiles in which it is told not to.
async fn serve(
    mut listener: TcpListener,
    _held: TcpSocket,
    shared: Arc<Shared>,
    mut closing: mpsc::UnboundedReceiver<Duration>,
) {
    loop {
        tokio::select! {
            biased;
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(connection(stream, Arc::clone(&shared)));
                }
            }
            Some(pause) = closing.recv() => {
                shared.log.seen().closings += 1;
                let address = listener.local_addr();
                drop(listener);
                tokio::time::sleep(pause).await;
                match address.map_err(Into::into).and_then(listen) {
                    Ok(open) => listener = open,
                    Err(error) => {
                        shared.log.seen().broken.push(format!("the receiver cannot listen again: {error:#}"));
                        return;
                    }
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Whoever sends may be dead before it has read all.
    if let Err(error) = shared.hear(stream).await {
        tracing::debug!("{error:#}");
    }
}

impl Shared {
    fn armed(&self) -> std::sync::MutexGuard<'_, Option<(Point, u64)>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hear(&self, mut stream: TcpStream) -> Result<()> {
        let connection = self.connections.fetch_add(1, SeqCst);
        let rough = !self.calm.load(SeqCst);
        // Nobody can tell yet whose it is; a killer that asks looks for the newest.
        self.pass(Point::Connected, None).await;
        let cut = fault::cut(self.seed, connection, self.roughness);
        if let Some(after) = cut.filter(|_| rough) {
            self.log.seen().cuts += 1;
            return wire::cut(stream, after).await;
        }
        let request = wire::read(&mut stream).await?;
        let process = process(&request)?;
        self.pass(Point::Read, Some(process)).await;
        let edits = request.method == "PATCH";
        let message = match self.kind.read(&request) {
            Ok(message) => message,
            Err(sentence) => {
                let refused = Answer::refused(&sentence);
                self.log.seen().broken.push(sentence);
                return wire::answer(stream, &refused, Extent::Whole).await;
            }
        };
        let hour = self.kind.hour(&message).context("a message of no hour")?;
        let (place, nth) = self.log.seen().note(hour, process, edits);
        let fate = self.fate(hour, nth, edits);
        let heard = Heard {
            process,
            place,
            edited: edits.then(|| edited(&request)).flatten(),
            edits,
        };
        self.answer(stream, fate, heard).await
    }

    fn fate(&self, hour: u64, nth: u64, edits: bool) -> Option<Fate> {
        let request = 1 + self.requests.fetch_add(1, SeqCst);
        if self.gone_at.is_some_and(|gone_at| request >= gone_at) {
            return None;
        }
        Some(if self.calm.load(SeqCst) {
            Fate::Taken(Duration::ZERO)
        } else if self.late.swap(false, SeqCst) {
            Fate::Late
        } else {
            Fate::of(self.seed, hour, nth, edits, self.roughness)
        })
    }

    /// Does with the request what is its fate; none: its target is gone.
    async fn answer(&self, stream: TcpStream, fate: Option<Fate>, heard: Heard) -> Result<()> {
        let Some(fate) = fate else {
            return self.say(stream, &heard, self.kind.gone(), Told::Gone).await;
        };
        // A message that is there no more cannot be edited, whatever else befalls.
        let is_there = heard
            .edited
            .is_some_and(|id| self.log.seen().messages.contains_key(&id));
        if heard.edits && (!is_there || fate == Fate::Withdrawn) {
            if let Some(id) = heard.edited {
                self.log.seen().messages.remove(&id);
            }
            return self
                .say(stream, &heard, Kind::withdrawn(), Told::Withdrawn)
                .await;
        }
        self.befall(stream, fate, heard).await
    }

    async fn befall(&self, stream: TcpStream, fate: Fate, heard: Heard) -> Result<()> {
        let named = if heard.edits {
            Told::Taken
        } else {
            Told::Nameless
        };
        match fate {
            Fate::Taken(after) => {
                let taken = self.take(&heard).await;
                tokio::time::sleep(after).await;
                self.say(stream, &heard, taken, Told::Taken).await
            }
            Fate::Refusing(pause) => {
                let taken = self.take(&heard).await;
                self.say(stream, &heard, taken, Told::Taken).await?;
                Ok(self.closed_for.send(pause)?)
            }
            Fate::Dropped => {
                self.take(&heard).await;
                Ok(())
            }
            Fate::HeadCut => {
                let taken = self.take(&heard).await;
                wire::answer(stream, &taken, Extent::Head).await
            }
            Fate::BodyCut => {
                let taken = self.take(&heard).await;
                let told = if taken.body.is_empty() {
                    Told::Taken
                } else {
                    named
                };
                self.tell(&heard, told);
                wire::answer(stream, &taken, Extent::WithoutBody).await
            }
            Fate::Late => {
                let taken = self.take(&heard).await;
                tokio::time::sleep(LATE).await;
                wire::answer(stream, &taken, Extent::Whole).await
            }
            Fate::Exhausted => {
                let last = self.take(&heard).await.last_for_now();
                self.say(stream, &heard, last, Told::Taken).await
            }
            Fate::Limited(form) => {
                let answer = self.kind.limited(form);
                self.say(stream, &heard, answer, Told::Refused).await
            }
            Fate::Overloaded => match self.kind.overloaded() {
                Some(answer) => self.say(stream, &heard, answer, Told::Refused).await,
                None => {
                    self.say(stream, &heard, self.kind.failed(500), Told::Nothing)
                        .await
                }
            },
            Fate::Failed {
                status,
                taken,
                page,
            } => {
                if taken {
                    self.take(&heard).await;
                }
                let answer = if page {
                    Answer::page(status)
                } else {
                    self.kind.failed(status)
                };
                self.say(stream, &heard, answer, Told::Nothing).await
            }
            // A receiver that takes any success for one gets no page that lies.
            Fate::Page if self.kind == Kind::Webhook => {
                self.take(&heard).await;
                self.say(stream, &heard, Answer::page(200), Told::Taken)
                    .await
            }
            Fate::Page | Fate::Withdrawn => {
                self.say(stream, &heard, Answer::page(200), Told::Nothing)
                    .await
            }
        }
    }

    /// Keeps the message; the answer that says so.
    async fn take(&self, heard: &Heard) -> Answer {
        let id = match heard.edited {
            Some(id) => id,
            None => 1 + self.ids.fetch_add(1, SeqCst),
        };
        self.log.seen().take(heard.place, id);
        self.pass(Point::Taken, Some(heard.process)).await;
        self.kind.taken(id)
    }

    async fn say(
        &self,
        stream: TcpStream,
        heard: &Heard,
        answer: Answer,
        told: Told,
    ) -> Result<()> {
        wire::answer(stream, &answer, Extent::Whole).await?;
        self.tell(heard, told);
        self.pass(Point::Answered, Some(heard.process)).await;
        Ok(())
    }

    fn tell(&self, heard: &Heard, told: Told) {
        self.log.seen().tell(heard.place, told);
    }

    /// Comes by a point; when it is the armed one, stays until whoever made the request is killed.
    async fn pass(&self, point: Point, process: Option<u64>) {
        let is_reached = {
            let mut armed = self.armed();
            match armed.as_mut() {
                Some((at, left)) if *at == point => {
                    *left -= 1;
                    *left == 0 && armed.take().is_some()
                }
                _ => false,
            }
        };
        if !is_reached {
            return;
        }
        let (goes_on, killed) = oneshot::channel();
        let reached = Reached {
            process: process.unwrap_or(u64::MAX),
            _goes_on: goes_on,
        };
        if self.reached.send(reached).is_ok() {
            // Dropped, not sent: an error is what is waited for.
            let _killed = killed.await;
        }
    }
}

/// A request that is to be answered.
#[derive(Debug)]
struct Heard {
    process: u64,
    place: usize,
    edits: bool,
    /// The message that it edits.
    edited: Option<u64>,
}

/// Which process made the request: `/p3/…`.
fn process(request: &Request) -> Result<u64> {
    let rest = request.target.strip_prefix("/p");
    let number = rest.and_then(|rest| rest.split('/').next());
    number
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("a request to {} of no process of ours", request.target))
}

fn edited(request: &Request) -> Option<u64> {
    let (path, _) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    path.rsplit('/').next()?.parse().ok()
}
