//! `demo`: the whole line in one process on SQLite, on posts that are shipped: no server, no key, no network.

mod posts;
mod summary;
mod terminal;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use moodwire_workers::{ChannelEntry, Deps};

use self::terminal::Terminal;
use crate::{
    config::{CatchUp, Config, Source},
    console::Served,
    drain,
    environment::{self, Start},
    failure::Failure,
    output,
    roles::{Roles, Signals, Workers, stay},
    scheduler::Scheduler,
};

/// The name of the demo's source.
const SOURCE: &str = "demo";

/// The name of the demo's channel.
const CHANNEL: &str = "terminal";

/// The configuration that the demo leaves beside its data.
const CONFIG_FILE: &str = "moodwire.toml";

/// How that file begins.
const CONFIG_HEADER: &str = "# Left by `moodwire demo`";

/// What `demo` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Another file of posts (JSON Lines; - for standard input), whose dates are kept
    #[arg(long, value_name = "FILE")]
    pub(crate) posts: Option<PathBuf>,
    /// Where the data goes; else a fresh folder, which is kept
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Stop when all is published
    #[arg(long)]
    pub(crate) exit: bool,
}

/// Runs the command.
pub(crate) async fn run(args: &Demo) -> Result<(), Failure> {
    let begun = tokio::time::Instant::now();
    let mut signals = Signals::listen()?;
    let folder = folder(args.data_dir.as_deref())?;
    let posts = posts::prepare(args.posts.as_deref(), &folder, environment::clock().now()).await?;
    let config = config(&folder, posts.path.clone());
    write_config(&folder, &posts.path)?;
    let sources = environment::sources(&config)?;
    for source in sources.values() {
        source
            .check()
            .await
            .map_err(|error| Failure::Usage(error.to_string()))?;
    }
    output::line(&format!(
        "Moodwire demo: {} posts from {}, scored and published hour by hour. No server, no key, no network.\n",
        posts.lines, posts.origin
    ))?;
    let terminal = Arc::new(Terminal::new(CHANNEL, posts.lines));
    let channels = BTreeMap::from([(CHANNEL.to_owned(), entry(Arc::clone(&terminal)))]);
    let start = Start {
        patience: Duration::ZERO,
        horizon: Some(environment::clock().now()),
    };
    let deps = environment::build(&config, sources, channels, start).await?;
    let workers = Workers::start_all(&deps, &config);
    let drained = tokio::select! {
        report = drain::drain(&deps) => report,
        () = show_progress(&deps, &terminal) => Err(Failure::Runtime("the demo's progress ended".to_owned())),
        failure = workers.died() => Err(failure),
        () = signals.next() => Err(Failure::Runtime(format!(
            "stopped by a signal; what was done so far is in {}", folder.display()
        ))),
    };
    terminal.finish();
    workers.stop(&mut signals).await?;
    let report = drained?;
    summary::print(&deps, &report, begun.elapsed(), &folder).await?;
    if !args.exit {
        output::line(&summary::try_next(&folder))?;
        // With another horizon: what ends from now on is due as well.
        let channels = BTreeMap::from([(CHANNEL.to_owned(), entry(terminal))]);
        let sources = environment::sources(&config)?;
        let deps = environment::build(&config, sources, channels, Start::default()).await?;
        let scheduler = Scheduler::new(Arc::clone(&deps), &config)?;
        let workers = Workers::start_all(&deps, &config);
        let console = Served::start_beside(&deps, &config).await?;
        if let Some(served) = &console {
            output::line(&format!(
                "\nLook at it all in a browser: http://{}\n",
                served.address()
            ))?;
        }
        let roles = Roles {
            workers: Some(workers),
            scheduler: Some(scheduler),
            console,
        };
        stay(roles, &mut signals).await?;
    }
    report
        .trouble()
        .map_or(Ok(()), |trouble| Err(Failure::Runtime(trouble)))
}

/// The folder that the data goes to: the one that is named, else a fresh one, which is kept.
fn folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::Usage(format!(
            "the data directory {} cannot be made: {error}; name another with --data-dir",
            path.display()
        ))
    };
    if let Some(path) = named {
        std::fs::create_dir_all(path).map_err(|error| failed(path, error))?;
        refuse_strangers(path)?;
        return std::path::absolute(path).map_err(|error| failed(path, error));
    }
    tempfile::Builder::new()
        .prefix("moodwire-demo-")
        .tempdir()
        .map(tempfile::TempDir::keep)
        .map_err(|error| failed(&std::env::temp_dir(), error))
}

/// Refuses a folder that holds a configuration, or posts, which no demo has left there: both would be overwritten.
fn refuse_strangers(folder: &Path) -> Result<(), Failure> {
    let ours = std::fs::read_to_string(folder.join(CONFIG_FILE))
        .is_ok_and(|text| text.starts_with(CONFIG_HEADER));
    let taken = [CONFIG_FILE, posts::FILE]
        .into_iter()
        .find(|file| folder.join(file).exists());
    match taken {
        Some(file) if !ours => Err(Failure::Usage(format!(
            "{}/{file} is not the demo's and would be overwritten: name another folder with --data-dir",
            folder.display()
        ))),
        _ => Ok(()),
    }
}

fn config(folder: &Path, posts: PathBuf) -> Config {
    let mut config = Config {
        data_dir: Some(folder.to_owned()),
        source: vec![Source {
            kind: "replay".to_owned(),
            name: SOURCE.to_owned(),
            path: Some(posts),
            ..Source::default()
        }],
        ..Config::default()
    };
    config.publish.grace = Duration::ZERO;
    config.publish.catch_up = CatchUp(None);
    config
}

/// Leaves a configuration beside the data, so that the other commands can look at it with `-c`.
fn write_config(folder: &Path, posts: &Path) -> Result<(), Failure> {
    let quoted = |path: &Path| toml::Value::String(path.display().to_string()).to_string();
    let text = format!(
        "{CONFIG_HEADER}, for a look at its data: moodwire -c {}/{CONFIG_FILE} jobs list\n\
         data_dir = {}\n\n[publish]\ngrace = \"0s\"\ncatch_up = \"all\"\n\n\
         [[source]]\nkind = \"replay\"\nname = \"{SOURCE}\"\npath = {}\n\n\
         [[channel]]\nkind = \"stdout\"\nname = \"{CHANNEL}\"\n",
        folder.display(),
        quoted(folder),
        quoted(posts),
    );
    Ok(std::fs::write(folder.join(CONFIG_FILE), text)?)
}

fn entry(terminal: Arc<Terminal>) -> ChannelEntry {
    ChannelEntry::of(terminal)
}

/// Shows how many posts are scored; never ends by itself.
async fn show_progress(deps: &Deps, terminal: &Terminal) {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    loop {
        ticks.tick().await;
        if let Ok(totals) = deps.warehouse.totals().await {
            terminal.show_progress(totals.posts);
        }
    }
}
