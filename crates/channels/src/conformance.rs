//! What every channel that sends by HTTP must make of a connection that fails, proved on a server that fails so.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{Channel, SendError, Sent, fixture::digest};

/// Runs all of it on channels that `make` makes for a base URL.
pub(crate) async fn assert_failures_are_told_apart<C: Channel>(make: impl Fn(&str) -> C) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refusing = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for base in [refusing.as_str(), "http://no-such-host.invalid"] {
        let error = make(base).send(&digest()).await.unwrap_err();
        assert!(matches!(&error, SendError::Unsent(_)), "{base}: {error:?}");
    }
    let (no_tls, _) = sent_to("https", &make, 5, "HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert!(matches!(&no_tls, Err(SendError::Unsent(_))), "{no_tls:?}");
    for (requested, answer) in [
        (0, ""),
        (1, ""),
        (400, ""),
        (400, "HTTP/1.1 200 OK\r\nContent-"),
        (400, "SSH-2.0-OpenSSH_9.2\r\n"),
    ] {
        let (lost, again) = sent_to("http", &make, requested, answer).await;
        assert!(
            matches!(&lost, Err(SendError::Uncertain(_))),
            "{answer}: {lost:?}"
        );
        assert!(!again, "there was a second try");
    }
    let moved =
        "HTTP/1.1 308 Moved\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n";
    let (moved, _) = sent_to("http", &make, 400, moved).await;
    assert!(
        matches!(&moved, Err(SendError::Dead(said)) if said.contains("redirects are not followed")),
        "{moved:?}"
    );
}

/// What is made of a server that reads so many bytes, answers, and closes; and whether another connection came.
async fn sent_to<C: Channel>(
    scheme: &str,
    make: impl Fn(&str) -> C,
    requested: usize,
    answer: &'static str,
) -> (Result<Sent, SendError>, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("{scheme}://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut vec![0; requested]).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        listener
    });
    let sent = make(&base).send(&digest()).await;
    let listener = served.await.unwrap();
    let again =
        std::future::poll_fn(|context| std::task::Poll::Ready(listener.poll_accept(context))).await;
    (sent, again.is_ready())
}

/// What is made of `answer`, after exactly one request.
pub(crate) async fn answered<C: Channel>(
    make: impl Fn(&str) -> C,
    answer: wiremock::ResponseTemplate,
) -> Result<Sent, SendError> {
    let server = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::method("POST"))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    make(&server.uri()).send(&digest()).await
}

/// What follows from a failure, in a word.
pub(crate) fn class(error: &SendError) -> &'static str {
    match error {
        SendError::Dead(_) => "dead",
        SendError::Gone(_) => "gone",
        SendError::Later { .. } => "later",
        SendError::Uncertain(_) => "uncertain",
        _ => "other",
    }
}
