//! Where the real servers are that `cargo xtask test` started.
//!
//! A test that needs one asks here; without it the test says so and is skipped, on a stranger's machine, and fails in
//! CI, where nothing may go untested unseen.

use std::sync::atomic::{AtomicU64, Ordering};

use moodwire_model::{Entropy, SystemEntropy};

/// The URL of a Redis that tests may fill, such as `redis://127.0.0.1:7001`.
pub fn redis() -> Option<String> {
    service("MOODWIRE_TEST_REDIS_URL", "Redis")
}

/// The URL of a Postgres server on which tests may create databases, such as `postgres://postgres@127.0.0.1:7002`,
/// without a database's name.
pub fn postgres() -> Option<String> {
    service("MOODWIRE_TEST_POSTGRES_URL", "PostgreSQL")
}

/// The URL of a MongoDB on which tests may create databases, such as `mongodb://127.0.0.1:7003`, without a
/// database's name or options.
pub fn mongodb() -> Option<String> {
    service("MOODWIRE_TEST_MONGODB_URL", "MongoDB")
}

/// The folder in which the programs `prometheus` and `promtool` lie.
pub fn prometheus() -> Option<String> {
    service("MOODWIRE_TEST_PROMETHEUS", "Prometheus")
}

/// The file of axe-core, which finds what keeps people from using a page.
pub fn axe() -> Option<String> {
    service("MOODWIRE_TEST_AXE", "axe-core")
}

/// The program of schemathesis, which sends an interface whatever its OpenAPI document allows, and what it does not.
pub fn schemathesis() -> Option<String> {
    service("MOODWIRE_TEST_SCHEMATHESIS", "schemathesis")
}

/// The folder in which Bluesky's own servers lie, and the `node` that runs them.
pub fn atproto() -> Option<String> {
    const VARIABLE: &str = "MOODWIRE_TEST_ATPROTO";
    if std::env::var(VARIABLE).as_deref() == Ok("none") {
        eprintln!("skipped: Bluesky's own servers cannot be had on this machine");
        return None;
    }
    service(VARIABLE, "Bluesky's own servers")
}

pub(crate) fn service(variable: &str, name: &str) -> Option<String> {
    let url = std::env::var(variable)
        .ok()
        .filter(|url| !url.is_empty())
        .map(|url| url.trim_end_matches('/').to_owned());
    if url.is_none() {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "{variable} is not set: in CI a test may not be skipped for want of {name}; run `cargo xtask ci`"
        );
        eprintln!("skipped: no {name} here ({variable} is not set); `cargo xtask test` brings one");
    }
    url
}

/// A name that no other test, in this or another process, uses: letters, digits and `_`, beginning with `stem`.
/// For key prefixes and databases.
pub fn unique_name(stem: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!(
        "{stem}_{}_{}_{:08x}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed),
        SystemEntropy.bits() & 0xffff_ffff
    )
}
