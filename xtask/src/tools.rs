//! Finding other programs, reading what they say of themselves, and running them with their output in a log.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result, bail};

/// The lines of a log that a failure shows.
const LOG_TAIL: usize = 12;

/// Folders that a server may be installed in although PATH does not name them.
const BESIDE_PATH: [&str; 5] = [
    "/usr/bin",
    "/usr/local/bin",
    "/usr/sbin",
    "/opt/homebrew/bin",
    "/usr/local/sbin",
];

/// A version's first two numbers.
pub(crate) type Version = (u32, u32);

/// The folders of PATH, then the usual ones.
pub(crate) fn search_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .chain(BESIDE_PATH.map(PathBuf::from))
        .collect()
}

/// The first program of that name in the search path.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    search_path()
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// What a command prints on standard output; none when it cannot be run or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The version that `program --version` prints; none when it does not run here.
pub(crate) fn version_of(program: &Path) -> Option<Version> {
    version_in(&output(Command::new(program).arg("--version"))?)
}

/// The first version in a text: `Redis server v=7.0.15 sha=0` → (7, 0), `postgresql@17` → (17, 0).
pub(crate) fn version_in(text: &str) -> Option<Version> {
    let text = &text[text.find(|c: char| c.is_ascii_digit())?..];
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let mut numbers = text[..end].split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers
        .next()
        .and_then(|minor| minor.parse().ok())
        .unwrap_or_default();
    Some((major, minor))
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).as_deref() == Some("0")
}

/// Runs a command with its output added to `log`; a failure shows the log's last lines.
pub(crate) async fn run_logged(command: Command, log: &Path) -> Result<()> {
    let what = words(&command);
    let status = tokio::process::Command::from(logged(command, log)?)
        .kill_on_drop(true)
        .status()
        .await
        .with_context(|| format!("`{what}` cannot be run"))?;
    expect_success(status, &what, log)
}

/// The same without a way to interrupt it: an end in its midst would leave something half done.
pub(crate) fn run_logged_to_its_end(command: Command, log: &Path) -> Result<()> {
    let what = words(&command);
    let status = logged(command, log)?
        .status()
        .with_context(|| format!("`{what}` cannot be run"))?;
    expect_success(status, &what, log)
}

/// A log to add to, made if there is none.
pub(crate) fn open_log(log: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("{} cannot be written", log.display()))
}

/// The end of a log, each line indented; empty when there is none.
pub(crate) fn tail(log: &Path) -> String {
    let log = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&log);
    let lines: Vec<_> = text.lines().collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LOG_TAIL));
    last.map(|line| format!("\n    {line}")).collect()
}

/// A command as a person would type it.
pub(crate) fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(OsStr::to_string_lossy));
    words.join(" ")
}

fn logged(mut command: Command, log: &Path) -> Result<Command> {
    let mut file = open_log(log)?;
    writeln!(file, "$ {}", words(&command))
        .with_context(|| format!("{} cannot be written", log.display()))?;
    let errors = file.try_clone().context("a file handle cannot be copied")?;
    command.stdin(Stdio::null()).stdout(file).stderr(errors);
    Ok(command)
}

fn expect_success(status: ExitStatus, what: &str, log: &Path) -> Result<()> {
    if !status.success() {
        bail!("`{what}` failed ({status}):{}", tail(log));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_out_of_what_programs_print() {
        assert_eq!(
            version_in("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0"),
            Some((7, 0))
        );
        assert_eq!(version_in("db version v6.0.5\nBuild Info"), Some((6, 0)));
        assert_eq!(version_in("postgresql@17"), Some((17, 0)));
        assert_eq!(version_in("pgsql-9.6"), Some((9, 6)));
        assert_eq!(version_in("no version"), None);
    }

    #[test]
    fn a_command_is_shown_as_it_is_typed() {
        let mut command = Command::new("apt-get");
        command.args(["install", "-y", "redis-server"]);
        assert_eq!(words(&command), "apt-get install -y redis-server");
    }
}
