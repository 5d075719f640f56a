//! `score`: scores a text, or a text a line, with the configured scorer.

mod lines;
mod show;

use super::args::Score;
use crate::{config::Config, failure::Failure, scorer};

/// Runs the command.
pub(super) fn run(config: &Config, args: &Score, json: bool) -> Result<(), Failure> {
    let scorer = scorer::configured(config)?;
    match (&args.text, &args.jsonl) {
        (_, Some(file)) => lines::run(&scorer, file),
        (Some(text), None) => show::text(&scorer, text, args.explain, json),
        // The parser asks for one of them.
        (None, None) => Ok(()),
    }
}
