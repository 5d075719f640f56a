//! What people and scripts see: data on standard output, logs and complaints on standard error.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::LogFormat,
    environment,
    failure::Failure,
    telemetry::{Outbox, Recorder},
};

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

/// The same where every line of standard error is to be a JSON object: one of the shape of a log's line.
pub(crate) fn complain_in(format: LogFormat, sentence: &str) {
    match format {
        LogFormat::Text => complain(sentence),
        LogFormat::Json if sentence.is_empty() => {}
        LogFormat::Json => {
            let at = environment::clock().now();
            let line = serde_json::json!({
                "timestamp": at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
                "level": "ERROR",
                "message": sentence,
            });
            let _unheard = writeln!(std::io::stderr(), "{line}");
        }
    }
}

/// Logs go to standard error, filtered by `MOODWIRE_LOG` (as `RUST_LOG` is written), else at `verbosity`. A line tells the
/// fields of the spans that it was written in: which job, which attempt. With a collector's URL, traces begin to gather in
/// the outbox that comes back.
pub(crate) fn start_logging(
    verbosity: &str,
    format: LogFormat,
    collector: Option<String>,
) -> Option<Outbox> {
    let filter = EnvFilter::try_from_env("MOODWIRE_LOG").unwrap_or_else(|_| {
        // apalis tells of each worker's start and stop, sqlx of each slow statement: debugging matters.
        EnvFilter::new(format!(
            "{verbosity},apalis_core=warn,sqlx=error,sea_orm_migration=warn"
        ))
    });
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(format == LogFormat::Text && std::io::stderr().is_terminal())
        .with_target(false);
    let lines = match format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(true)
            .with_filter(filter)
            .boxed(),
    };
    let (recorder, outbox) = collector.map(Recorder::to).unzip();
    tracing_subscriber::registry()
        .with(lines)
        .with(recorder)
        .init();
    outbox
}
