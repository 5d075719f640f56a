//! Tests of the replay source on files of their own.

mod bad_lines;
mod growth;
mod paging;
mod posts;

use std::{fs, path::PathBuf, sync::Arc};

use moodwire_testing::SteppedClock;
use serde_json::Value;
use tempfile::TempDir;

use super::ReplaySource;
use crate::{Page, Source};

/// A replay file in a directory of its own, and its source.
struct Replay {
    _dir: TempDir,
    path: PathBuf,
    source: ReplaySource,
}

impl Replay {
    /// The source `demo` of a file with `content`, at 2026-03-01T18:00.
    fn of(content: impl AsRef<[u8]>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("posts.jsonl");
        fs::write(&path, content).unwrap();
        let clock = Arc::new(SteppedClock::at("2026-03-01T18:00:00Z"));
        Self {
            source: ReplaySource::new("demo".to_owned(), path.clone(), clock),
            path,
            _dir: dir,
        }
    }

    fn rewrite(&self, content: impl AsRef<[u8]>) {
        fs::write(&self.path, content).unwrap();
    }

    async fn read(&self, position: &Value) -> Page {
        self.source.read(position, &crate::Unbounded).await.unwrap()
    }

    async fn first(&self) -> Page {
        self.read(&Value::Null).await
    }
}

/// A line that reads as a post, without its newline.
fn line(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","author":"alice","text":"Nice {id}!","created_at":"2026-03-01T17:05:00Z"}}"#
    )
}

/// The native ids of a page's posts, in order.
fn ids(page: &Page) -> Vec<&str> {
    page.posts
        .iter()
        .map(|post| post.key.as_str().strip_prefix("replay:").unwrap())
        .collect()
}
