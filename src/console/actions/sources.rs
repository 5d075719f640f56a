//! Sources: collected at once, tried out, and looked into.

use std::{sync::Arc, time::Duration};

use maud::html;
use moodwire_model::slot;
use moodwire_sources::Source;
use moodwire_workers::payload::Collect;
use serde_json::json;

use super::{Body, Doing, Done};
use crate::{
    console::{
        parts::{empty, moment},
        refusal::Refusal,
    },
    environment,
    operations::{asked, sources},
};

/// How long a pause lasts unless said otherwise.
const PAUSE: &str = "24h";

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(366 * 24 * 3600);

/// How many posts a look shows.
const LOOK: usize = 5;

fn named(doing: &Doing<'_>) -> Result<Arc<dyn Source>, Refusal> {
    let name = Body::named(&doing.body.name, "name")?;
    let found = doing.console.deps.sources.get(name);
    found
        .cloned()
        .ok_or_else(|| Refusal::not_found(format!("no source is named \"{name}\"")))
}

/// Asks for a pass over the source.
pub(super) async fn collect(doing: Doing<'_>) -> Result<Done, Refusal> {
    let source = named(&doing)?;
    let name = source.name();
    let slot = slot::collect(name, environment::clock().now());
    let job = asked::job(
        &doing.console.config,
        slot::COLLECT,
        &slot,
        &Collect::asked(name),
    )?;
    let id = job.id.clone();
    doing.console.deps.queue.enqueue(&[job]).await?;
    doing.record("enqueue collect", name, Some(&id)).await;
    Ok(Done::new(
        format!("{name} will be collected by {id}"),
        json!({ "id": id, "duplicate": false }),
    ))
}

/// Asks the network whether the source can be read.
pub(super) async fn test(doing: Doing<'_>) -> Result<Done, Refusal> {
    let source = named(&doing)?;
    sources::test(&*doing.console.deps.lake, &*source).await?;
    let name = source.name();
    Ok(Done::new(
        format!("{name} answers and can be read"),
        json!({ "source": name, "kind": source.kind(), "ok": true }),
    ))
}

/// Has no job read the source for a while, or lets it be read again.
pub(super) async fn pause(doing: Doing<'_>, paused: bool) -> Result<Done, Refusal> {
    let source = named(&doing)?;
    let name = source.name();
    let length = doing.body.length.as_deref();
    let length = length.filter(|length| !length.is_empty()).unwrap_or(PAUSE);
    let length = humantime::parse_duration(length)
        .ok()
        .filter(|length| *length <= LONGEST_PAUSE)
        .ok_or_else(|| Refusal::bad("write a duration such as 6h, of a year at most"))?;
    let length = paused.then_some(length);
    let lake = &*doing.console.deps.lake;
    let sources::Paused { until, changed } =
        sources::pause(lake, name, length, &doing.viewer.name).await?;
    let (action, sentence) = match (until, changed) {
        (Some(until), _) => (
            "source pause",
            format!(
                "{name} is paused until {}",
                until.format("%Y-%m-%d %H:%M UTC")
            ),
        ),
        (None, true) => ("source resume", format!("{name} is read again")),
        (None, false) => ("source resume", format!("{name} was not paused")),
    };
    if changed {
        doing.record(action, name, Some(&sentence)).await;
    }
    Ok(Done::new(
        sentence,
        json!({ "source": name, "paused_until": until, "changed": changed }),
    ))
}

/// Shows the next posts as they would be stored.
pub(super) async fn peek(doing: Doing<'_>) -> Result<Done, Refusal> {
    let source = named(&doing)?;
    let deps = &doing.console.deps;
    let page = sources::peek(&deps.lake, &*source, &deps.watchlist, LOOK).await?;
    let name = source.name();
    let mut done = Done::new(
        match page.posts.len() {
            0 => format!("{name} brings nothing new at the moment"),
            posts => format!("{posts} posts as they would be stored; nothing was stored"),
        },
        json!({ "posts": page.posts, "quarantined": page.quarantined }),
    );
    done.result = Some(html! {
        h1 { "Next from " (name) }
        @if page.posts.is_empty() { (empty("Nothing new at the moment.")) }
        @for post in &page.posts { article class="post" {
            header { strong { (post.author) } " " (moment(post.created_at)) " " span class="dim" { (post.key) } }
            p dir="auto" { (post.text) }
        } }
        @for refused in &page.quarantined { p class="bad" { (refused.place) ": " (refused.reason) } }
        p { a href="/sources" { "Back to the sources" } }
    });
    Ok(done)
}
