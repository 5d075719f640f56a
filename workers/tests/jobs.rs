//! The jobs, on real SQLite stores: each case starts the app on scripted ends, runs what is pending, and ends the app,
//! which runs every job once more and asserts that nothing changed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod asked;
mod collect;
mod collect_limits;
mod collect_streams;
mod collect_versions;
mod crash;
mod due;
mod fixture;
mod line;
mod publish;
mod publish_channels;
mod publish_kinds;
mod publish_once;
mod publish_order;
mod rescore;
mod seal;
mod transform;
mod turns;
mod upkeep;
mod workers;
