//! Installing Debian packages as root, without starting the services that come with them.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::tools;

/// Packages' scripts ask this program whether they may start a service; Debian has none of its own.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// 101: the service may not be started. The comment tells ours from an administrator's.
const NO_STARTING: &str =
    "#!/bin/sh\n# Written by `cargo xtask` for the length of an installation.\nexit 101\n";

/// Installs the packages; with lists that are missing or stale, after renewing them.
pub(crate) fn install(packages: &[&str], services: &Path) -> Result<()> {
    if tools::which("apt-get").is_none() {
        bail!("there is no apt-get here to install {}", packages.join(" "));
    }
    if !tools::is_root() {
        bail!("only root may install {}", packages.join(" "));
    }
    eprintln!(
        "installing {} (its service is not started)",
        packages.join(" ")
    );
    let log = services.join("install.log");
    let _policy = Policy::forbid_starting(Path::new(POLICY))?;
    let [first_try, update, second_try] = commands(packages);
    if tools::run_logged_to_its_end(first_try, &log).is_err() {
        // Its failure is that of the second try: some lists may be unreachable that are not needed.
        if let Err(error) = tools::run_logged_to_its_end(update, &log) {
            eprintln!("{error:#}");
        }
        tools::run_logged_to_its_end(second_try, &log)?;
    }
    for unit in packages {
        // It would come up at the next boot. Where there is no systemd, nothing starts it.
        tools::output(Command::new("systemctl").args(["disable", unit]));
    }
    Ok(())
}

/// Install, or renew the lists and install.
fn commands(packages: &[&str]) -> [Command; 3] {
    let install = || {
        let mut install = apt_get();
        install
            .args(["install", "-y", "--no-install-recommends"])
            .args(packages);
        install
    };
    let mut update = apt_get();
    update.arg("update");
    [install(), update, install()]
}

/// In runlevel 1, too, services stay down; needrestart would restart others.
fn apt_get() -> Command {
    let mut apt_get = Command::new("apt-get");
    apt_get
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1")
        .env("NEEDRESTART_SUSPEND", "1");
    apt_get
}

/// Our answer to packages that want to start a service; dropping it takes it back.
#[derive(Debug)]
struct Policy(Option<PathBuf>);

impl Policy {
    /// An administrator's policy is left alone; one of ours, from a run that was killed, is taken over.
    fn forbid_starting(path: &Path) -> Result<Self> {
        if path.exists() && fs::read_to_string(path).ok().as_deref() != Some(NO_STARTING) {
            return Ok(Self(None));
        }
        let cannot = || format!("{} cannot be written", path.display());
        fs::write(path, NO_STARTING).with_context(cannot)?;
        let policy = Self(Some(path.to_owned()));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).with_context(cannot)?;
        Ok(policy)
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if let Some(path) = &self.0
            && let Err(error) = fs::remove_file(path)
        {
            eprintln!(
                "{} must be removed, or services no longer start: {error}",
                path.display()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("moodwire-xtask-{}-{name}", std::process::id()))
    }

    #[test]
    fn it_installs_and_failing_that_renews_the_lists_first() {
        let commands = commands(&["redis-server"]);
        assert_eq!(
            commands.each_ref().map(tools::words),
            [
                "apt-get install -y --no-install-recommends redis-server",
                "apt-get update",
                "apt-get install -y --no-install-recommends redis-server",
            ]
        );
        for command in commands {
            let asks_nothing = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| {
                name == "DEBIAN_FRONTEND" && value.is_some_and(|value| value == "noninteractive")
            };
            assert!(command.get_envs().any(asks_nothing));
        }
    }

    #[test]
    fn the_policy_stands_for_the_length_of_the_installation() {
        let path = scratch("policy");
        let policy = Policy::forbid_starting(&path).unwrap();
        let status = Command::new(&path).status().unwrap();
        assert_eq!(status.code(), Some(101));
        drop(policy);
        assert!(!path.exists());
    }

    #[test]
    fn an_administrators_policy_is_left_alone() {
        let path = scratch("administrators-policy");
        fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        drop(Policy::forbid_starting(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "#!/bin/sh\nexit 0\n");
        fs::remove_file(&path).unwrap();
    }
}
