//! `cargo xtask peers`: the queue beside other job queues, in one run on the same servers.
//!
//! Each is measured at 100 and at 500 jobs at once, in turn, so that a machine whose speed drifts is as fast for one as
//! for the other; medians are printed.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::process::Command;

use crate::{
    services::{self, Service},
    session::{Session, exit_code},
    tools,
};

/// Rounds unless the command line says otherwise.
pub(crate) const ROUNDS: u64 = 5;

/// How many jobs each drains, but for the stock crate, which survives no more than 7,000.
const JOBS: &str = "50000";

/// How many jobs are run at once.
const AT_ONCE: [&str; 2] = ["100", "500"];

/// What each is measured for, by the name in its answer.
const FIGURES: [(&str, &str); 5] = [
    ("enqueue_one_by_one", "enqueue one by one, jobs/s"),
    ("enqueue_in_bulk", "in bulk, jobs/s"),
    ("drain", "drain, jobs/s"),
    ("worker_cpu_ms_per_1000", "worker CPU, ms per 1,000"),
    ("redis_cpu_ms_per_1000", "Redis CPU, ms per 1,000"),
];

/// The files of the peers that run on Node.js.
const SCRIPTS: [(&str, &str); 4] = [
    ("package.json", include_str!("../../peers/package.json")),
    ("measure.mjs", include_str!("../../peers/measure.mjs")),
    ("bullmq.mjs", include_str!("../../peers/bullmq.mjs")),
    (
        "graphile-worker.mjs",
        include_str!("../../peers/graphile-worker.mjs"),
    ),
];

/// The queues, each in a row of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    Moodwire,
    MoodwireTwice,
    BullMq,
    GraphileWorker,
    Stock,
}

impl Peer {
    const ALL: [Self; 5] = [
        Self::Moodwire,
        Self::MoodwireTwice,
        Self::BullMq,
        Self::GraphileWorker,
        Self::Stock,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Moodwire => "moodwire",
            Self::MoodwireTwice => "moodwire, 2 processes",
            Self::BullMq => "BullMQ",
            Self::GraphileWorker => "graphile-worker (Postgres)",
            Self::Stock => "stock apalis-redis",
        }
    }
}

/// Builds what is needed, measures in rounds, and prints a table.
pub(crate) async fn run(rounds: u64, session: &mut Session) -> Result<u8> {
    if tools::which("npm").is_none() {
        bail!("npm is not to be had; to have it, type `sudo apt-get install -y nodejs npm`");
    }
    for build in [
        &["build", "--release", "--locked", "--package", "moodwire"][..],
        &[
            "build",
            "--release",
            "--locked",
            "--package",
            "moodwire-queue",
            "--example",
            "stock_speed",
        ],
    ] {
        let build: Vec<OsString> = build.iter().map(OsString::from).collect();
        let code = exit_code(session.cargo(&build, &[]).await?);
        if code != 0 {
            return Ok(code);
        }
    }
    let place = Place::prepare(session).await?;
    let mut figures: BTreeMap<(Peer, &str), Vec<Value>> = BTreeMap::new();
    for round in 1..=rounds {
        for peer in Peer::ALL {
            for at_once in AT_ONCE {
                let measured = place.measure(peer, at_once).await?;
                eprintln!(
                    "round {round}, {}, {at_once} at once: {measured}",
                    peer.name()
                );
                figures.entry((peer, at_once)).or_default().push(measured);
            }
        }
    }
    print(&figures);
    Ok(0)
}

/// Where the measurements take place.
struct Place {
    target: PathBuf,
    scripts: PathBuf,
    config: PathBuf,
    redis: String,
    postgres: String,
}

impl Place {
    async fn prepare(session: &mut Session) -> Result<Self> {
        let target = std::path::absolute(session.target())?;
        let scripts = target.join("peers");
        fs::create_dir_all(&scripts)?;
        for (name, text) in SCRIPTS {
            fs::write(scripts.join(name), text)?;
        }
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--silent"])
            .current_dir(&scripts);
        if !npm.status().await?.success() {
            bail!("`npm install` failed in {}", scripts.display());
        }
        // Never those that the environment names: the peers fill and empty them.
        let redis = services::start_own(Service::Redis, session).await?;
        let postgres = services::start_own(Service::Postgres, session).await?;
        let config = session.run_folder()?.data("peers")?.join("moodwire.toml");
        fs::write(&config, format!("[queue]\nurl = \"{redis}\"\n"))?;
        Ok(Self {
            target,
            scripts,
            config,
            redis,
            postgres: format!("{postgres}/postgres"),
        })
    }

    async fn measure(&self, peer: Peer, at_once: &str) -> Result<Value> {
        match peer {
            Peer::Moodwire => self.moodwire(at_once, "1").await,
            Peer::MoodwireTwice => self.moodwire(at_once, "2").await,
            Peer::BullMq => self.node("bullmq.mjs", at_once).await,
            Peer::GraphileWorker => self.node("graphile-worker.mjs", at_once).await,
            Peer::Stock => {
                let mut command = Command::new(self.target.join("release/examples/stock_speed"));
                answer(command.args([&self.redis, at_once])).await
            }
        }
    }

    async fn moodwire(&self, at_once: &str, processes: &str) -> Result<Value> {
        let mut command = Command::new(self.target.join("release/moodwire"));
        command
            .arg("-c")
            .arg(&self.config)
            .args(["bench", "queue", "--json", "--jobs", JOBS])
            .args(["--concurrency", at_once, "--processes", processes]);
        let parts = answer(&mut command).await?["parts"].take();
        let rate = |name: &str| (name.to_owned(), parts[name]["per_second"].clone());
        let mut figures: serde_json::Map<String, Value> =
            ["enqueue_one_by_one", "enqueue_in_bulk", "drain"]
                .map(rate)
                .into_iter()
                .collect();
        for (name, value) in [
            ("worker_cpu_ms_per_1000", &parts["worker_cpu_ms_per_1000"]),
            ("redis_cpu_ms_per_1000", &parts["redis"]["cpu_ms_per_1000"]),
        ] {
            figures.insert(name.to_owned(), value.clone());
        }
        Ok(Value::Object(figures))
    }

    async fn node(&self, script: &str, at_once: &str) -> Result<Value> {
        let mut command = Command::new("node");
        command
            .arg(Path::new(&self.scripts).join(script))
            .env("JOBS", JOBS)
            .env("CONCURRENCY", at_once)
            .env("REDIS_URL", &self.redis)
            .env("POSTGRES_URL", &self.postgres);
        answer(&mut command).await
    }
}

/// Runs a command to its end and reads its answer.
async fn answer(command: &mut Command) -> Result<Value> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        // A level of logging that slows one of them down would be unfair.
        .env_remove("MOODWIRE_LOG")
        .output()
        .await?;
    if !output.status.success() {
        bail!(
            "{:?} ended with {}",
            command.as_std().get_program(),
            output.status
        );
    }
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{:?} answers no JSON", command.as_std().get_program()))
}

#[expect(clippy::print_stdout, reason = "the command's one product")]
fn print(figures: &BTreeMap<(Peer, &str), Vec<Value>>) {
    let heads: Vec<&str> = FIGURES.iter().map(|(_, head)| *head).collect();
    println!("| queue | jobs at once | {} |", heads.join(" | "));
    println!("|---|---|{}", "---|".repeat(FIGURES.len()));
    for ((peer, at_once), measured) in figures {
        let cells: Vec<String> = FIGURES
            .iter()
            .map(|(name, _)| {
                let values = measured.iter().filter_map(|one| one[name].as_f64());
                median(values.collect()).map_or_else(|| "–".to_owned(), shown)
            })
            .collect();
        println!("| {} | {at_once} | {} |", peer.name(), cells.join(" | "));
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn shown(value: f64) -> String {
    if value < 1_000.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_a_value_that_was_measured() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(3.0));
        assert_eq!(median(Vec::new()), None);
    }
}
