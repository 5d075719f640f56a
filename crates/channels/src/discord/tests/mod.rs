//! Tests of the discord channel: what it posts, and what it makes of every answer and every kind of failure.

mod answers;
mod failures;
mod limits;
mod messages;

use secrecy::SecretString;

use super::DiscordChannel;

/// A token as long as Discord's.
const TOKEN: &str = "kE7rPz0Vd1mQw8aYxJtHcN5uLfS2gBoI9nR4eKq6ZvTbWlXyMhGjDsUaCpFi3OQ0aB_-";

/// The channel `discord-main` that posts to a webhook of the server at `base`.
fn channel(base: &str) -> DiscordChannel {
    let url = SecretString::from(format!("{base}/api/webhooks/123456789012345678/{TOKEN}"));
    DiscordChannel::new("discord-main".to_owned(), &url).unwrap()
}
