//! A headless Chromium for tests of pages, driven over its DevTools protocol: each test starts its own.

mod input;
mod page;
mod protocol;
mod script;
mod watch;

use std::{process::Stdio, sync::Arc};

use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use self::protocol::Connection;
pub use self::{page::Page, watch::Seen};
use crate::services::service;

/// It renders what it is given and asks nobody else: not its maker, and no name is resolved.
const FLAGS: [&str; 19] = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-features=MediaRouter,OptimizationHints,Translate,DialMediaRouteProvider",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
    "--force-color-profile=srgb",
];

/// What it says once it can be driven.
const LISTENS: &str = "DevTools listening on ";

/// A browser. It ends when it is dropped.
#[derive(Debug)]
pub struct Browser {
    // In this order on drop: first the process, then the folder that it writes to.
    _process: Child,
    _profile: TempDir,
    connection: Arc<Connection>,
}

impl Browser {
    /// The Chromium that `cargo xtask test` names; none, with a word, where there is none to be had.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start() -> Option<Self> {
        let program = service("MOODWIRE_TEST_CHROMIUM", "Chromium")?;
        let profile = tempfile::tempdir().expect("a folder for the browser's profile");
        let mut process = Command::new(&program)
            .args(FLAGS)
            // As root, as in a container, it refuses to start with its sandbox; only pages of ours are loaded.
            .arg("--no-sandbox")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        let errors = process.stderr.take().expect("its errors are piped");
        let mut lines = BufReader::new(errors).lines();
        let mut said = Vec::new();
        let address = loop {
            match lines.next_line().await {
                Ok(Some(line)) => match line.strip_prefix(LISTENS) {
                    Some(address) => break address.to_owned(),
                    None => said.push(line),
                },
                _ => panic!("{program} ended at once: {said:#?}"),
            }
        };
        // A full pipe would hold it up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some(Self {
            _process: process,
            _profile: profile,
            connection: Arc::new(Connection::open(&address).await),
        })
    }

    /// A blank page in a session of its own: no cookie of another page's reaches it.
    pub async fn page(&self) -> Page {
        let context = self
            .connection
            .ask(None, "Target.createBrowserContext", json!({}))
            .await
            .expect("a session");
        let target = json!({
            "url": "about:blank", "browserContextId": context["browserContextId"],
            "width": page::DESK.0, "height": page::DESK.1,
        });
        let target = self
            .connection
            .ask(None, "Target.createTarget", target)
            .await
            .expect("a page");
        Page::attach(Arc::clone(&self.connection), &target["targetId"]).await
    }
}
