//! What is not as it should be: one sentence each, with what to do and where.

use serde::Serialize;

use super::{ChannelNow, QueueNow, Told};
use crate::{
    console::parts::{number, part},
    operations::sources::Listed,
};

/// How long a job that is due may wait before somebody should look, seconds.
const LONG_WAIT: f64 = 120.0;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::console) enum Severity {
    /// It stops work, or waits for a person.
    Bad,
    /// It mends itself, or is meant.
    Warn,
}

impl Severity {
    /// The word that colours go by.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Warn => "warn",
        }
    }
}

/// One thing.
#[derive(Debug, Serialize)]
pub(in crate::console) struct Alarm {
    pub(super) severity: Severity,
    /// What is wrong.
    pub(super) what: String,
    /// What to do.
    pub(super) mend: String,
    /// Where.
    pub(super) path: String,
}

fn alarm(
    severity: Severity,
    what: String,
    mend: impl Into<String>,
    path: impl Into<String>,
) -> Alarm {
    Alarm {
        severity,
        what,
        mend: mend.into(),
        path: path.into(),
    }
}

/// All of them, the worst first.
pub(super) fn of(
    queue: &Told<QueueNow>,
    sources: &Told<Vec<Listed>>,
    channels: &Told<Vec<ChannelNow>>,
) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    away("queue", queue, &mut alarms);
    away("lake", sources, &mut alarms);
    away("warehouse", channels, &mut alarms);
    for channel in channels.known().into_iter().flatten() {
        of_channel(channel, &mut alarms);
    }
    if let Told::Known(queue) = queue {
        of_queue(queue, &mut alarms);
    }
    for source in sources.known().into_iter().flatten() {
        of_source(source, &mut alarms);
    }
    alarms.sort_by_key(|alarm| alarm.severity);
    alarms
}

fn away<T>(store: &str, told: &Told<T>, alarms: &mut Vec<Alarm>) {
    if let Told::Unknown { error } = told {
        alarms.push(alarm(
            Severity::Bad,
            format!("The {store} does not answer: {error}"),
            "Bring it back; work goes on by itself, and nothing is lost meanwhile.",
            "/settings",
        ));
    }
}

fn of_channel(channel: &ChannelNow, alarms: &mut Vec<Alarm>) {
    let name = &channel.name;
    if let Some(disabled) = &channel.disabled {
        alarms.push(alarm(
            Severity::Bad,
            format!("Channel {name} is disabled: {}", disabled.reason),
            "Mend its target or its settings, then enable it; its hours stay due until then.",
            "/sources",
        ));
    }
    of_doubts(channel, alarms);
    if channel.failed > 0 {
        alarms.push(alarm(
            Severity::Bad,
            format!("{} hours to {name} were given up", channel.failed),
            "See why, then send or skip them.",
            "/hours?state=failed",
        ));
    }
}

/// Hours of which it is not known whether they arrived.
fn of_doubts(channel: &ChannelNow, alarms: &mut Vec<Alarm>) {
    let (which, path) = match &*channel.uncertain {
        [] => return,
        [one] => {
            let hour = one.hour.to_string();
            (
                format!("the hour {hour}"),
                format!("/hours/{}", part(&hour)),
            )
        }
        many => (
            format!("{} hours", many.len()),
            "/hours?state=uncertain".to_owned(),
        ),
    };
    let (severity, mend) = match channel.resends {
        false => (Severity::Bad, "Look in the channel, then say so."),
        true => (Severity::Warn, "Nothing to do: it is sent once more."),
    };
    let what = format!("It is not known whether {} has {which}", channel.name);
    alarms.push(alarm(severity, what, mend, path));
}

fn of_queue(queue: &QueueNow, alarms: &mut Vec<Alarm>) {
    for (kind, stats) in &queue.kinds {
        if stats.dead > 0 {
            alarms.push(alarm(
                Severity::Bad,
                format!("{} dead letters of kind {kind}", number(stats.dead)),
                "Mend the cause, then retry them together.",
                format!("/dead?kind={kind}"),
            ));
        }
        if stats.paused {
            alarms.push(alarm(
                Severity::Warn,
                format!("{kind} is paused"),
                "Resume it when its cause is mended.",
                "/jobs",
            ));
        }
        let waited = stats.oldest_ready_seconds.unwrap_or_default();
        if waited > LONG_WAIT && !stats.paused {
            let served = queue
                .processes
                .iter()
                .any(|row| row.process.kinds.contains_key(kind));
            let mend = match served {
                true => "Its workers are busy: start more of them.",
                false => "No worker serves this kind: start one.",
            };
            alarms.push(alarm(
                Severity::Bad,
                format!("A {kind} job has been due for {waited:.0} s"),
                mend,
                format!("/jobs?kind={kind}&state=ready"),
            ));
        }
    }
}

fn of_source(source: &Listed, alarms: &mut Vec<Alarm>) {
    let why = source.why.as_deref().unwrap_or("no reason is known");
    match &*source.state {
        "limited" => alarms.push(alarm(
            Severity::Warn,
            format!(
                "Source {} is limited by its network or its budget",
                source.name
            ),
            format!("Nothing to do: it {why}."),
            "/sources",
        )),
        "paused" => alarms.push(alarm(
            Severity::Warn,
            format!("Source {} is paused", source.name),
            format!("Resume it when its cause is mended; else it {why}."),
            "/sources",
        )),
        "failing" => alarms.push(alarm(
            Severity::Bad,
            format!("Source {} cannot be read: {why}", source.name),
            "Test it; hours wait for it for a while, then are published without it.",
            "/sources",
        )),
        _ => {}
    }
    if source.gap.is_some() {
        alarms.push(alarm(
            Severity::Warn,
            format!("Source {} no longer gave a stretch of time", source.name),
            "See which; what was not read cannot be had any more.",
            "/sources",
        ));
    }
}
