//! The producing process: adds a range of ids, and says how many of them were new.

use std::{ops::Range, sync::Arc};

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use crate::{fault::Trap, sink::say, store, watched::Watched, work::Work};

/// What a producer is started with.
#[derive(Debug, Clone, clap::Args)]
pub struct Enqueue {
    /// The queue's URL
    #[arg(long)]
    pub url: String,
    /// What the queue's keys begin with
    #[arg(long, default_value = "chaos")]
    pub prefix: String,
    /// The kind of job
    #[arg(long, default_value = "chaos")]
    pub kind: String,
    /// The ids, such as 0..5000
    #[arg(long, value_parser = range)]
    pub ids: Range<u64>,
    /// How many go in one call
    #[arg(long, default_value_t = 100)]
    pub chunk: u64,
    /// Say `ready` and begin only at a line of standard input, so that several begin together
    #[arg(long)]
    pub wait: bool,
}

impl Enqueue {
    /// Adds the jobs, and says `added N`. A call that fails is repeated.
    ///
    /// # Errors
    /// When the queue cannot be opened or refuses.
    pub async fn run(self) -> Result<()> {
        let trap = Arc::new(Trap::from_environment().map_err(anyhow::Error::msg)?);
        let inner = store::reach(&self.url, &self.prefix).await?;
        let store = Watched::new(inner, trap, None);
        if self.wait {
            say("ready");
            BufReader::new(stdin()).lines().next_line().await?;
        }
        let mut added = 0;
        for from in self
            .ids
            .clone()
            .step_by(usize::try_from(self.chunk.max(1))?)
        {
            let to = (from + self.chunk.max(1)).min(self.ids.end);
            let jobs: Vec<_> = (from..to)
                .map(|id| Work::Quick.job(&self.kind, id, 3))
                .collect();
            let enqueued = store::insist(|| moodwire_queue::Store::enqueue(&store, &jobs)).await?;
            added += enqueued.iter().filter(|one| !one.duplicate).count();
        }
        say(&format!("added {added}"));
        Ok(())
    }
}

fn range(text: &str) -> Result<Range<u64>, String> {
    text.split_once("..")
        .and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?))
        .ok_or_else(|| format!("\"{text}\" is no range such as 0..5000"))
}
