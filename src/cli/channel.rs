//! `channel`: the configured destinations, a test of one, and enabling one whose target had refused us.

use std::collections::BTreeMap;

use moodwire_warehouse::Disabled;
use moodwire_workers::ChannelEntry;
use serde::Serialize;
use serde_json::json;

use super::args::ChannelCommand;
use crate::{
    audit,
    config::Config,
    environment,
    failure::Failure,
    operations::{asked, channels},
    output,
};

/// Runs the command.
pub(super) async fn run(
    config: &Config,
    command: &ChannelCommand,
    json: bool,
) -> Result<(), Failure> {
    match command {
        ChannelCommand::List => list(config, json).await,
        ChannelCommand::Test { name } => test(config, name, json).await,
        ChannelCommand::Pause { name } => pause(config, name, json).await,
        ChannelCommand::Enable { name } => enable(config, name, json).await,
    }
}

/// A channel as it is listed.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    name: &'a str,
    kind: &'a str,
    state: &'static str,
    disabled: Option<&'a Disabled>,
}

async fn list(config: &Config, json: bool) -> Result<(), Failure> {
    let disabled = disabled(config).await?;
    let listed: Vec<Listed<'_>> = config
        .channel
        .iter()
        .map(|channel| {
            let disabled = disabled.get(&channel.name);
            Listed {
                name: &channel.name,
                kind: &channel.kind,
                state: if disabled.is_some() {
                    "disabled"
                } else {
                    "enabled"
                },
                disabled,
            }
        })
        .collect();
    if json {
        return output::json(&listed);
    }
    let rows: Vec<Vec<String>> = listed
        .iter()
        .map(|one| {
            let why = one.disabled.map(|disabled| disabled.reason.clone());
            vec![
                one.name.to_owned(),
                one.kind.to_owned(),
                one.state.to_owned(),
                why.unwrap_or_default(),
            ]
        })
        .collect();
    output::table(&["NAME", "KIND", "STATE", "WHY"], &rows)
}

/// The channels that are disabled, by name.
async fn disabled(config: &Config) -> Result<BTreeMap<String, Disabled>, Failure> {
    let warehouse = environment::prepared_warehouse(config).await?;
    Ok(warehouse.disabled_channels().await?)
}

async fn test(config: &Config, name: &str, json: bool) -> Result<(), Failure> {
    let entry = entry(config, name)?;
    let warehouse = environment::prepared_warehouse(config).await?;
    let sent = channels::test(&warehouse, &entry).await;
    let outcome = sent.as_ref().err().map(ToString::to_string);
    audit::note(config, "channel test", name, outcome).await;
    let sent = sent?;
    if json {
        return output::json(&json!({"channel": name, "message_id": sent.message_id}));
    }
    if entry.channel.kind() == "stdout" {
        return Ok(());
    }
    output::line(&format!("a test message is in {name}"))
}

async fn pause(config: &Config, name: &str, json: bool) -> Result<(), Failure> {
    known(config, name)?;
    let warehouse = environment::prepared_warehouse(config).await?;
    let paused = channels::pause(&warehouse, name, &audit::user()).await?;
    if paused {
        audit::note(config, "channel pause", name, None).await;
    }
    if json {
        return output::json(&json!({"channel": name, "paused": paused}));
    }
    output::line(&match paused {
        true => format!("{name} is paused; its hours stay due until it is enabled"),
        false => format!("{name} was disabled already"),
    })
}

async fn enable(config: &Config, name: &str, json: bool) -> Result<(), Failure> {
    known(config, name)?;
    let warehouse = environment::prepared_warehouse(config).await?;
    let queue = environment::open_queue(config).await?;
    let due = channels::enable(config, &*queue, &warehouse, name).await?;
    if let Some(hours) = due {
        let detail = Some(format!("{hours} hours due"));
        audit::note(config, "channel enable", name, detail).await;
    }
    if json {
        let hours = due.unwrap_or_default();
        return output::json(&json!({"channel": name, "enabled": due.is_some(), "due": hours}));
    }
    output::line(&match due {
        Some(hours) => format!("{name} is enabled; hours that are due: {hours}"),
        None => format!("{name} was not disabled"),
    })
}

/// The channel of this name, which must be configured.
pub(super) fn entry(config: &Config, name: &str) -> Result<ChannelEntry, Failure> {
    environment::channels(config)?
        .remove(name)
        .ok_or_else(|| asked::unknown("channel", name))
}

fn known(config: &Config, name: &str) -> Result<(), Failure> {
    let names = config.channel.iter().map(|channel| &channel.name);
    asked::known("channel", name, names)
}
