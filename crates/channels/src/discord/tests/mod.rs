//! Tests of the discord channel: what it posts, and what it makes of every answer and every kind of failure.

mod answers;
mod contract;
mod edits;
mod failures;
mod limits;
mod messages;
mod specification;

use secrecy::SecretString;

use super::{DiscordChannel, DiscordOptions};

/// A token as long as Discord's.
const TOKEN: &str = "kE7rPz0Vd1mQw8aYxJtHcN5uLfS2gBoI9nR4eKq6ZvTbWlXyMhGjDsUaCpFi3OQ0aB_-";

/// The channel `discord-main` that posts to a webhook of the server at `base`.
fn channel_with(base: &str, options: DiscordOptions) -> DiscordChannel {
    let url = SecretString::from(format!("{base}/api/webhooks/123456789012345678/{TOKEN}"));
    DiscordChannel::new("discord-main".to_owned(), &url, options).unwrap()
}

/// The same with the settings that it has unless configured.
fn channel(base: &str) -> DiscordChannel {
    channel_with(base, DiscordOptions::default())
}
