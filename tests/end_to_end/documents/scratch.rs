//! The scratch installation in which documented commands run: each gets a copy of its own.

use std::{path::Path, process::Stdio};

use moodwire_queue::NewJob;
use sea_orm::{ConnectionTrait, Database};
use tokio::process::Command;

use crate::{
    command_line::at_hand::{bury, open},
    common::{moodwire, write_posts},
};

/// A dead letter's id.
const DEAD: &str = "transform:lost";

/// The id of a job that waits.
const WAITS: &str = "collect:history:2026-03-01T00:00:00Z";

/// Two folders to copy.
pub(super) struct Scratch {
    /// An installation in which all is well.
    well: tempfile::TempDir,
    /// One with a dead letter, a job that waits, a publication that is uncertain, and a channel that draws charts, to which
    /// nothing is sent.
    ill: tempfile::TempDir,
    /// An hour with posts.
    hour: String,
    /// What the dead letter failed as.
    fingerprint: String,
}

impl Scratch {
    pub(super) async fn new() -> Self {
        let (well, ill) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let posts = write_posts(well.path(), 20);
        keep_texts(&posts.path);
        std::fs::write(well.path().join("texts.txt"), "What a day!\n").unwrap();
        configure(well.path());
        let drained = command(well.path()).args(["up", "--drain"]).output().await;
        assert!(drained.unwrap().status.success());
        copy(well.path(), ill.path());
        let fingerprint = fall_ill(ill.path()).await;
        // The last: a chart needs posts in the hours before.
        let hour = posts.hours.last().unwrap().clone();
        Self {
            well,
            ill,
            hour,
            fingerprint,
        }
    }

    /// A folder in which the command can run.
    pub(super) fn folder(&self, args: &[String]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let from = match &*args[0] {
            "dead" | "jobs" | "publications" | "digest" => &self.ill,
            _ => &self.well,
        };
        copy(from.path(), folder.path());
        folder
    }

    /// The command's words, with what is there in the place of what stands for it.
    pub(super) fn filled_in(&self, words: &[String]) -> Vec<String> {
        let mut args: Vec<String> = Vec::new();
        for word in words.iter().filter(|word| *word != "…") {
            let about = args.first().map_or("", String::as_str);
            let option = args.last().map_or("", String::as_str);
            let value = match (&**word, about, option) {
                ("H", _, "--from") => "2026-03-01T00",
                ("H", _, "--to") => "2026-03-03T00",
                ("H", ..) => &self.hour,
                ("NAME", _, "--actor") => "Bitcoin",
                ("NAME", "digest", "--channel") => "discord-main",
                ("NAME", "channel", _) | ("NAME", _, "--channel") => "terminal",
                ("NAME", ..) => "history",
                ("ID", "publications", _) => "1",
                ("ID", "dead", _) => DEAD,
                ("ID", ..) => WAITS,
                ("KIND", ..) => "transform",
                ("HEX", ..) => &self.fingerprint,
                ("TEXT", ..) => "lost",
                ("FILE", ..) => "file",
                ("N", ..) => "1",
                (word, ..) => word,
            };
            args.push(value.to_owned());
        }
        args
    }

    /// Runs SQL on the warehouse.
    pub(super) async fn sql(&self, statement: &str) -> Result<(), sea_orm::DbErr> {
        execute(self.well.path(), statement).await
    }
}

/// The program in a folder that is all that it knows.
pub(super) fn command(folder: &Path) -> Command {
    let mut command = moodwire();
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env("MOODWIRE_CONSOLE__LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Takes out the bad lines, which some commands refuse.
fn keep_texts(posts: &Path) {
    let lines = std::fs::read(posts).unwrap();
    let good = lines.split_inclusive(|byte| *byte == b'\n').filter(|line| {
        serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|post| post["text"].is_string())
    });
    std::fs::write(posts, good.collect::<Vec<_>>().concat()).unwrap();
}

fn configure(folder: &Path) {
    let config = "data_dir = \"data\"\n[publish]\ncatch_up = \"all\"\ngrace = \"0s\"\n\
        [[source]]\nkind = \"replay\"\nname = \"history\"\npath = \"posts.jsonl\"\n\
        [[channel]]\nkind = \"stdout\"\nname = \"terminal\"\n\
        [[actor]]\nname = \"Bitcoin\"\nkeywords = [\"bitcoin\", \"the\", \"great\", \"not\"]\n";
    std::fs::write(folder.join("moodwire.toml"), config).unwrap();
}

/// Leaves something for a person; what the dead letter failed as.
async fn fall_ill(folder: &Path) -> String {
    let file = folder.join("moodwire.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let discord = "[[channel]]\nkind = \"discord\"\nname = \"discord-main\"\nurl = \"https://discord.com/api/webhooks/ID/TOKEN\"\n";
    std::fs::write(file, config + discord).unwrap();
    let queue = open(&folder.join("data/moodwire.db")).await;
    bury(&*queue, &[DEAD.to_owned()], "the lake has no batch lost").await;
    let waits = NewJob {
        id: WAITS.to_owned(),
        kind: "collect".to_owned(),
        payload: b"{\"v\":1,\"source\":\"history\"}".to_vec(),
        run_at: Some("2100-01-01T00:00:00Z".parse().unwrap()),
        max_attempts: 15,
        parent: None,
        root: None,
    };
    queue.enqueue(&[waits]).await.unwrap();
    execute(
        folder,
        "UPDATE publications SET state = 'uncertain' WHERE id = 1",
    )
    .await
    .unwrap();
    let groups = command(folder)
        .args(["dead", "groups", "--json"])
        .output()
        .await;
    let groups: serde_json::Value = serde_json::from_slice(&groups.unwrap().stdout).unwrap();
    groups[0]["fingerprint"].as_str().unwrap().to_owned()
}

async fn execute(folder: &Path, statement: &str) -> Result<(), sea_orm::DbErr> {
    let url = format!("sqlite://{}", folder.join("data/moodwire.db").display());
    let database = Database::connect(url).await?;
    database.execute_unprepared(statement).await?;
    database.close().await
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => {
                std::fs::create_dir_all(&target).unwrap();
                copy(&entry.path(), &target);
            }
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
