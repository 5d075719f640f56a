//! The scorer's reference, Python's `vaderSentiment`, in `target/vader`: for the tests that compare with it.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};

use crate::{
    services,
    session::Session,
    tools::{run_logged, which},
};

/// The package; its source archive also holds the texts of VADER's paper.
const PACKAGE: &str = "vaderSentiment==3.3.2";

/// The environment variable that tells tests the folder.
const VARIABLE: &str = "MOODWIRE_TEST_VADER";

/// The folder for tests, once pip has put the reference there; none, with a word, when that cannot be. With `CI=true` that
/// is an error.
pub(crate) async fn bring(session: &Session) -> Result<Option<(&'static str, String)>> {
    match install(session).await {
        Ok(folder) => Ok(Some((VARIABLE, folder.display().to_string()))),
        Err(error) if services::in_ci() => Err(error
            .context("with CI=true the tests against Python's vaderSentiment may not be skipped")),
        Err(error) => {
            eprintln!(
                "vader: MISSING, its tests skipped: {error:#}; it comes from PyPI, once python3 with pip reaches it"
            );
            Ok(None)
        }
    }
}

async fn install(session: &Session) -> Result<PathBuf> {
    let folder = std::path::absolute(session.target().join("vader"))
        .context("the current folder cannot be read")?;
    let done = folder.join("done");
    if done.is_file() {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    let python = which("python3").context("there is no python3: install it with pip")?;
    let log = folder.join("pip.log");
    let pip = |arguments: &[&str], place: &str| {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "--disable-pip-version-check"])
            .args(arguments)
            .arg(folder.join(place))
            .arg(PACKAGE);
        pip
    };
    run_logged(
        pip(
            &["download", "--no-deps", "--no-binary=:all:", "--dest"],
            "sdist",
        ),
        &log,
    )
    .await?;
    run_logged(
        pip(&["install", "--no-deps", "--upgrade", "--target"], "site"),
        &log,
    )
    .await?;
    std::fs::write(&done, PACKAGE)
        .with_context(|| format!("{} cannot be written", done.display()))?;
    Ok(folder)
}
