//! Tests of what a lost or refused connection proves, and of what is refused before there is one.

use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

use super::{TOKEN, channel};
use crate::{Channel, DiscordChannel, DiscordOptions, SendError, Sent, fixture::digest};

/// A server that reads `requested` bytes of one request, answers `answer`, and closes; it tells how many connections
/// came until then and directly afterwards.
async fn server(requested: usize, answer: &'static str) -> (String, JoinHandle<TcpListener>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut vec![0; requested]).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        listener
    });
    (address.to_string(), served)
}

async fn sent_to(requested: usize, answer: &'static str) -> Result<Sent, SendError> {
    let (address, served) = server(requested, answer).await;
    let sent = channel(&format!("http://{address}")).send(&digest()).await;
    let listener = served.await.unwrap();
    let again =
        std::future::poll_fn(|context| std::task::Poll::Ready(listener.poll_accept(context))).await;
    assert!(again.is_pending(), "there was a second try");
    assert!(!format!("{sent:?}").contains(TOKEN));
    sent
}

#[tokio::test]
async fn a_refused_connection_proves_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = channel(&base).send(&digest()).await.unwrap_err();
    assert!(
        matches!(&error, SendError::Unsent(said) if said.contains("refused")),
        "{error:?}"
    );
    assert!(!error.to_string().contains(TOKEN));
}

#[tokio::test]
async fn a_failed_tls_handshake_proves_that_nothing_was_sent() {
    let (address, served) = server(5, "HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let error = channel(&format!("https://{address}"))
        .send(&digest())
        .await
        .unwrap_err();
    assert!(matches!(&error, SendError::Unsent(_)), "{error:?}");
    served.await.unwrap();
}

#[tokio::test]
async fn a_name_that_does_not_resolve_proves_that_nothing_was_sent() {
    let error = channel("http://no-such-host.invalid")
        .send(&digest())
        .await
        .unwrap_err();
    assert!(matches!(&error, SendError::Unsent(_)), "{error:?}");
}

#[tokio::test]
async fn a_connection_lost_without_an_answer_leaves_it_unknown() {
    // Nothing read, the head begun, the body begun.
    for requested in [0, 1, 600] {
        let error = sent_to(requested, "").await.unwrap_err();
        assert!(matches!(&error, SendError::Uncertain(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_connection_lost_within_the_answers_head_leaves_it_unknown() {
    let error = sent_to(600, "HTTP/1.1 200 OK\r\nContent-")
        .await
        .unwrap_err();
    assert!(matches!(&error, SendError::Uncertain(_)), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_no_http_leaves_it_unknown() {
    let error = sent_to(600, "SSH-2.0-OpenSSH_9.2\r\n").await.unwrap_err();
    assert!(matches!(&error, SendError::Uncertain(_)), "{error:?}");
}

#[tokio::test]
async fn a_connection_lost_within_the_answers_body_changes_no_verdict() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":\"1";
    assert_eq!(sent_to(600, cut).await, Ok(Sent { message_id: None }));
    let cut = "HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n{";
    let error = sent_to(600, cut).await;
    assert!(matches!(error, Err(SendError::Gone(_))), "{error:?}");
}

#[test]
fn what_is_no_http_url_is_refused_in_one_sentence_without_it() {
    for url in [
        "",
        "kE7rPz0Vd1mQw8aY",
        "ftp://discord.com/kE7rPz0Vd1mQw8aY",
        "https://",
        "discord.com/api/webhooks/1/kE7rPz0Vd1mQw8aY",
    ] {
        let error = DiscordChannel::new(
            "discord-main".to_owned(),
            &SecretString::from(url),
            DiscordOptions::default(),
        )
        .unwrap_err();
        assert_eq!(
            error,
            "the `url` of channel \"discord-main\" is no http(s) URL: copy it from the Discord channel's settings, \
             under Integrations, Webhooks"
        );
    }
}

#[test]
fn the_token_is_not_shown() {
    let shown = format!("{:?}", channel("https://discord.com"));
    assert_eq!(
        shown,
        "DiscordChannel { name: \"discord-main\", host: Some(\"discord.com\"), .. }"
    );
}
