//! `cargo xtask services`: the servers of the tests, kept up for a person who runs tests by hand.

use std::{
    future,
    io::{self, Write},
};

use anyhow::Result;

use crate::{
    browser,
    services::{self, Outcome},
    session::Session,
};

/// Starts the servers, prints on standard output the lines that tell a shell where they are, and stays until
/// the session is interrupted.
pub(crate) async fn run(session: &mut Session) -> Result<u8> {
    let outcomes = services::start_all(session).await?;
    let tools = browser::bring(session).await?;
    let mut output = io::stdout().lock();
    for (variable, url) in outcomes.iter().filter_map(Outcome::variable).chain(tools) {
        writeln!(output, "export {variable}={}", quoted(&url))?;
    }
    output.flush()?;
    drop(output);
    eprintln!("Ctrl-C stops them.");
    future::pending().await
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_one_word_of_a_shell() {
        assert_eq!(quoted("redis://h:1/?a&b"), "'redis://h:1/?a&b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
