//! A script's answer, read value by value.

use chrono::{DateTime, Utc};
use redis::Value;

use super::failure::corrupt;
use crate::Result;

/// The values that are left of an answer.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    place: &'a str,
    values: std::vec::IntoIter<Value>,
}

impl<'a> Reply<'a> {
    /// Reads an answer of the Redis at `place`.
    pub(super) fn of(place: &'a str, values: Vec<Value>) -> Self {
        Self {
            place,
            values: values.into_iter(),
        }
    }

    /// True when nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.values.len() == 0
    }

    /// How many values are left.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The next value, raw.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>> {
        match self.values.next() {
            Some(Value::BulkString(bytes)) => Ok(bytes),
            other => Err(corrupt(self.place, format!("{other:?} for a value"))),
        }
    }

    /// The next value, as text.
    pub(super) fn text(&mut self) -> Result<String> {
        String::from_utf8(self.bytes()?)
            .map_err(|error| corrupt(self.place, format!("a text that is none: {error}")))
    }

    /// The next value, as a whole number.
    pub(super) fn number(&mut self) -> Result<i64> {
        match self.values.next() {
            Some(Value::Int(number)) => Ok(number),
            other => Err(corrupt(self.place, format!("{other:?} for a number"))),
        }
    }

    /// The next value, as a number that is never negative.
    pub(super) fn count<T: TryFrom<i64>>(&mut self) -> Result<T> {
        let number = self.number()?;
        T::try_from(number).map_err(|_| corrupt(self.place, format!("{number} for a count")))
    }

    /// The next value, as a moment.
    pub(super) fn moment(&mut self) -> Result<DateTime<Utc>> {
        let millis = self.number()?;
        DateTime::from_timestamp_millis(millis)
            .ok_or_else(|| corrupt(self.place, format!("{millis} for a moment")))
    }
}
