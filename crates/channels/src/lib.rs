//! The destinations of digests, one folder each.

mod channel;
mod chart;
#[cfg(test)]
mod conformance;
mod cut;
mod discord;
#[cfg(test)]
mod fixture;
mod http;
mod links;
mod slack;
mod stdout;
mod story;
mod telegram;
mod text;
mod webhook;
mod words;

pub use channel::{Body, Channel, Editing, Preview, SEND_DEADLINE, SendError, Sent};
pub use chart::of_digest as chart;
pub use discord::{DiscordChannel, DiscordOptions};
pub use slack::SlackChannel;
pub use stdout::{StdoutChannel, render as render_text};
pub use telegram::{TELEGRAM_API, TelegramChannel, TelegramOptions};
pub use text::harmless_line as one_line;
pub use webhook::WebhookChannel;
pub use words::Language;
