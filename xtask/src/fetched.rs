//! What is fetched from package registries for tests: each in a folder of its own under `target`, which tells what is in it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::session::Session;

/// A folder under `target` for a package, and whether the package is in it already.
pub(crate) fn folder(session: &Session, name: &str, package: &str) -> Result<(PathBuf, bool)> {
    let folder = std::path::absolute(session.target().join(name))
        .context("the current folder cannot be read")?;
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let done = fs::read_to_string(folder.join("done")).is_ok_and(|done| done == package);
    Ok((folder, done))
}

/// Notes that the package is in its folder.
pub(crate) fn note_done(folder: &Path, package: &str) -> Result<()> {
    let done = folder.join("done");
    fs::write(&done, package).with_context(|| format!("{} cannot be written", done.display()))
}
