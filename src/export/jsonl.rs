//! JSON Lines: each row an object, with the keys and values that `--json` has elsewhere.

use std::io::{BufWriter, Write};

use super::rows::Row;
use crate::failure::Failure;

/// Writes rows as JSON objects.
pub(super) struct Writer<W: Write>(BufWriter<W>);

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> Self {
        Self(BufWriter::new(out))
    }

    pub(super) fn write<R: Row>(&mut self, rows: &[R]) -> Result<(), Failure> {
        for row in rows {
            serde_json::to_writer(&mut self.0, row)?;
            self.0.write_all(b"\n")?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        Ok(self.0.flush()?)
    }
}
