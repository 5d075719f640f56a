//! Ending attempts.

use super::{
    RedisStore,
    failure::corrupt,
    fields::{Packed, pack_record},
    keys::short,
    millis, number,
    scripts::SCRIPTS,
};
use crate::{CHUNK, Outcome, Result, Settled, Settlement, State, fingerprint};

impl RedisStore {
    pub(super) async fn end(&self, kind: &str, settlements: &[Settlement]) -> Result<Vec<Settled>> {
        let keys = self.keys(kind)?;
        let mut answers = Vec::with_capacity(settlements.len());
        for chunk in settlements.chunks(CHUNK) {
            let mut arguments = self.arguments();
            arguments.reserve(6 * chunk.len());
            for settlement in chunk {
                push_settlement(&mut arguments, kind, settlement);
            }
            let mut reply = self.run(&SCRIPTS.settle, &keys, &arguments).await?;
            let states = reply.text()?;
            if states.len() != chunk.len() {
                let found = format!("the states of {} jobs in \"{states}\"", chunk.len());
                return Err(corrupt(self.link.place(), found));
            }
            for state in states.chars() {
                answers.push(match state {
                    '0' => Settled::Stale,
                    '1' => Settled::Moved(State::Scheduled),
                    '2' => Settled::Moved(State::Ready),
                    '3' => Settled::Moved(State::Done),
                    '4' => Settled::Moved(State::Dead),
                    other => {
                        return Err(corrupt(self.link.place(), format!("{other} for a state")));
                    }
                });
            }
        }
        Ok(answers)
    }
}

/// What `settle.lua` reads of a settlement: id, token, how, record and, unless it is just done, when and note.
fn push_settlement(arguments: &mut Vec<Vec<u8>>, kind: &str, settlement: &Settlement) {
    let (how, moment) = match &settlement.outcome {
        Outcome::Done => ("done", Vec::new()),
        Outcome::Retry { delay, .. } => ("retry", number(millis(*delay))),
        Outcome::Later { until, .. } => ("later", number(until.timestamp_millis())),
        Outcome::Dead { .. } => ("dead", Vec::new()),
        Outcome::HandBack => ("handback", Vec::new()),
    };
    let only = if settlement.only_if_expired { "?" } else { "" };
    arguments.extend([
        short(kind, &settlement.id).into(),
        number(settlement.token),
        format!("{only}{how}").into_bytes(),
        Packed::default()
            .field(pack_record(&settlement.record))
            .bytes(),
    ]);
    if settlement.only_if_expired || settlement.outcome != Outcome::Done {
        arguments.extend([moment, note(kind, settlement)]);
    }
}

/// Reason, error and fingerprint that the job shows from then on. A retry's reason shows only when it was the last.
fn note(kind: &str, settlement: &Settlement) -> Vec<u8> {
    let (reason, error) = match &settlement.outcome {
        Outcome::Done | Outcome::HandBack => (None, None),
        Outcome::Later { reason, .. } => (Some(reason.clone()), None),
        Outcome::Dead { reason, error } => (Some(reason.clone()), Some(error)),
        Outcome::Retry { error, .. } => {
            let attempt = settlement.record.attempt;
            let reason = format!("all attempts are used up: the last was attempt {attempt}");
            (Some(reason), Some(error))
        }
    };
    let fingerprint = error.map(|error| fingerprint(kind, error));
    Packed::default()
        .optional(reason.as_deref())
        .optional(error.map(String::as_str))
        .optional(fingerprint.as_deref())
        .bytes()
}
