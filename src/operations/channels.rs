//! Channels: a test message to one, and enabling one whose target had refused us.

use moodwire_channels::{SendError, Sent};
use moodwire_model::{Hour, slot};
use moodwire_queue::{NewJob, Store};
use moodwire_warehouse::Warehouse;
use moodwire_workers::{ChannelEntry, due, payload::Publish};

use super::asked;
use crate::{config::Config, environment, failure::Failure};

/// Sends a message that says that it is a test; a target that is gone disables its channel.
pub(crate) async fn test(warehouse: &Warehouse, entry: &ChannelEntry) -> Result<Sent, Failure> {
    let name = entry.channel.name();
    if let Some(disabled) = warehouse.disabled_channels().await?.get(name) {
        return Err(Failure::Usage(format!(
            "channel \"{name}\" is disabled ({}): once that is mended, `moodwire channel enable {name}`",
            disabled.reason
        )));
    }
    match entry.channel.test().await {
        Ok(sent) => Ok(sent),
        Err(error) => {
            if let SendError::Gone(reason) = &error {
                let now = environment::clock().now();
                warehouse.disable_channel(name, reason, now).await?;
            }
            Err(Failure::Runtime(error.to_string()))
        }
    }
}

/// Sends nothing more to the channel until it is enabled. False when it was disabled already.
pub(crate) async fn pause(warehouse: &Warehouse, name: &str, who: &str) -> Result<bool, Failure> {
    let now = environment::clock().now();
    let reason = format!("paused by {who}");
    Ok(warehouse.disable_channel(name, &reason, now).await?)
}

/// Enables the channel, and has what is due to it published by jobs of their own: the former ones may be done. How many
/// hours are; none when the channel was not disabled.
pub(crate) async fn enable(
    config: &Config,
    queue: &dyn Store,
    warehouse: &Warehouse,
    name: &str,
) -> Result<Option<usize>, Failure> {
    if !warehouse.enable_channel(name).await? {
        return Ok(None);
    }
    let jobs = due_jobs(config, warehouse, name).await?;
    queue.enqueue(&jobs).await?;
    Ok(Some(jobs.len()))
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
            asked::job(config, slot::PUBLISH, &slot, &Publish::of(channel, *hour))
        })
        .collect()
}
