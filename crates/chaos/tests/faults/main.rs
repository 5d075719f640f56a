//! Faults for real: processes, servers and connections that fail at work, and what was lost or done twice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod deploys;
mod jobs;
mod kills;
mod outages;
mod place;
mod races;
mod run;
