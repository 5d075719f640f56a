//! The interface for programs under whatever its description allows, and what it does not.

use std::process::Stdio;

use moodwire_testing::schemathesis;
use serde_json::Value;
use tokio::process::Command;

use super::{desk::Desk, http::Request};
use crate::command_line::at_hand::{bury, empty, ids, queue};

#[tokio::test(flavor = "multi_thread")]
async fn no_request_that_can_be_made_up_ends_in_an_error_of_ours() {
    let Some(program) = schemathesis() else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let store = queue(&installation).await;
    bury(&*store, &ids("transform:t", 20), "the lake is gone").await;
    let document = Request::get(&desk.address, "/api/v1/openapi.json")
        .send()
        .await;
    let document: Value = serde_json::from_str(&document.body).unwrap();
    let operations = document["paths"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    if operations == 0 {
        eprintln!("the document describes nothing yet");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .args([
            "run",
            "--checks",
            "not_a_server_error",
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args([
            "--mode",
            "all",
            "--max-examples",
            "20",
            "--seed",
            "7",
            "--no-color",
            "--request-timeout",
            "30",
        ])
        .arg(desk.at("/api/v1/openapi.json"))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        Request::get(&desk.address, "/healthz").send().await.status,
        200
    );
}
