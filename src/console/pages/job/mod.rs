//! One job: what it was told, what became of each attempt, where it comes from and what came of it.

mod lineage;
mod render;

use moodwire_queue::JobRow;
use serde::Serialize;

use self::lineage::Lineage;
pub(in crate::console) use self::render::render;
use crate::console::{Console, refusal::Refusal};

/// All of it.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    job: JobRow,
    lineage: Lineage,
}

pub(in crate::console) async fn load(console: &Console, id: &str) -> Result<View, Refusal> {
    let job = console.deps.queue.get(id).await?.ok_or_else(|| {
        Refusal::not_found(format!(
            "no job has the id \"{id}\": it was dropped some time after its end, or never was"
        ))
    })?;
    let lineage = lineage::of(console, &job).await?;
    Ok(View { job, lineage })
}
