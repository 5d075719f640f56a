//! A real Prometheus that scrapes a role and evaluates the alerts that are shipped.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tokio::process::{Child, Command};

use super::scrape::{get, until};

/// The folder of what is shipped for operators.
pub(super) fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

/// A server of the test's own.
pub(super) struct Prometheus {
    child: Child,
    address: String,
}

impl Prometheus {
    /// Starts it, and waits until it has scraped `target` often enough for a rate.
    pub(super) async fn start(programs: &str, folder: &Path, target: &str) -> Self {
        let config = folder.join("prometheus.yml");
        let rules = deploy().join("prometheus/alerts.yml");
        let text = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [\"{}\"]\n\
             scrape_configs: [{{ job_name: moodwire, static_configs: [{{ targets: [\"{target}\"] }}] }}]\n",
            rules.display()
        );
        std::fs::write(&config, text).unwrap();
        let address = free_address();
        let child = Command::new(format!("{programs}/prometheus"))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let prometheus = Self { child, address };
        until(async || {
            let rate = prometheus
                .ask("rate(moodwire_job_run_seconds_count[1m])")
                .await?;
            rate.first().map(drop)
        })
        .await;
        prometheus
    }

    /// The queries of the rules that it has loaded.
    pub(super) async fn alerts(&self) -> Vec<String> {
        let answer = get(&self.address, "/api/v1/rules").await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let rules = answer["data"]["groups"][0]["rules"].as_array().unwrap();
        rules
            .iter()
            .map(|rule| {
                assert_eq!(rule["health"], "ok", "{rule}");
                rule["query"].as_str().unwrap().to_owned()
            })
            .collect()
    }

    /// A query that it must understand.
    pub(super) async fn evaluate(&self, query: &str) {
        assert!(self.ask(query).await.is_some(), "{query} is not understood");
    }

    /// A selector, of this query, that must find something.
    pub(super) async fn finds(&self, selector: &str, query: &str) {
        let found = self.ask(selector).await.unwrap();
        assert!(!found.is_empty(), "{selector} of {query} finds nothing");
    }

    /// What a query comes to; none when it is refused or nobody answers.
    async fn ask(&self, query: &str) -> Option<Vec<Value>> {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let answer = get(&self.address, &format!("/api/v1/query?query={query}")).await;
        let answer: Value = serde_json::from_str(&answer).ok()?;
        (answer["status"] == "success")
            .then(|| answer["data"]["result"].as_array().unwrap().clone())
    }

    /// Ends it.
    pub(super) async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// An address that nobody listens at just now.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// The queries of the dashboard, with Grafana's own variable filled in.
pub(super) fn dashboard() -> Vec<String> {
    let text = std::fs::read_to_string(deploy().join("grafana/moodwire.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    targets
        .map(|target| {
            target["expr"]
                .as_str()
                .unwrap()
                .replace("$__rate_interval", "1m")
        })
        .collect()
}

/// The metrics that a query names, each with its labels.
pub(super) fn selectors(query: &str) -> BTreeSet<String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    query
        .match_indices("moodwire_")
        .map(|(at, _)| {
            let rest = &query[at..];
            let name = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
            let labels = match rest[name..].starts_with('{') {
                true => 1 + rest[name..].find('}').unwrap(),
                false => 0,
            };
            rest[..name + labels].to_owned()
        })
        .collect()
}

#[test]
fn a_querys_metrics_are_found_with_their_labels() {
    let query = "sum(rate(moodwire_a_total{b=\"c\"}[1m])) / max by (b) (moodwire_d) > 1";
    let found: Vec<String> = selectors(query).into_iter().collect();
    assert_eq!(found, ["moodwire_a_total{b=\"c\"}", "moodwire_d"]);
}
