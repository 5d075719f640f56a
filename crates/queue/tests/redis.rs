//! The Redis store passes the conformance suite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod conformance;
#[path = "stores/redis.rs"]
mod store;

use conformance::Fixture;

conformance::conformance!(store::open);
