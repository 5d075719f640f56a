//! CSV: a header and a line a row, as RFC 4180 has it. Moments are RFC 3339 in UTC, doubles have as many digits as tell them
//! apart, several texts are a JSON array, and nothing is an empty cell.
//!
//! Posts are written by strangers, and a spreadsheet runs a cell that begins as a formula does. In columns of text such a
//! cell gets a `'` in front, and so does one that begins with `'`: whoever drops one leading `'` has the text as it was.

use std::io::Write;

use chrono::SecondsFormat;

use super::rows::{Cell, Row};
use crate::failure::Failure;

/// What a spreadsheet takes for a formula's beginning, and the mark itself. (OWASP, "CSV Injection".)
const MARKED: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// Writes rows as lines of CSV.
pub(super) struct Writer<W: Write>(csv::Writer<W>);

impl<W: Write> Writer<W> {
    pub(super) fn new<R: Row>(out: W) -> Result<Self, Failure> {
        let mut writer = csv::Writer::from_writer(out);
        let header = R::COLUMNS.iter().map(|(name, ..)| name);
        writer.write_record(header).map_err(failed)?;
        Ok(Self(writer))
    }

    pub(super) fn write<R: Row>(&mut self, rows: &[R]) -> Result<(), Failure> {
        for row in rows {
            for cell in row.cells() {
                self.0.write_field(shown(cell)?).map_err(failed)?;
            }
            self.0.write_record(None::<&[u8]>).map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        Ok(self.0.flush()?)
    }
}

fn shown(cell: Cell<'_>) -> Result<String, Failure> {
    Ok(match cell {
        Cell::Nothing => String::new(),
        Cell::Text(text) if text.starts_with(MARKED) => format!("'{text}"),
        Cell::Text(text) => text.to_owned(),
        Cell::Texts(texts) => serde_json::to_string(texts)?,
        Cell::Moment(at) => at.to_rfc3339_opts(SecondsFormat::Millis, true),
        Cell::Double(number) => number.to_string(),
        Cell::Count(count) => count.to_string(),
    })
}

fn failed(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => Failure::Runtime(format!("the CSV cannot be written: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_marked_and_the_mark_can_be_dropped() {
        for (text, cell) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("@ada hi", "'@ada hi"),
            ("-1", "'-1"),
            ("'quoted'", "''quoted'"),
            ("a = b", "a = b"),
            ("", ""),
        ] {
            assert_eq!(shown(Cell::Text(text)).unwrap(), cell);
            assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), text);
        }
    }

    #[test]
    fn a_number_is_never_marked() {
        assert_eq!(shown(Cell::Double(-0.1234)).unwrap(), "-0.1234");
    }
}
