//! An installation for one run: posts of a few hours, one channel, everything in one SQLite file.

use std::{
    collections::BTreeMap,
    fmt::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::process::Command;

use super::plan::{self, Plan};

/// The channel's name.
const CHANNEL: &str = "main";

/// Longer than a `sending` mark is believed (20 s).
pub(super) const BELIEVED_SECONDS: u32 = 21;

/// What people write, and what of it is hard to send.
const TEXTS: [&str; 6] = [
    "What a wonderful day for Bitcoin, I love it! 🚀🚀🚀",
    "This is a terrible scam & a <b>shame</b>. @everyone avoid it!",
    "gm",
    "**bold** _moves_ ||spoiler|| `code` [bank.test](https://evil.test) <!channel> /start",
    "\u{202e}desrever\u{202c} 👩‍👩‍👧‍👦 e\u{301}\u{301} \u{200b}\u{200d}",
    "Fees are awful, and so is the weather. #btc $ETH",
];

/// An installation.
#[derive(Debug)]
pub(super) struct Site {
    folder: tempfile::TempDir,
    program: PathBuf,
}

/// A publication as the warehouse has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) state: String,
    pub(super) error: String,
}

impl Site {
    /// Writes posts and configuration.
    pub(super) fn set_up(plan: &Plan, program: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("posts.jsonl"), posts(plan)?)?;
        let config = format!(
            "data_dir = \"{folder}/data\"\n[publish]\ncatch_up = \"all\"\ngrace = \"0s\"\n[worker]\nlease = \"1s\"\n\
             [retry]\nbase = \"30ms\"\ncap = \"200ms\"\n\
             [[source]]\nkind = \"replay\"\nname = \"history\"\npath = \"{folder}/posts.jsonl\"\n\
             [[channel]]\nname = \"{CHANNEL}\"\npaced = false\n{kind}\n",
            folder = folder.path().display(),
            kind = plan.kind.config(),
        );
        std::fs::write(path("moodwire.toml"), config)?;
        Ok(Self {
            folder,
            program: program.to_owned(),
        })
    }

    /// The program, sending to this address, in an environment without settings of the machine's own.
    pub(super) fn command(&self, args: &[&str], url: &str) -> Command {
        let mut command = Command::new(&self.program);
        for (key, _) in std::env::vars_os() {
            if key.to_str().is_some_and(|key| key.starts_with("MOODWIRE_")) {
                command.env_remove(key);
            }
        }
        command
            .arg("-c")
            .arg(self.folder.path().join("moodwire.toml"))
            .args(args)
            .env("MOODWIRE_CHANNEL__MAIN__URL", url);
        command
    }

    /// Where processes write what they have to say.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What processes had to say.
    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Drains to the end; the report.
    pub(super) async fn drain(&self, url: &str) -> Result<Value> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())?;
        let output = self
            .command(&["up", "--drain", "--json"], url)
            .stdin(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .output()
            .await?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("the last drain ended with {}", output.status))
    }

    async fn open(&self) -> Result<SqliteConnection> {
        let file = self.folder.path().join("data").join("moodwire.db");
        let options = SqliteConnectOptions::new().filename(file);
        Ok(SqliteConnection::connect_with(&options).await?)
    }

    /// The publications by the hour of their day.
    pub(super) async fn publications(&self) -> Result<BTreeMap<u64, Row>> {
        let mut file = self.open().await?;
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT hour, channel, state, coalesce(error, '') FROM publications ORDER BY hour",
        )
        .fetch_all(&mut file)
        .await?;
        let mut publications = BTreeMap::new();
        for (hour, channel, state, error) in rows {
            let of_day = hour.get(11..13).and_then(|hour| hour.parse().ok());
            let of_day = of_day.with_context(|| format!("an hour is stored as {hour:?}"))?;
            let row = Row { state, error };
            if channel != CHANNEL || publications.insert(of_day, row).is_some() {
                bail!("{hour} has a second publication, or one to {channel}");
            }
        }
        Ok(publications)
    }

    /// Sets everything in the file that waits back by as long as a `sending` mark is believed, which is what a machine
    /// finds that was off for so long. No process may have the file open.
    pub(super) async fn time_passes(&self) -> Result<()> {
        let mut file = self.open().await?;
        let tables: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('queue_jobs', 'publications')",
        )
        .fetch_one(&mut file)
        .await?;
        if tables < 2 {
            // Everybody was killed before the stores were set up.
            return Ok(());
        }
        let back = i64::from(BELIEVED_SECONDS);
        sqlx::query("UPDATE queue_jobs SET run_at = run_at - $1, leased_until = leased_until - $1")
            .bind(back * 1_000)
            .execute(&mut file)
            .await?;
        sqlx::query(
            "UPDATE publications SET sending_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', sending_at, $1)
             WHERE sending_at IS NOT NULL",
        )
        .bind(format!("-{back} seconds"))
        .execute(&mut file)
        .await?;
        Ok(())
    }

    /// Leaves the folder where it is; its path.
    pub(super) fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

/// A few posts of each hour.
fn posts(plan: &Plan) -> Result<String> {
    let mut lines = String::new();
    for hour in 0..plan.hours {
        for nth in 0..plan::posts_of(hour) {
            let number = hour * 10 + nth;
            let which = usize::try_from((plan.seed + number) % 6)?;
            let line = json!({
                "id": format!("p{number}"),
                "author": format!("user{nth}"),
                "text": TEXTS.get(which).copied().unwrap_or("gm"),
                "created_at": format!("2026-03-01T{hour:02}:{:02}:00Z", 5 + nth),
                "url": format!("https://social.test/{number}"),
            });
            writeln!(lines, "{line}")?;
        }
    }
    Ok(lines)
}
