//! The lake on MongoDB: the conformance suite, and what only a server has.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conformance;

use std::{collections::BTreeSet, future::Future, panic::AssertUnwindSafe, sync::Arc};

use conformance::{Store, at, batch, batch_id, first_posts, hour, post};
use futures::{FutureExt, TryStreamExt};
use mongodb::{
    Client, Database,
    bson::{Bson, Document, doc},
};
use moodwire_lake::{Error, Lake, MongoLake};
use moodwire_model::{
    BatchState::{Open, Queued, Scored},
    Cursor, Post, Quarantined,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

conformance::conformance!(crate::on_a_fresh_store);

/// Runs `case` on a database of its own and drops it, also when the case fails.
async fn on_a_fresh_store<F: Future<Output = ()>>(case: impl FnOnce(Store) -> F) {
    let Some(server) = moodwire_testing::mongodb() else {
        return;
    };
    let url = format!("{server}/{}", moodwire_testing::unique_name("lake"));
    let outcome = AssertUnwindSafe(case(Store { url: url.clone() }))
        .catch_unwind()
        .await;
    database(&url).await.drop().await.unwrap();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// The lake's database as a user sees it.
async fn database(url: &str) -> Database {
    let client = Client::with_uri_str(url).await.unwrap();
    client.default_database().unwrap()
}

#[tokio::test]
async fn users_find_the_documented_shapes_with_dates_and_documents() {
    on_a_fresh_store(|store| async move {
        let lake = store.lake().await;
        let raw = r#"{"id":"1","public_metrics":{"like_count":3}}"#.to_owned();
        let stored = [Post { raw, ..post("1") }, Post { raw: "[1]".to_owned(), ..post("2") }];
        lake.open_batch(&batch(1, &["2026-11-23T16"])).await.unwrap();
        lake.insert_posts(&batch_id(1), &stored).await.unwrap();
        lake.move_batch(&batch_id(1), &[Open], Queued, at("2026-11-23T17:06:00Z"))
            .await
            .unwrap();
        let database = database(&store.url).await;
        let date = |text: &str| Bson::DateTime(mongodb::bson::DateTime::parse_rfc3339_str(text).unwrap());

        let posts = database.collection::<Document>("posts");
        let found = posts.find_one(doc! { "raw.public_metrics.like_count": 3 }).await.unwrap();
        let expected = doc! {
            "_id": "x:1", "batch": batch_id(1), "source": "x", "author": "vitalik", "author_name": "Vitálik ☕",
            "text": "post 1", "url": "https://x.com/vitalik/status/1", "lang": "en",
            "created_at": date("2026-11-23T16:59:59.999Z"), "collected_at": date("2026-11-23T17:05:00.123Z"),
            "hour": date("2026-11-23T16:00:00Z"), "actors": [
                { "actor": "vitalik", "why": ["author"] }, { "actor": "ethereum", "why": ["mention", "keyword"] },
            ],
            "followers": 5_000_000_i64,
            "raw": { "id": "1", "public_metrics": { "like_count": 3 } },
        };
        assert_eq!(found, Some(expected));
        let text = posts.find_one(doc! { "_id": "x:2" }).await.unwrap().unwrap();
        assert_eq!(text.get_str("raw"), Ok("[1]"));

        let found = database.collection::<Document>("batches").find_one(doc! {}).await.unwrap();
        let expected = doc! {
            "_id": batch_id(1), "source": "x-main", "state": "queued", "count": 2_i64,
            "hours": [date("2026-11-23T16:00:00Z")], "job": "collect:x-main:2026-11-23T17:05:00Z",
            "opened_at": date("2026-11-23T17:05:00.001Z"), "changed_at": date("2026-11-23T17:06:00Z"),
        };
        assert_eq!(found, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn no_query_of_the_lake_walks_a_collection_or_sorts_in_memory() {
    on_a_fresh_store(|store| async move {
        let lake = store.lake().await;
        an_old_store(&*lake).await;
        let database = database(&store.url).await;
        database.run_command(doc! { "profile": 2 }).await.unwrap();
        every_operation(&*lake).await;
        database.run_command(doc! { "profile": 0 }).await.unwrap();

        let planned: Vec<Document> = database
            .collection("system.profile")
            .find(doc! { "planSummary": { "$exists": true } })
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let mut plans = BTreeSet::new();
        for operation in &planned {
            assert!(!operation.contains_key("hasSortStage"), "{operation}");
            let (_, collection) = operation.get_str("ns").unwrap().split_once('.').unwrap();
            let plan = operation.get_str("planSummary").unwrap();
            assert!(!plan.contains("COLLSCAN"), "{operation}");
            plans.insert(format!("{collection}: {plan}"));
        }
        for index in INDEXES {
            assert!(
                plans.iter().any(|plan| plan.contains(index)),
                "{index}: {plans:#?}"
            );
        }
    })
    .await;
}

/// What the queries walk that name more than an `_id`, as MongoDB's profiler writes it.
const INDEXES: [&str; 8] = [
    "batches: IXSCAN { hours: 1, state: 1 }",
    "batches: IXSCAN { state: 1, _id: 1 }",
    "batches: IXSCAN { state: 1, _id: 1 }, IXSCAN { state: 1, _id: 1 }",
    "posts: COUNT_SCAN { _id: 1 }",
    "posts: COUNT_SCAN { batch: 1, _id: 1 }",
    "posts: IXSCAN { batch: 1, _id: 1 }",
    "quarantine: IXSCAN { at: -1, _id: -1 }",
    "quarantine: IXSCAN { source: 1, at: -1, _id: -1 }",
];

/// Fills a lake with what a good index leaves aside: scored batches of the same hour, posts of other batches, inputs
/// of another source.
async fn an_old_store(lake: &dyn Lake) {
    let now = at("2026-11-23T17:00:00Z");
    for n in 100..200 {
        lake.open_batch(&batch(n, &["2026-11-23T16"]))
            .await
            .unwrap();
        lake.move_batch(&batch_id(n), &[Open], Scored, now)
            .await
            .unwrap();
    }
    for n in 200..300 {
        lake.open_batch(&batch(n, &["2026-11-22T16"]))
            .await
            .unwrap();
    }
    let others: Vec<Post> = (0..200).map(|n| post(&format!("0000-{n}"))).collect();
    lake.insert_posts(&batch_id(100), &others).await.unwrap();
    let inputs: Vec<Quarantined> = (0..200)
        .map(|n| refused(&format!("x-main:{n}"), "x-main"))
        .collect();
    lake.quarantine(&inputs).await.unwrap();
}

fn refused(id: &str, source: &str) -> Quarantined {
    Quarantined {
        id: id.to_owned(),
        source: source.to_owned(),
        place: "posts.jsonl:17".to_owned(),
        reason: "no JSON".to_owned(),
        sample: "{".to_owned(),
        at: at("2026-11-23T17:06:00Z"),
    }
}

/// Calls every method of a lake that holds something.
async fn every_operation(lake: &dyn Lake) {
    let now = at("2026-11-23T17:06:00Z");
    for n in 1..=4 {
        lake.open_batch(&batch(n, &["2026-11-23T16"]))
            .await
            .unwrap();
    }
    lake.insert_posts(&batch_id(1), &first_posts(20))
        .await
        .unwrap();
    lake.posts(&batch_id(1)).await.unwrap();
    lake.move_batch(&batch_id(1), &[Open], Queued, now)
        .await
        .unwrap();
    lake.move_batch(&batch_id(1), &[Queued], Scored, now)
        .await
        .unwrap();
    lake.drop_empty_batch(&batch_id(2)).await.unwrap();
    lake.drop_empty_batch(&batch_id(1)).await.unwrap();
    lake.batch(&batch_id(1)).await.unwrap();
    lake.batches(&[Open, Queued], None, 2).await.unwrap();
    lake.batches(&[Open, Scored], Some(&batch_id(1)), 2)
        .await
        .unwrap();
    lake.unscored(hour("2026-11-23T16")).await.unwrap();
    lake.quarantine(&[refused("17", "replay")]).await.unwrap();
    lake.quarantined(None, 5).await.unwrap();
    lake.quarantined(Some("replay"), 5).await.unwrap();
    let start = Cursor::start("replay");
    let version = lake.save_cursor(&start).await.unwrap().unwrap();
    lake.save_cursor(&Cursor { version, ..start })
        .await
        .unwrap();
    lake.cursor("replay").await.unwrap();
    lake.cursors().await.unwrap();
    lake.totals().await.unwrap();
}

#[tokio::test]
async fn a_post_too_large_for_a_document_is_named_and_keeps_no_other_out() {
    on_a_fresh_store(|store| async move {
        let lake = store.lake().await;
        let huge = Post {
            text: "x".repeat(17 * 1024 * 1024),
            ..post("huge")
        };
        let error = lake
            .insert_posts(&batch_id(1), &[post("1"), huge, post("2")])
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Refused(_)));
        assert!(
            error.to_string().starts_with("post x:huge takes"),
            "{error}"
        );
        assert_eq!(
            lake.posts(&batch_id(1)).await.unwrap(),
            [post("1"), post("2")]
        );
    })
    .await;
}

#[tokio::test]
async fn a_raw_document_that_only_bson_makes_too_large_is_kept_as_text() {
    on_a_fresh_store(|store| async move {
        let lake = store.lake().await;
        let zeros = Post {
            raw: format!("{{\"zeros\":[0{}]}}", ",0".repeat(1_500_000)),
            ..post("zeros")
        };
        lake.insert_posts(&batch_id(1), std::slice::from_ref(&zeros))
            .await
            .unwrap();
        assert!(lake.posts(&batch_id(1)).await.unwrap() == [zeros]);
    })
    .await;
}

#[tokio::test]
async fn a_url_without_a_database_is_refused_with_the_mend() {
    for url in [
        "mongodb://127.0.0.1:1",
        "mongodb://u:secret@127.0.0.1:1/?retryWrites=false",
    ] {
        let error = MongoLake::connect(url).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        let sentence = error.to_string();
        assert!(
            sentence.contains("such as mongodb://localhost/moodwire"),
            "{sentence}"
        );
        assert!(!sentence.contains("secret"), "{sentence}");
    }
}

#[tokio::test]
async fn a_url_of_another_scheme_is_refused() {
    let error = MongoLake::connect("postgres://localhost/moodwire")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for options in ["", "&tls=true"] {
        let url = format!(
            "mongodb://moodwire:secret@{address}/moodwire?serverSelectionTimeoutMS=300{options}"
        );
        let error = MongoLake::connect(&url).await.unwrap_err();
        assert!(error.is_unavailable(), "{error}");
        assert_eq!(
            error.to_string(),
            format!(
                "the lake at mongodb://moodwire@{address}/moodwire cannot be reached: no server to use was found: \
                 I/O error: Connection refused (os error 111)"
            )
        );
    }
}

#[tokio::test]
async fn a_server_that_takes_the_call_and_says_nothing_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url =
        format!("mongodb://{address}/moodwire?serverSelectionTimeoutMS=300&connectTimeoutMS=300");
    let error = MongoLake::connect(&url).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_refused_without_repeating_it() {
    let Some(server) = moodwire_testing::mongodb() else {
        return;
    };
    let url = format!(
        "{}/moodwire",
        server.replacen("://", "://nobody:hunter2@", 1)
    );
    let error = MongoLake::connect(&url).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    let sentence = error.to_string();
    assert!(sentence.contains("check the user, password"), "{sentence}");
    assert!(
        !format!("{error:?}{sentence}").contains("hunter2"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_lost_server_is_unavailable_and_is_used_again_when_it_is_back() {
    on_a_fresh_store(|store| async move {
        let rest = store.url.strip_prefix("mongodb://").unwrap();
        let (server, name) = rest.split_once('/').unwrap();
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let line = forward(listener.clone(), server.to_owned());
        let url = format!("mongodb://{address}/{name}?directConnection=true");
        let lake = MongoLake::connect(&url).await.unwrap();
        lake.insert_posts(&batch_id(1), &first_posts(2))
            .await
            .unwrap();

        line.abort();
        assert!(line.await.unwrap_err().is_cancelled());
        let error = lake
            .insert_posts(&batch_id(1), &first_posts(3))
            .await
            .unwrap_err();
        assert!(error.is_unavailable(), "{error}");

        let line = forward(listener, server.to_owned());
        let came = lake
            .insert_posts(&batch_id(1), &first_posts(3))
            .await
            .unwrap();
        assert_eq!((came.inserted, came.duplicates), (1, 2));
        line.abort();
    })
    .await;
}

/// Passes each connection on to `server` until the task is aborted, which cuts them all.
fn forward(listener: Arc<TcpListener>, server: String) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = tokio::task::JoinSet::new();
        while let Ok((mut client, _)) = listener.accept().await {
            let server = server.clone();
            lines.spawn(async move {
                if let Ok(mut server) = TcpStream::connect(server).await {
                    drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
                }
            });
        }
    })
}
