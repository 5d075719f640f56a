//! `enqueue`: asks for a job by hand, under an id of its own, so that it always runs.

use std::collections::BTreeMap;

use moodwire_model::slot;
use moodwire_queue::{Enqueued, NewJob, RetryPolicy};
use moodwire_workers::payload::{Collect, Publish, Transform};

use super::args::{Enqueue, EnqueueWhat};
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Enqueue, json: bool) -> Result<(), Failure> {
    let jobs = match &args.what {
        EnqueueWhat::Collect { source } => {
            known(
                "source",
                source,
                config.source.iter().map(|source| &source.name),
            )?;
            let slot = slot::collect(source, environment::clock().now());
            vec![job(config, slot::COLLECT, &slot, &Collect::asked(source))?]
        }
        EnqueueWhat::Transform { batch } => {
            if environment::open_lake(config)
                .await?
                .batch(batch)
                .await?
                .is_none()
            {
                return Err(Failure::Usage(format!("the lake has no batch \"{batch}\"")));
            }
            vec![job(
                config,
                slot::TRANSFORM,
                &slot::transform(batch),
                &Transform::of(batch),
            )?]
        }
        EnqueueWhat::Publish { hour, channel } => {
            let names = config.channel.iter().map(|channel| &channel.name);
            if let Some(channel) = channel {
                known("channel", channel, names.clone())?;
            }
            names
                .filter(|name| channel.as_ref().is_none_or(|channel| channel == *name))
                .map(|name| {
                    let slot = slot::publish(name, *hour);
                    job(config, slot::PUBLISH, &slot, &Publish::of(name, *hour))
                })
                .collect::<Result<_, _>>()?
        }
    };
    if jobs.is_empty() {
        return Err(Failure::Usage(
            "no [[channel]] is configured, so there is nowhere to publish to".to_owned(),
        ));
    }
    let enqueued = environment::open_queue(config)
        .await?
        .enqueue(&jobs)
        .await?;
    show(&enqueued, json)
}

/// Refuses a name that nothing configured has.
pub(super) fn known<'a>(
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
pub(super) fn unknown(list: &str, name: &str) -> Failure {
    Failure::Usage(format!(
        "no [[{list}]] is named \"{name}\": `moodwire config show` lists them"
    ))
}

/// A job under an id of its own, with the attempts of its kind.
pub(super) fn job(
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

fn show(enqueued: &[Enqueued], json: bool) -> Result<(), Failure> {
    match enqueued {
        [one] if json => output::json(one),
        many if json => output::json(&many),
        many => many.iter().try_for_each(|one| output::line(&one.id)),
    }
}
