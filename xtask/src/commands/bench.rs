//! `cargo xtask bench`: how long the program takes to drain a file of posts, and how much memory, on SQLite and on servers.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::{
    services::{self, Outcome},
    session::{Session, exit_code},
};

/// Posts in the file unless the command line says otherwise.
pub(crate) const POSTS: u64 = 100_000;

/// How often a run's memory is read while it lasts. The kernel keeps the peak, so that only what grows in the last
/// moment can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The variables that name servers of the user's own, which a benchmark does not fill.
const NAMED: [&str; 3] = [
    "MOODWIRE_TEST_REDIS_URL",
    "MOODWIRE_TEST_POSTGRES_URL",
    "MOODWIRE_TEST_MONGODB_URL",
];

/// Builds the program, drains `posts` posts on each kind of store, and prints a line for each.
pub(crate) async fn run(posts: u64, session: &mut Session) -> Result<u8> {
    let build: Vec<OsString> = ["build", "--release", "--locked", "--package", "moodwire"]
        .map(OsString::from)
        .to_vec();
    let code = exit_code(session.cargo(&build, &[]).await?);
    if code != 0 {
        return Ok(code);
    }
    let program = session.target().join("release").join("moodwire");
    let folder = session.run_folder()?.data("bench")?;
    let file = folder.join("posts.jsonl");
    write_posts(&file, posts)?;
    report(&drain(&program, &folder, &file, "sqlite", "").await?, posts);
    if NAMED.iter().any(|name| env::var_os(name).is_some()) {
        eprintln!("servers: skipped, since a benchmark fills only servers that it started itself");
        return Ok(0);
    }
    let outcomes = services::start_all(session).await?;
    match stores(&outcomes) {
        Some(stores) => report(
            &drain(&program, &folder, &file, "servers", &stores).await?,
            posts,
        ),
        None => eprintln!("servers: skipped, since not all three are to be had"),
    }
    Ok(0)
}

/// What one drain took.
struct Measured {
    stores: &'static str,
    took: Duration,
    /// The process's peak of resident memory, bytes; none where `/proc` does not tell it.
    peak: Option<u64>,
}

fn report(measured: &Measured, posts: u64) {
    let peak = measured.peak.map_or_else(
        || "unknown".to_owned(),
        |bytes| format!("{} MB", bytes / 1_000_000),
    );
    let seconds = measured.took.as_secs_f64();
    #[expect(
        clippy::cast_precision_loss,
        clippy::print_stdout,
        reason = "a rate for people, and the command's one product"
    )]
    {
        println!(
            "{}: {posts} posts drained in {seconds:.1} s ({:.0} posts/s), peak resident memory {peak}",
            measured.stores,
            posts as f64 / seconds
        );
    }
}

/// The stores' part of a configuration, on servers that were just started and hold nothing else.
fn stores(outcomes: &[Outcome]) -> Option<String> {
    let url = |name: &str| {
        outcomes
            .iter()
            .filter_map(Outcome::variable)
            .find(|(variable, _)| *variable == name)
            .map(|(_, url)| url.trim_end_matches('/').to_owned())
    };
    let [redis, postgres, mongodb] = NAMED.map(url);
    Some(format!(
        "[queue]\nurl = \"{}\"\n[lake]\nurl = \"{}/bench\"\n[warehouse]\nurl = \"{}/postgres\"\n",
        redis?, mongodb?, postgres?
    ))
}

async fn drain(
    program: &Path,
    folder: &Path,
    posts: &Path,
    stores: &'static str,
    config: &str,
) -> Result<Measured> {
    let path = folder.join(format!("{stores}.toml"));
    let text = format!(
        "data_dir = \"{0}/{stores}\"\n{config}[publish]\ncatch_up = \"all\"\n\
         [[source]]\nkind = \"replay\"\nname = \"bench\"\npath = \"{1}\"\n\
         [[channel]]\nkind = \"stdout\"\nname = \"nowhere\"\n",
        folder.display(),
        posts.display()
    );
    fs::write(&path, text)?;
    let command = |words: &[&str]| {
        let mut command = Command::new(program);
        command
            .arg("-c")
            .arg(&path)
            .args(words)
            .env("MOODWIRE_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command
    };
    let migrated = command(&["migrate", "up"]).status().await?;
    ensure!(migrated.success(), "`moodwire migrate up` failed");
    let started = Instant::now();
    let mut child = command(&["up", "--drain"]).spawn()?;
    let status = child
        .id()
        .map(|id| PathBuf::from(format!("/proc/{id}/status")))
        .context("the program ended at once")?;
    let mut peak = None;
    let ended = loop {
        tokio::select! {
            ended = child.wait() => break ended?,
            () = tokio::time::sleep(LOOK_EVERY) => peak = peak_memory(&status).or(peak),
        }
    };
    ensure!(ended.success(), "`moodwire up --drain` failed");
    Ok(Measured {
        stores,
        took: started.elapsed(),
        peak,
    })
}

/// `VmHWM`, the kernel's own peak of a process's resident memory (proc(5)), in bytes.
fn peak_memory(status: &Path) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

const WORDS: [&str; 16] = [
    "bitcoin", "great", "terrible", "not", "very", "moon", "LOVE", "hate", "but", "fees", "rocket",
    "scam", "win", "happy", "stolen", "the",
];

/// Posts of 3 to 20 words, over the 48 hours that begin at 2026-03-01T00, the same in every run.
fn write_posts(path: &Path, posts: u64) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for index in 0..posts {
        // Knuth's multiplicative hashing scatters neighbours.
        let scattered = |salt: u64| (index + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
        let second = scattered(0) % (48 * 3600);
        let text: Vec<&str> = (0..3 + scattered(1) % 18)
            .map(|word| WORDS[usize::try_from(scattered(2 + word) % 16).unwrap_or(0)])
            .collect();
        writeln!(
            file,
            "{{\"id\":\"{index}\",\"author\":\"user{}\",\"text\":\"{}\",\"created_at\":\"2026-03-{:02}T{:02}:{:02}:{:02}Z\"}}",
            index % 97,
            text.join(" "),
            1 + second / 86_400,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60,
        )?;
    }
    file.flush().context("the posts cannot be written")
}
