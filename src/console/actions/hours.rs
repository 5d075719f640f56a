//! Hours: published when a person says so, backfilled over a range, and what is uncertain settled.

use maud::html;
use moodwire_model::{Hour, slot};
use moodwire_warehouse::Resolution;
use moodwire_workers::payload::Publish;
use serde_json::json;

use super::{Body, Doing, Done};
use crate::{
    console::{
        parts::{number, proof},
        refusal::Refusal,
    },
    operations::{
        asked,
        backfill::{self, Plan},
        publications,
    },
};

/// How many jobs of a dry run are listed.
const LISTED: usize = 200;

/// Enqueues an hour's publication to a channel.
pub(super) async fn publish(doing: Doing<'_>) -> Result<Done, Refusal> {
    let hour = doing
        .body
        .hour
        .ok_or_else(|| Refusal::bad("hour is missing"))?;
    let channel = Body::named(&doing.body.channel, "channel")?;
    if !doing.console.deps.channels.contains_key(channel) {
        return Err(Refusal::not_found(format!(
            "no channel is named \"{channel}\""
        )));
    }
    let job = asked::job(
        &doing.console.config,
        slot::PUBLISH,
        &slot::publish(channel, hour),
        &Publish::of(channel, hour),
    )?;
    let id = job.id.clone();
    doing.console.deps.queue.enqueue(&[job]).await?;
    doing.record("enqueue publish", &id, None).await;
    Ok(Done::new(
        format!("{hour} will be published to {channel}, unless it was"),
        json!({ "id": id, "duplicate": false }),
    ))
}

/// Says whether the channel has a publication that is uncertain or failed.
pub(super) async fn resolve(doing: Doing<'_>) -> Result<Done, Refusal> {
    let id = doing.body.id.ok_or_else(|| Refusal::bad("id is missing"))?;
    let how = Body::named(&doing.body.how, "how")?;
    let resolution = match how {
        "sent" => Resolution::Sent,
        "resend" => Resolution::Resend,
        "skip" => Resolution::Skip,
        _ => {
            return Err(Refusal::bad(format!(
                "how is \"{how}\": it is sent, resend or skip"
            )));
        }
    };
    let deps = &doing.console.deps;
    let publication = deps
        .warehouse
        .publication_of(id)
        .await?
        .ok_or_else(|| Refusal::not_found(format!("no publication has the id {id}")))?;
    let message_id = doing.body.message_id.as_deref().map(str::trim);
    publications::resolve(
        &doing.console.config,
        &*deps.queue,
        &deps.warehouse,
        &publication,
        resolution,
        message_id.filter(|id| !id.is_empty() && resolution == Resolution::Sent),
    )
    .await?;
    let target = format!("{} {}", publication.channel, publication.hour);
    doing
        .record("publications resolve", &target, Some(how))
        .await;
    let sentence = match resolution {
        Resolution::Sent => format!("{target}: noted as sent"),
        Resolution::Resend => format!("{target}: will be sent again"),
        Resolution::Skip => format!("{target}: will not be sent"),
    };
    Ok(Done::new(sentence, json!({ "id": id, "how": how })))
}

/// Enqueues what is missing of a range of hours, or says what would be.
pub(super) async fn backfill(doing: Doing<'_>) -> Result<Done, Refusal> {
    let (config, deps) = (&doing.console.config, &doing.console.deps);
    let what = Body::named(&doing.body.what, "what")?;
    let (from, to) = (hour(&doing.body.from, "from")?, hour(&doing.body.to, "to")?);
    backfill::check(from, to)?;
    let plan = match what {
        "collect" => backfill::collect(config, &*deps.lake, to).await?,
        "transform" => backfill::transform(config, &*deps.lake, from, to).await?,
        "publish" => backfill::publish(config, &deps.warehouse, from, to).await?,
        _ => {
            return Err(Refusal::bad(format!(
                "what is \"{what}\": it is collect, transform or publish"
            )));
        }
    };
    let (jobs, complete) = (plan.jobs.len(), plan.complete);
    let range = format!("{what} {from} to {to}");
    let dry_run = doing.body.dry_run;
    let enqueued = if dry_run { 0 } else { jobs };
    if !dry_run {
        deps.queue.enqueue(&plan.jobs).await?;
        doing
            .record("backfill", &range, Some(&format!("{jobs} jobs")))
            .await;
    }
    let ids: Vec<&str> = plan.jobs.iter().map(|job| &*job.id).collect();
    let data = json!({
        "dry_run": dry_run, "matched": jobs, "enqueued": enqueued, "complete": complete, "jobs": ids,
    });
    let verb = if dry_run {
        "would be enqueued"
    } else {
        "enqueued"
    };
    let sentence = format!(
        "{range}: {} jobs {verb}, {} need none",
        number(jobs as u64),
        number(complete)
    );
    let mut done = Done::new(sentence, data);
    if !dry_run {
        done.to = Some("/hours".to_owned());
    }
    if dry_run {
        done.result = Some(preview(&doing, &plan, what, from, to));
    }
    Ok(done)
}

fn hour(field: &Option<String>, name: &str) -> Result<Hour, Refusal> {
    let text = Body::named(field, name)?;
    // A browser's field for date and time leaves out the zone, and may add minutes.
    let text = text
        .strip_suffix(":00")
        .filter(|text| text.len() == 13)
        .unwrap_or(text);
    text.parse()
        .map_err(|error| Refusal::bad(format!("{name}: {error}")))
}

/// What would be enqueued, and the button that does it.
fn preview(doing: &Doing<'_>, plan: &Plan, what: &str, from: Hour, to: Hour) -> maud::Markup {
    let left_out = plan.jobs.len().saturating_sub(LISTED);
    html! {
        h1 { "Backfill " (what) ", " (from) " to " (to) }
        p { (number(plan.jobs.len() as u64)) " jobs would be enqueued; " (number(plan.complete)) " are complete and need none." }
        @if !plan.jobs.is_empty() {
            form method="post" action="/do/hours/backfill" class="actions" {
                (proof(doing.viewer))
                input type="hidden" name="what" value=(what);
                input type="hidden" name="from" value=(from);
                input type="hidden" name="to" value=(to);
                button class="primary" { "Enqueue " (number(plan.jobs.len() as u64)) " jobs" }
            }
            ul class="plain" { @for job in plan.jobs.iter().take(LISTED) { li { code { (job.id.split_once('#').map_or(&*job.id, |(stem, _)| stem)) } } } }
            @if left_out > 0 { p { "… and " (number(left_out as u64)) " more" } }
        }
        p { a href="/hours" { "Back to the hours" } }
    }
}
