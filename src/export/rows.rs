//! Rows: what a post and an hour look like as columns with exact types.

use moodwire_model::Timestamp;
use moodwire_warehouse::{MoodHour, PostRow};
use serde::Serialize;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// None, one or several texts.
    Texts,
    /// UTC, to the millisecond.
    Moment,
    Double,
    Count,
}

/// A column's name, what it holds, and whether it may hold nothing.
pub(super) type Column = (&'static str, Kind, Presence);

/// Whether a column may hold nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Required,
    Optional,
}

use Kind::{Count, Double, Moment, Text, Texts};
use Presence::{Optional, Required};

/// A column's value in one row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Nothing,
    Text(&'a str),
    Texts(&'a [String]),
    Moment(Timestamp),
    Double(f64),
    Count(u64),
}

impl<'a> Cell<'a> {
    fn text(text: Option<&'a String>) -> Self {
        text.map_or(Self::Nothing, |text| Self::Text(text))
    }
}

/// What can be exported.
pub(super) trait Row: Serialize + Send {
    /// Its columns, in the order of its fields.
    const COLUMNS: &'static [Column];

    /// Its cells, one for each column.
    fn cells(&self) -> Vec<Cell<'_>>;
}

impl Row for PostRow {
    const COLUMNS: &'static [Column] = &[
        ("id", Text, Required),
        ("source", Text, Required),
        ("feed", Text, Optional),
        ("author", Text, Required),
        ("author_name", Text, Optional),
        ("text", Text, Required),
        ("url", Text, Optional),
        ("lang", Text, Optional),
        ("created_at", Moment, Required),
        ("collected_at", Moment, Required),
        ("scored_at", Moment, Required),
        ("hour", Moment, Required),
        ("compound", Double, Required),
        ("pos", Double, Required),
        ("neu", Double, Required),
        ("neg", Double, Required),
        ("scorer", Text, Required),
        ("batch", Text, Required),
        ("actors", Texts, Required),
        ("deleted_at", Moment, Optional),
        ("barred", Text, Optional),
    ];

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            Cell::Text(&self.id),
            Cell::Text(&self.source),
            Cell::text(self.feed.as_ref()),
            Cell::Text(&self.author),
            Cell::text(self.author_name.as_ref()),
            Cell::Text(&self.text),
            Cell::text(self.url.as_ref()),
            Cell::text(self.lang.as_ref()),
            Cell::Moment(self.created_at),
            Cell::Moment(self.collected_at),
            Cell::Moment(self.scored_at),
            Cell::Moment(self.hour.start()),
            Cell::Double(self.compound),
            Cell::Double(self.pos),
            Cell::Double(self.neu),
            Cell::Double(self.neg),
            Cell::Text(&self.scorer),
            Cell::Text(&self.batch),
            Cell::Texts(&self.actors),
            self.deleted_at.map_or(Cell::Nothing, Cell::Moment),
            Cell::text(self.barred.as_ref()),
        ]
    }
}

impl Row for MoodHour {
    const COLUMNS: &'static [Column] = &[
        ("hour", Moment, Required),
        ("posts", Count, Required),
        ("mean_compound", Double, Optional),
        ("positive", Count, Required),
        ("negative", Count, Required),
        ("neutral", Count, Required),
    ];

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            Cell::Moment(self.hour.start()),
            Cell::Count(self.posts),
            self.mean_compound.map_or(Cell::Nothing, Cell::Double),
            Cell::Count(self.positive),
            Cell::Count(self.negative),
            Cell::Count(self.neutral),
        ]
    }
}
