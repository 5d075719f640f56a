//! A private Redis.

use std::{ffi::OsString, path::Path};

use anyhow::{Result, bail};

use super::private::{Launch, words};
use crate::{process::Ending, run_folder::RunFolder, tools};

/// The oldest that has what the queue uses (`LPOP` with a count) and what we use (`--set-proc-title`).
const OLDEST: tools::Version = (6, 2);

/// How to start the installed Redis; none when there is none.
pub(super) fn launch(run: &RunFolder) -> Result<Option<Launch>> {
    let Some(program) = tools::which("redis-server") else {
        return Ok(None);
    };
    match tools::version_of(&program) {
        Some(version) if version >= OLDEST => {}
        Some((major, minor)) => {
            bail!(
                "{} is {major}.{minor}, 6.2 or newer is needed",
                program.display()
            )
        }
        None => bail!("{} does not run here", program.display()),
    }
    Ok(Some(Launch {
        program,
        arguments,
        data: run.data("redis")?,
        user: None,
        ready_line: "Ready to accept connections",
        ending: Ending::Kill,
    }))
}

/// `noeviction` is what the queue insists on. With its title unset, the command line goes on naming the folder, by
/// which a later run knows it as ours.
fn arguments(port: u16, data: &Path) -> Vec<OsString> {
    let mut arguments = words(&[
        "--port",
        &port.to_string(),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
    ]);
    arguments.extend(words(&[
        "--appendonly",
        "no",
        "--maxmemory-policy",
        "noeviction",
    ]));
    arguments.extend(words(&["--set-proc-title", "no", "--dir"]));
    arguments.push(data.into());
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_nothing_and_evicts_nothing() {
        let expected = [
            "--port",
            "7001",
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--maxmemory-policy",
            "noeviction",
            "--set-proc-title",
            "no",
            "--dir",
            "/run/redis",
        ];
        assert_eq!(arguments(7001, Path::new("/run/redis")), expected);
    }
}
