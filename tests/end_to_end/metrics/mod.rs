//! Metrics from outside: what the real binary tells, and what Prometheus makes of it.

mod prometheus;
mod scrape;

use std::process::Stdio;

use tokio::io::AsyncWriteExt;

use self::{
    prometheus::Prometheus,
    scrape::{Role, get, until},
};
use crate::common::{Installation, Posts, Stores, write_posts};

const LISTENING: &str = "[metrics]\nlisten = \"127.0.0.1:0\"";

/// A source that may read so much a day, and never gets anything: its server refuses connections.
const BUDGETED: &str = "[[source]]\nkind = \"x\"\nname = \"x-main\"\ntoken = \"t\"\nqueries = [\"bitcoin\"]\n\
    url = \"http://127.0.0.1:9\"\ndaily_reads = 1000\nmonthly_reads = 20000\ncron = \"0 0 0 1 1 *\"";

async fn installation(posts: &Posts, more: &str) -> Installation {
    Installation::new(Stores::Embedded, &posts.path, more).await
}

/// All hours are sent, and that is told.
async fn all_is_told(role: &Role, posts: &Posts) -> String {
    let sent = format!(
        "moodwire_publications{{channel=\"discord-main\",state=\"sent\"}} {}\n",
        posts.hours.len()
    );
    until(async || {
        let text = get(&role.address, "/metrics").await;
        text.contains(&sent).then_some(text)
    })
    .await
}

#[tokio::test]
async fn a_process_that_is_up_tells_what_it_did_and_what_lies_in_the_stores() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 200);
    let installation = installation(&posts, LISTENING).await;
    let role = Role::start(installation.command(&["up"])).await;
    assert_eq!(get(&role.address, "/healthz").await, "ok\n");
    let text = all_is_told(&role, &posts).await;
    for line in [
        format!(
            "moodwire_posts_collected_total{{source=\"history\"}} {}",
            posts.posts
        ),
        // Among the bad lines is a post that is too long to be scored.
        format!(
            "moodwire_posts_quarantined_total{{source=\"history\"}} {}",
            posts.bad
        ),
        format!(
            "moodwire_posts_duplicate_total{{source=\"history\"}} {}",
            posts.duplicates
        ),
        "moodwire_jobs{kind=\"publish\",state=\"dead\"} 0".to_owned(),
        "moodwire_source_limited{source=\"history\"} 0".to_owned(),
        "moodwire_store_up{store=\"warehouse\"} 1".to_owned(),
        format!(
            "moodwire_build_info{{version=\"{}\",role=\"up\"}} 1",
            env!("CARGO_PKG_VERSION")
        ),
    ] {
        assert!(text.contains(&line), "{line} is not in {text}");
    }
    let done = "moodwire_job_attempts_total{kind=\"publish\",verdict=\"done\"} ";
    let done = text
        .lines()
        .find_map(|line| line.strip_prefix(done))
        .unwrap();
    assert!(done.parse::<usize>().unwrap() >= posts.hours.len());
    check_with_promtool(&text).await;
    role.stop().await;
}

/// What `promtool` says of the format, the names and the help texts.
async fn check_with_promtool(text: &str) {
    let Some(folder) = moodwire_testing::prometheus() else {
        return;
    };
    let mut check = tokio::process::Command::new(format!("{folder}/promtool"))
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = check.stdin.take().unwrap();
    input.write_all(text.as_bytes()).await.unwrap();
    drop(input);
    let output = check.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

#[tokio::test]
async fn a_port_that_is_taken_ends_the_role_with_a_sentence() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 1);
    let installation = installation(&posts, "").await;
    for role in ["up", "scheduler", "worker"] {
        let output = installation
            .command(&[role])
            .env("MOODWIRE_METRICS__LISTEN", &address)
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let sentence = format!("moodwire: metrics cannot be served at {address}: ");
        assert!(
            said.lines().any(|line| line.starts_with(&sentence)),
            "{said}"
        );
    }
}

#[tokio::test]
async fn without_a_setting_nothing_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 5);
    let installation = installation(&posts, "").await;
    let output = installation.runs(&["up", "--drain"]).await;
    assert!(!String::from_utf8_lossy(&output.stderr).contains("/metrics"));
}

#[tokio::test]
async fn prometheus_evaluates_every_query_of_the_alerts_and_the_dashboard_on_metrics_that_exist() {
    let Some(programs) = moodwire_testing::prometheus() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 50);
    let installation = installation(&posts, LISTENING).await;
    installation.drain().await;
    // Only now, since hours would wait for it.
    let mut config = std::fs::read_to_string(installation.config_file()).unwrap();
    config += BUDGETED;
    std::fs::write(installation.config_file(), config).unwrap();
    let role = Role::start(installation.command(&["up"])).await;
    all_is_told(&role, &posts).await;
    let prometheus = Prometheus::start(&programs, folder.path(), &role.address).await;
    let mut queries = prometheus.alerts().await;
    queries.extend(prometheus::dashboard());
    assert!(queries.len() > 40, "only {} queries", queries.len());
    for query in &queries {
        prometheus.evaluate(query).await;
        for selector in prometheus::selectors(query) {
            prometheus.finds(&selector, query).await;
        }
    }
    prometheus.stop().await;
    role.stop().await;
}

#[tokio::test]
async fn each_alert_rises_when_it_should() {
    let Some(programs) = moodwire_testing::prometheus() else {
        return;
    };
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        let output = tokio::process::Command::new(format!("{programs}/promtool"))
            .args(arguments)
            .current_dir(prometheus::deploy().join("prometheus"))
            .output()
            .await
            .unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
}
