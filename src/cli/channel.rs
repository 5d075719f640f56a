//! `channel`: the configured destinations, a test of one, and enabling one whose target had refused us.

use std::collections::BTreeMap;

use moodwire_channels::SendError;
use moodwire_model::{Hour, slot};
use moodwire_queue::NewJob;
use moodwire_warehouse::{Disabled, Warehouse};
use moodwire_workers::{ChannelEntry, due, payload::Publish};
use serde::Serialize;
use serde_json::json;

use super::{args::ChannelCommand, enqueue};
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(
    config: &Config,
    command: &ChannelCommand,
    json: bool,
) -> Result<(), Failure> {
    match command {
        ChannelCommand::List => list(config, json).await,
        ChannelCommand::Test { name } => test(config, name, json).await,
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
    if let Some(disabled) = warehouse.disabled_channels().await?.get(name) {
        return Err(Failure::Usage(format!(
            "channel \"{name}\" is disabled ({}): once that is mended, `moodwire channel enable {name}`",
            disabled.reason
        )));
    }
    match entry.channel.test().await {
        Ok(sent) if json => output::json(&json!({"channel": name, "message_id": sent.message_id})),
        Ok(_) if entry.channel.kind() == "stdout" => Ok(()),
        Ok(_) => output::line(&format!("a test message is in {name}")),
        Err(error) => {
            if let SendError::Gone(reason) = &error {
                let now = environment::clock().now();
                warehouse.disable_channel(name, reason, now).await?;
            }
            Err(Failure::Runtime(error.to_string()))
        }
    }
}

/// Enables the channel, and has what is due to it published by jobs of their own: the former ones may be done.
async fn enable(config: &Config, name: &str, json: bool) -> Result<(), Failure> {
    known(config, name)?;
    let warehouse = environment::prepared_warehouse(config).await?;
    let enabled = warehouse.enable_channel(name).await?;
    let jobs = if enabled {
        due_jobs(config, &warehouse, name).await?
    } else {
        Vec::new()
    };
    let queue = environment::open_queue(config).await?;
    queue.enqueue(&jobs).await?;
    if json {
        return output::json(&json!({"channel": name, "enabled": enabled, "due": jobs.len()}));
    }
    output::line(&match enabled {
        true => format!("{name} is enabled; hours that are due: {}", jobs.len()),
        false => format!("{name} was not disabled"),
    })
}

async fn due_jobs(
    config: &Config,
    warehouse: &Warehouse,
    name: &str,
) -> Result<Vec<NewJob>, Failure> {
    let now = environment::clock().now();
    let from = due::earliest(config.publish.catch_up.0, now);
    let first_start = Hour::of(warehouse.installed_at(now).await?);
    let channels = [name.to_owned()];
    let due = warehouse
        .unpublished(&channels, from, Hour::of(now), first_start)
        .await?;
    due.iter()
        .map(|(hour, channel)| {
            let slot = slot::publish(channel, *hour);
            enqueue::job(config, slot::PUBLISH, &slot, &Publish::of(channel, *hour))
        })
        .collect()
}

/// The channel of this name, which must be configured.
pub(super) fn entry(config: &Config, name: &str) -> Result<ChannelEntry, Failure> {
    environment::channels(config)?
        .remove(name)
        .ok_or_else(|| enqueue::unknown("channel", name))
}

fn known(config: &Config, name: &str) -> Result<(), Failure> {
    let names = config.channel.iter().map(|channel| &channel.name);
    enqueue::known("channel", name, names)
}
