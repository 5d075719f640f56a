//! A channel as configured: its kind picks what it becomes.

use std::sync::Arc;

use moodwire_channels::{
    Channel, DiscordChannel, DiscordOptions, SlackChannel, StdoutChannel, TELEGRAM_API,
    TelegramChannel, TelegramOptions, WebhookChannel,
};
use secrecy::{ExposeSecret, SecretString};

use super::{clock, entropy};
use crate::config::{self, Confirm};

/// The channel; else one sentence that says what is wrong and how to mend it.
pub(crate) fn channel(channel: &config::Channel) -> Result<Arc<dyn Channel>, String> {
    let name = channel.name.clone();
    Ok(match channel.kind.as_str() {
        "stdout" => Arc::new(StdoutChannel::new(name).in_language(channel.language)),
        "discord" => {
            let url = wanted(channel, "url", "to the webhook's", channel.url.as_ref())?;
            Arc::new(DiscordChannel::new(name, url, discord(channel)?)?)
        }
        "slack" => {
            let url = wanted(channel, "url", "to the webhook's", channel.url.as_ref())?;
            Arc::new(SlackChannel::new(
                name,
                url,
                channel.language,
                channel.paced,
            )?)
        }
        "telegram" => telegram(channel)?,
        "webhook" => {
            let url = wanted(channel, "url", "to the receiver's", channel.url.as_ref())?;
            let secret = channel.secret.as_ref();
            Arc::new(WebhookChannel::new(name, url, secret, clock(), entropy())?)
        }
        kind => {
            return Err(format!(
                "kind is \"{kind}\": the kinds are discord, slack, telegram, webhook and stdout"
            ));
        }
    })
}

fn discord(channel: &config::Channel) -> Result<DiscordOptions, String> {
    if let Some(id) = &channel.thread_id
        && !id.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(format!(
            "thread_id is \"{id}\": it has digits only; copy it in Discord with Copy Thread ID"
        ));
    }
    Ok(DiscordOptions {
        language: channel.language,
        chart: channel.chart,
        thread_id: channel.thread_id.clone(),
        thread_name: channel.thread_name.clone(),
        edit: channel.confirm == Confirm::Edit,
        paced: channel.paced,
    })
}

fn telegram(channel: &config::Channel) -> Result<Arc<dyn Channel>, String> {
    let token = wanted(
        channel,
        "token",
        "to what @BotFather gave",
        channel.token.as_ref(),
    )?;
    let chat_id = channel.chat_id.clone().ok_or_else(|| {
        "it has no chat_id: set chat_id to the chat's number, or to a public channel's @name"
            .to_owned()
    })?;
    let thread_id = match &channel.thread_id {
        None => None,
        Some(id) => Some(
            id.parse()
                .map_err(|_| format!("thread_id is \"{id}\": a topic of Telegram is a number"))?,
        ),
    };
    let options = TelegramOptions {
        chat_id,
        thread_id,
        language: channel.language,
        paced: channel.paced,
    };
    let url = channel
        .url
        .as_ref()
        .map_or(TELEGRAM_API, |url| url.expose_secret());
    let built = TelegramChannel::new(channel.name.clone(), url, token, options)?;
    Ok(Arc::new(built))
}

/// A setting that the kind cannot do without.
fn wanted<'a>(
    channel: &config::Channel,
    key: &str,
    to: &str,
    value: Option<&'a SecretString>,
) -> Result<&'a SecretString, String> {
    value.ok_or_else(|| {
        format!(
            "of kind {} it has no {key}: set {key} {to}, or MOODWIRE_CHANNEL__{}__{}_FILE to a file that holds it",
            channel.kind,
            channel.name.to_ascii_uppercase().replace('-', "_"),
            key.to_ascii_uppercase()
        )
    })
}
