//! The real binary from outside: on SQLite, and on the real servers that `cargo xtask test` starts.

mod command_line;
mod common;
mod drain;
