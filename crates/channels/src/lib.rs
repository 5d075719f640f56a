//! The destinations of digests, one folder each.

mod channel;
mod discord;
#[cfg(test)]
mod fixture;
mod stdout;
mod text;

pub use channel::{Channel, SEND_DEADLINE, SendError, Sent};
pub use discord::DiscordChannel;
pub use stdout::{StdoutChannel, render as render_text};
pub use text::harmless_line as one_line;
