//! What may be written about jobs: `queue`, `jobs` and `dead`.

use std::{fmt, time::Duration};

use clap::{ArgGroup, Subcommand};
use moodwire_queue::State;

use super::values::{self, Since};

/// `queue`
#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// Count jobs by kind and state
    Stats,
    /// List the processes that are there: their roles, kinds and running jobs
    Workers,
    /// Hand out no more jobs of a kind, in every process
    Pause {
        /// The kind
        #[arg(value_parser = values::kind)]
        kind: String,
    },
    /// Hand out jobs of a kind again
    Resume {
        /// The kind
        #[arg(value_parser = values::kind)]
        kind: String,
    },
    /// Give up every job of a kind that waits: its batch is discarded, its publication skipped
    Clear {
        /// The kind
        #[arg(value_parser = values::kind)]
        kind: String,
        /// Yes, every one; without it, say how many there are
        #[arg(long)]
        yes: bool,
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
        #[arg(long, value_parser = values::state)]
        state: Option<State>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one job, whole
    Show {
        /// The job's id
        id: String,
    },
    /// Run scheduled jobs at once instead of at their time
    RunNow {
        /// Their ids
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
    /// Give up jobs that wait, for good: their batch is discarded, their publication skipped
    Discard {
        /// Their ids
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
}

/// Which jobs.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Filter {
    /// Only this kind
    #[arg(long, value_parser = values::kind)]
    pub(crate) kind: Option<String>,
    /// Only jobs whose id, payload, reason, error or worker contains this text; a list looks at 1,000 jobs a time and
    /// says how to go on
    #[arg(long, value_name = "TEXT", value_parser = values::search)]
    pub(crate) search: Option<String>,
    /// Only jobs that changed since: RFC 3339, or a duration such as 2h
    #[arg(long, value_name = "WHEN", value_parser = values::since)]
    pub(crate) since: Option<Since>,
}

/// Which dead letters.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct DeadFilter {
    #[command(flatten)]
    pub(crate) jobs: Filter,
    /// Only those that failed alike, as `dead groups` shows
    #[arg(long, value_name = "HEX", value_parser = values::fingerprint)]
    pub(crate) fingerprint: Option<String>,
}

impl DeadFilter {
    /// True when nothing narrows it.
    pub(crate) fn is_empty(&self) -> bool {
        let Filter {
            kind,
            search,
            since,
        } = &self.jobs;
        kind.is_none() && search.is_none() && since.is_none() && self.fingerprint.is_none()
    }
}

impl fmt::Display for DeadFilter {
    /// As it is written on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Filter {
            kind,
            search,
            since,
        } = &self.jobs;
        f.write_str("--all")?;
        let since = since.map(|since| since.to_string());
        for (option, value) in [
            ("kind", kind),
            ("search", search),
            ("since", &since),
            ("fingerprint", &self.fingerprint),
        ] {
            if let Some(value) = value {
                write!(f, " --{option} {value}")?;
            }
        }
        Ok(())
    }
}

/// How much of a list, and from where on.
#[derive(Debug, clap::Args)]
pub(crate) struct Paging {
    /// How many at most
    #[arg(long, default_value = "100", value_name = "N", value_parser = values::limit)]
    pub(crate) limit: usize,
    /// Go on where a list with the same filter has stopped
    #[arg(long, value_name = "TOKEN")]
    pub(crate) after: Option<String>,
}

/// `dead`
#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// List dead letters, newest first
    List {
        #[command(flatten)]
        filter: DeadFilter,
        #[command(flatten)]
        paging: Paging,
    },
    /// List dead letters by what they have in common, the last to die first
    Groups {
        /// Only this kind
        #[arg(long, value_parser = values::kind)]
        kind: Option<String>,
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
        #[arg(long, value_name = "DURATION", value_parser = values::duration)]
        spread: Option<Duration>,
        /// For one id: run it with this payload, JSON; @FILE reads a file, - standard input
        #[arg(long, value_name = "PAYLOAD")]
        edit: Option<String>,
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
    pub(crate) filter: DeadFilter,
    /// Only count
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --all and no filter: yes, every one
    #[arg(long)]
    pub(crate) yes: bool,
}
