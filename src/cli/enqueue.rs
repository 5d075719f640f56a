//! `enqueue`: asks for a job by hand, under an id of its own, so that it always runs.

use moodwire_model::slot;
use moodwire_queue::Enqueued;
use moodwire_workers::payload::{Collect, Publish, Transform};

use super::args::{Enqueue, EnqueueWhat};
use crate::{
    audit,
    config::Config,
    environment,
    failure::Failure,
    operations::asked::{job, known},
    output,
};

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
    let ids = enqueued.iter().map(|one| &*one.id);
    let action = format!("enqueue {}", jobs.first().map_or("", |job| &*job.kind));
    audit::note(config, &action, &audit::list(ids), None).await;
    show(&enqueued, json)
}

fn show(enqueued: &[Enqueued], json: bool) -> Result<(), Failure> {
    match enqueued {
        [one] if json => output::json(one),
        many if json => output::json(&many),
        many => many.iter().try_for_each(|one| output::line(&one.id)),
    }
}
