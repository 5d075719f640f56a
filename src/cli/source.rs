//! `source`: the configured feeds and where they stand, a test of one, and a look at what it would bring next.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use moodwire_sources::Source;
use serde_json::json;

use super::{args::SourceCommand, jobs::stamp};
use crate::{
    audit,
    config::Config,
    environment,
    failure::Failure,
    operations::{asked, sources},
    output,
};

/// Runs the command.
pub(super) async fn run(
    config: &Config,
    command: &SourceCommand,
    json: bool,
) -> Result<(), Failure> {
    match command {
        SourceCommand::List => list(config, json).await,
        SourceCommand::Test { name } => test(config, name, json).await,
        SourceCommand::Pause { name, length } => pause(config, name, Some(*length), json).await,
        SourceCommand::Resume { name } => pause(config, name, None, json).await,
        SourceCommand::Peek { name, limit } => peek(config, name, *limit, json).await,
    }
}

async fn list(config: &Config, json: bool) -> Result<(), Failure> {
    let lake = environment::open_lake(config).await?;
    let listed = sources::list(&*lake, &environment::sources(config)?).await?;
    if json {
        return output::json(&listed);
    }
    let moment = |at: Option<DateTime<Utc>>| at.map_or_else(String::new, stamp);
    let rows: Vec<Vec<String>> = listed
        .into_iter()
        .map(|one| {
            vec![
                one.name,
                one.kind,
                one.state,
                moment(one.watermark),
                one.posts.to_string(),
                one.why.unwrap_or_default(),
            ]
        })
        .collect();
    let header = ["NAME", "KIND", "STATE", "READ UP TO", "POSTS", "WHY"];
    output::table(&header, &rows)
}

/// Sources that may not be read now, by name, each with why.
pub(super) async fn limited(config: &Config) -> Result<BTreeMap<String, String>, Failure> {
    sources::limited(&*environment::open_lake(config).await?).await
}

/// The source of this name, which must be configured.
fn named(config: &Config, name: &str) -> Result<Arc<dyn Source>, Failure> {
    environment::sources(config)?
        .remove(name)
        .ok_or_else(|| asked::unknown("source", name))
}

async fn test(config: &Config, name: &str, json: bool) -> Result<(), Failure> {
    let source = named(config, name)?;
    let lake = environment::open_lake(config).await?;
    sources::test(&*lake, &*source).await?;
    if json {
        return output::json(&json!({"source": name, "kind": source.kind(), "ok": true}));
    }
    output::line(&format!("{name} answers and can be read"))
}

async fn pause(
    config: &Config,
    name: &str,
    length: Option<Duration>,
    json: bool,
) -> Result<(), Failure> {
    named(config, name)?;
    let lake = environment::open_lake(config).await?;
    let sources::Paused { until, changed } =
        sources::pause(&*lake, name, length, &audit::user()).await?;
    let action = match length {
        Some(_) => "source pause",
        None => "source resume",
    };
    if changed {
        let detail = until.map(|until| format!("until {}", stamp(until)));
        audit::note(config, action, name, detail).await;
    }
    if json {
        return output::json(&json!({"source": name, "paused_until": until, "changed": changed}));
    }
    output::line(&match until {
        Some(until) => format!("{name} is paused until {}", stamp(until)),
        None if changed => format!("{name} is read again"),
        None => format!("{name} was not paused"),
    })
}

async fn peek(config: &Config, name: &str, limit: usize, json: bool) -> Result<(), Failure> {
    let source = named(config, name)?;
    let lake = environment::open_lake(config).await?;
    let watchlist = environment::watchlist(config)?;
    let page = sources::peek(&lake, &*source, &watchlist, limit).await?;
    if json {
        return output::json(&json!({"posts": page.posts, "quarantined": page.quarantined}));
    }
    for post in &page.posts {
        let actors: Vec<&str> = post.actors.iter().map(|one| &*one.actor).collect();
        output::line(&format!(
            "{}  {}  {}  [{}]\n    {}\n",
            post.created_at.format("%Y-%m-%dT%H:%M:%SZ"),
            post.author,
            post.key,
            actors.join(", "),
            post.text.replace(char::is_control, " "),
        ))?;
    }
    output::line(&match page.posts.len() {
        0 => format!("{name} brings nothing new at the moment"),
        posts => format!("{posts} posts as they would be stored; nothing was stored"),
    })
}
