//! `cargo xtask chaos`: faults at random on the queue, for as long as asked, or on what is published, and what was lost or
//! done twice.

use std::{ffi::OsString, path::Path};

use anyhow::Result;

use crate::{
    services,
    session::{Session, exit_code},
};

/// Builds and runs the chaos program with these arguments; its exit code. For faults on the queue it first sees to it that
/// there is a Redis to be killed, for those on what is published it builds the program that publishes.
pub(crate) async fn run(arguments: &[OsString], session: &mut Session) -> Result<u8> {
    let arguments = match arguments.split_first() {
        Some((word, arguments)) if word == "publish" => {
            let status = session
                .cargo(&words(&["build", "--locked", "--package", "moodwire"]), &[])
                .await?;
            if !status.success() {
                return Ok(exit_code(status));
            }
            publishing(&session.target().join("debug").join("moodwire"), arguments)
        }
        _ => {
            services::install_redis(session).await?;
            running("run", arguments)
        }
    };
    let status = session.cargo(&arguments, &[]).await?;
    Ok(exit_code(status))
}

fn publishing(program: &Path, arguments: &[OsString]) -> Vec<OsString> {
    let program = ["--program".into(), program.into()];
    running("publish", &[&program, arguments].concat())
}

/// The development profile: chaos is in the order of events, not in their speed, and its checks are on there.
fn running(role: &str, arguments: &[OsString]) -> Vec<OsString> {
    let cargo = [
        "run",
        "--locked",
        "--quiet",
        "--package",
        "moodwire-chaos",
        "--",
        role,
    ];
    [&words(&cargo), arguments].concat()
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_chaos_is_for_the_run() {
        let words = ["--minutes", "5", "--seed", "7"].map(OsString::from);
        assert_eq!(
            running("run", &words).join(" ".as_ref()),
            "run --locked --quiet --package moodwire-chaos -- run --minutes 5 --seed 7"
        );
        let words = ["--runs", "1", "--seed", "7"].map(OsString::from);
        assert_eq!(
            publishing(Path::new("target/debug/moodwire"), &words).join(" ".as_ref()),
            "run --locked --quiet --package moodwire-chaos -- publish --program target/debug/moodwire --runs 1 --seed 7"
        );
    }
}
