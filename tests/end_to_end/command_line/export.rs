//! `mood` and `export`: what they give out is what the warehouse holds.

use std::{io::Write, path::Path};

use chrono::{DateTime, Utc};
use moodwire_model::Hour;
use moodwire_warehouse::{MoodFilter, PostRow, Warehouse};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Field, Row},
};
use serde_json::{Value, json};

use super::sentence;
use crate::common::{Installation, Stores, write_posts};

const FROM: &str = "2026-03-01T00";
const TO: &str = "2026-03-03T00";

/// Two days of posts, most of which match an actor or two, some of which a spreadsheet would run.
async fn filled() -> Installation {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 3_000);
    let mut file = std::fs::File::options()
        .append(true)
        .open(&posts.path)
        .unwrap();
    for (id, text) in [
        ("f1", "=HYPERLINK(\"https://example.com\") bitcoin"),
        ("f2", "@ada says \"moon\",\nand more"),
        ("f3", "'quoted' bitcoin"),
        ("f4", "-1 bitcoin\r\n🚀"),
    ] {
        let line = json!({"id": id, "author": "-eve", "author_name": "+eve", "text": text,
                          "lang": "en", "created_at": "2026-03-01T05:06:07.089Z"});
        writeln!(file, "{line}").unwrap();
    }
    let actors = "[[actor]]\nname = \"btc\"\nkeywords = [\"bitcoin\"]\n\
                  [[actor]]\nname = \"lunar, \\\"the moon\\\"\"\nkeywords = [\"moon\"]\n";
    let installation = Installation::new(Stores::Embedded, &posts.path, actors).await;
    installation.drain().await;
    installation
}

async fn warehouse(installation: &Installation) -> Warehouse {
    let url = format!("sqlite://{}", installation.database().display());
    Warehouse::connect(&url).await.unwrap()
}

fn hours() -> (Hour, Hour) {
    (FROM.parse().unwrap(), TO.parse().unwrap())
}

/// All posts as the warehouse gives them, hour by hour.
async fn stored(warehouse: &Warehouse, filter: &MoodFilter) -> Vec<PostRow> {
    let (from, to) = hours();
    let mut posts = Vec::new();
    for hour in warehouse.hours_with_posts(Some(from), to).await.unwrap() {
        posts.extend(
            warehouse
                .stored_posts(hour, filter, None, 10_000)
                .await
                .unwrap()
                .0,
        );
    }
    posts
}

async fn export(installation: &Installation, what: &str, format: &str, more: &[&str]) -> Vec<u8> {
    let range = [
        "export", what, "--from", FROM, "--to", TO, "--format", format,
    ];
    let output = installation.runs(&[&range, more].concat()).await;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn moment(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// A post from a line of CSV, whose columns are told by their names.
fn from_csv(header: &csv::StringRecord, line: &csv::StringRecord) -> PostRow {
    let cell = |name: &str| {
        let index = header.iter().position(|column| column == name).unwrap();
        line.get(index).unwrap()
    };
    let text = |name: &str| {
        let cell = cell(name);
        cell.strip_prefix('\'').unwrap_or(cell).to_owned()
    };
    let optional = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let number = |name: &str| cell(name).parse::<f64>().unwrap();
    PostRow {
        id: text("id"),
        source: text("source"),
        feed: optional("feed"),
        author: text("author"),
        author_name: optional("author_name"),
        text: text("text"),
        url: optional("url"),
        lang: optional("lang"),
        created_at: moment(cell("created_at")),
        collected_at: moment(cell("collected_at")),
        scored_at: moment(cell("scored_at")),
        hour: Hour::of(moment(cell("hour"))),
        compound: number("compound"),
        pos: number("pos"),
        neu: number("neu"),
        neg: number("neg"),
        scorer: text("scorer"),
        batch: text("batch"),
        actors: serde_json::from_str(cell("actors")).unwrap(),
        deleted_at: Some(cell("deleted_at"))
            .filter(|cell| !cell.is_empty())
            .map(moment),
        barred: optional("barred"),
    }
}

fn parsed(csv: &[u8]) -> Vec<PostRow> {
    let mut reader = csv::Reader::from_reader(csv);
    let header = reader.headers().unwrap().clone();
    let lines = reader.records().map(Result::unwrap);
    lines.map(|line| from_csv(&header, &line)).collect()
}

#[tokio::test]
async fn posts_come_back_from_csv_and_json_lines_as_the_warehouse_holds_them() {
    let installation = filled().await;
    let warehouse = warehouse(&installation).await;
    let all = stored(&warehouse, &MoodFilter::default()).await;
    assert!(all.len() > 500, "{} posts", all.len());
    let csv = export(&installation, "posts", "csv", &[]).await;
    assert_eq!(parsed(&csv), all);
    let text = String::from_utf8(csv).unwrap();
    assert!(text.contains(",\"'=HYPERLINK(\"\"https://example.com\"\") bitcoin\","));

    let lines = export(&installation, "posts", "jsonl", &[]).await;
    let lines: Vec<Value> = serde_json::Deserializer::from_slice(&lines)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let expected: Vec<Value> = all.iter().map(|post| json!(post)).collect();
    assert_eq!(lines, expected);

    let filter = MoodFilter {
        actor: Some("btc".to_owned()),
        source: Some("history".to_owned()),
    };
    let some = stored(&warehouse, &filter).await;
    assert!(
        !some.is_empty() && some.len() < all.len(),
        "{} posts",
        some.len()
    );
    let csv = export(
        &installation,
        "posts",
        "csv",
        &["--actor", "btc", "--source", "history"],
    )
    .await;
    assert_eq!(parsed(&csv), some);
}

/// The rows of a Parquet file as JSON, whose moments are milliseconds.
fn rows(path: &Path) -> Vec<Value> {
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    rows.map(|row| object(&row)).collect()
}

fn object(row: &Row) -> Value {
    let value = |field: &Field| match field {
        Field::TimestampMillis(millis) => json!(millis),
        Field::Str(text) => json!(text),
        Field::Double(number) => json!(number),
        Field::Long(number) => json!(number),
        Field::Null => Value::Null,
        Field::ListInternal(list) => list
            .elements()
            .iter()
            .map(|element| match element {
                Field::Str(text) => json!(text),
                other => panic!("an element is {other:?}"),
            })
            .collect(),
        other => panic!("a column is {other:?}"),
    };
    row.get_column_iter()
        .map(|(name, field)| (name.clone(), value(field)))
        .collect()
}

/// A row's JSON with its moments as milliseconds.
fn in_millis(mut row: Value, moments: &[&str]) -> Value {
    for name in moments {
        if let Some(text) = row[name].as_str() {
            row[name] = json!(moment(text).timestamp_millis());
        }
    }
    row
}

#[tokio::test]
async fn parquet_has_the_types_and_the_values_that_the_warehouse_holds() {
    let installation = filled().await;
    let warehouse = warehouse(&installation).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posts.parquet");
    let file = ["--output", path.to_str().unwrap(), "--json"];
    let said = export(&installation, "posts", "parquet", &file).await;
    let said: Value = serde_json::from_slice(&said).unwrap();
    let moments = [
        "created_at",
        "collected_at",
        "scored_at",
        "hour",
        "deleted_at",
    ];
    let expected: Vec<Value> = stored(&warehouse, &MoodFilter::default())
        .await
        .iter()
        .map(|post| in_millis(json!(post), &moments))
        .collect();
    assert_eq!(said["rows"], expected.len());
    assert_eq!(rows(&path), expected);
    let left = std::fs::read_dir(folder.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["posts.parquet"]);

    let path = folder.path().join("hours.parquet");
    export(
        &installation,
        "hours",
        "parquet",
        &["--output", path.to_str().unwrap()],
    )
    .await;
    let (from, to) = hours();
    let series = warehouse
        .mood(from, to, &MoodFilter::default())
        .await
        .unwrap();
    let expected: Vec<Value> = series
        .iter()
        .map(|hour| in_millis(json!(hour), &["hour"]))
        .collect();
    assert_eq!(rows(&path), expected);
    assert!(expected.len() > 24);
}

#[tokio::test]
async fn an_export_of_nothing_has_its_header_or_schema_and_no_rows() {
    let installation = super::at_hand::empty().await;
    let csv = export(&installation, "hours", "csv", &[]).await;
    assert_eq!(
        String::from_utf8(csv).unwrap(),
        "hour,posts,mean_compound,positive,negative,neutral\n"
    );
    assert!(
        export(&installation, "posts", "jsonl", &[])
            .await
            .is_empty()
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.parquet");
    export(
        &installation,
        "posts",
        "parquet",
        &["-o", path.to_str().unwrap()],
    )
    .await;
    assert_eq!(rows(&path), [Value::Null; 0]);
}

#[tokio::test]
async fn the_mood_is_a_series_and_a_table_with_bars() {
    let installation = filled().await;
    let warehouse = warehouse(&installation).await;
    let (from, to) = hours();
    let range = ["mood", "--from", FROM, "--to", TO];
    let filter = MoodFilter::default();
    let all = warehouse.mood(from, to, &filter).await.unwrap();
    let document = installation.json(&range).await;
    assert_eq!(
        document,
        json!({"from": from, "to": to, "actor": null, "source": null, "hours": all})
    );
    let filtered = installation
        .json(&[&range[..], &["--actor", "btc"]].concat())
        .await;
    assert!(filtered["hours"][0]["posts"].as_u64() < document["hours"][0]["posts"].as_u64());
    let table = installation.succeeds(&range).await;
    assert_eq!(table.lines().count(), all.len() + 1);
    assert!(table.contains('█'), "{table}");
    // The posts are of March, and the last hours are those before now.
    let last = installation.json(&["mood", "--last", "7d"]).await;
    assert_eq!(last["hours"], json!([]));
}

#[tokio::test]
async fn a_slip_is_told_in_one_sentence() {
    let installation = super::at_hand::empty().await;
    for (args, words) in [
        (
            &["mood", "--actor", "nobody"][..],
            "no actor is named \"nobody\"",
        ),
        (
            &["mood", "--source", "nowhere"],
            "no source is named \"nowhere\"",
        ),
        (&["mood", "--from", TO, "--to", FROM], "is not before"),
        (&["mood", "--from", FROM], "--to"),
        (
            &[
                "export", "posts", "--from", TO, "--to", FROM, "--format", "csv",
            ],
            "is not before",
        ),
        (
            &[
                "export",
                "hours",
                "--from",
                FROM,
                "--to",
                TO,
                "--format",
                "csv",
                "-o",
                "/no/such/folder/x",
            ],
            "/no/such/folder/x cannot be written",
        ),
    ] {
        let output = installation.runs(args).await;
        let said = sentence(&output, 2);
        assert!(said.contains(words), "{said}");
    }
}
