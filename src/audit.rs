//! The audit log, as the program writes it: who changed what, after it was changed.
//!
//! A deed that is done is never undone or reported as failed because it could not be recorded: that is said instead.

use std::{os::unix::fs::MetadataExt, time::Duration};

use moodwire_warehouse::{AuditEntry, Warehouse};

use crate::{config::Config, environment, failure::Failure, output};

/// By which way in a deed came that was typed.
const CLI: &str = "cli";

/// How long a command that is done waits for a warehouse that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Records a deed; where that fails, says on standard error that it is not in the log.
pub(crate) async fn record(warehouse: &Warehouse, entry: &AuditEntry) {
    let recorded = async { Ok(warehouse.record_audit(entry).await?) };
    within_patience(recorded)
        .await
        .unwrap_or_else(|failure| miss(&entry.action, &failure));
}

/// Records a deed of the command line's.
pub(crate) async fn note(config: &Config, action: &str, target: &str, detail: Option<String>) {
    let opened = within_patience(environment::prepared_warehouse(config)).await;
    match opened {
        Ok(warehouse) => record(&warehouse, &typed(action, target, detail)).await,
        Err(failure) => miss(action, &failure),
    }
}

/// A deed of whoever runs this process, now.
fn typed(action: &str, target: &str, detail: Option<String>) -> AuditEntry {
    AuditEntry {
        at: environment::clock().now(),
        who: format!("{}@{}", user(), host()),
        via: CLI.to_owned(),
        action: action.to_owned(),
        target: target.to_owned(),
        detail,
    }
}

/// Who types: behind `sudo`, whoever called it.
pub(crate) fn user() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        // A service or a container has no name, but a number.
        .or_else(|| {
            Some(format!(
                "uid {}",
                std::fs::metadata("/proc/self").ok()?.uid()
            ))
        })
        .unwrap_or_else(|| "somebody".to_owned())
}

/// This machine's name.
pub(crate) fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

/// A few names as one target.
pub(crate) fn list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    /// The rest is told by its number.
    const SHOWN: usize = 5;
    let count = names.len();
    let mut listed = names.take(SHOWN).collect::<Vec<_>>().join(", ");
    if count > SHOWN {
        listed.push_str(&format!(" and {} more", count - SHOWN));
    }
    listed
}

async fn within_patience<T>(step: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(PATIENCE, step)
        .await
        .unwrap_or_else(|_| {
            Err(Failure::Unavailable(format!(
                "the warehouse does not answer within {} s",
                PATIENCE.as_secs()
            )))
        })
}

fn miss(action: &str, failure: &Failure) {
    output::complain(&format!(
        "{action} is done, but not in the audit log: {failure}"
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_told_by_the_first_and_their_number() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        assert_eq!(list(names[..1].iter().copied()), "a");
        assert_eq!(list(names[..5].iter().copied()), "a, b, c, d, e");
        assert_eq!(list(names.iter().copied()), "a, b, c, d, e and 2 more");
    }
}
