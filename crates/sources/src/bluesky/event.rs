//! A Jetstream event, read no further than is needed to know what it says.
//!
//! `{"did", "time_us", "kind": "commit", "commit": {"rev", "operation", "collection", "rkey", "record", "cid"}}`; a deletion
//! has no record. `{"did", "time_us", "kind": "account", "account": {"active", "status", "time"}}` says how an account fares.
//! Kinds, operations, collections and keys that are not known say nothing, so that a server may send more.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::record::words;

/// The collections that are asked for.
pub(super) const POSTS: &str = "app.bsky.feed.post";
pub(super) const REPOSTS: &str = "app.bsky.feed.repost";

/// The least number that is a time: smaller ones are sequence numbers to Jetstream. (The year 2001.)
const LEAST_TIME: i64 = 1_000_000_000_000_000;

/// One event. What it borrows is the frame.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub(super) did: Cow<'a, str>,
    /// When the server saw it, in microseconds since 1970.
    pub(super) time_us: i64,
    #[serde(borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    commit: Option<&'a RawValue>,
    #[serde(borrow, default)]
    account: Option<&'a RawValue>,
}

/// How an account fares.
#[derive(Debug, Deserialize)]
pub(super) struct Account<'a> {
    active: bool,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    /// When that was so, as its server says.
    #[serde(borrow, default)]
    pub(super) time: Cow<'a, str>,
}

/// A change of one record.
#[derive(Debug, Deserialize)]
pub(super) struct Commit<'a> {
    #[serde(borrow, default)]
    pub(super) rev: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) operation: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) collection: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) rkey: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) record: Option<&'a RawValue>,
}

/// What a commit means to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// A post was made, or edited; its record.
    Post { record: &'a str, edited: bool },
    /// A post was deleted.
    Deletion,
    /// A post was reposted; the repost's record.
    Repost(&'a str),
    /// Nothing.
    Other,
}

/// What of a repost's record is read.
#[derive(Debug, Deserialize)]
pub(super) struct Repost<'a> {
    #[serde(borrow)]
    pub(super) subject: Subject<'a>,
}

/// What is reposted.
#[derive(Debug, Deserialize)]
pub(super) struct Subject<'a> {
    #[serde(borrow)]
    pub(super) uri: Cow<'a, str>,
}

impl<'a> Event<'a> {
    /// Reads the frame, or says in one sentence why it is no event.
    pub(super) fn read(frame: &'a str) -> Result<Self, String> {
        let event: Self = serde_json::from_str(frame)
            .map_err(|error| format!("the event cannot be read: {}", words(&error)))?;
        if event.time_us < LEAST_TIME || event.seen().is_none() {
            return Err(format!(
                "`time_us` is {}, which is no time in microseconds",
                event.time_us
            ));
        }
        Ok(event)
    }

    /// When the server saw it.
    pub(super) fn seen(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.time_us)
    }

    /// Its commit; none of events of other kinds.
    pub(super) fn commit(&self) -> Result<Option<Commit<'a>>, String> {
        if self.kind != "commit" {
            return Ok(None);
        }
        let json = self.commit.map_or("null", RawValue::get);
        serde_json::from_str(json)
            .map(Some)
            .map_err(|error| format!("the commit cannot be read: {}", words(&error)))
    }

    /// How its account fares; none of events of other kinds.
    pub(super) fn account(&self) -> Result<Option<Account<'a>>, String> {
        if self.kind != "account" {
            return Ok(None);
        }
        let json = self.account.map_or("null", RawValue::get);
        serde_json::from_str(json)
            .map(Some)
            .map_err(|error| format!("the account's state cannot be read: {}", words(&error)))
    }
}

impl Account<'_> {
    /// Whether it is gone with all that it posted: its person deleted it, or its server or the network took it down, which
    /// is meant to last. `deactivated`, `suspended` and whatever else there may be can be taken back, and change nothing.
    pub(super) fn is_closed(&self) -> bool {
        let status = self.status.as_deref();
        !self.active && matches!(status, Some("deleted" | "takendown"))
    }

    /// Whether it is open, perhaps again.
    pub(super) fn is_open(&self) -> bool {
        self.active
    }
}

impl<'a> Commit<'a> {
    /// What it means to us; one sentence where a post or repost has no record.
    pub(super) fn change(&self) -> Result<Change<'a>, String> {
        let record = || {
            let raw = self.record.map(RawValue::get);
            raw.ok_or_else(|| "the commit has no record".to_owned())
        };
        Ok(match (&*self.collection, &*self.operation) {
            (POSTS, "create") => Change::Post {
                record: record()?,
                edited: false,
            },
            (POSTS, "update") => Change::Post {
                record: record()?,
                edited: true,
            },
            (POSTS, "delete") => Change::Deletion,
            (REPOSTS, "create") => Change::Repost(record()?),
            _ => Change::Other,
        })
    }
}
