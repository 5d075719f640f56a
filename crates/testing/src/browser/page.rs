//! A page: loaded, looked at, pictured.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use super::{
    protocol::Connection,
    watch::{Record, Seen},
};

/// A window on a desk, in pixels.
pub(super) const DESK: (u32, u32) = (1280, 900);

/// A page of the browser.
#[derive(Debug)]
pub struct Page {
    connection: Arc<Connection>,
    session: String,
    record: Record,
    scripts: AtomicBool,
}

impl Page {
    pub(super) async fn attach(connection: Arc<Connection>, target: &Value) -> Self {
        let attached = connection
            .ask(
                None,
                "Target.attachToTarget",
                json!({ "targetId": target, "flatten": true }),
            )
            .await
            .expect("the page is there");
        let session = attached["sessionId"]
            .as_str()
            .expect("its session")
            .to_owned();
        let record = Record::default();
        let events = connection.events_of(&session);
        tokio::spawn(
            record
                .clone()
                .keep(Arc::clone(&connection), session.clone(), events),
        );
        let page = Self {
            connection,
            session,
            record,
            scripts: AtomicBool::new(true),
        };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            page.tell(&format!("{domain}.enable"), json!({})).await;
        }
        // Looked at, whatever else is open.
        page.tell(
            "Emulation.setFocusEmulationEnabled",
            json!({ "enabled": true }),
        )
        .await;
        page
    }

    /// Loads an address, to its end.
    ///
    /// # Panics
    /// If nothing is loaded from there.
    pub async fn load(&self, address: &str) {
        let loaded = self.tell("Page.navigate", json!({ "url": address })).await;
        if let Some(error) = loaded["errorText"].as_str() {
            panic!("{address} cannot be loaded: {error}");
        }
        self.wait("document.readyState === 'complete'").await;
    }

    /// Whether scripts of the page run, from the next load on. What a test evaluates runs in any case.
    pub async fn run_scripts(&self, run: bool) {
        self.tell(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": !run }),
        )
        .await;
        self.scripts.store(run, Ordering::Relaxed);
    }

    /// Whether they do.
    pub(super) fn runs_scripts(&self) -> bool {
        self.scripts.load(Ordering::Relaxed)
    }

    /// Shows the page to somebody who likes it dark, or light.
    pub async fn prefer_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.tell(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// Shows it in a window of this width, in pixels; a narrow one is a phone's.
    pub async fn resize(&self, width: u32) {
        let phone = width < 500;
        let metrics = json!({ "width": width, "height": DESK.1, "screenWidth": width, "screenHeight": DESK.1, "deviceScaleFactor": 1, "mobile": phone });
        self.tell("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// A picture of it as WebP, as wide as the window and as high as the page, up to `most` pixels.
    pub async fn picture(&self, most: u32) -> Vec<u8> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let size = self
            .evaluate("[innerWidth, document.documentElement.scrollHeight]")
            .await;
        let height = size[1].as_u64().unwrap_or_default().min(u64::from(most));
        let options = json!({
            "format": "webp", "quality": 82, "captureBeyondViewport": true,
            "clip": { "x": 0, "y": 0, "width": size[0], "height": height, "scale": 1 },
        });
        let picture = self.tell("Page.captureScreenshot", options).await;
        let data = picture["data"].as_str().expect("a picture");
        STANDARD.decode(data).expect("its bytes")
    }

    /// Sees to it that every request carries these headers, too.
    pub async fn send_headers(&self, headers: Value) {
        self.tell("Network.setExtraHTTPHeaders", json!({ "headers": headers }))
            .await;
    }

    /// Answers no request whose address matches one of these patterns (`*` stands for anything).
    pub async fn block(&self, patterns: &[&str]) {
        self.tell("Network.setBlockedURLs", json!({ "urls": patterns }))
            .await;
    }

    /// What it has done since it was opened.
    pub fn seen(&self) -> Seen {
        self.record.seen()
    }

    /// Has it do something that cannot fail.
    pub(super) async fn tell(&self, method: &str, params: Value) -> Value {
        let told = self.ask(method, params).await;
        told.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Has it do something.
    pub(super) async fn ask(&self, method: &str, params: Value) -> Result<Value, String> {
        self.connection
            .ask(Some(&self.session), method, params)
            .await
    }
}
