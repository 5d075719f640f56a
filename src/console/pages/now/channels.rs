//! Each channel at this moment: the last digest that it got, what is due, what is in doubt.

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::Hour;
use moodwire_warehouse::{Disabled, Publication, PublicationState};
use moodwire_workers::OnUncertain;
use serde::Serialize;

use crate::{console::Console, failure::Failure};

/// How far back is looked for the last digest.
const BACK: TimeDelta = TimeDelta::days(7);

/// A channel.
#[derive(Debug, Serialize)]
pub(in crate::console) struct ChannelNow {
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// The last hour that it got, of the last week.
    pub(super) last: Option<Publication>,
    /// Hours of which it is not known whether it has them.
    pub(super) uncertain: Vec<Publication>,
    /// Whether those are sent once more without anybody's word.
    pub(super) resends: bool,
    /// Hours that were given up.
    pub(super) failed: usize,
    /// Why it gets nothing.
    pub(super) disabled: Option<Disabled>,
}

pub(super) async fn load(
    console: &Console,
    now: DateTime<Utc>,
) -> Result<Vec<ChannelNow>, Failure> {
    let warehouse = &console.deps.warehouse;
    let (from, before) = (Hour::of(now - BACK), Hour::of(now).next());
    let publications = warehouse.publications(None, Some(from), before).await?;
    let held = [PublicationState::Uncertain];
    let uncertain = warehouse.publications(Some(&held), None, before).await?;
    let mut disabled = warehouse.disabled_channels().await?;
    let channels = console.deps.channels.iter().map(|(name, entry)| {
        let of = |publications: &[Publication], state| -> Vec<Publication> {
            let own = publications
                .iter()
                .filter(|one| one.channel == *name && one.state == state);
            own.cloned().collect()
        };
        ChannelNow {
            name: name.clone(),
            kind: entry.channel.kind(),
            last: of(&publications, PublicationState::Sent).pop(),
            uncertain: of(&uncertain, PublicationState::Uncertain),
            resends: entry.on_uncertain == OnUncertain::Resend,
            failed: of(&publications, PublicationState::Failed).len(),
            disabled: disabled.remove(name),
        }
    });
    Ok(channels.collect())
}
