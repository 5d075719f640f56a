//! Export: posts, or the mood's hours, as CSV, Parquet or JSON Lines, with no more than a few thousand rows in memory.

mod csv;
mod jsonl;
mod parquet;
mod rows;

use std::io::Write;

use chrono::TimeDelta;
use moodwire_model::Hour;
use moodwire_warehouse::{MoodFilter, Warehouse};

use self::rows::Row;
use crate::failure::Failure;

/// Posts read in one go.
const PAGE: u64 = 2_000;

/// Hours counted in one go: a month's.
const HOURS: i64 = 31 * 24;

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    /// Scored posts, whole; also those that are deleted, whose text is erased
    Posts,
    /// The mood, hour by hour
    Hours,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Comma-separated values with a header; safe to open in a spreadsheet
    Csv,
    /// Apache Parquet, compressed with Zstandard
    Parquet,
    /// A JSON object a line
    Jsonl,
}

impl Format {
    /// What a file of it is called by.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
        }
    }

    /// Its media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Jsonl => "application/jsonl",
        }
    }
}

/// Writes what the hours in `[from, to)` hold and passes the filter to `out`, by hour and time, and says how many rows it
/// was. It is read page by page: what is stored meanwhile is in it or is not, and no row is in it twice.
///
/// `out` is written to between pages, from an async task: one that can wait long must do so in
/// [`tokio::task::block_in_place`]. Its [`std::io::ErrorKind::BrokenPipe`] ends the export as [`Failure::ReaderGone`].
pub(crate) async fn export<W: Write + Send>(
    warehouse: &Warehouse,
    what: What,
    (from, to): (Hour, Hour),
    filter: &MoodFilter,
    format: Format,
    out: W,
) -> Result<u64, Failure> {
    match what {
        What::Posts => {
            let mut sink = Sink::new(format, out)?;
            for hour in warehouse.hours_with_posts(Some(from), to).await? {
                let mut after = None;
                loop {
                    let page = warehouse.stored_posts(hour, filter, after.as_ref(), PAGE);
                    let (posts, next) = page.await?;
                    sink.write(posts)?;
                    match next {
                        Some(next) => after = Some(next),
                        None => break,
                    }
                }
            }
            sink.finish()
        }
        What::Hours => {
            let mut sink = Sink::new(format, out)?;
            let mut begin = from;
            while begin < to {
                let end = to.min(Hour::of(begin.start() + TimeDelta::hours(HOURS)));
                sink.write(warehouse.mood(begin, end, filter).await?)?;
                begin = end;
            }
            sink.finish()
        }
    }
}

/// Where rows go, in the format that was asked for.
struct Sink<W: Write + Send, R> {
    rows: u64,
    writer: Writer<W, R>,
}

enum Writer<W: Write + Send, R> {
    Csv(Box<csv::Writer<W>>),
    Parquet(Box<parquet::Writer<W, R>>),
    Jsonl(jsonl::Writer<W>),
}

impl<W: Write + Send, R: Row> Sink<W, R> {
    fn new(format: Format, out: W) -> Result<Self, Failure> {
        let writer = match format {
            Format::Csv => Writer::Csv(Box::new(csv::Writer::new::<R>(out)?)),
            Format::Parquet => Writer::Parquet(Box::new(parquet::Writer::new(out)?)),
            Format::Jsonl => Writer::Jsonl(jsonl::Writer::new(out)),
        };
        Ok(Self { rows: 0, writer })
    }

    fn write(&mut self, rows: Vec<R>) -> Result<(), Failure> {
        self.rows += rows.len() as u64;
        match &mut self.writer {
            Writer::Csv(writer) => writer.write(&rows),
            Writer::Parquet(writer) => writer.write(rows),
            Writer::Jsonl(writer) => writer.write(&rows),
        }
    }

    /// Writes what is left; how many rows it was in all.
    fn finish(self) -> Result<u64, Failure> {
        match self.writer {
            Writer::Csv(writer) => writer.finish()?,
            Writer::Parquet(writer) => writer.finish()?,
            Writer::Jsonl(writer) => writer.finish()?,
        }
        Ok(self.rows)
    }
}
