//! Channels: tried out, paused, and enabled.

use moodwire_workers::ChannelEntry;
use serde_json::json;

use super::{Body, Doing, Done};
use crate::{
    console::{parts::number, refusal::Refusal},
    operations::channels,
};

fn entry<'a>(doing: &'a Doing<'_>) -> Result<(&'a str, &'a ChannelEntry), Refusal> {
    let name = Body::named(&doing.body.name, "name")?;
    let found = doing.console.deps.channels.get_key_value(name);
    found
        .map(|(name, entry)| (name.as_str(), entry))
        .ok_or_else(|| Refusal::not_found(format!("no channel is named \"{name}\"")))
}

/// Sends a message that says that it is a test.
pub(super) async fn test(doing: Doing<'_>) -> Result<Done, Refusal> {
    let (name, entry) = entry(&doing)?;
    let sent = channels::test(&doing.console.deps.warehouse, entry).await;
    let outcome = match &sent {
        Ok(_) => "sent".to_owned(),
        Err(failure) => failure.to_string(),
    };
    doing.record("channel test", name, Some(&outcome)).await;
    let sent = sent?;
    Ok(Done::new(
        format!("a test message is in {name}"),
        json!({ "channel": name, "message_id": sent.message_id }),
    ))
}

/// Sends nothing more there until it is enabled; its hours stay due.
pub(super) async fn pause(doing: Doing<'_>) -> Result<Done, Refusal> {
    let (name, _) = entry(&doing)?;
    let paused = channels::pause(&doing.console.deps.warehouse, name, &doing.viewer.name).await?;
    doing.record("channel pause", name, None).await;
    let sentence = match paused {
        true => format!("{name} is paused; its hours stay due until it is enabled"),
        false => format!("{name} was disabled already"),
    };
    Ok(Done::new(
        sentence,
        json!({ "channel": name, "paused": paused }),
    ))
}

/// Sends there again, what is due included.
pub(super) async fn enable(doing: Doing<'_>) -> Result<Done, Refusal> {
    let (name, _) = entry(&doing)?;
    let deps = &doing.console.deps;
    let due = channels::enable(&doing.console.config, &*deps.queue, &deps.warehouse, name).await?;
    let sentence = match due {
        Some(hours) => format!(
            "{name} is enabled; hours that are due: {}",
            number(hours as u64)
        ),
        None => format!("{name} was not disabled"),
    };
    doing.record("channel enable", name, Some(&sentence)).await;
    let hours = due.unwrap_or_default();
    Ok(Done::new(
        sentence,
        json!({ "channel": name, "enabled": due.is_some(), "due": hours }),
    ))
}
