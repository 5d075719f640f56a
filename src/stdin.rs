//! Standard input as a file, so that it can be read on from where a crash left it.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Copies standard input to `path`, whole: it takes the place of an older copy only once it is complete.
pub(crate) async fn save(path: PathBuf) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() {
        tracing::info!("reading posts from standard input; end with Ctrl-D");
    }
    let failed = |path: &Path, error: &std::io::Error| {
        Failure::Runtime(format!(
            "standard input cannot be copied to {}: {error}",
            path.display()
        ))
    };
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    tokio::task::spawn_blocking(move || {
        let copy = || -> std::io::Result<()> {
            std::fs::create_dir_all(&folder)?;
            let partial = path.with_extension("partial");
            let mut file = std::fs::File::create(&partial)?;
            std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
            file.sync_all()?;
            std::fs::rename(&partial, &path)
        };
        copy().map_err(|error| failed(&path, &error))
    })
    .await
    .map_err(|error| Failure::Runtime(error.to_string()))?
}
