//! `bench`: what the program's parts can do on this machine, each measured by itself.

pub(crate) mod queue;
