//! What people and scripts see: data on standard output, logs and complaints on standard error.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// Prints one JSON document.
pub(crate) fn json(document: &impl Serialize) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, document)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// Prints a line of text.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Prints rows under a header, each column as wide as its widest cell.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .chain(header.get(column).map(|cell| cell.len()))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let print = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        line(padded.join("  ").trim_end())
    };
    print(&mut header.iter().copied())?;
    for row in rows {
        print(&mut row.iter().map(String::as_str))?;
    }
    Ok(())
}

/// Says on standard error why the program ends. A failure to say so cannot be told to anyone.
pub(crate) fn complain(sentence: &str) {
    if !sentence.is_empty() {
        let _unheard = writeln!(std::io::stderr(), "moodwire: {sentence}");
    }
}

/// Logs go to standard error, filtered by `MOODWIRE_LOG` (as `RUST_LOG` is written), else at `verbosity`.
pub(crate) fn start_logging(verbosity: &str) {
    let filter = EnvFilter::try_from_env("MOODWIRE_LOG").unwrap_or_else(|_| {
        // apalis tells of each worker's start and stop, sqlx of each slow statement: debugging matters.
        EnvFilter::new(format!(
            "{verbosity},apalis_core=warn,sqlx=error,sea_orm_migration=warn"
        ))
    });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}
