//! The groups of dead letters, counted once for all who look.
//!
//! Listing them costs a store time in proportion to the groups, which are many where errors have words of their own. Where it
//! takes long, what was counted a moment ago is shown again, so that many open pages cost no more than one.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use moodwire_queue::{Group, Result, Store};
use tokio::sync::Mutex;

/// What is counted faster than this is counted anew each time.
const QUICK: Duration = Duration::from_millis(20);

/// How many times longer than it took to count, a count is shown: the store then spends a twentieth of its time on it.
const SHARE: u32 = 20;

/// No count is shown for longer.
const OLDEST: Duration = Duration::from_secs(10);

/// The last counts, by kind; none: of all kinds.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<BTreeMap<Option<String>, Counted>>);

#[derive(Debug)]
struct Counted {
    at: Instant,
    took: Duration,
    groups: Vec<Group>,
}

impl Groups {
    /// The groups of a kind, or of all.
    pub(super) async fn of(&self, queue: &dyn Store, kind: Option<&str>) -> Result<Vec<Group>> {
        // Held while it counts: who asks meanwhile waits for the same count.
        let mut counts = self.0.lock().await;
        let key = kind.map(str::to_owned);
        if let Some(counted) = counts.get(&key)
            && is_fresh(counted.at.elapsed(), counted.took)
        {
            return Ok(counted.groups.clone());
        }
        let at = Instant::now();
        let groups = queue.groups(kind).await?;
        let counted = Counted {
            at,
            took: at.elapsed(),
            groups: groups.clone(),
        };
        counts.insert(key, counted);
        Ok(groups)
    }
}

/// Whether a count of this age, which took so long, is shown again.
fn is_fresh(age: Duration, took: Duration) -> bool {
    took > QUICK && age < (took * SHARE).min(OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_quickly_is_counted_anew_and_nothing_is_shown_for_long() {
        let fresh = |age, took| is_fresh(Duration::from_millis(age), Duration::from_millis(took));
        assert!(!fresh(0, 20));
        assert!(fresh(0, 21) && fresh(1_999, 100) && fresh(9_999, 60_000));
        assert!(!fresh(2_000, 100) && !fresh(10_000, 60_000));
    }
}
