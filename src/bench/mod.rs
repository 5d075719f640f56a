//! `bench`: what the program's parts can do on this machine, each measured by itself.

pub(crate) mod matching;
pub(crate) mod queue;
pub(crate) mod score;

/// This process's peak of resident memory, bytes; none where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    queue::workers::memory(&status, "VmHWM:")
}
