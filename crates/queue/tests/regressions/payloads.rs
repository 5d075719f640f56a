//! Payloads that nobody can read.

use moodwire_queue::{NewJob, State, Verdict};

use crate::{
    fixture::{Fixture, job},
    running::{Worker, handler, options, until},
};

pub(crate) async fn v25_an_undecodable_payload_ends_dead_with_its_bytes_and_the_worker_goes_on(
    fixture: &Fixture,
) {
    let bytes = b"\xff\x00{\"name\": \x80".to_vec();
    let broken = NewJob {
        payload: bytes.clone(),
        ..job("collect", "broken")
    };
    fixture.enqueue(&[broken, job("collect", "whole")]).await;
    let run = handler(|lease| async move {
        match serde_json::from_slice::<serde_json::Value>(&lease.payload) {
            Ok(_) => Verdict::Done,
            Err(error) => Verdict::dead(format!("the payload cannot be read: {error}")),
        }
    });
    let worker = Worker::start(&fixture.store, options("collect"), run);
    let row = until(&fixture.store, "collect:broken", State::Dead).await;
    until(&fixture.store, "collect:whole", State::Done).await;
    worker.stop().await;
    assert_eq!(row.attempts, 1);
    let reason = row.reason.unwrap();
    assert!(reason.starts_with("the payload cannot be read"), "{reason}");

    let again = [("collect:broken".to_owned(), None, None)];
    assert_eq!(fixture.store.retry(&again).await.unwrap(), [true]);
    assert_eq!(fixture.fetch_one("collect").await.payload, bytes);
}
