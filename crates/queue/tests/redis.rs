//! The Redis store passes the conformance suite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod conformance;

use conformance::Fixture;

/// A store under a prefix of its own, whose keys go when the fixture goes.
async fn open() -> Option<Fixture> {
    let url = moodwire_testing::redis()?;
    let prefix = moodwire_testing::unique_name("queue");
    let keys = Keys {
        url: url.clone(),
        prefix: prefix.clone(),
    };
    Some(Fixture::open(&url, &url, &prefix, keys).await)
}

/// The keys of a prefix; dropped with it, also when the test fails.
struct Keys {
    url: String,
    prefix: String,
}

impl Drop for Keys {
    fn drop(&mut self) {
        let mut connection = redis::Client::open(self.url.as_str())
            .and_then(|client| client.get_connection())
            .unwrap();
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(format!("{}:*", self.prefix))
            .query(&mut connection)
            .unwrap();
        for key in keys {
            redis::cmd("UNLINK").arg(key).exec(&mut connection).unwrap();
        }
    }
}

conformance::conformance!(open);
