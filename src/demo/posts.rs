//! The demo's posts: the shipped ones with their dates moved to the last 24 hours, or a file that the user names.

use std::{
    io::{BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::Hour;
use serde_json::Value;

use crate::{failure::Failure, stdin};

/// Written for the demo: every author, every protocol and every event in them is made up.
const SHIPPED: &str = include_str!("posts.jsonl");

/// The file that the demo writes.
pub(super) const FILE: &str = "posts.jsonl";

/// Posts ready to be replayed.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The file.
    pub(super) path: PathBuf,
    /// Where they come from, in words.
    pub(super) origin: String,
    /// How many lines it has.
    pub(super) lines: u64,
}

/// Makes the file that the demo replays.
pub(super) async fn prepare(
    named: Option<&Path>,
    folder: &Path,
    now: DateTime<Utc>,
) -> Result<Prepared, Failure> {
    match named {
        None => {
            let path = folder.join(FILE);
            let moved = moved(SHIPPED, now).map_err(|error| {
                Failure::Runtime(format!("the shipped posts cannot be read: {error}"))
            })?;
            let mut file = BufWriter::new(std::fs::File::create(&path)?);
            for post in &moved {
                serde_json::to_writer(&mut file, post)?;
                writeln!(file)?;
            }
            file.into_inner()
                .map_err(std::io::IntoInnerError::into_error)?
                .sync_all()?;
            Ok(Prepared {
                path,
                origin: "the last 24 hours of a made-up crypto world".to_owned(),
                lines: moved.len() as u64,
            })
        }
        Some(path) if path == Path::new("-") => {
            let copy = folder.join(FILE);
            stdin::save(copy.clone()).await?;
            prepared(&copy, "standard input".to_owned())
        }
        Some(path) => prepared(path, path.display().to_string()),
    }
}

fn prepared(path: &Path, origin: String) -> Result<Prepared, Failure> {
    let refuse = |error: std::io::Error| {
        Failure::Usage(format!(
            "the posts file {} cannot be read: {error}; name another with --posts",
            path.display()
        ))
    };
    let path = std::path::absolute(path).map_err(refuse)?;
    let lines = count_lines(&path).map_err(refuse)?;
    Ok(Prepared {
        path,
        origin,
        lines,
    })
}

/// Counts lines in pieces: the file may be larger than the memory.
fn count_lines(path: &Path) -> std::io::Result<u64> {
    let mut file = std::fs::File::open(path)?;
    let mut piece = vec![0; 1 << 16];
    let mut lines = 0;
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(lines),
            read => {
                let newlines = memchr::memchr_iter(b'\n', piece.get(..read).unwrap_or_default());
                lines += newlines.count() as u64;
            }
        }
    }
}

/// The posts with every date moved by the same whole hours, so that the last lies in the last hour that is over.
fn moved(shipped: &str, now: DateTime<Utc>) -> Result<Vec<Value>, serde_json::Error> {
    let mut posts: Vec<Value> = shipped
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let last = posts.iter().filter_map(created_at).max().unwrap_or(now);
    let target = Hour::of(now).start() - TimeDelta::hours(1);
    let by = target - Hour::of(last).start();
    for post in &mut posts {
        move_dates(post, by);
    }
    Ok(posts)
}

fn created_at(post: &Value) -> Option<DateTime<Utc>> {
    post.get("created_at")?.as_str()?.parse().ok()
}

fn move_dates(post: &mut Value, by: TimeDelta) {
    if let Some(at) = created_at(post)
        && let Some(written) = post.get_mut("created_at")
    {
        *written = Value::String((at + by).to_rfc3339());
    }
    if let Some(original) = post.get_mut("repost_of") {
        move_dates(original, by);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_shipped_posts_fill_the_last_24_hours_as_promised() {
        let now: DateTime<Utc> = "2026-11-23T17:42:00Z".parse().unwrap();
        let posts = moved(SHIPPED, now).unwrap();
        let mut hours: BTreeMap<Hour, std::collections::BTreeSet<String>> = BTreeMap::new();
        let (mut reposts, mut foreign) = (0, 0);
        for post in &posts {
            let original = post.get("repost_of").unwrap_or(post);
            reposts += u32::from(post.get("repost_of").is_some());
            foreign += u32::from(original["lang"].as_str().is_some_and(|lang| lang != "en"));
            let at = created_at(original).unwrap();
            let id = original["id"].as_str().unwrap().to_owned();
            hours.entry(Hour::of(at)).or_default().insert(id);
        }
        let last = *hours.keys().next_back().unwrap();
        assert_eq!(last, "2026-11-23T16".parse().unwrap());
        assert_eq!(
            *hours.keys().next().unwrap(),
            Hour::of(last.start() - TimeDelta::hours(23))
        );
        assert_eq!(hours.len(), 23, "one hour of the 24 has no post");
        assert_eq!(hours.values().filter(|ids| ids.len() == 1).count(), 1);
        assert!((280..=330).contains(&posts.len()), "{}", posts.len());
        assert!(
            reposts >= 10 && foreign >= 20,
            "{reposts} reposts, {foreign} not in English"
        );
    }
}
