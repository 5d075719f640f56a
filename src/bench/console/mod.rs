//! `bench console`: how long the console takes to answer, page by page, with many jobs and posts stored.

mod fill;
mod report;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Instant,
};

use chrono::TimeDelta;
use moodwire_model::Hour;
use tempfile::TempDir;

use self::report::{Page, Report};
use super::stage::Stage;
use crate::{
    config::{Channel, Config},
    console::Served,
    environment::{self, Start},
    failure::Failure,
};

/// `bench console`
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ConsoleBench {
    /// How many jobs are stored: six in ten done, one a dead letter, three waiting
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    pub(crate) jobs: u32,
    /// How many posts are stored, over 30 days
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    pub(crate) posts: u32,
    /// How many times each page is asked for
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rounds: u32,
}

/// Fills stores of its own (the queue on the configured server), measures, prints, and removes what it has made, also when
/// it fails.
pub(crate) async fn run(config: &Config, bench: ConsoleBench, json: bool) -> Result<(), Failure> {
    let stage = Stage::set(config).await?;
    let folder = tempfile::Builder::new()
        .prefix("moodwire-bench-")
        .tempdir()?;
    let measured = measured(&own(config, &stage, &folder), &stage, bench).await;
    let removed = stage.remove(&fill::KINDS).await;
    folder.close()?;
    let report = measured?;
    removed?;
    report.print(json)
}

/// A configuration of its own: the stage's queue, a file for the rest, one channel.
fn own(config: &Config, stage: &Stage, folder: &TempDir) -> Config {
    let mut own = Config {
        data_dir: Some(folder.path().to_owned()),
        ..Config::default()
    };
    own.queue.url = Some(stage.url.clone().into());
    own.queue.prefix.clone_from(&stage.prefix);
    own.queue.allow_eviction = config.queue.allow_eviction;
    own.console.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    own.channel.push(Channel {
        kind: "stdout".to_owned(),
        name: "stdout".to_owned(),
        ..Channel::default()
    });
    own
}

async fn measured(config: &Config, stage: &Stage, bench: ConsoleBench) -> Result<Report, Failure> {
    let sources = environment::sources(config)?;
    let channels = environment::channels(config)?;
    let deps = environment::build(config, sources, channels, Start::default()).await?;
    fill::jobs(&*deps.queue, bench.jobs).await?;
    fill::posts(&deps, bench.posts).await?;
    let served = Served::start(&deps, config).await?;
    let client = reqwest::Client::new();
    let last = Hour::of(deps.now() - TimeDelta::hours(1));
    let mut pages = Vec::new();
    for path in paths(last) {
        let url = format!("http://{}{path}", served.address());
        pages.push(page(&client, path, &url, bench.rounds).await?);
    }
    served.stop().await;
    Ok(Report {
        bench,
        place: stage.place(),
        pages,
    })
}

/// Every page, with what makes it dear.
fn paths(hour: Hour) -> Vec<String> {
    let id = fill::id("transform", 0);
    [
        "/",
        "/hours",
        "/jobs",
        "/jobs?state=done",
        "/jobs?kind=transform&state=dead",
        "/jobs?search=gone",
        "/jobs?search=nowhere",
        "/dead",
        "/dead?kind=transform",
        "/dead?search=gone",
        "/dead/confirm?verb=retry&kind=transform",
        "/mood?range=24h",
        "/mood?range=30d",
        "/mood?range=30d&actor=Bitcoin",
        "/sources",
        "/settings",
        "/audit",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([format!("/jobs/{id}"), format!("/hours/{hour}")])
    .collect()
}

/// Asks for a page again and again, each time to its last byte.
async fn page(
    client: &reqwest::Client,
    path: String,
    url: &str,
    rounds: u32,
) -> Result<Page, Failure> {
    let bad = |what: String| Failure::Runtime(format!("{path}: {what}"));
    let mut latencies = Vec::new();
    let mut bytes = 0;
    for _ in 0..rounds {
        let began = Instant::now();
        let answer = client.get(url).header("accept", "text/html").send().await;
        let answer = answer.map_err(|error| bad(error.to_string()))?;
        let status = answer.status();
        let body = answer.bytes().await;
        bytes = body.map_err(|error| bad(error.to_string()))?.len();
        latencies.push(began.elapsed());
        if !status.is_success() {
            return Err(bad(format!("the console answered {status}")));
        }
    }
    Ok(Page {
        path,
        bytes,
        first: latencies.first().copied().unwrap_or_default(),
        latencies: latencies.into_iter().collect(),
    })
}
