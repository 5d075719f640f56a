//! `cargo xtask docs`: writes the configuration's chapter of the book, which is the embedded example laid out.

use std::{fs, path::Path};

use anyhow::{Context, Result};

/// What it is made from.
const EXAMPLE: &str = "moodwire.example.toml";

/// What is written.
const CHAPTER: &str = "docs/configuration.md";

/// What stands above.
const HEAD: &str = "\
# Configuration

<!-- Written by `cargo xtask docs` from moodwire.example.toml: change that file, and write this one anew. -->

`moodwire config example` prints all of this as one file. `moodwire config check` says in one sentence what is wrong with
yours, with its line; `moodwire config show` prints what applies, defaults filled in and secrets masked.

";

/// How the comments that begin a chapter without a section of its own begin, with the chapter's title.
const CHAPTERS: [(&str, &str); 4] = [
    ("# Where files of our own go", "Files"),
    ("# Feeds.", "Sources"),
    ("# The watchlist:", "The watchlist"),
    ("# Destinations;", "Channels"),
];

/// Writes the chapter.
pub(crate) fn run(root: &Path) -> Result<u8> {
    let read = fs::read_to_string(root.join(EXAMPLE));
    let example = read.with_context(|| format!("{EXAMPLE} cannot be read"))?;
    fs::write(root.join(CHAPTER), chapter(&example))
        .with_context(|| format!("{CHAPTER} cannot be written"))?;
    Ok(0)
}

/// The example as a chapter: its first comment as text, then each section under a heading.
fn chapter(example: &str) -> String {
    let mut chapter = HEAD.to_owned();
    let mut is_open = false;
    for line in example.lines() {
        if let Some(title) = title(line) {
            close(&mut chapter, is_open);
            chapter.push_str(&format!("\n## {title}\n\n```toml\n"));
            is_open = true;
        }
        let line = match is_open {
            true => line,
            false => line.trim_start_matches('#').trim_start(),
        };
        chapter.push_str(line);
        chapter.push('\n');
    }
    close(&mut chapter, is_open);
    chapter
}

/// The heading that a line begins; none within a chapter.
fn title(line: &str) -> Option<String> {
    let section = line
        .strip_prefix('[')
        .and_then(|line| line.strip_suffix(']'));
    let section = section.filter(|name| !name.starts_with('['));
    let beginning = || CHAPTERS.iter().find(|(words, _)| line.starts_with(words));
    section
        .map(|name| format!("`[{name}]`"))
        .or_else(|| beginning().map(|(_, title)| (*title).to_owned()))
}

/// Ends a block, without the blank lines before its end.
fn close(chapter: &mut String, is_open: bool) {
    chapter.truncate(chapter.trim_end().len());
    chapter.push_str(if is_open { "\n```\n" } else { "\n" });
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

    #[test]
    fn the_books_chapter_is_what_the_example_says_today() {
        let read = |name: &str| fs::read_to_string(Path::new(ROOT).join(name)).unwrap();
        assert!(
            read(CHAPTER) == chapter(&read(EXAMPLE)),
            "{CHAPTER} is out of date: run `cargo xtask docs`"
        );
    }

    #[test]
    fn sections_become_headings_and_nothing_is_left_out() {
        let example = "# First.\n#\n# More.\n\n# Where files of our own go: here.\n# data_dir = \"d\"\n\n[queue]\nprefix = \"p\"\n\n# Feeds. One.\n#\n# [[source]]\n";
        let laid_out = chapter(example);
        let body = laid_out.strip_prefix(HEAD).unwrap();
        assert_eq!(
            body,
            "First.\n\nMore.\n\n## Files\n\n```toml\n# Where files of our own go: here.\n# data_dir = \"d\"\n```\n\n## `[queue]`\n\n```toml\n[queue]\nprefix = \"p\"\n```\n\n## Sources\n\n```toml\n# Feeds. One.\n#\n# [[source]]\n```\n"
        );
    }
}
