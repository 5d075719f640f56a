//! `bench`: what the program's parts can do on this machine, each measured by itself.

pub(crate) mod console;
mod latencies;
pub(crate) mod matching;
mod memory;
pub(crate) mod queue;
pub(crate) mod score;
mod stage;
