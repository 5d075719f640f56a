//! What a receiver saw and did, in order: the one witness of what arrived.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

/// A request that was read whole.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The hour of the day that it was about.
    pub(super) hour: u64,
    /// Which process made it.
    pub(super) process: u64,
    /// Whether it edited a message.
    pub(super) edits: bool,
    /// Whether its message was kept.
    pub(super) taken: bool,
    pub(super) told: Told,
    pub(super) came: Instant,
}

/// What its sender was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing as yet, or nothing that says whether it was taken.
    Nothing,
    /// That it was taken.
    Taken,
    /// That it was taken, but not its id.
    Nameless,
    /// Something that proves that it was not.
    Refused,
    /// That the target is gone.
    Gone,
    /// That the message to be edited is.
    Withdrawn,
}

/// Everything that was seen.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Seen>);

#[derive(Debug, Default, Clone)]
pub(super) struct Seen {
    pub(super) entries: Vec<Entry>,
    /// Connections that were closed in the middle of their request.
    pub(super) cuts: u64,
    /// How often no connection was accepted for a while.
    pub(super) closings: u64,
    /// How often a contract was broken, in a sentence each.
    pub(super) broken: Vec<String>,
    /// Of messages that are there, by their number, the hour.
    pub(super) messages: BTreeMap<u64, u64>,
}

impl Log {
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Notes a request; its place, and how many of its sort came for the hour before.
    pub(super) fn note(&mut self, hour: u64, process: u64, edits: bool) -> (usize, u64) {
        let before = self
            .entries
            .iter()
            .filter(|entry| entry.hour == hour && entry.edits == edits)
            .count();
        self.entries.push(Entry {
            hour,
            process,
            edits,
            taken: false,
            told: Told::Nothing,
            came: Instant::now(),
        });
        let nth = u64::try_from(before).unwrap_or(u64::MAX);
        (self.entries.len() - 1, nth)
    }

    /// Notes that the message was kept, under this number.
    pub(super) fn take(&mut self, place: usize, id: u64) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.taken = true;
            self.messages.insert(id, entry.hour);
        }
    }

    /// Notes what the sender was told.
    pub(super) fn tell(&mut self, place: usize, told: Told) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.told = told;
        }
    }
}
