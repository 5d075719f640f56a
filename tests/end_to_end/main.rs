//! The real binary from outside: on SQLite, and on the real servers that `cargo xtask test` starts.

#![expect(clippy::unwrap_used, reason = "what a test cannot get ends the test")]

mod atproto;
mod bluesky;
mod channels;
mod command_line;
mod common;
mod console;
mod documents;
mod drain;
mod killed;
mod logs;
mod lost_queue;
mod mastodon;
mod metrics;
mod publish_faults;
mod sources;
mod traces;
mod watchlist;
mod x;
