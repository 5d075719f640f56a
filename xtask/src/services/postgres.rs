//! A private PostgreSQL, run by another user when we are root, whom it refuses.

use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use super::private::{Launch, User, words};
use crate::{process::Ending, run_folder::RunFolder, tools};

/// Folders that hold a folder per version, each with `bin`, and how those folders' names begin: Debian's, Red Hat's,
/// Homebrew's two, Postgres.app's.
const VERSIONED: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql"),
    ("/usr/local/opt", "postgresql"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

/// Makes an empty cluster and says how to start it; none when PostgreSQL is not installed.
pub(super) async fn launch(run: &RunFolder) -> Result<Option<Launch>> {
    let Some(programs) = candidates()
        .into_iter()
        .find(|folder| has_both_programs(folder))
    else {
        return Ok(None);
    };
    let user = tools::is_root().then(unprivileged_user).transpose()?;
    let data = data_folder(run, user)?;
    let mut initdb = Command::new(programs.join("initdb"));
    initdb
        .args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "-D",
        ])
        .arg(&data)
        .current_dir(&data);
    if let Some(user) = user {
        initdb.uid(user.id).gid(user.group);
    }
    tools::run_logged(initdb, &run.log("initdb")).await?;
    Ok(Some(Launch {
        program: programs.join("postgres"),
        arguments,
        data,
        user,
        ready_line: "database system is ready to accept connections",
        ending: Ending::Quit,
    }))
}

/// No socket file, as its path would be too long or its folder not ours; no fsync, as the data are thrown away.
fn arguments(port: u16, data: &Path) -> Vec<OsString> {
    let mut arguments = words(&[
        "-p",
        &port.to_string(),
        "-c",
        "listen_addresses=127.0.0.1",
        "-k",
        "",
    ]);
    arguments.extend(words(&[
        "-c",
        "fsync=off",
        "-c",
        "max_connections=200",
        "-D",
    ]));
    arguments.push(data.into());
    arguments
}

/// Folders that may hold the programs, the likeliest first. `pg_config` is on PATH where a person chose a version.
fn candidates() -> Vec<PathBuf> {
    let chosen = tools::output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from);
    let versioned = VERSIONED.iter().flat_map(|(parent, prefix)| {
        let names = fs::read_dir(parent).into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        newest_first(names.filter(|name| name.starts_with(prefix)).collect())
            .into_iter()
            .map(|name| Path::new(parent).join(name).join("bin"))
    });
    chosen
        .into_iter()
        .chain(versioned)
        .chain(tools::search_path())
        .collect()
}

/// Client packages bring some of the programs; a server is there only with both.
fn has_both_programs(folder: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|program| folder.join(program).is_file())
}

fn newest_first(mut names: Vec<String>) -> Vec<String> {
    names.sort_by_key(|name| std::cmp::Reverse(tools::version_in(name)));
    names
}

/// The user `postgres`, which packages of the server make, else `nobody`.
fn unprivileged_user() -> Result<User> {
    let number = |option: &str, name: &str| {
        tools::output(Command::new("id").args([option, name]))
            .and_then(|number| number.parse().ok())
    };
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| {
            Some(User {
                id: number("-u", name)?,
                group: number("-g", name)?,
            })
        })
        .context("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
}

/// A folder that belongs to the user, under `target` if it can be entered there, else under a folder for temporary
/// files.
fn data_folder(run: &RunFolder, user: Option<User>) -> Result<PathBuf> {
    let under_target = run.data("postgres")?;
    let Some(user) = user else {
        return Ok(under_target);
    };
    if give(&under_target, user).is_ok() {
        return Ok(under_target);
    }
    let elsewhere = run
        .data_elsewhere(&env::temp_dir())
        .or_else(|_| run.data_elsewhere(Path::new("/tmp")))?;
    give(&elsewhere, user)?;
    Ok(elsewhere)
}

/// Makes the folder the user's, and has the user try to enter it.
fn give(folder: &Path, user: User) -> Result<()> {
    let cannot = || format!("{} cannot be given to user {}", folder.display(), user.id);
    chown(folder, Some(user.id), Some(user.group)).with_context(cannot)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).with_context(cannot)?;
    let entered = Command::new("sh")
        .args(["-c", "cd \"$1\" && test -w .", "sh"])
        .arg(folder)
        .current_dir("/")
        .uid(user.id)
        .gid(user.group)
        .stderr(Stdio::null())
        .status()
        .with_context(cannot)?;
    anyhow::ensure!(entered.success(), cannot());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_listens_on_this_machine_alone_and_on_no_socket_file() {
        let expected = [
            "-p",
            "7002",
            "-c",
            "listen_addresses=127.0.0.1",
            "-k",
            "",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=200",
            "-D",
            "/run/postgres",
        ];
        assert_eq!(arguments(7002, Path::new("/run/postgres")), expected);
    }

    #[test]
    fn the_newest_version_is_taken_by_number() {
        let names = ["9.6", "15", "postgresql@17", "postgresql"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(
            newest_first(names),
            ["postgresql@17", "15", "9.6", "postgresql"]
        );
    }

    #[test]
    fn a_folder_without_programs_holds_no_server() {
        assert!(!has_both_programs(Path::new("/nowhere")));
    }
}
