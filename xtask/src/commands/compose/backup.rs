//! Backup and restore as docs/deployment.md has them: its very lines are run, so that they cannot be wrong unnoticed.

use std::{env, fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use super::project::Project;

/// The document with the lines.
const DOCUMENT: &str = "docs/deployment.md";

/// What stands above the lines that back up.
const BACK_UP: &str = "### Back up";

/// What stands above the lines that restore.
const RESTORE: &str = "### Restore";

/// MongoDB's own tools, which not every image with its server has.
const TOOLS_OF_MONGO: [&str; 2] = ["mongodump", "mongorestore"];

/// Volumes that are lost where the lake cannot be backed up.
const WITHOUT_LAKE: [&str; 2] = ["redis", "postgres"];

/// The lines of the document.
pub(super) struct Backup {
    back_up: Vec<String>,
    restore: Vec<String>,
    has_lake: bool,
}

impl Backup {
    /// Reads them, and looks whether the lake's server has its tools.
    pub(super) async fn prepare(root: &Path, project: &Project) -> Result<Self> {
        let text = fs::read_to_string(root.join(DOCUMENT))
            .with_context(|| format!("{DOCUMENT} cannot be read"))?;
        let tool = "command -v mongodump";
        let has_lake = project
            .said(&["compose", "exec", "-T", "mongo", "sh", "-c", tool])
            .await
            .is_some();
        if !has_lake {
            eprintln!("compose: mongo's image has no mongodump: the lake stays as it is");
        }
        let lines = |heading| {
            let mut lines = lines_below(&text, heading)?;
            lines.retain(|line| has_lake || !TOOLS_OF_MONGO.iter().any(|tool| line.contains(tool)));
            Ok::<_, anyhow::Error>(lines)
        };
        Ok(Self {
            back_up: lines(BACK_UP)?,
            restore: lines(RESTORE)?,
            has_lake,
        })
    }

    /// Backs up, loses everything that is stored, and restores it; publishing stands still afterwards.
    pub(super) async fn lose_and_restore(&self, project: &Project) -> Result<()> {
        run(project, &self.back_up).await?;
        if self.has_lake {
            project.compose(&["down", "--volumes"]).await?;
        } else {
            project.compose(&["down"]).await?;
            project.remove_volumes(&WITHOUT_LAKE).await?;
        }
        run(project, &self.restore).await
    }
}

/// Runs the lines in a shell as a person would, who stops at the first that fails.
async fn run(project: &Project, lines: &[String]) -> Result<()> {
    let docker = project.engine().parent().context("docker has no folder")?;
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [docker.to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));
    let mut shell = Command::new("sh");
    shell
        .args(["-ec", &lines.join("\n")])
        .env("PATH", env::join_paths(folders)?);
    project.run(shell).await
}

/// The lines of the first block for a shell below a heading.
fn lines_below(text: &str, heading: &str) -> Result<Vec<String>> {
    let block = text
        .split_once(&format!("\n{heading}\n"))
        .and_then(|(_, below)| below.split_once("```sh\n"))
        .and_then(|(_, block)| block.split_once("```"));
    let (block, _) =
        block.with_context(|| format!("{DOCUMENT} has no lines below \"{heading}\""))?;
    let lines: Vec<String> = block.lines().map(str::to_owned).collect();
    ensure!(
        !lines.is_empty(),
        "{DOCUMENT}: the block below \"{heading}\" is empty"
    );
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_lines_to_back_up_and_to_restore() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let text = fs::read_to_string(root.join(DOCUMENT)).unwrap();
        for (heading, tool) in [(BACK_UP, "pg_dump"), (RESTORE, "pg_restore")] {
            let lines = lines_below(&text, heading).unwrap();
            assert!(
                lines.iter().any(|line| line.contains(tool)),
                "{heading}: {lines:?}"
            );
        }
    }

    #[test]
    fn a_heading_without_lines_is_told() {
        let refused = lines_below("\n### Restore\nno block\n", RESTORE).unwrap_err();
        assert!(refused.to_string().contains("### Restore"), "{refused}");
    }
}
