//! What a configuration must hold beyond its types: one sentence for the first thing that is wrong.

use std::{collections::BTreeSet, str::FromStr, time::Duration};

use moodwire_sources::Watchlist;
use secrecy::{ExposeSecret, SecretString};

use super::{Channel, Config, Source, error::ConfigError, mask};

/// Checks everything that can be known without touching a server.
pub(super) fn check(config: &Config, place: &str) -> Result<(), ConfigError> {
    let refuse = |sentence: String| Err(ConfigError(format!("{place}: {sentence}")));
    stores(config).or_else(refuse)?;
    numbers(config).or_else(refuse)?;
    config.console.check().or_else(refuse)?;
    collector(config.telemetry.otlp.as_deref()).or_else(refuse)?;
    cron("[schedule] collect", &config.schedule.collect).or_else(refuse)?;
    names("source", config.source.iter().map(|source| &source.name)).or_else(refuse)?;
    names(
        "channel",
        config.channel.iter().map(|channel| &channel.name),
    )
    .or_else(refuse)?;
    let watchlist = Watchlist::new(config.actor.clone())
        .map_err(|sentence| ConfigError(format!("{place}: {sentence}")))?;
    for one in &config.source {
        source(config, one, &watchlist).or_else(refuse)?;
    }
    for one in &config.channel {
        channel(config, one).or_else(refuse)?;
    }
    Ok(())
}

fn stores(config: &Config) -> Result<(), String> {
    scheme(
        "[queue] url",
        config.queue.url.as_ref(),
        &["redis", "rediss", "sqlite"],
    )?;
    scheme(
        "[lake] url",
        config.lake.url.as_ref(),
        &["mongodb", "mongodb+srv", "sqlite"],
    )?;
    scheme(
        "[warehouse] url",
        config.warehouse.url.as_ref(),
        &["postgres", "postgresql", "sqlite"],
    )?;
    let prefix = &config.queue.prefix;
    if prefix.is_empty() || prefix.contains(['{', '}', ' ']) {
        return Err(format!(
            "[queue] prefix is \"{prefix}\": it must not be empty, nor contain braces or blanks"
        ));
    }
    Ok(())
}

fn collector(url: Option<&str>) -> Result<(), String> {
    let Some(url) = url else { return Ok(()) };
    match url::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(()),
        _ => Err(format!(
            "[telemetry] otlp is \"{url}\": it must be the URL of a collector, such as http://127.0.0.1:4318"
        )),
    }
}

fn scheme(key: &str, url: Option<&SecretString>, known: &[&str]) -> Result<(), String> {
    let Some(url) = url.map(ExposeSecret::expose_secret) else {
        return Ok(());
    };
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| known.contains(&scheme)) {
        return Ok(());
    }
    let schemes: Vec<String> = known.iter().map(|scheme| format!("{scheme}://")).collect();
    Err(format!(
        "{key} is {}: it must begin with one of {}",
        mask(url),
        schemes.join(", ")
    ))
}

fn numbers(config: &Config) -> Result<(), String> {
    let (worker, retry) = (&config.worker, &config.retry);
    for (key, value) in [
        ("[worker] collect", worker.collect),
        ("[worker] transform", worker.transform),
        ("[worker] publish", worker.publish),
        ("[worker] rescore", worker.rescore),
        ("[retry] collect", retry.collect as usize),
        ("[retry] transform", retry.transform as usize),
        ("[retry] publish", retry.publish as usize),
        ("[retry] rescore", retry.rescore as usize),
    ] {
        if value == 0 {
            return Err(format!("{key} is 0: it must be at least 1"));
        }
    }
    durations(config)
}

/// A duration, and between what it must lie.
fn durations(config: &Config) -> Result<(), String> {
    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);
    const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);
    let (worker, publish, retry) = (&config.worker, &config.publish, &config.retry);
    let catch_up = publish.catch_up.0.unwrap_or_default();
    for (key, value, least, most) in [
        ("[worker] lease", worker.lease, SECOND, YEAR),
        // A collect reads for up to a minute before it hands over.
        ("[worker] timeout", worker.timeout, 2 * MINUTE, YEAR),
        // A digest that is being sent has 12 s to arrive; cut off, nobody would know whether it did.
        (
            "[worker] shutdown_grace",
            worker.shutdown_grace,
            12 * SECOND,
            YEAR,
        ),
        ("[publish] grace", publish.grace, Duration::ZERO, YEAR),
        ("[publish] max_wait", publish.max_wait, Duration::ZERO, YEAR),
        ("[publish] catch_up", catch_up, Duration::ZERO, 100 * YEAR),
        ("[retry] base", retry.base, Duration::ZERO, YEAR),
        ("[retry] cap", retry.cap, Duration::ZERO, YEAR),
        (
            "[retention] done",
            config.retention.done,
            Duration::ZERO,
            100 * YEAR,
        ),
        (
            "[retention] dead",
            config.retention.dead,
            Duration::ZERO,
            100 * YEAR,
        ),
    ] {
        if value < least || value > most {
            return Err(format!(
                "{key} is {}: it must be between {} and {}{}",
                humantime::format_duration(value),
                humantime::format_duration(least),
                humantime::format_duration(most),
                if key.ends_with("catch_up") {
                    ", or all"
                } else {
                    ""
                },
            ));
        }
    }
    Ok(())
}

fn cron(key: &str, expression: &str) -> Result<(), String> {
    cron::Schedule::from_str(expression).map(drop).map_err(|error| {
        format!(
            "{key} is \"{expression}\", which is no cron expression with seconds such as \"0 */5 * * * *\": {error}"
        )
    })
}

fn names<'a>(list: &str, names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(format!(
                "a [[{list}]] is named \"{name}\": a name has letters, digits, - and _ only"
            ));
        }
        if !seen.insert(name.to_ascii_lowercase().replace('-', "_")) {
            return Err(format!(
                "two [[{list}]] are named \"{name}\" (- and _ count as the same): give one another name"
            ));
        }
    }
    Ok(())
}

fn source(config: &Config, source: &Source, watchlist: &Watchlist) -> Result<(), String> {
    let name = &source.name;
    let data_dir = crate::environment::data_dir(config);
    crate::environment::source(source, &data_dir, watchlist)
        .map_err(|sentence| format!("[[source]] \"{name}\": {sentence}"))?;
    match &source.cron {
        Some(expression) => cron(&format!("[[source]] \"{name}\" cron"), expression),
        None => Ok(()),
    }
}

fn channel(config: &Config, channel: &Channel) -> Result<(), String> {
    let name = &channel.name;
    let known: BTreeSet<&String> = config.source.iter().map(|source| &source.name).collect();
    if let Some(strange) = channel.sources.iter().find(|name| !known.contains(name)) {
        return Err(format!(
            "[[channel]] \"{name}\" sources names \"{strange}\", but no [[source]] has that name: mend it, or leave it out"
        ));
    }
    crate::environment::channel(channel)
        .map(drop)
        .map_err(|sentence| format!("[[channel]] \"{name}\": {sentence}"))
}
