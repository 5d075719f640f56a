//! What may be written on the command line.

use std::{path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use clap::{ArgGroup, Parser, Subcommand};
use moodwire_model::{Hour, slot};
use moodwire_queue::State;
use moodwire_warehouse::PublicationState;

use crate::demo::Demo;

/// Moodwire follows crypto actors, scores their posts, and publishes each hour's best and worst.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(crate) struct Args {
    /// The configuration file; else $MOODWIRE_CONFIG, else ./moodwire.toml
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print data as one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Args {
    /// How much is logged unless `MOODWIRE_LOG` says otherwise: the long-running roles tell what they do.
    pub(crate) fn verbosity(&self) -> &'static str {
        match self.command {
            Command::Up(_) | Command::Scheduler | Command::Worker(_) => "info",
            Command::Demo(_) => "error",
            _ => "warn",
        }
    }
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole line on posts that are shipped, with nothing to install or configure
    Demo(Demo),
    /// Run all roles in one process, as configured
    Up(Up),
    /// Run the scheduler: slots for collects, and the upkeep of every minute
    Scheduler,
    /// Run workers
    Worker(Worker),
    /// Bring the warehouse's schema up to date, back, or show where it is
    Migrate(Migrate),
    /// Ask for a job by hand; it always runs
    Enqueue(Enqueue),
    /// Look at the queue, or stop and resume a kind
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Look at jobs
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Look at dead letters, run them again, or give them up
    #[command(subcommand)]
    Dead(DeadCommand),
    /// Look at publications, or say what became of one that is uncertain
    #[command(subcommand)]
    Publications(PublicationsCommand),
    /// Print an hour's digest
    Digest(Digest),
    /// Show or check the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Say what is configured, what is reachable, and what to fix
    Doctor,
}

/// `up`
#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    /// Collect each source once, to its end, and stop when nothing is left to do
    #[arg(long)]
    pub(crate) drain: bool,
}

/// `worker`
#[derive(Debug, clap::Args)]
pub(crate) struct Worker {
    /// Only these kinds
    #[arg(long, value_delimiter = ',', value_name = "KIND", value_parser = kind)]
    pub(crate) only: Vec<String>,
    /// How many jobs of each kind run at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) concurrency: Option<u16>,
}

/// `migrate`
#[derive(Debug, clap::Args)]
pub(crate) struct Migrate {
    /// Which way
    #[arg(value_enum, default_value_t = Direction::Up)]
    pub(crate) direction: Direction,
    /// With down: how many migrations are undone
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) steps: u32,
}

/// Which way a schema goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Direction {
    /// Apply what is pending
    Up,
    /// Undo the last
    Down,
    /// Show what is applied
    Status,
}

/// `enqueue`
#[derive(Debug, clap::Args)]
pub(crate) struct Enqueue {
    #[command(subcommand)]
    pub(crate) what: EnqueueWhat,
}

/// What is asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum EnqueueWhat {
    /// One pass over a source
    Collect {
        /// The source's name
        #[arg(long, value_name = "NAME")]
        source: String,
    },
    /// One batch into the warehouse
    Transform {
        /// The batch's id
        #[arg(long, value_name = "ID")]
        batch: String,
    },
    /// One hour to one channel, or to all
    Publish {
        /// The hour, UTC: 2026-03-01T00
        #[arg(long, value_name = "H")]
        hour: Hour,
        /// The channel's name; all when not given
        #[arg(long, value_name = "NAME")]
        channel: Option<String>,
    },
}

/// `queue`
#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// Count jobs by kind and state
    Stats,
    /// Hand out no more jobs of a kind, in every process
    Pause {
        /// The kind
        #[arg(value_parser = kind)]
        kind: String,
    },
    /// Hand out jobs of a kind again
    Resume {
        /// The kind
        #[arg(value_parser = kind)]
        kind: String,
    },
}

/// `jobs`
#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// List jobs, newest change first
    List {
        #[command(flatten)]
        filter: Filter,
        /// Only this state
        #[arg(long, value_parser = state)]
        state: Option<State>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: usize,
    },
    /// Show one job, whole
    Show {
        /// The job's id
        id: String,
    },
}

/// Which jobs.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Filter {
    /// Only this kind
    #[arg(long, value_parser = kind)]
    pub(crate) kind: Option<String>,
    /// Only jobs whose id, payload, reason or error contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only jobs that changed since: RFC 3339, or a duration such as 2h
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(crate) since: Option<Since>,
}

impl Filter {
    /// True when nothing narrows it.
    pub(crate) fn is_empty(&self) -> bool {
        self.kind.is_none() && self.search.is_none() && self.since.is_none()
    }
}

/// A moment, or how long before now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Since {
    /// A moment.
    At(DateTime<Utc>),
    /// Before now.
    Ago(Duration),
}

/// `dead`
#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// List dead letters, newest first
    List {
        #[command(flatten)]
        filter: Filter,
        /// How many at most
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: usize,
    },
    /// Show one dead letter, whole
    Show {
        /// The job's id
        id: String,
    },
    /// Run dead letters again, with all their attempts
    Retry {
        #[command(flatten)]
        which: Which,
        /// Spread them over this time
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        spread: Option<Duration>,
    },
    /// Give dead letters up for good: their batch is discarded, their publication skipped
    Discard {
        #[command(flatten)]
        which: Which,
    },
}

/// Which dead letters: by id, or all that a filter matches.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("selection").required(true).args(["ids", "all"]))]
pub(crate) struct Which {
    /// Their ids
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// All that the filter matches
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// Only count
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --all and no filter: yes, every one
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `publications`
#[derive(Debug, Subcommand)]
pub(crate) enum PublicationsCommand {
    /// List publications, oldest hour first
    List {
        /// Only this state
        #[arg(long, value_parser = publication_state)]
        state: Option<PublicationState>,
    },
    /// Show one publication
    Show {
        /// Its id
        id: i64,
    },
    /// Say whether the channel has a publication that is uncertain or failed
    Resolve {
        /// Its id
        id: i64,
        #[command(flatten)]
        how: Seen,
    },
}

/// What a person has seen in the channel.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Seen {
    /// The channel has it
    #[arg(long)]
    pub(crate) sent: bool,
    /// The channel does not have it: send it again
    #[arg(long)]
    pub(crate) resend: bool,
}

/// `digest`
#[derive(Debug, clap::Args)]
pub(crate) struct Digest {
    /// The hour, UTC: 2026-03-01T00
    #[arg(long, value_name = "H")]
    pub(crate) hour: Hour,
}

/// `config`
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print what is configured, defaults filled in, secrets masked
    Show,
    /// Say whether the configuration can be used
    Check,
    /// Print the commented example, the reference of every key
    Example,
}

fn kind(text: &str) -> Result<String, String> {
    if slot::KINDS.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("the kinds are {}", slot::KINDS.join(", ")))
    }
}

fn state(text: &str) -> Result<State, String> {
    State::parse(text).ok_or_else(|| {
        let states: Vec<&str> = State::ALL.into_iter().map(State::as_str).collect();
        format!("the states are {}", states.join(", "))
    })
}

fn publication_state(text: &str) -> Result<PublicationState, String> {
    PublicationState::parse(text).ok_or_else(|| {
        let states = PublicationState::ALL.map(PublicationState::as_str);
        format!("the states are {}", states.join(", "))
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "write a duration such as 30s, 10m or 2h".to_owned())
}

fn since(text: &str) -> Result<Since, String> {
    const CENTURY: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Since::At(at.to_utc()));
    }
    duration(text)
        .ok()
        .filter(|ago| *ago <= CENTURY)
        .map(Since::Ago)
        .ok_or_else(|| {
            "write RFC 3339 such as 2026-03-01T00:00:00Z, or a duration such as 2h".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        super::Args::command().debug_assert();
    }
}
