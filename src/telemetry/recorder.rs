//! From the queue's records of attempts to an outbox, on whatever thread they are told.

use std::fmt;

use moodwire_queue::record;
use tokio::sync::mpsc;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, Filter},
    registry::LookupSpan,
};

use super::span::Attempt;

/// Attempts that wait for a collector that is slow; what comes beyond is dropped, since work must not wait for its trace.
const ROOM: usize = 8_192;

/// A layer that puts attempts into an outbox.
pub(crate) struct Recorder(mpsc::Sender<Attempt>);

/// Where they wait to be sent.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(super) attempts: mpsc::Receiver<Attempt>,
    /// The collector's URL.
    pub(super) collector: String,
}

impl Recorder {
    /// A layer, and its outbox for the collector at this URL.
    pub(crate) fn to<S>(collector: String) -> (impl Layer<S>, Outbox)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let (sender, attempts) = mpsc::channel(ROOM);
        let outbox = Outbox {
            attempts,
            collector,
        };
        (Self(sender).with_filter(OnlyRecords), outbox)
    }
}

/// Lets nothing but records through, so that the rest of the log costs no more than without telemetry.
struct OnlyRecords;

impl<S> Filter<S> for OnlyRecords {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: &Context<'_, S>) -> bool {
        metadata.target() == record::TARGET
    }
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(Attempt::default());
        event.record(&mut fields);
        let _full = self.0.try_send(fields.0);
    }
}

struct Fields(Attempt);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let attempt = &mut self.0;
        let place = match field.name() {
            "id" => &mut attempt.id,
            "kind" => &mut attempt.kind,
            "root" => &mut attempt.root,
            "parent" => &mut attempt.parent,
            "verdict" => &mut attempt.verdict,
            "error" => &mut attempt.error,
            _ => return,
        };
        value.clone_into(place);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "attempt" => self.0.attempt = value,
            "token" => self.0.token = value,
            "took_us" => self.0.took_us = value,
            _ => {}
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        match field.name() {
            "due_ms" => self.0.due_ms = value,
            "ended_ms" => self.0.ended_ms = value,
            _ => {}
        }
    }
}
