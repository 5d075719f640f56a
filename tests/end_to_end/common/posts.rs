//! Posts to replay: short texts over two days, with duplicates and bad lines among them.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::{Entropy, Hour};
use moodwire_testing::FixedEntropy;
use serde_json::json;

/// A replay file with what it holds.
pub(crate) struct Posts {
    pub(crate) path: PathBuf,
    /// Distinct good posts.
    pub(crate) posts: u64,
    /// Good lines whose post came before.
    pub(crate) duplicates: u64,
    /// Bad lines.
    pub(crate) bad: u64,
    /// The hours that have posts, oldest first.
    pub(crate) hours: Vec<String>,
}

const WORDS: [&str; 24] = [
    "bitcoin",
    "great",
    "terrible",
    "not",
    "very",
    "moon",
    "LOVE",
    "hate",
    "but",
    "fees",
    "🚀",
    "😭",
    "scam",
    "win",
    "lose",
    "happy",
    "sad",
    "stolen",
    "safe",
    "the",
    "gas",
    "wow!!!",
    ":)",
    "liquidated",
];

/// Writes `count` posts over the 48 hours that begin at 2026-03-01T00, every 40th twice, with bad lines of every sort.
pub(crate) fn write_posts(folder: &Path, count: u64) -> Posts {
    let entropy = FixedEntropy::seeded(count);
    let below = |n: u64| entropy.bits() % n;
    let begin: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().unwrap();
    let path = folder.join("posts.jsonl");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let (mut duplicates, mut hours) = (0, BTreeSet::new());
    for index in 0..count {
        let at = begin + TimeDelta::milliseconds(i64::try_from(below(48 * 3_600_000)).unwrap());
        hours.insert(Hour::of(at));
        let words = usize::try_from(3 + below(18)).unwrap();
        let text: Vec<&str> = (0..words)
            .map(|_| WORDS[usize::try_from(below(WORDS.len() as u64)).unwrap()])
            .collect();
        let line = json!({
            "id": format!("p{index}"),
            "author": format!("user{}", index % 97),
            "text": text.join(" "),
            "created_at": at.to_rfc3339(),
            "url": format!("https://example.com/{index}"),
        });
        writeln!(file, "{line}").unwrap();
        if index % 40 == 0 {
            duplicates += 1;
            writeln!(file, "{line}").unwrap();
        }
    }
    let bad = write_bad_lines(&mut file);
    file.flush().unwrap();
    Posts {
        path,
        posts: count,
        duplicates,
        bad,
        hours: hours.iter().map(ToString::to_string).collect(),
    }
}

fn write_bad_lines(file: &mut impl Write) -> u64 {
    let post = |id: &str, text: &str, at: &str| {
        json!({"id": id, "author": "a", "text": text, "created_at": at}).to_string()
    };
    let lines = [
        b"{this is no JSON".to_vec(),
        b"\"a string\"".to_vec(),
        b"{\"id\": \"no-text\", \"author\": \"a\", \"created_at\": \"2026-03-01T00:00:00Z\"}"
            .to_vec(),
        post("blank", " ", "2026-03-01T00:00:00Z").into_bytes(),
        post("future", "soon", "2126-03-01T00:00:00Z").into_bytes(),
        post("past", "long ago", "1969-03-01T00:00:00Z").into_bytes(),
        post("date", "when", "yesterday").into_bytes(),
        b"{\"id\": \"\xff\xfe\", \"author\": \"a\"}".to_vec(),
        post("giant", &"x".repeat(5_000_000), "2026-03-01T00:00:00Z").into_bytes(),
        post("long", &"x".repeat(150_000), "2026-03-01T00:00:00Z").into_bytes(),
    ];
    for line in &lines {
        file.write_all(line).unwrap();
        file.write_all(b"\n").unwrap();
    }
    lines.len() as u64
}
