//! A source as configured: its kind picks what it becomes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use moodwire_sources::{
    BlueskyMode, BlueskySettings, BlueskySource, MastodonSettings, MastodonSource, ReplaySource,
    Source, Watchlist, XSettings, XSource,
};
use moodwire_workers::Filters;

use super::{clock, data_dir};
use crate::{config, failure::Failure};

/// Keys that every kind has.
const COMMON: [&str; 6] = [
    "kind",
    "name",
    "cron",
    "min_followers",
    "languages",
    "exclude",
];

/// The kinds, each with the keys that it has beside.
const KINDS: [(&str, &[&str]); 4] = [
    (
        "bluesky",
        &[
            "mode",
            "url",
            "fallback",
            "compress",
            "dictionary",
            "accounts",
            "queries",
            "api",
            "identifier",
            "password",
            "service",
        ],
    ),
    (
        "mastodon",
        &["url", "hashtags", "accounts", "token", "stream"],
    ),
    ("replay", &["path"]),
    (
        "x",
        &[
            "url",
            "accounts",
            "token",
            "mode",
            "queries",
            "dialect",
            "query_limit",
            "backfill",
            "users",
            "daily_reads",
            "monthly_reads",
            "post_price",
            "user_price",
        ],
    ),
];

/// The source; else one sentence that says what is wrong and how to mend it.
pub(crate) fn source(
    source: &config::Source,
    data_dir: &Path,
    watchlist: &Watchlist,
) -> Result<Arc<dyn Source>, String> {
    refuse_stray_keys(source)?;
    filters(source)?;
    Ok(match source.kind.as_str() {
        "bluesky" => Arc::new(BlueskySource::new(
            source.name.clone(),
            &bluesky(source)?,
            watchlist,
            clock(),
        )?),
        "mastodon" => Arc::new(MastodonSource::new(
            source.name.clone(),
            &mastodon(source),
            watchlist,
            clock(),
        )?),
        "x" => Arc::new(XSource::new(
            source.name.clone(),
            &x(source),
            watchlist,
            clock(),
        )?),
        _ => replay(source, data_dir)?,
    })
}

/// What the source's posts must pass to be best or worst.
pub(crate) fn filters(source: &config::Source) -> Result<Filters, String> {
    Filters::new(
        source.min_followers,
        source.languages.clone(),
        &source.exclude,
    )
    .map_err(|sentence| format!("exclude: {sentence}"))
}

/// Refuses a kind that is unknown, and keys of another kind, which would say nothing here.
fn refuse_stray_keys(source: &config::Source) -> Result<(), String> {
    let Some((kind, keys)) = KINDS.iter().find(|(kind, _)| *kind == source.kind) else {
        let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
        return Err(format!(
            "kind is \"{}\": the kinds are {}",
            source.kind,
            kinds.join(", ")
        ));
    };
    let given = toml::Table::try_from(source).unwrap_or_default();
    let stray = |key: &&String| !COMMON.contains(&key.as_str()) && !keys.contains(&key.as_str());
    match given.keys().find(stray) {
        Some(key) => Err(format!(
            "{key} belongs to another kind than {kind}: take it out"
        )),
        None => Ok(()),
    }
}

/// Every key that some kind has.
#[cfg(test)]
pub(crate) fn source_keys() -> impl Iterator<Item = &'static str> {
    let own = KINDS.iter().flat_map(|(_, keys)| keys.iter().copied());
    COMMON.into_iter().chain(own)
}

fn bluesky(source: &config::Source) -> Result<BlueskySettings, String> {
    let mode = source.mode.as_deref().map(str::parse::<BlueskyMode>);
    Ok(BlueskySettings {
        mode: mode.transpose()?.unwrap_or_default(),
        url: source.url.clone(),
        fallback: source.fallback.clone(),
        compress: source.compress,
        dictionary: source.dictionary.clone(),
        accounts: source.accounts.clone(),
        queries: source.queries.clone(),
        api: source.api.clone(),
        identifier: source.identifier.clone(),
        password: source.password.clone(),
        service: source.service.clone(),
    })
}

fn mastodon(source: &config::Source) -> MastodonSettings {
    MastodonSettings {
        url: source.url.clone().unwrap_or_default(),
        hashtags: source.hashtags.clone(),
        accounts: source.accounts.clone(),
        token: source.token.clone(),
        stream: source.stream,
    }
}

fn x(source: &config::Source) -> XSettings {
    XSettings {
        url: source.url.clone(),
        token: source.token.clone(),
        mode: source.mode.clone(),
        dialect: source.dialect.clone(),
        queries: source.queries.clone(),
        accounts: source.accounts.clone(),
        query_limit: source.query_limit,
        backfill: source.backfill,
        users: source.users,
        daily_reads: source.daily_reads,
        monthly_reads: source.monthly_reads,
        post_price: source.post_price,
        user_price: source.user_price,
    }
}

/// A path of `-` stands for the copy that `up` makes of standard input.
fn replay(source: &config::Source, data_dir: &Path) -> Result<Arc<dyn Source>, String> {
    let path = source.path.clone().unwrap_or_default();
    if path.as_os_str().is_empty() {
        return Err("there is no path: set path = \"posts.jsonl\"".to_owned());
    }
    let path = if path == Path::new("-") {
        stdin_copy(data_dir, &source.name)
    } else {
        path
    };
    Ok(Arc::new(ReplaySource::new(
        source.name.clone(),
        path,
        clock(),
    )))
}

/// Where standard input is copied to for a source.
pub(crate) fn stdin_copy(data_dir: &Path, source: &str) -> PathBuf {
    data_dir.join(format!("stdin-{source}.jsonl"))
}

/// Refuses a source that reads standard input, for the roles that many processes share.
pub(crate) fn refuse_stdin(config: &config::Config) -> Result<(), Failure> {
    let reads_stdin = |source: &&config::Source| source.path.as_deref() == Some(Path::new("-"));
    match config.source.iter().find(reads_stdin) {
        Some(source) => Err(Failure::Usage(format!(
            "[[source]] \"{}\" reads standard input, which only `moodwire up` and `moodwire demo` do: set path to a file",
            source.name
        ))),
        None => Ok(()),
    }
}

/// The configured sources.
pub(crate) fn sources(
    config: &config::Config,
) -> Result<BTreeMap<String, Arc<dyn Source>>, Failure> {
    let watchlist = super::watchlist(config)?;
    let data_dir = data_dir(config);
    let named = |one: &config::Source| {
        let built = source(one, &data_dir, &watchlist).map_err(Failure::Usage)?;
        Ok((one.name.clone(), built))
    };
    config.source.iter().map(named).collect()
}
