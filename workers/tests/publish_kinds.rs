//! Publish by the product's own channels, to a receiver that stands at a gate once it has read a request: one that is slow,
//! one that takes a message and drops the answer, one that answers late.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moodwire_channels::{
    Channel, DiscordChannel, DiscordOptions, Language, SEND_DEADLINE, SlackChannel,
    TelegramChannel, TelegramOptions, WebhookChannel,
};
use moodwire_model::{SystemClock, slot};
use moodwire_queue::{Lease, Verdict};
use moodwire_testing::FixedEntropy;
use moodwire_warehouse::PublicationState;
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    fixture::{App, Destination, Gate, Setup, feed_of, post},
    publish::{HOUR, another_attempt},
};

/// A kind of channel: what it is made of, what its receiver says when it has taken a message, and the id in that.
struct Kind {
    channel: fn(&str) -> Arc<dyn Channel>,
    taken: &'static str,
    message_id: Option<&'static str>,
}

const KINDS: [Kind; 4] = [
    Kind {
        channel: discord,
        taken: "{\"id\":\"42\"}",
        message_id: Some("42"),
    },
    Kind {
        channel: slack,
        taken: "ok",
        message_id: None,
    },
    Kind {
        channel: telegram,
        taken: "{\"ok\":true,\"result\":{\"message_id\":42}}",
        message_id: Some("42"),
    },
    Kind {
        channel: webhook,
        taken: "",
        message_id: None,
    },
];

fn discord(base: &str) -> Arc<dyn Channel> {
    let url = SecretString::from(format!("{base}/api/webhooks/1/token"));
    let options = DiscordOptions {
        paced: false,
        ..DiscordOptions::default()
    };
    Arc::new(DiscordChannel::new("out".to_owned(), &url, options).unwrap())
}

fn slack(base: &str) -> Arc<dyn Channel> {
    let url = SecretString::from(format!("{base}/services/T0/B0/key"));
    Arc::new(SlackChannel::new("out".to_owned(), &url, Language::En, false).unwrap())
}

fn telegram(base: &str) -> Arc<dyn Channel> {
    let options = TelegramOptions {
        chat_id: "-1".to_owned(),
        thread_id: None,
        language: Language::En,
        paced: false,
    };
    let token = SecretString::from("1:A");
    Arc::new(TelegramChannel::new("out".to_owned(), base, &token, options).unwrap())
}

fn webhook(base: &str) -> Arc<dyn Channel> {
    let url = SecretString::from(format!("{base}/hook"));
    let entropy = Arc::new(FixedEntropy::seeded(1));
    let made = WebhookChannel::new("out".to_owned(), &url, None, Arc::new(SystemClock), entropy);
    Arc::new(made.unwrap())
}

/// An attempt that has sent its request, which the receiver has read.
struct Sending {
    app: App,
    lease: Lease,
    attempt: JoinHandle<Verdict>,
    /// Before the receiver's answer.
    gate: Arc<Gate>,
    /// Requests that came.
    requests: Arc<AtomicU64>,
}

/// Sends by a channel of the kind; the receiver says that it has taken the message, or, with `drops`, nothing.
async fn sending(kind: &Kind, drops: bool) -> Sending {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (gate, requests) = (Gate::closed(), Arc::<AtomicU64>::default());
    let (before, came, taken) = (Arc::clone(&gate), Arc::clone(&requests), kind.taken);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            came.fetch_add(1, Ordering::SeqCst);
            read(&mut stream).await;
            before.pass().await;
            if !drops {
                let length = taken.len();
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{taken}");
                // Whoever waits no more does not read it.
                let _unread = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    let setup = Setup {
        feeds: vec![feed_of([vec![post("a", "01:10", "Good.")]])],
        channels: vec![Destination {
            real: Some((kind.channel)(&base)),
            ..Destination::named("out")
        }],
        ..Setup::default()
    };
    let app = App::start(setup).await;
    app.tick().await;
    app.gather().await;
    let lease = app.lease(slot::PUBLISH).await;
    let attempt = app.begin(&lease);
    gate.reached().await;
    assert_eq!(app.published(HOUR).await, PublicationState::Sending);
    Sending {
        app,
        lease,
        attempt,
        gate,
        requests,
    }
}

/// Reads a request to its end.
async fn read(stream: &mut TcpStream) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let read = stream.read_buf(&mut request).await.unwrap();
        assert!(read > 0, "the request broke off");
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let (_, length) = head.split_once("content-length: ").unwrap();
    let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
    request.len() >= head.len() + 4 + length
}

impl Sending {
    /// Waits for the attempt, which settles well, and lets everything else run; then nothing more has been sent.
    async fn ends(self, state: PublicationState) {
        assert_eq!(self.attempt.await.unwrap(), Verdict::Done);
        self.app.settle(&self.lease, Verdict::Done).await;
        self.app.run_on().await;
        assert_eq!(self.app.published(HOUR).await, state);
        self.app.end().await;
        assert_eq!(self.requests.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_message_that_was_taken_and_whose_answer_was_dropped_is_uncertain() {
    for kind in &KINDS {
        let sending = sending(kind, true).await;
        sending.gate.open();
        sending.ends(PublicationState::Uncertain).await;
    }
}

#[tokio::test]
async fn a_receiver_that_answers_after_the_deadline_leaves_it_uncertain() {
    for kind in &KINDS {
        let sending = sending(kind, false).await;
        tokio::time::pause();
        tokio::time::advance(SEND_DEADLINE + Duration::from_secs(1)).await;
        tokio::time::resume();
        let gate = Arc::clone(&sending.gate);
        sending.ends(PublicationState::Uncertain).await;
        gate.open();
    }
}

#[tokio::test]
async fn an_answer_that_comes_after_the_publication_was_given_up_is_recorded_all_the_same() {
    for kind in &KINDS {
        let sending = sending(kind, false).await;
        sending.app.step(2 * SEND_DEADLINE.as_secs().cast_signed());
        assert_eq!(another_attempt(&sending.app).await, Verdict::Done);
        let given_up = sending.app.publication(HOUR).await;
        assert_eq!(given_up.state, PublicationState::Uncertain);
        sending.gate.open();
        let Sending {
            app,
            lease,
            attempt,
            ..
        } = sending;
        assert_eq!(attempt.await.unwrap(), Verdict::Done);
        app.settle(&lease, Verdict::Done).await;
        let publication = app.publication(HOUR).await;
        assert_eq!(publication.state, PublicationState::Sent);
        assert_eq!(publication.message_id.as_deref(), kind.message_id);
        app.end().await;
    }
}
