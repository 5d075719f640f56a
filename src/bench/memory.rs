//! How much memory a process takes, as Linux tells.

/// This process's peak of resident memory, bytes; none where the system does not tell.
pub(super) fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    of_status(&status, "VmHWM:")
}

/// An amount of memory out of `/proc/PID/status`, bytes.
pub(super) fn of_status(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Bytes as megabytes, for people.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(super) fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(of_status(status, "VmHWM:"), Some(2 << 20));
        assert_eq!(of_status(status, "VmRSS:"), Some(1 << 20));
        assert_eq!(of_status("Name:\tx\n", "VmRSS:"), None);
    }
}
