//! What the documents hold: commands, blocks of TOML and SQL, links.

use std::path::{Path, PathBuf};

/// One document.
pub(super) struct Document {
    /// Its place in the project.
    pub(super) name: String,
    pub(super) text: String,
}

/// The project's folder.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document that tells how to use the project.
pub(super) fn documents() -> Vec<Document> {
    let mut names: Vec<PathBuf> = ["README.md", "CHANGELOG.md", "crates/queue/README.md"]
        .map(PathBuf::from)
        .to_vec();
    let mut pages: Vec<PathBuf> = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| Path::new("docs").join(entry.unwrap().file_name()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "md"))
        .collect();
    pages.sort();
    names.append(&mut pages);
    let read = |path: PathBuf| Document {
        text: std::fs::read_to_string(root().join(&path)).unwrap(),
        name: path.display().to_string(),
    };
    names.into_iter().map(read).collect()
}

impl Document {
    /// The fenced blocks of a language.
    pub(super) fn blocks(&self, language: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut open: Option<(bool, String)> = None;
        for line in self.text.lines() {
            match (line.strip_prefix("```"), &mut open) {
                (Some(kind), None) => open = Some((kind == language, String::new())),
                (Some(_), Some(_)) => {
                    blocks.extend(
                        open.take()
                            .and_then(|(wanted, text)| wanted.then_some(text)),
                    );
                }
                (None, Some((_, text))) => *text += &format!("{line}\n"),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block has no end", self.name);
        blocks
    }

    /// The command lines to type: those of blocks for a shell, and of indented ones; each as its words.
    pub(super) fn commands(&self) -> Vec<Vec<String>> {
        let mut is_fenced = false;
        let indented = self.text.lines().filter_map(|line| {
            is_fenced ^= line.starts_with("```");
            line.strip_prefix("    ")
                .filter(|line| !is_fenced && line.starts_with("moodwire "))
        });
        let mut lines: Vec<String> = indented.map(str::to_owned).collect();
        for block in self.blocks("sh") {
            lines.extend(block.replace("\\\n", " ").lines().map(str::to_owned));
        }
        lines.iter().flat_map(|line| words(line)).collect()
    }

    /// What stands between single backticks and begins with the program's name.
    pub(super) fn mentions(&self) -> Vec<String> {
        let prose = self.text.split("```").step_by(2);
        prose
            .flat_map(|text| text.split('`').skip(1).step_by(2))
            .filter(|span| span.starts_with("moodwire "))
            .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// Where its links within the project lead, without the part behind a `#`. Pictures are made apart.
    pub(super) fn links(&self) -> Vec<PathBuf> {
        let folder = Path::new(&self.name).parent().unwrap();
        let prose = self.text.split("```").step_by(2);
        prose
            .flat_map(|text| {
                text.split("](")
                    .collect::<Vec<_>>()
                    .windows(2)
                    .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
                    .collect::<Vec<_>>()
            })
            .filter(|(before, _)| {
                !before
                    .rsplit('[')
                    .next()
                    .is_some_and(|label| before[..before.len() - label.len()].ends_with("!["))
            })
            .filter_map(|(_, after)| after.split_once(')').map(|(target, _)| target.to_owned()))
            .filter(|target| !target.contains("://") && !target.starts_with('#'))
            .map(|target| folder.join(target.split('#').next().unwrap()))
            .collect()
    }
}

/// The commands of a line, each as its words: what a shell would make of quotes, comments and redirections.
pub(super) fn words(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => {
                let quoted: String = letters
                    .by_ref()
                    .take_while(|next| *next != letter)
                    .collect();
                word.get_or_insert_default().push_str(&quoted);
            }
            '#' if word.is_none() => break,
            _ if letter.is_whitespace() => commands.last_mut().unwrap().extend(word.take()),
            '&' | '|' | ';' => {
                commands.last_mut().unwrap().extend(word.take());
                commands.push(Vec::new());
            }
            _ => word.get_or_insert_default().push(letter),
        }
    }
    commands.last_mut().unwrap().extend(word);
    for command in &mut commands {
        if let Some(redirection) = command.iter().position(|word| word == ">") {
            command.truncate(redirection);
        }
    }
    commands.retain(|command| !command.is_empty());
    commands
}

#[test]
fn a_line_reads_as_a_shell_would_read_it() {
    assert_eq!(
        words(r##"a 'b "c"' d#e > f && g "h  #i" &  # j"##),
        [&["a", "b \"c\"", "d#e"][..], &["g", "h  #i"]]
    );
    assert!(words("  # nothing").is_empty());
}
