//! Jobs that a person asks for, and the names that they go by.

use std::collections::BTreeMap;

use moodwire_model::slot;
use moodwire_queue::{NewJob, RetryPolicy};

use crate::{config::Config, environment, failure::Failure};

/// Refuses a name that nothing configured has.
pub(crate) fn known<'a>(
    list: &str,
    name: &str,
    mut names: impl Iterator<Item = &'a String>,
) -> Result<(), Failure> {
    if names.any(|known| known == name) {
        return Ok(());
    }
    Err(unknown(list, name))
}

/// What is said of such a name.
pub(crate) fn unknown(list: &str, name: &str) -> Failure {
    Failure::Usage(format!(
        "no [[{list}]] is named \"{name}\": `moodwire config show` lists them"
    ))
}

/// A job under an id of its own, with the attempts of its kind.
pub(crate) fn job(
    config: &Config,
    kind: &str,
    slot: &str,
    payload: &impl serde::Serialize,
) -> Result<NewJob, Failure> {
    let attempts = BTreeMap::from([
        (slot::COLLECT, config.retry.collect),
        (slot::TRANSFORM, config.retry.transform),
        (slot::PUBLISH, config.retry.publish),
        (slot::RESCORE, config.retry.rescore),
    ]);
    let ulid = moodwire_model::mint_ulid(&*environment::clock(), &*environment::entropy());
    Ok(NewJob {
        id: slot::by_hand(slot, &ulid),
        kind: kind.to_owned(),
        payload: serde_json::to_vec(payload)?,
        run_at: None,
        max_attempts: attempts
            .get(kind)
            .copied()
            .unwrap_or(RetryPolicy::default().max_attempts),
        parent: None,
        root: None,
    })
}
