//! `doctor`: what is configured, what is reachable, what to fix.

mod setup;

use std::{collections::BTreeMap, process::ExitCode};

use moodwire_model::Remark;
use moodwire_sources::Allowance;
use moodwire_warehouse::PublicationState;
use serde::Serialize;

use super::source;
use crate::{
    config::{Config, Loaded},
    environment,
    failure::Failure,
    operations::sources,
    output,
};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    /// It works, and something may be lost or come to an end.
    Warning,
    Failure,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at.
    name: String,
    /// Whether it works.
    ok: bool,
    /// How it is.
    status: Status,
    /// What was seen, or what is wrong and how to mend it.
    detail: String,
}

impl Finding {
    fn of(name: &str, seen: Result<String, Failure>) -> Self {
        let (ok, detail) = match seen {
            Ok(detail) => (true, detail),
            Err(failure) => (false, failure.to_string()),
        };
        let status = if ok { Status::Ok } else { Status::Failure };
        Self {
            name: name.to_owned(),
            ok,
            status,
            detail,
        }
    }

    /// What a store says of itself; what needs a mend is a warning.
    fn remarked(store: &str, remark: Remark) -> Self {
        let name = format!("{store} {}", remark.about);
        let (status, detail) = match remark.mend {
            None => (Status::Ok, remark.seen),
            Some(mend) => (Status::Warning, format!("{}; {mend}", remark.seen)),
        };
        Self {
            name,
            ok: true,
            status,
            detail,
        }
    }
}

/// Runs the command: exit 0 when all is well, 1 when something is not, 2 when the configuration cannot be used.
pub(super) async fn run(
    configured: Result<Loaded, Failure>,
    json: bool,
) -> Result<ExitCode, Failure> {
    let mut findings = Vec::new();
    let code_when_ill = if configured.is_err() { 2 } else { 1 };
    match configured {
        Ok(loaded) => {
            let from = loaded.file.map_or_else(
                || "the defaults".to_owned(),
                |file| file.display().to_string(),
            );
            findings.push(Finding::of("configuration", Ok(from)));
            examine(&loaded.config, &mut findings).await;
        }
        Err(failure) => findings.push(Finding::of("configuration", Err(failure))),
    }
    if json {
        output::json(&findings)?;
    } else {
        for finding in &findings {
            let mark = match finding.status {
                Status::Ok => "ok  ",
                Status::Warning => "warn",
                Status::Failure => "FIX ",
            };
            output::line(&format!("{mark} {:<22} {}", finding.name, finding.detail))?;
        }
    }
    Ok(if findings.iter().all(|finding| finding.ok) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(code_when_ill)
    })
}

async fn examine(config: &Config, findings: &mut Vec<Finding>) {
    findings.push(Finding::of("queue", queue(config).await));
    findings.push(Finding::of("lake", lake(config).await));
    findings.push(Finding::of("warehouse", warehouse(config).await));
    findings.extend(setup::remarks(config).await);
    if let Some(address) = config.metrics.listen {
        findings.push(Finding::of("metrics", setup::port(address).await));
    }
    findings.push(Finding::of("console", setup::console(&config.console)));
    let watchlist = environment::watchlist(config).map(|list| match list.actors().len() {
        0 => "no [[actor]] is configured: every post is kept".to_owned(),
        actors => format!("{actors} actors: the posts that match one are kept"),
    });
    findings.push(Finding::of("watchlist", watchlist));
    if config.source.is_empty() {
        findings.push(Finding::of(
            "sources",
            Err(Failure::Usage(
                "no [[source]] is configured: nothing will be collected".to_owned(),
            )),
        ));
    }
    // What cannot be built was told as the configuration's fault.
    let limited = source::limited(config).await.unwrap_or_default();
    for (name, source) in environment::sources(config).unwrap_or_default() {
        let seen = match limited.get(&name) {
            // Whoever is limited is not asked.
            Some(why) => Ok(format!("{}, limited: it {why}", source.kind())),
            None => source
                .check()
                .await
                .map(|()| format!("{} can be read", source.kind()))
                .map_err(|error| Failure::Usage(error.to_string())),
        };
        findings.push(Finding::of(&format!("source {name}"), seen));
        if let Some(allowance) = source.allowance() {
            let spent = spent(config, &name, allowance).await;
            findings.push(Finding::of(&format!("budget {name}"), spent));
        }
    }
    if config.channel.is_empty() {
        findings.push(Finding::of(
            "channels",
            Err(Failure::Usage(
                "no [[channel]] is configured: nothing will be published".to_owned(),
            )),
        ));
    }
    channels(config, findings).await;
}

async fn spent(config: &Config, name: &str, allowance: &Allowance) -> Result<String, Failure> {
    let lake = environment::open_lake(config).await?;
    let today = environment::clock().now().date_naive();
    let counts = lake.reads(name, today).await?;
    Ok(sources::spent(allowance, &counts))
}

async fn channels(config: &Config, findings: &mut Vec<Finding>) {
    let disabled = match environment::prepared_warehouse(config).await {
        Ok(warehouse) => warehouse.disabled_channels().await.unwrap_or_default(),
        // Told already, as a finding of the warehouse.
        Err(_) => BTreeMap::new(),
    };
    for channel in &config.channel {
        let name = &channel.name;
        let seen = match disabled.get(name) {
            None => Ok(format!("{}, configured (nothing was sent)", channel.kind)),
            Some(disabled) => Err(Failure::Runtime(format!(
                "disabled since {}: {}; then `moodwire channel enable {name}` publishes what is due",
                disabled.disabled_at.format("%Y-%m-%dT%H:%M:%SZ"),
                disabled.reason
            ))),
        };
        findings.push(Finding::of(&format!("channel {name}"), seen));
    }
}

async fn queue(config: &Config) -> Result<String, Failure> {
    let queue = environment::open_queue(config).await?;
    let stats = queue.stats().await?;
    let dead: u64 = stats.values().map(|kind| kind.dead).sum();
    if dead > 0 {
        return Err(Failure::Runtime(format!(
            "{dead} dead letters: see `moodwire dead list`, then retry or discard them"
        )));
    }
    let paused: Vec<&str> = stats
        .iter()
        .filter(|(_, kind)| kind.paused)
        .map(|(name, _)| name.as_str())
        .collect();
    if !paused.is_empty() {
        return Err(Failure::Runtime(format!(
            "paused: {}: `moodwire queue resume KIND` goes on",
            paused.join(", ")
        )));
    }
    let live: u64 = stats
        .values()
        .map(|kind| kind.scheduled + kind.ready + kind.running)
        .sum();
    Ok(format!("{} answers, {live} jobs to do", queue.place()))
}

async fn lake(config: &Config) -> Result<String, Failure> {
    let lake = environment::open_lake(config).await?;
    lake.check().await?;
    let totals = lake.totals().await?;
    Ok(format!(
        "{} answers, {} posts, {} batches to score, {} quarantined",
        lake.place(),
        totals.posts,
        totals.unscored_batches,
        totals.quarantined
    ))
}

async fn warehouse(config: &Config) -> Result<String, Failure> {
    let warehouse = environment::prepared_warehouse(config).await?;
    let totals = warehouse.totals().await?;
    let uncertain = totals
        .publications
        .get(&PublicationState::Uncertain)
        .copied()
        .unwrap_or(0);
    if uncertain > 0 {
        return Err(Failure::Runtime(format!(
            "{uncertain} publications of which it is not known whether they arrived: see `moodwire publications list --state uncertain`, look in the channel, then `moodwire publications resolve ID --sent` or `--resend`"
        )));
    }
    Ok(format!(
        "{} answers, {} posts, {} hours sealed",
        warehouse.place(),
        totals.posts,
        totals.hours_sealed
    ))
}
