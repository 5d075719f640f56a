//! The audit: from what the receiver saw and what the warehouse says, whether anything was sent twice, lost or misjudged.

use std::collections::BTreeMap;

use super::{
    answer::Kind,
    lives::Life,
    log::{Entry, Seen, Told},
    plan::Plan,
    site::Row,
};

/// What there is to judge by.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    pub(super) plan: &'a Plan,
    pub(super) seen: &'a Seen,
    pub(super) lives: &'a [Life],
    pub(super) rows: &'a BTreeMap<u64, Row>,
    /// Whether the channel is disabled.
    pub(super) disabled: bool,
}

/// How publications ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) sent: u64,
    /// Of which the receiver had taken so many.
    pub(super) uncertain: u64,
    pub(super) uncertain_taken: u64,
    /// Due, on a channel whose target is gone.
    pub(super) due: u64,
}

impl Evidence<'_> {
    /// How all ended, and a sentence for each promise that was broken.
    pub(super) fn judge(&self) -> (Count, Vec<String>) {
        let (mut count, mut broken) = (Count::default(), self.seen.broken.clone());
        for hour in 0..self.plan.hours {
            if let Err(sentence) = self.hour(hour, &mut count) {
                broken.push(format!("hour {hour:02}: {sentence}"));
            }
        }
        let strange = self.rows.keys().find(|hour| **hour >= self.plan.hours);
        broken.extend(strange.map(|hour| format!("hour {hour:02} was published and has no posts")));
        broken.extend(self.unexplained());
        broken.extend(self.disturbed());
        (count, broken)
    }

    fn hour(&self, hour: u64, count: &mut Count) -> Result<(), String> {
        let of_hour = |edits: bool| {
            let of_hour = move |entry: &&Entry| entry.hour == hour && entry.edits == edits;
            self.seen.entries.iter().filter(of_hour)
        };
        let posts: Vec<&Entry> = of_hour(false).collect();
        let edits: Vec<&Entry> = of_hour(true).collect();
        let withdrawn = edits
            .iter()
            .filter(|entry| entry.told == Told::Withdrawn)
            .count();
        let taken = posts.iter().filter(|entry| entry.taken).count();
        if taken > 1 + withdrawn {
            return Err(format!("taken {taken} times"));
        }
        if withdrawn == 0 {
            self.sent_after_all(&posts)?;
        }
        let row = self.rows.get(&hour);
        let state = row.map_or("missing", |row| row.state.as_str());
        match state {
            "sent" => {
                count.sent += 1;
                self.is_there(&posts, &edits)
            }
            "uncertain" => {
                count.uncertain += 1;
                count.uncertain_taken += u64::from(taken > 0);
                self.is_in_doubt(&posts)
            }
            "missing" | "claimed" if self.disabled => {
                count.due += 1;
                self.is_due(&posts, taken)
            }
            _ => Err(format!("it is {state}: {:?}", row.map(|row| &row.error))),
        }
    }

    /// After a request of which nobody can know, or that was taken, none follows.
    fn sent_after_all(&self, posts: &[&Entry]) -> Result<(), String> {
        let last = posts.len().saturating_sub(1);
        let early = posts
            .iter()
            .take(last)
            .find(|entry| !matches!(entry.told, Told::Refused | Told::Gone));
        match early {
            Some(entry) => Err(format!(
                "another request followed one that was told {:?}",
                entry.told
            )),
            None => Ok(()),
        }
    }

    /// What is `sent` was taken, and its sender was told so.
    fn is_there(&self, posts: &[&Entry], edits: &[&Entry]) -> Result<(), String> {
        let last = posts.last().ok_or("it is sent, and nothing came")?;
        if !last.taken {
            return Err("it is sent, and was not taken".to_owned());
        }
        if last.told == Told::Nothing {
            return Err("it is sent, and nobody said that it was taken".to_owned());
        }
        let edited = edits.iter().any(|entry| entry.taken);
        if self.plan.kind == Kind::Edit && !edited {
            return Err("it is sent, and only its short message is there".to_owned());
        }
        Ok(())
    }

    /// What is `uncertain` was not told of, or its sender was killed before it could note what it was told.
    fn is_in_doubt(&self, posts: &[&Entry]) -> Result<(), String> {
        let Some(last) = posts.last() else {
            return Ok(());
        };
        let nameless = last.told == Told::Nameless && self.plan.kind == Kind::Edit;
        if last.told == Told::Nothing || nameless || self.was_killed(last.process) {
            return Ok(());
        }
        // A later request may never have been read.
        if matches!(last.told, Told::Refused | Told::Gone | Told::Withdrawn) {
            return Ok(());
        }
        Err(format!(
            "it is uncertain, though its sender was told {:?} and lived",
            last.told
        ))
    }

    /// What is due on a dead target was never taken, unless all that came of it is a short message.
    fn is_due(&self, posts: &[&Entry], taken: usize) -> Result<(), String> {
        if self.plan.gone_at.is_none() {
            return Err("the channel is disabled, and its target is not gone".to_owned());
        }
        if taken > 0 && self.plan.kind != Kind::Edit {
            return Err("it is due, and was taken".to_owned());
        }
        let lost = posts.iter().any(|entry| entry.told == Told::Nothing);
        if lost {
            return Err("it is due, though nobody can know what became of it".to_owned());
        }
        Ok(())
    }

    /// A doubt has a cause: a request of its own that was lost, or one that was never read.
    fn unexplained(&self) -> Option<String> {
        let own = |hour: &u64| {
            let mut posts = self
                .seen
                .entries
                .iter()
                .filter(|entry| entry.hour == *hour && !entry.edits);
            posts.any(|entry| !matches!(entry.told, Told::Refused | Told::Gone))
        };
        let unread = self
            .rows
            .iter()
            .filter(|(hour, row)| row.state == "uncertain" && !own(hour))
            .count();
        let kills = self
            .lives
            .iter()
            .filter(|life| life.killed.is_some())
            .count();
        // A killed process may have had one request on its way, a connection that was cut or not accepted was one.
        let closed = self.seen.cuts + 2 * self.seen.closings;
        let most = u64::try_from(kills).unwrap_or(u64::MAX) + closed;
        let unread = u64::try_from(unread).unwrap_or(u64::MAX);
        (unread > most).then(|| format!("{unread} are uncertain for no reason, {most} can be"))
    }

    /// After a target has said that it is gone, it hears nothing more: not from the process that it told, nor from one
    /// that began later, unless that one was killed before it could note it.
    fn disturbed(&self) -> Option<String> {
        let gone = self
            .seen
            .entries
            .iter()
            .position(|entry| entry.told == Told::Gone)?;
        let first = self.seen.entries.get(gone)?;
        let told_and_living = !self.was_killed(first.process);
        let mut after = self.seen.entries.iter().skip(gone + 1);
        let disturbing = after.find(|entry| {
            let began = self.life(entry.process).map(|life| life.began);
            let is_younger = began.is_none_or(|began| began > first.came);
            entry.process == first.process || (told_and_living && is_younger)
        })?;
        Some(format!(
            "hour {:02} was sent to a target that had said that it is gone",
            disturbing.hour
        ))
    }

    fn life(&self, process: u64) -> Option<&Life> {
        self.lives.iter().find(|life| life.process == process)
    }

    fn was_killed(&self, process: u64) -> bool {
        self.life(process).is_some_and(|life| life.killed.is_some())
    }
}
