//! How values are packed: rows of fields, each written as its length, a colon and its bytes, so that payloads may
//! hold any bytes and Lua may cut a value without knowing what is in it.

use chrono::{DateTime, Utc};

use crate::{Attempt, VerdictWord};

/// Writes fields.
#[derive(Debug, Default)]
pub(super) struct Packed(Vec<u8>);

impl Packed {
    /// One more field.
    pub(super) fn field(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.0.extend_from_slice(bytes.len().to_string().as_bytes());
        self.0.push(b':');
        self.0.extend_from_slice(bytes);
        self
    }

    /// One more field that may be none, which is told from an empty text by a `=` before the latter.
    pub(super) fn optional(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.field(format!("={text}")),
            None => self.field(""),
        }
    }

    /// The value.
    pub(super) fn bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Reads fields; every method gives none when the value is not what was expected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// True when nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next field.
    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        let colon = self.0.iter().position(|byte| *byte == b':')?;
        let length: usize = std::str::from_utf8(&self.0[..colon]).ok()?.parse().ok()?;
        let field = self.0.get(colon + 1..)?.get(..length)?;
        self.0 = &self.0[colon + 1 + length..];
        Some(field)
    }

    /// The next field, as text.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.next()?).ok()
    }

    /// The next field, as a number.
    pub(super) fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// The next field, as a moment.
    pub(super) fn moment(&mut self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.number()?)
    }

    /// The next field, where none is told from an empty text.
    pub(super) fn optional(&mut self) -> Option<Option<String>> {
        let text = self.text()?;
        Some(text.strip_prefix('=').map(str::to_owned))
    }
}

/// The letter that a record begins with. `settle.lua` knows `L`: of consecutive ones only the last is kept.
const LETTERS: [(VerdictWord, u8); 5] = [
    (VerdictWord::Done, b'D'),
    (VerdictWord::Retry, b'R'),
    (VerdictWord::Later, b'L'),
    (VerdictWord::Dead, b'X'),
    (VerdictWord::WorkerLost, b'W'),
];

/// A record of history: the verdict's letter, then its fields.
pub(super) fn pack_record(record: &Attempt) -> Vec<u8> {
    let letter = LETTERS
        .iter()
        .find(|(verdict, _)| *verdict == record.verdict)
        .map_or(b'?', |(_, letter)| *letter);
    let fields = Packed(vec![letter])
        .field(record.attempt.to_string())
        .field(record.started_at.timestamp_millis().to_string())
        .field(record.duration_ms.to_string())
        .field(&record.worker)
        .optional(record.error.as_deref());
    fields.bytes()
}

/// Reads a record of history.
pub(super) fn unpack_record(value: &[u8]) -> Option<Attempt> {
    let (first, rest) = value.split_first()?;
    let verdict = LETTERS.iter().find(|(_, letter)| letter == first)?.0;
    let mut fields = Fields(rest);
    Some(Attempt {
        verdict,
        attempt: fields.number()?,
        started_at: fields.moment()?,
        duration_ms: fields.number()?,
        worker: fields.text()?.to_owned(),
        error: fields.optional()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn fields_come_back_as_they_were_packed(fields: Vec<Vec<u8>>) {
            let packed = fields.iter().fold(Packed::default(), Packed::field).bytes();
            let mut reading = Fields(&packed);
            for field in &fields {
                prop_assert_eq!(reading.next(), Some(&field[..]));
            }
            prop_assert!(reading.is_empty());
        }

        #[test]
        fn records_come_back_as_they_were_packed(
            attempt: u32, millis in 0_i64..4_000_000_000_000, duration_ms: u64, worker: String,
            letter in 0_usize..5, error: Option<String>,
        ) {
            let record = Attempt {
                attempt,
                started_at: DateTime::from_timestamp_millis(millis).unwrap(),
                duration_ms,
                worker,
                verdict: LETTERS[letter].0,
                error,
            };
            prop_assert_eq!(unpack_record(&pack_record(&record)), Some(record));
        }

        #[test]
        fn foreign_bytes_are_no_record(bytes: Vec<u8>) {
            let mut reading = Fields(&bytes);
            while reading.next().is_some() {}
            unpack_record(&bytes);
        }
    }
}
