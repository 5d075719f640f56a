//! The fixture: the real binary on real stores, a Discord receiver on 127.0.0.1, and posts to replay.

mod posts;
mod receiver;
mod stores;

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::Arc,
};

use moodwire_lake::Lake;
use serde_json::Value;
use tokio::process::{Child, Command};

pub(crate) use self::posts::{Posts, write_posts};
pub(crate) use self::receiver::Receiver;
pub(crate) use self::stores::Stores;

/// One installation: a folder, a configuration, stores of its own, and a receiver of digests.
pub(crate) struct Installation {
    folder: tempfile::TempDir,
    pub(crate) stores: Stores,
    pub(crate) receiver: Receiver,
}

impl Installation {
    /// An installation that replays `posts` to a Discord channel, with short leases so that a killed worker is
    /// noticed soon. More lines of configuration may follow.
    pub(crate) async fn new(stores: Stores, posts: &Path, more: &str) -> Self {
        let installation = Self {
            folder: tempfile::tempdir().unwrap(),
            stores,
            receiver: Receiver::start().await,
        };
        let config = format!(
            "data_dir = \"{folder}/data\"\n{stores}\n[publish]\ncatch_up = \"all\"\ngrace = \"0s\"\n\
             [console]\nlisten = \"127.0.0.1:0\"\n[schedule]\ncollect = \"* * * * * *\"\n[worker]\nlease = \"2s\"\n[retry]\nbase = \"100ms\"\n\
             [[source]]\nkind = \"replay\"\nname = \"history\"\npath = \"{posts}\"\n\
             [[channel]]\nkind = \"discord\"\nname = \"discord-main\"\nurl = \"{url}\"\npaced = false\n{more}\n",
            folder = installation.folder.path().display(),
            stores = installation.stores.config(),
            posts = posts.display(),
            url = installation.receiver.url(),
        );
        std::fs::write(installation.config_file(), config).unwrap();
        if let Stores::Servers { .. } = &installation.stores {
            installation.succeeds(&["migrate", "up"]).await;
        }
        installation
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.path().join("moodwire.toml")
    }

    /// The embedded database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("data").join("moodwire.db")
    }

    /// The lake, beside the binary.
    pub(crate) async fn lake(&self) -> Arc<dyn Lake> {
        let url = self.stores.lake(&self.database());
        moodwire_lake::open(&url).await.unwrap()
    }

    /// The binary with this installation's configuration.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = moodwire();
        command.arg("-c").arg(self.config_file()).args(args);
        command
    }

    /// Starts the binary and leaves it running; killed when dropped.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .env(
                "MOODWIRE_LOG",
                "debug,sqlx=off,sea_orm=off,hyper=off,rustls=off,mongodb=off",
            )
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Runs a command to its end.
    pub(crate) async fn runs(&self, args: &[&str]) -> Output {
        self.command(args).output().await.unwrap()
    }

    /// Runs a command that must succeed; what it printed.
    pub(crate) async fn succeeds(&self, args: &[&str]) -> String {
        let output = self.runs(args).await;
        assert!(
            output.status.success(),
            "moodwire {args:?} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command with `--json` that must succeed; the document.
    pub(crate) async fn json(&self, args: &[&str]) -> Value {
        let text = self.succeeds(&[args, &["--json"]].concat()).await;
        serde_json::from_str(&text).unwrap()
    }

    /// Drains; the report.
    pub(crate) async fn drain(&self) -> Value {
        self.json(&["up", "--drain"]).await
    }

    /// Every digest of the hours that `posts` fill, without what differs from run to run.
    pub(crate) async fn digests(&self, posts: &Posts) -> Vec<Value> {
        let mut digests = Vec::new();
        for hour in &posts.hours {
            let mut digest = self.json(&["digest", "--hour", hour]).await;
            assert!(digest["sealed_at"].is_string(), "{hour} is not sealed");
            digest["sealed_at"].take();
            digests.push(digest);
        }
        digests
    }

    /// Drops what was made on the servers.
    pub(crate) async fn end(self) {
        self.stores.remove().await;
    }
}

/// The binary, in an environment without settings of the machine's own.
pub(crate) fn moodwire() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moodwire"));
    for (key, _) in std::env::vars_os() {
        if key.to_str().is_some_and(|key| key.starts_with("MOODWIRE_")) {
            command.env_remove(key);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Asks a process to stop, as a service manager does, and waits for its end.
pub(crate) async fn terminate(mut child: Child) -> std::process::ExitStatus {
    // Read to its end, or a full pipe would hold the process up.
    let mut log = child.stderr.take().unwrap();
    let reader = tokio::spawn(async move {
        tokio::io::copy(&mut log, &mut tokio::io::sink())
            .await
            .unwrap();
    });
    let status = terminate_read(child).await;
    reader.await.unwrap();
    status
}

/// The same for one whose log somebody reads.
pub(crate) async fn terminate_read(mut child: Child) -> std::process::ExitStatus {
    let pid = child.id().unwrap().to_string();
    let asked = Command::new("kill").args(["-TERM", &pid]).status().await;
    assert!(asked.unwrap().success());
    child.wait().await.unwrap()
}
