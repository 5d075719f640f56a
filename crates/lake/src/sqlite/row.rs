//! A row of the lake's tables, read column by column in the model's types.

use std::fmt::Display;

use moodwire_model::{Hour, Timestamp};
use serde::de::DeserializeOwned;
use sqlx::{Row, sqlite::SqliteRow};

use super::SqliteLake;
use crate::{Error, Result};

/// A row whose every misfit is told as [`Error::Corrupt`], with the column's name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored<'a> {
    lake: &'a SqliteLake,
    row: &'a SqliteRow,
}

impl<'a> Stored<'a> {
    pub(super) fn new(lake: &'a SqliteLake, row: &'a SqliteRow) -> Self {
        Self { lake, row }
    }

    pub(super) fn text(&self, column: &str) -> Result<String> {
        self.row
            .try_get(column)
            .map_err(|cause| self.lake.failed(cause))
    }

    pub(super) fn optional(&self, column: &str) -> Result<Option<String>> {
        self.row
            .try_get(column)
            .map_err(|cause| self.lake.failed(cause))
    }

    pub(super) fn number(&self, column: &str) -> Result<u64> {
        let number: i64 = self
            .row
            .try_get(column)
            .map_err(|cause| self.lake.failed(cause))?;
        u64::try_from(number).map_err(|cause| self.misfit(column, &number, cause))
    }

    pub(super) fn optional_number(&self, column: &str) -> Result<Option<u64>> {
        let number: Option<i64> = self
            .row
            .try_get(column)
            .map_err(|cause| self.lake.failed(cause))?;
        number
            .map(|number| {
                u64::try_from(number).map_err(|cause| self.misfit(column, &number, cause))
            })
            .transpose()
    }

    pub(super) fn optional_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        self.optional(column)?
            .map(|text| {
                serde_json::from_str(&text).map_err(|cause| self.misfit(column, &text, cause))
            })
            .transpose()
    }

    pub(super) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        let text = self.text(column)?;
        serde_json::from_str(&text).map_err(|cause| self.misfit(column, &text, cause))
    }

    pub(super) fn moment(&self, column: &str) -> Result<Timestamp> {
        self.parsed_moment(column, &self.text(column)?)
    }

    pub(super) fn optional_moment(&self, column: &str) -> Result<Option<Timestamp>> {
        self.optional(column)?
            .map(|text| self.parsed_moment(column, &text))
            .transpose()
    }

    pub(super) fn hour(&self, column: &str) -> Result<Hour> {
        self.moment(column).map(Hour::of)
    }

    /// That `column` holds what this program would not have written there.
    pub(super) fn misfit(&self, column: &str, found: &impl Display, cause: impl Display) -> Error {
        Error::Corrupt {
            place: self.lake.place.clone(),
            cause: format!("\"{found}\" in the column {column}: {cause}"),
        }
    }

    fn parsed_moment(&self, column: &str, text: &str) -> Result<Timestamp> {
        text.parse()
            .map_err(|cause: chrono::ParseError| self.misfit(column, &text, cause))
    }
}
