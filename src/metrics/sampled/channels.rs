//! How far each channel has come in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use moodwire_model::Hour;
use moodwire_warehouse::{Outlet, PublicationState};

use super::seconds_between;
use crate::metrics::{
    Watched,
    family::{Family, float},
};

/// Every state of a publication.
const STATES: [PublicationState; 6] = [
    PublicationState::Claimed,
    PublicationState::Sending,
    PublicationState::Sent,
    PublicationState::Uncertain,
    PublicationState::Failed,
    PublicationState::Skipped,
];

pub(super) async fn read(
    watched: &Watched,
    now: DateTime<Utc>,
) -> moodwire_warehouse::Result<Vec<Family>> {
    let mut outlets = watched.warehouse.outlets().await?;
    outlets.retain(|name, _| watched.channels.contains(name));
    for name in &watched.channels {
        outlets.entry(name.clone()).or_default();
    }
    let disabled = watched.warehouse.disabled_channels().await?;
    Ok(families(&outlets, &disabled.into_keys().collect(), now))
}

fn families(
    outlets: &BTreeMap<String, Outlet>,
    disabled: &BTreeSet<String>,
    now: DateTime<Utc>,
) -> Vec<Family> {
    let mut publications = Family::gauge(
        "moodwire_publications",
        "Publications in the ledger, by channel and state.",
    );
    let mut lag = Family::gauge(
        "moodwire_publish_lag_seconds",
        "Time since the end of the last hour that was sent to the channel. Not told before the first.",
    );
    let mut settled = Family::gauge(
        "moodwire_publish_settled_lag_seconds",
        "Time since the end of the last hour that was sent or, having nothing to send, skipped. Not told before the first.",
    );
    let mut off = Family::gauge(
        "moodwire_channel_disabled",
        "Whether the channel is disabled, since its target is gone.",
    );
    let age = |hour: Hour| seconds_between(hour.end(), now);
    for (channel, outlet) in outlets {
        for state in STATES {
            let count = outlet.publications.get(&state).copied().unwrap_or(0);
            publications.add(
                &[("channel", channel), ("state", state.as_str())],
                float(count),
            );
        }
        let labels = [("channel", &**channel)];
        lag.add_some(&labels, outlet.last_sent().map(age));
        settled.add_some(&labels, outlet.last_settled().map(age));
        off.add(&labels, f64::from(u8::from(disabled.contains(channel))));
    }
    vec![publications, lag, settled, off]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_tells_how_long_ago_its_last_hour_ended() {
        let hour = |text: &str| text.parse::<Hour>().unwrap();
        let outlet = Outlet {
            publications: BTreeMap::from([(PublicationState::Sent, 2)]),
            last: BTreeMap::from([
                (PublicationState::Sent, hour("2026-03-01T08")),
                (PublicationState::Skipped, hour("2026-03-01T10")),
            ]),
        };
        let outlets = BTreeMap::from([
            ("main".to_owned(), outlet),
            ("new".to_owned(), Outlet::default()),
        ]);
        let now = "2026-03-01T11:30:00Z".parse().unwrap();
        let mut text = String::new();
        for family in families(&outlets, &BTreeSet::from(["new".to_owned()]), now) {
            family.render(&mut text);
        }
        for line in [
            "moodwire_publish_lag_seconds{channel=\"main\"} 9000",
            "moodwire_publish_settled_lag_seconds{channel=\"main\"} 1800",
            "moodwire_publications{channel=\"main\",state=\"sent\"} 2",
            "moodwire_publications{channel=\"new\",state=\"uncertain\"} 0",
            "moodwire_channel_disabled{channel=\"new\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        assert!(!text.contains("lag_seconds{channel=\"new\"}"));
    }
}
