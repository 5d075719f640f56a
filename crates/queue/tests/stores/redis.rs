//! A store under a prefix of its own on the Redis of the tests, whose keys go when the fixture goes.

use crate::Fixture;

/// Opens it; none where there is no Redis.
pub(crate) async fn open() -> Option<Fixture> {
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
