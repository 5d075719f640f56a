//! Prometheus, for the tests that scrape the program and evaluate its alerts: they start servers of their own, so that what is
//! brought here is the programs alone.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{in_ci, install_packages};
use crate::{session::Session, tools};

/// The environment variable that tells tests the folder in which `prometheus` and `promtool` lie.
const VARIABLE: &str = "MOODWIRE_TEST_PROMETHEUS";

/// What a person types to have them installed.
const LINE_TO_TYPE: &str = "sudo apt-get install -y --no-install-recommends prometheus";

/// The folder for tests, after Debian's package was installed where there was none; none, with a word, when that cannot be.
/// With `CI=true` that is an error.
pub(crate) fn bring(session: &mut Session) -> Result<Option<(&'static str, String)>> {
    match install(session) {
        Ok(folder) => Ok(Some((VARIABLE, folder.display().to_string()))),
        Err(error) if in_ci() => {
            Err(error.context("with CI=true the tests against Prometheus may not be skipped"))
        }
        Err(error) => {
            eprintln!(
                "prometheus: MISSING, its tests skipped: {error:#}; to have it, type `{LINE_TO_TYPE}`"
            );
            Ok(None)
        }
    }
}

fn install(session: &mut Session) -> Result<PathBuf> {
    if let Some(folder) = folder(tools::which("prometheus").as_deref()) {
        return Ok(folder);
    }
    install_packages(&["prometheus"], session)?;
    folder(tools::which("prometheus").as_deref())
        .context("prometheus or promtool is not found after it was installed")
}

/// Where the program lies, if the other one lies there too.
fn folder(program: Option<&Path>) -> Option<PathBuf> {
    let folder = program?.parent()?;
    folder.join("promtool").is_file().then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_its_tool_does_not_count() {
        assert_eq!(folder(None), None);
        assert_eq!(folder(Some(Path::new("/nowhere/prometheus"))), None);
    }
}
