//! What tests of the console need beside servers: a Chromium, and two tools that look for faults in pages and interfaces.
//!
//! Each is the one that the environment names, else one that is installed here, else one that is fetched. What cannot be
//! had is skipped with a word; with `CI=true` it fails.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    fetched::{folder, note_done},
    services::{self, apt},
    session::Session,
    tools::{output, run_logged, which},
};

/// A tool of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tool {
    /// A browser.
    Chromium,
    /// It finds what keeps people from using a page.
    Axe,
    /// It sends an interface what its description allows, and what it does not.
    Schemathesis,
}

/// The package of axe-core on npm.
const AXE: &str = "axe-core@4.14.1";

/// The package of schemathesis on PyPI.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// What a Chromium may be called.
const CHROMIUMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Where macOS has it.
const ON_MACOS: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

impl Tool {
    const ALL: [Self; 3] = [Self::Chromium, Self::Axe, Self::Schemathesis];

    fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Axe => "axe-core",
            Self::Schemathesis => "schemathesis",
        }
    }

    /// The environment variable that tells tests, and us, its path.
    fn variable(self) -> &'static str {
        match self {
            Self::Chromium => "MOODWIRE_TEST_CHROMIUM",
            Self::Axe => "MOODWIRE_TEST_AXE",
            Self::Schemathesis => "MOODWIRE_TEST_SCHEMATHESIS",
        }
    }

    /// What to do to have it.
    fn advice(self) -> &'static str {
        match self {
            Self::Chromium => "type `sudo apt-get install -y --no-install-recommends chromium`",
            Self::Axe => "install npm, which fetches it",
            Self::Schemathesis => "install python3 with venv and pip, which fetches it",
        }
    }

    async fn bring(self, session: &Session) -> Result<PathBuf> {
        if let Some(path) = env::var_os(self.variable()).filter(|path| !path.is_empty()) {
            return Ok(path.into());
        }
        match self {
            Self::Chromium => chromium(&session.services_folder()?),
            Self::Axe => axe(session).await,
            Self::Schemathesis => schemathesis(session).await,
        }
    }
}

/// The variables that tell tests where each is.
pub(crate) async fn bring(session: &Session) -> Result<Vec<(&'static str, String)>> {
    let mut variables = Vec::new();
    for tool in Tool::ALL {
        match tool.bring(session).await {
            Ok(path) => variables.push((tool.variable(), path.display().to_string())),
            Err(error) if services::in_ci() => {
                return Err(error.context(format!(
                    "with CI=true the tests that need {} may not be skipped",
                    tool.name()
                )));
            }
            Err(error) => eprintln!(
                "{}: MISSING, its tests skipped: {error:#}\n  to have it, {}; or set {}",
                tool.name(),
                tool.advice(),
                tool.variable()
            ),
        }
    }
    Ok(variables)
}

/// Whether a browser is among them.
pub(crate) fn has_chromium(variables: &[(&'static str, String)]) -> bool {
    let chromium = Tool::Chromium.variable();
    variables.iter().any(|(variable, _)| *variable == chromium)
}

/// The installed one that runs, else one that is installed for the purpose.
fn chromium(services: &Path) -> Result<PathBuf> {
    if let Some(found) = installed_chromium() {
        return Ok(found);
    }
    fs::create_dir_all(services)
        .with_context(|| format!("{} cannot be made", services.display()))?;
    apt::install(&["chromium"], services)?;
    installed_chromium().context("it is not found after it was installed")
}

fn installed_chromium() -> Option<PathBuf> {
    let named = CHROMIUMS.iter().filter_map(|name| which(name));
    // Ubuntu's `chromium-browser` is there without a browser: it says to install a snap.
    named
        .chain([PathBuf::from(ON_MACOS)])
        .find(|program| output(Command::new(program).arg("--version")).is_some())
}

/// `axe.min.js`, fetched by npm without running anything of the package's.
async fn axe(session: &Session) -> Result<PathBuf> {
    let (folder, done) = folder(session, "axe", AXE)?;
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if done && file.is_file() {
        return Ok(file);
    }
    let mut npm = Command::new(which("npm").context("there is no npm here")?);
    npm.args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-save",
        "--prefix",
    ])
    .arg(&folder)
    .arg(AXE);
    run_logged(npm, &folder.join("npm.log")).await?;
    if !file.is_file() {
        bail!("{AXE} came without axe.min.js");
    }
    note_done(&folder, AXE)?;
    Ok(file)
}

/// `schemathesis`, in a Python environment of its own.
async fn schemathesis(session: &Session) -> Result<PathBuf> {
    let (folder, done) = folder(session, "schemathesis", SCHEMATHESIS)?;
    let program = folder.join("bin/schemathesis");
    if done && program.is_file() {
        return Ok(program);
    }
    let log = folder.join("pip.log");
    let mut venv = Command::new(which("python3").context("there is no python3 here")?);
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    run_logged(
        venv,
        &std::path::absolute(session.target().join("schemathesis.log"))?,
    )
    .await?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        SCHEMATHESIS,
    ]);
    run_logged(pip, &log).await?;
    note_done(&folder, SCHEMATHESIS)?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_has_a_variable_of_its_own_and_says_how_to_have_it() {
        for tool in Tool::ALL {
            let variable = tool.variable();
            assert!(variable.starts_with("MOODWIRE_TEST_"));
            let alike = Tool::ALL
                .iter()
                .filter(|other| other.variable() == variable);
            assert_eq!(alike.count(), 1);
            assert!(!tool.advice().is_empty());
        }
    }
}
