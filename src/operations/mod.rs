//! What a person can do to the stores, from the command line and from the console alike.

pub(crate) mod asked;
pub(crate) mod backfill;
pub(crate) mod channels;
pub(crate) mod check;
pub(crate) mod dead;
pub(crate) mod domain;
pub(crate) mod listing;
pub(crate) mod publications;
pub(crate) mod sources;
pub(crate) mod waiting;

/// How many were changed.
fn count(changed: &[bool]) -> usize {
    changed.iter().filter(|changed| **changed).count()
}
