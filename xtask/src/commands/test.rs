//! `cargo xtask test`: the tests of the workspace, with the servers that they need.

use std::{ffi::OsString, time::Instant};

use anyhow::Result;

use crate::{
    atproto, browser, reference,
    services::{self, Outcome},
    session::{Session, exit_code},
};

/// Starts the servers, runs `cargo test` with `arguments`, says in a line how it went, and returns its exit code.
pub(crate) async fn run(arguments: &[OsString], session: &mut Session) -> Result<u8> {
    let outcomes = services::start_all(session).await?;
    let started = Instant::now();
    let variables = outcomes.iter().filter_map(Outcome::variable);
    let variables: Vec<_> = variables
        .chain(reference::bring(session).await?)
        .chain(services::prometheus::bring(session)?)
        .chain(browser::bring(session).await?)
        .chain(atproto::bring(session).await?)
        .collect();
    let code = exit_code(
        session
            .cargo(&cargo_arguments(arguments), &variables)
            .await?,
    );
    for name in session.ended_servers() {
        eprintln!("{name}: ended by itself during the tests");
    }
    let verdict = match code {
        0 => "passed".to_owned(),
        code => format!("FAILED (exit code {code})"),
    };
    let servers: Vec<_> = outcomes.iter().map(Outcome::in_a_word).collect();
    eprintln!(
        "tests {verdict} in {:.1} s; {}",
        started.elapsed().as_secs_f64(),
        servers.join(", ")
    );
    Ok(code)
}

/// The arguments of cargo for tests with `wanted`: of the whole workspace unless `wanted` names packages.
fn cargo_arguments(wanted: &[OsString]) -> Vec<OsString> {
    let of_cargo = || {
        wanted
            .iter()
            .map_while(|word| word.to_str().filter(|word| *word != "--"))
    };
    let mut arguments = vec![OsString::from("test")];
    if !of_cargo().any(chooses_packages) {
        arguments.push("--workspace".into());
    }
    if !of_cargo().any(|word| word == "--locked" || word == "--frozen") {
        arguments.push("--locked".into());
    }
    arguments.extend_from_slice(wanted);
    arguments
}

fn chooses_packages(word: &str) -> bool {
    // `-pNAME` is one word; no other short option of `cargo test` begins with `p`.
    word.starts_with("-p")
        || word.starts_with("--package")
        || word.starts_with("--manifest-path")
        || matches!(word, "--workspace" | "--all")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(wanted: &[&str]) -> String {
        let wanted: Vec<_> = wanted.iter().map(OsString::from).collect();
        let words: Vec<_> = cargo_arguments(&wanted)
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect();
        words.join(" ")
    }

    #[test]
    fn without_a_package_the_whole_workspace_is_tested() {
        assert_eq!(arguments(&[]), "test --workspace --locked");
        assert_eq!(
            arguments(&["lease", "--", "--nocapture"]),
            "test --workspace --locked lease -- --nocapture"
        );
    }

    #[test]
    fn a_named_package_is_tested_alone() {
        assert_eq!(
            arguments(&["-p", "moodwire-model"]),
            "test --locked -p moodwire-model"
        );
        assert_eq!(
            arguments(&["-pmoodwire-model"]),
            "test --locked -pmoodwire-model"
        );
        assert_eq!(
            arguments(&["--package=moodwire-model"]),
            "test --locked --package=moodwire-model"
        );
    }

    #[test]
    fn what_cargo_takes_once_is_given_once() {
        assert_eq!(
            arguments(&["--workspace", "--locked"]),
            "test --workspace --locked"
        );
    }

    #[test]
    fn arguments_of_the_test_binary_are_not_read_as_cargos() {
        assert_eq!(
            arguments(&["--", "-p", "--locked"]),
            "test --workspace --locked -- -p --locked"
        );
    }
}
