//! The watchlist from the configuration to the stores: of a replay the posts that match are kept.

use crate::common::{Installation, Stores};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::json;

const ACTORS: &str = "[[actor]]\nname = \"Ada\"\nx = \"@ada\"\ncashtags = [\"BTC\"]\n\
                      [[actor]]\nname = \"Moon\"\nkeywords = [\"🚀\", \"比特币\"]\n";

#[tokio::test]
async fn a_replay_keeps_the_posts_that_match_an_actor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posts.jsonl");
    let line = |(number, (author, text)): (usize, (&str, &str))| {
        let at = format!("2026-03-01T0{number}:05:00Z");
        json!({"id": number, "source": "x", "author": author, "text": text, "created_at": at})
            .to_string()
    };
    let posts = [
        ("ADA", "Good morning."),
        ("bob", "Great, @ada!"),
        ("bob", "I love $BTC"),
        ("bob", "I love BTC"),
        ("bob", "今天比特币大涨"),
        ("bob", "up🚀 $BTC"),
        ("bob", "@adam is great"),
    ];
    let lines: Vec<String> = posts.into_iter().enumerate().map(line).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    let installation = Installation::new(Stores::Embedded, &path, ACTORS).await;

    let report = installation.drain().await;
    assert_eq!(
        (&report["posts"], &report["quarantined"]),
        (&json!(5), &json!(0))
    );
    let stored = rows(
        &installation,
        "SELECT post_id || ' ' || actor FROM post_actors ORDER BY 1",
    )
    .await;
    assert_eq!(
        stored,
        [
            "x:0 Ada", "x:1 Ada", "x:2 Ada", "x:4 Moon", "x:5 Ada", "x:5 Moon"
        ]
    );
    let whys = rows(
        &installation,
        "SELECT actors FROM lake_posts WHERE id < 'x:3' ORDER BY id",
    )
    .await;
    let ada = |why: &str| format!(r#"[{{"actor":"Ada","why":["{why}"]}}]"#);
    assert_eq!(whys, [ada("author"), ada("mention"), ada("keyword")]);
    installation.end().await;
}

/// The first column of what the embedded database answers.
async fn rows(installation: &Installation, query: &str) -> Vec<String> {
    let url = format!("sqlite://{}", installation.database().display());
    let database = Database::connect(url).await.unwrap();
    let statement = Statement::from_string(DbBackend::Sqlite, query);
    let rows = database.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}
