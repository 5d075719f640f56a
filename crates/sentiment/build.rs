//! Lays out the scorer's tables from the lexicons that the `vader_sentiment` crate publishes.

mod build {
    pub(crate) mod emit;
    pub(crate) mod unicode;
    pub(crate) mod vader;
}
#[path = "src/grammar.rs"]
mod grammar;
#[path = "src/index.rs"]
#[expect(
    dead_code,
    reason = "the scorer looks words up; the build only lays the index out"
)]
mod index;
#[path = "src/table.rs"]
#[expect(dead_code, reason = "what is built is read by the scorer")]
mod table;
#[path = "src/word.rs"]
#[expect(dead_code, reason = "only what the tables hold is needed here")]
mod word;

use std::{env, fs, path::PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(
        out.join("index.rs"),
        build::emit::index(&build::vader::words()),
    )
    .expect("OUT_DIR can be written");
    fs::write(
        out.join("letters.rs"),
        build::emit::letters(&build::vader::emoji()),
    )
    .expect("OUT_DIR can be written");
}
