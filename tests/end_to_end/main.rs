//! The real binary from outside: on SQLite, and on the real servers that `cargo xtask test` starts.

#![expect(clippy::unwrap_used, reason = "what a test cannot get ends the test")]

mod bluesky;
mod channels;
mod command_line;
mod common;
mod drain;
mod killed;
mod lost_queue;
mod mastodon;
mod publish_faults;
mod sources;
mod watchlist;
mod x;
