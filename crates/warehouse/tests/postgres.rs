//! The conformance suite on Postgres, and what only a server can do.
#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is the report, in its helpers too"
)]

mod conformance;

use std::{future::Future, panic};

use conformance::{Ground, hour, post};
use moodwire_testing::unique_name;
use moodwire_warehouse::{Error, Warehouse};
use sea_orm::{ConnectionTrait, Database};

/// A database of a test's own on the server at `server`.
struct Scratch {
    server: String,
    name: String,
}

impl Scratch {
    /// `how` is the end of `CREATE DATABASE`.
    async fn create(how: &str) -> Option<Self> {
        let scratch = Self {
            server: moodwire_testing::postgres()?,
            name: unique_name("warehouse"),
        };
        scratch
            .run(&format!("CREATE DATABASE {} {how}", scratch.name))
            .await;
        Some(scratch)
    }

    fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    async fn run(&self, sql: &str) {
        let server = Database::connect(&self.server).await.unwrap();
        server.execute_unprepared(sql).await.unwrap();
        server.close().await.unwrap();
    }

    async fn drop(self) {
        self.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .await;
    }
}

/// Runs the case on a database of its own, made as `how` says, which is dropped whether the case holds or not.
async fn on_a_database<F>(how: &str, migrate: bool, case: impl FnOnce(Ground) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let Some(scratch) = Scratch::create(how).await else {
        return;
    };
    let url = scratch.url();
    let warehouse = Warehouse::connect(&url).await.unwrap();
    if migrate {
        warehouse.migrate_up().await.unwrap();
    }
    let ended = tokio::spawn(case(Ground { warehouse, url })).await;
    scratch.drop().await;
    if let Err(error) = ended {
        panic::resume_unwind(error.into_panic());
    }
}

async fn on_a_server<F>(case: impl FnOnce(Ground) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    on_a_database("", true, case).await;
}

conformance::suite!(on_a_server);

#[tokio::test]
async fn preparing_a_fresh_database_is_refused_with_the_command_to_run() {
    on_a_database("", false, |ground| async move {
        let error = ground.warehouse.prepare().await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        assert!(
            error.to_string().ends_with("run `moodwire migrate up`"),
            "{error}"
        );
        let error = ground
            .warehouse
            .upsert(&[post("x:1", "10:01:00", 0.5)])
            .await
            .unwrap_err();
        assert!(
            error.to_string().ends_with("run `moodwire migrate up`"),
            "{error}"
        );
        let tables =
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
        assert!(ground.column(tables).await.is_empty());

        ground.warehouse.migrate_up().await.unwrap();
        ground.warehouse.prepare().await.unwrap();
        ground.warehouse.migrate_down(1).await.unwrap();
        let error = ground.warehouse.prepare().await.unwrap_err().to_string();
        assert!(error.contains("is behind by 1 of"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_schema_that_a_newer_program_made_is_refused() {
    on_a_server(|ground| async move {
        let db = Database::connect(&ground.url).await.unwrap();
        db.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m29990101_000001_future', 0)")
            .await
            .unwrap();
        for error in [
            ground.warehouse.prepare().await.unwrap_err(),
            ground.warehouse.migrate_up().await.unwrap_err(),
            ground.warehouse.migrate_down(1).await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::Refused(_)), "{error}");
            assert!(
                error.to_string().contains("m29990101_000001_future"),
                "{error}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn ties_go_by_bytes_in_a_database_that_sorts_by_a_language() {
    let english = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' ENCODING 'UTF8'";
    on_a_database(english, true, |ground| async move {
        conformance::hours::a_tie_goes_to_the_earlier_post_and_then_to_the_smaller_key(ground)
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_text_that_postgres_does_not_take_is_refused_and_nothing_of_its_batch_stays() {
    on_a_server(|ground| async move {
        let mut posts = [post("x:1", "10:01:00", 0.5), post("x:2", "10:01:00", 0.5)];
        posts[1].post.text = "a\0b".to_owned();
        let error = ground.warehouse.upsert(&posts).await.unwrap_err();
        assert!(matches!(error, Error::BadValue(_)), "{error}");
        assert_eq!(ground.warehouse.totals().await.unwrap().posts, 0);
        ground.warehouse.upsert(&posts[..1]).await.unwrap();
        let long = format!("x:{}", unlike_itself());
        let error = ground
            .warehouse
            .upsert(&[post(&long, "10:01:00", 0.5)])
            .await
            .unwrap_err();
        assert!(matches!(error, Error::BadValue(_)), "{error}");
    })
    .await;
}

/// A text too long for an index, and not to be compressed into one.
fn unlike_itself() -> String {
    use moodwire_model::Entropy;
    let entropy = moodwire_testing::FixedEntropy::seeded(1);
    (0..1000).map(|_| format!("{:x}", entropy.bits())).collect()
}

#[tokio::test]
async fn a_restarted_connection_is_replaced_by_itself() {
    on_a_server(|ground| async move {
        ground
            .warehouse
            .upsert(&[post("x:1", "10:01:00", 0.5)])
            .await
            .unwrap();
        let others = "SELECT pg_terminate_backend(pid, 10000)::text FROM pg_stat_activity \
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert!(!ground.column(others).await.is_empty());
        assert_eq!(
            ground
                .warehouse
                .digest(hour(10))
                .await
                .unwrap()
                .summary
                .posts,
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_refused_by_name_and_without_the_password() {
    let Some(server) = moodwire_testing::postgres() else {
        return;
    };
    let mut url = url::Url::parse(&format!("{server}/no_such_database")).unwrap();
    url.set_password(Some("hush")).unwrap();
    let error = Warehouse::connect(url.as_str()).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    assert!(
        error.to_string().ends_with(
            "\"no_such_database\" does not exist; create it, or name another in the URL"
        ),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_without_the_password() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let url = format!("postgres://ada:hush@127.0.0.1:{port}/moodwire?password=hush");
    let error = Warehouse::connect(&url).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    assert!(
        error
            .to_string()
            .contains(&format!("ada@127.0.0.1:{port}/moodwire")),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn a_url_that_cannot_be_read_is_refused_without_the_password() {
    for url in [
        "postgres://ada:hush@:0:/x",
        "postgres://ada:hush@host:99999/x",
        "postgres:ada:hush",
    ] {
        let error = Warehouse::connect(url).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        assert!(matches!(error, Error::Refused(_)), "{error}");
    }
}
