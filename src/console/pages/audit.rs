//! The audit log: who did what, from here or from the command line, and when.

use maud::{Markup, html};
use moodwire_warehouse::{AuditFilter, AuditRow};
use serde::{Deserialize, Serialize};

use super::jobs::{address, word};
use crate::console::{
    Console,
    parts::{empty, job_path, moment, more},
    refusal::Refusal,
};

/// How many are shown at once.
const SHOWN: u64 = 100;

/// Which.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    #[serde(deserialize_with = "word")]
    action: Option<String>,
    #[serde(deserialize_with = "word")]
    who: Option<String>,
    before: Option<i64>,
}

/// What was done.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    #[serde(skip)]
    asked: Asked,
    /// Newest first.
    deeds: Vec<AuditRow>,
    /// Pass it as `before` to go on.
    next: Option<i64>,
}

pub(in crate::console) async fn load(console: &Console, asked: &Asked) -> Result<View, Refusal> {
    let filter = AuditFilter {
        action: asked.action.clone(),
        who: asked.who.clone(),
        since: None,
    };
    let warehouse = &console.deps.warehouse;
    let deeds = warehouse.audit(&filter, asked.before, SHOWN).await?;
    let full = deeds.len() as u64 == SHOWN;
    Ok(View {
        asked: asked.clone(),
        next: deeds.last().filter(|_| full).map(|deed| deed.id),
        deeds,
    })
}

pub(in crate::console) fn render(view: &View) -> Markup {
    let asked = &view.asked;
    let next = view.next.map(|next| {
        let before = next.to_string();
        let fields = [
            ("action", asked.action.as_deref()),
            ("who", asked.who.as_deref()),
            ("before", Some(&*before)),
        ];
        address("/audit", &fields)
    });
    html! {
        h1 { "Audit" }
        form class="filter" {
            label { "Who " input name="who" value=[asked.who.as_deref()]; }
            label { "What " input name="action" value=[asked.action.as_deref()] placeholder="dead retry"; }
            button { "Show" }
        }
        @if view.deeds.is_empty() { (empty("Nobody has changed anything like that.")) }
        @else { div class="scroll" { table class="list" {
            thead { tr { th { "When" } th { "Who" } th { "From" } th { "What" } th class="wide" { "To what" } th { "Outcome" } } }
            tbody { @for row in &view.deeds { @let deed = &row.entry; tr data-row {
                td { (moment(deed.at)) } td { (deed.who) } td { (deed.via) } td { (deed.action) }
                td class="wide id" { @if deed.target.contains(':') && !deed.target.contains(' ') { a href=(job_path(&deed.target)) { (deed.target) } } @else { (deed.target) } }
                td class="why" { (deed.detail.as_deref().unwrap_or_default()) }
            } } }
        } } }
        (more(next.as_deref(), "Earlier →"))
    }
}
