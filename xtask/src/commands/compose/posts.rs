//! The posts of the test: a replay file that grows part by part, each with hours of its own.

use std::{
    fs::OpenOptions,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// Hours that each part fills.
const HOURS: u64 = 6;

const WORDS: [&str; 8] = [
    "bitcoin", "great", "terrible", "not", "LOVE", "hate", "scam", "win",
];

/// What was written so far.
pub(super) struct Posts {
    path: PathBuf,
    a_part: u64,
    parts: u64,
}

impl Posts {
    /// A file in the folder of the configuration, for so many posts in so many parts.
    pub(super) fn new(folder: &Path, posts: u64, parts: usize) -> Self {
        let parts = u64::try_from(parts).unwrap_or(1).max(1);
        Self {
            path: folder.join("posts.jsonl"),
            a_part: (posts / parts).max(HOURS),
            parts: 0,
        }
    }

    /// Posts in the file.
    pub(super) fn written(&self) -> u64 {
        self.a_part * self.parts
    }

    /// Hours that have posts.
    pub(super) fn hours(&self) -> u64 {
        HOURS * self.parts
    }

    /// Appends the next part.
    pub(super) fn append(&mut self) -> Result<()> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .with_context(|| format!("{} cannot be written", self.path.display()))?;
        let mut file = BufWriter::new(file);
        for index in self.written()..self.written() + self.a_part {
            let hour = HOURS * self.parts + index % HOURS;
            let word = |salt: u64| {
                // Knuth's multiplicative hashing scatters neighbours.
                let scattered = (index + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61;
                WORDS[usize::try_from(scattered).unwrap_or(0)]
            };
            writeln!(
                file,
                "{{\"id\":\"{index}\",\"author\":\"user{}\",\"text\":\"{} {} {}\",\"created_at\":\"2026-03-{:02}T{:02}:{:02}:00Z\"}}",
                index % 97,
                word(0),
                word(1),
                word(2),
                1 + hour / 24,
                hour % 24,
                index % 60,
            )?;
        }
        file.flush()?;
        self.parts += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_posts_and_hours_of_its_own() {
        let folder =
            std::env::temp_dir().join(format!("moodwire-xtask-posts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut posts = Posts::new(&folder, 24, 2);
        posts.append().unwrap();
        posts.append().unwrap();
        let text = std::fs::read_to_string(folder.join("posts.jsonl")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((posts.written(), posts.hours()), (24, 12));
        assert_eq!(text.lines().count(), 24);
        let hours: std::collections::BTreeSet<&str> = text
            .lines()
            .map(|line| {
                line.split_once("created_at\":\"")
                    .unwrap()
                    .1
                    .get(..13)
                    .unwrap()
            })
            .collect();
        assert_eq!(hours.len(), 12);
    }
}
