//! Traces: each attempt of a job as a span, sent to a collector of OpenTelemetry over HTTP, where `[telemetry] otlp` names one.
//!
//! A run is a trace: a job carries the slot that began its run and the job that enqueued it, and trace and span ids are made
//! of those, so that processes that know nothing of each other come to the same ids, and nothing more is stored.

mod export;
mod ids;
mod recorder;
mod span;

pub(crate) use self::{export::exporting, recorder::Outbox, recorder::Recorder};
