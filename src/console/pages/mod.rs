//! The pages: each has what its address asks for, a view that is loaded, and how that is rendered.

pub(super) mod audit;
pub(super) mod confirm;
pub(super) mod dead;
pub(super) mod help;
pub(super) mod hour;
pub(super) mod hours;
pub(super) mod job;
pub(super) mod jobs;
pub(super) mod mood;
pub(super) mod now;
pub(super) mod post;
pub(super) mod settings;
pub(super) mod sources;

pub(super) use self::jobs::word;
