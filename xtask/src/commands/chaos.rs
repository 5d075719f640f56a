//! `cargo xtask chaos`: faults at random on the queue, for as long as asked, and what was lost or done twice.

use std::ffi::OsString;

use anyhow::Result;

use crate::{
    services,
    session::{Session, exit_code},
};

/// Sees to it that there is a Redis to be killed, then builds and runs the chaos program with these arguments; its exit
/// code.
pub(crate) async fn run(arguments: &[OsString], session: &mut Session) -> Result<u8> {
    services::install_redis(session).await?;
    let status = session.cargo(&cargo_arguments(arguments), &[]).await?;
    Ok(exit_code(status))
}

/// The development profile: chaos is in the order of events, not in their speed, and its checks are on there.
fn cargo_arguments(arguments: &[OsString]) -> Vec<OsString> {
    let mut all = [
        "run",
        "--locked",
        "--quiet",
        "--package",
        "moodwire-chaos",
        "--",
        "run",
    ]
    .map(OsString::from)
    .to_vec();
    all.extend_from_slice(arguments);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_chaos_is_for_the_run() {
        let words = ["--minutes", "5", "--seed", "7"].map(OsString::from);
        assert_eq!(
            cargo_arguments(&words).join(" ".as_ref()),
            "run --locked --quiet --package moodwire-chaos -- run --minutes 5 --seed 7"
        );
    }
}
