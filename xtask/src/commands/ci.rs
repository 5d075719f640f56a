//! `cargo xtask ci`: every check that a change must pass, in the order of what fails fastest.

use std::{ffi::OsString, time::Instant};

use anyhow::Result;

use super::test;
use crate::session::{Session, exit_code};

/// One check: its name, the arguments of cargo, and the environment that it adds.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
}

const STEPS: [Step; 3] = [
    Step {
        name: "format",
        arguments: &["fmt", "--all", "--check"],
        variables: &[],
    },
    Step {
        name: "clippy",
        arguments: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
        variables: &[],
    },
    Step {
        name: "docs",
        arguments: &[
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
            "--locked",
        ],
        variables: &[("RUSTDOCFLAGS", "-D warnings")],
    },
];

/// Runs the steps and then the tests; stops at the first that fails and returns its exit code.
pub(crate) async fn run(session: &mut Session) -> Result<u8> {
    for step in STEPS {
        let code = run_step(&step, session).await?;
        if code != 0 {
            return Ok(code);
        }
    }
    eprintln!("== test: cargo xtask test");
    let code = test::run(&[], session).await?;
    match code {
        0 => eprintln!("ci: all steps passed"),
        code => eprintln!("ci: stopped at test, exit code {code}"),
    }
    Ok(code)
}

async fn run_step(step: &Step, session: &mut Session) -> Result<u8> {
    let name = step.name;
    eprintln!("== {name}: {}", step.command_line());
    let started = Instant::now();
    let arguments: Vec<_> = step.arguments.iter().map(OsString::from).collect();
    let variables: Vec<_> = step
        .variables
        .iter()
        .map(|(variable, value)| (*variable, (*value).to_owned()))
        .collect();
    let code = exit_code(session.cargo(&arguments, &variables).await?);
    let seconds = started.elapsed().as_secs_f64();
    match code {
        0 => eprintln!("   {name} passed in {seconds:.1} s"),
        code => eprintln!("ci: stopped at {name} after {seconds:.1} s, exit code {code}"),
    }
    Ok(code)
}

impl Step {
    /// What a person types to run the step alone.
    fn command_line(&self) -> String {
        let mut line = String::new();
        for (variable, value) in self.variables {
            line += &format!("{variable}=\"{value}\" ");
        }
        line + "cargo " + &self.arguments.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_can_be_typed_as_it_is_announced() {
        assert_eq!(
            STEPS.each_ref().map(Step::command_line),
            [
                "cargo fmt --all --check",
                "cargo clippy --workspace --all-targets --locked -- -D warnings",
                "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps --document-private-items --locked",
            ]
        );
    }
}
