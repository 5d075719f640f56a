//! What may be written on the command line.

mod jobs;
mod values;

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand};
use moodwire_model::Hour;
use moodwire_warehouse::PublicationState;

pub(crate) use self::{
    jobs::{DeadCommand, DeadFilter, Filter, JobsCommand, Paging, QueueCommand, Which},
    values::Since,
};
use crate::{
    bench::{console::ConsoleBench, matching::MatchBench, queue::QueueBench, score::ScoreBench},
    demo::Demo,
    export::{Format, What},
};

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
            Command::Up(_) | Command::Scheduler | Command::Worker(_) | Command::Console => "info",
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
    /// Serve the console, to see everything and fix it from a browser
    Console,
    /// Run workers
    Worker(Worker),
    /// Bring the warehouse's schema up to date, back, or show where it is
    Migrate(Migrate),
    /// Ask for a job by hand; it always runs
    Enqueue(Enqueue),
    /// Look at the queue, stop or resume a kind, or give up what waits
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
    /// Look at sources, try one out, or see what it would bring next
    #[command(subcommand)]
    Source(SourceCommand),
    /// Look at channels, try one out, or enable one that was disabled
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Print an hour's digest, or what a channel would get of it
    Digest(Digest),
    /// Print the mood hour by hour: how many posts there were and how they sounded
    Mood(Mood),
    /// Write posts, or the mood's hours, to a file: CSV, Parquet or JSON Lines
    Export(Export),
    /// Score a text, or a text a line, with the configured scorer
    Score(Score),
    /// Give history the scores of another scorer, as jobs; say which hours' best or worst post changes
    Rescore(Rescore),
    /// Show or check the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Enqueue what is missing of a range of hours
    Backfill(Backfill),
    /// List who changed what, newest first
    Audit(Audit),
    /// Say whether the stores answer, for probes
    Health,
    /// Say what is configured, what is reachable, and what to fix
    Doctor,
    /// Measure what the program can do on this machine
    #[command(subcommand)]
    Bench(BenchCommand),
}

/// `bench`
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum BenchCommand {
    /// Measure the configured queue's server, on keys of its own that are removed afterwards
    Queue(QueueBench),
    /// Measure how fast the configured scorer goes through a file's texts
    Score(ScoreBench),
    /// Measure how many posts a second are matched against a watchlist
    Match(MatchBench),
    /// Measure how long each page of the console takes with many jobs stored, on stores of its own that are removed afterwards
    Console(ConsoleBench),
    /// A worker process of `bench queue`, which starts it
    #[command(hide = true)]
    QueueWorker,
}

/// `up`
#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    /// Collect each source to its end, and stop when nothing is left to do
    #[arg(long)]
    pub(crate) drain: bool,
}

/// `worker`
#[derive(Debug, clap::Args)]
pub(crate) struct Worker {
    /// Only these kinds
    #[arg(long, value_delimiter = ',', value_name = "KIND", value_parser = values::kind)]
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

/// `publications`
#[derive(Debug, Subcommand)]
pub(crate) enum PublicationsCommand {
    /// List publications, oldest hour first
    List {
        /// Only this state
        #[arg(long, value_parser = values::publication_state)]
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

/// `backfill`
#[derive(Debug, clap::Args)]
pub(crate) struct Backfill {
    /// What is made up for: sources that were not read to the range's end, batches that are scored again, or hours that
    /// were not published
    #[arg(value_enum)]
    pub(crate) what: BackfillWhat,
    /// The first hour, such as 2026-03-01T00
    #[arg(long)]
    pub(crate) from: Hour,
    /// The first hour that is left out
    #[arg(long)]
    pub(crate) to: Hour,
    /// Say what would be enqueued, and enqueue nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What is backfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum BackfillWhat {
    /// Sources
    Collect,
    /// Batches
    Transform,
    /// Publications
    Publish,
}

/// `source`
#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// List the configured sources, how far each was read, and why one is not
    List,
    /// Ask the network whether the source can be read
    Test {
        /// The source's name
        name: String,
    },
    /// Have no job read the source for a while; what it has meanwhile is read afterwards
    Pause {
        /// The source's name
        name: String,
        /// For how long
        #[arg(long = "for", value_name = "DURATION", default_value = "24h", value_parser = values::duration)]
        length: Duration,
    },
    /// Let a source that is paused be read again
    Resume {
        /// The source's name
        name: String,
    },
    /// Show the next posts as they would be stored, and store nothing; what is billed is counted
    Peek {
        /// The source's name
        name: String,
        /// How many posts at most
        #[arg(long, default_value_t = 5)]
        limit: usize,
    },
}

/// `channel`
#[derive(Debug, Subcommand)]
pub(crate) enum ChannelCommand {
    /// List the configured channels, and why one is disabled
    List,
    /// Send a message that says that it is a test
    Test {
        /// The channel's name
        name: String,
    },
    /// Send nothing more to a channel until it is enabled; its hours stay due
    Pause {
        /// The channel's name
        name: String,
    },
    /// Send again to a channel whose target had refused us, and publish what is due
    Enable {
        /// The channel's name
        name: String,
    },
}

/// What a person has seen in the channel.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Seen {
    /// The channel has it, as the message of this id where one is given
    #[arg(long, value_name = "MESSAGE_ID", num_args = 0..=1, default_missing_value = "")]
    pub(crate) sent: Option<String>,
    /// The channel does not have it: send it again
    #[arg(long)]
    pub(crate) resend: bool,
    /// The channel does not have it, and shall not
    #[arg(long)]
    pub(crate) skip: bool,
}

/// `digest`
#[derive(Debug, clap::Args)]
pub(crate) struct Digest {
    /// The hour, UTC: 2026-03-01T00
    #[arg(long, value_name = "H")]
    pub(crate) hour: Hour,
    /// Print exactly what this channel would get
    #[arg(long, value_name = "NAME")]
    pub(crate) channel: Option<String>,
    /// Write the chart of the 24 hours that end with it to a PNG file
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
}

/// `audit`
#[derive(Debug, clap::Args)]
pub(crate) struct Audit {
    /// Only what was done since: RFC 3339, or a duration such as 24h
    #[arg(long, value_name = "WHEN", value_parser = values::since)]
    pub(crate) since: Option<Since>,
    /// Only this deed, such as "dead retry", or all that begin with this word
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// Only what this person did, on this host (ada@host) or any (ada)
    #[arg(long, value_name = "WHO")]
    pub(crate) who: Option<String>,
    /// How many at most
    #[arg(long, default_value = "100", value_name = "N", value_parser = values::limit)]
    pub(crate) limit: usize,
    /// Go on where a list with the same filter has stopped
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<i64>,
}

/// Which posts.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Among {
    /// Only posts that match this actor
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Only posts that this source brought
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
}

/// `mood`
#[derive(Debug, clap::Args)]
pub(crate) struct Mood {
    /// The last hours, with the one that is not over
    #[arg(long, default_value = "24h", value_name = "DURATION", value_parser = values::duration)]
    pub(crate) last: Duration,
    /// The first hour, UTC: 2026-03-01T00
    #[arg(long, value_name = "H", requires = "to", conflicts_with = "last")]
    pub(crate) from: Option<Hour>,
    /// The first hour that is left out
    #[arg(long, value_name = "H", requires = "from")]
    pub(crate) to: Option<Hour>,
    #[command(flatten)]
    pub(crate) among: Among,
}

/// `export`
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// Scored posts, one a row; or hours, as `mood` prints them
    #[arg(value_enum)]
    pub(crate) what: What,
    /// The first hour, UTC: 2026-03-01T00
    #[arg(long, value_name = "H")]
    pub(crate) from: Hour,
    /// The first hour that is left out
    #[arg(long, value_name = "H")]
    pub(crate) to: Hour,
    #[command(flatten)]
    pub(crate) among: Among,
    /// How it is written
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    /// The file, which is there only once it is whole; - for standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

/// `score`
#[derive(Debug, clap::Args)]
pub(crate) struct Score {
    /// The text
    #[arg(
        value_name = "TEXT",
        allow_hyphen_values = true,
        required_unless_present = "jsonl"
    )]
    pub(crate) text: Option<String>,
    /// Say how each token comes by its share
    #[arg(long)]
    pub(crate) explain: bool,
    /// Score a file, or - for standard input: an object with `text` a line in, the same with its scores out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "explain"])]
    pub(crate) jsonl: Option<PathBuf>,
}

/// `rescore`
#[derive(Debug, clap::Args)]
pub(crate) struct Rescore {
    /// The first hour, UTC: 2026-03-01T00
    #[arg(long, value_name = "H")]
    pub(crate) from: Hour,
    /// The first hour that is left alone again
    #[arg(long, value_name = "H")]
    pub(crate) to: Hour,
    /// vader, or the name or file of an overlay; else the configured scorer
    #[arg(long, value_name = "SCORER")]
    pub(crate) scorer: Option<String>,
    /// Only say what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        super::Args::command().debug_assert();
    }
}
