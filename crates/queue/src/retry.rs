//! The retry policy: exponential backoff with full jitter.

use std::time::Duration;

use moodwire_model::Entropy;

/// How often a failing job is tried again, and how long is waited in between.
///
/// Full jitter draws the wait before attempt `n + 1` uniformly from `[0, min(cap, base · 2^(n−1))]`, so that many
/// jobs that failed together do not come back together. With the defaults the upper ends are 2 s, 4 s, 8 s, …,
/// 512 s, 900 s, 900 s, …: 15 attempts take about 46 min on average, 92 min at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Upper end of the first wait.
    pub base: Duration,
    /// No wait is longer.
    pub cap: Duration,
    /// Attempts that a job has, at least 1.
    pub max_attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(2),
            cap: Duration::from_secs(15 * 60),
            max_attempts: 15,
        }
    }
}

/// The wait after the failure of attempt `attempt` (from 1), drawn with full jitter.
pub fn backoff(policy: &RetryPolicy, attempt: u32, entropy: &dyn Entropy) -> Duration {
    upper_end(policy, attempt).mul_f64(entropy.unit())
}

fn upper_end(policy: &RetryPolicy, attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    policy
        .base
        .saturating_mul(1_u32 << doublings)
        .min(policy.cap)
}

#[cfg(test)]
mod tests {
    use moodwire_model::SystemEntropy;

    use super::*;

    #[test]
    fn the_upper_ends_double_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let seconds: Vec<u64> = (1..=11)
            .map(|attempt| upper_end(&policy, attempt).as_secs())
            .collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(upper_end(&policy, u32::MAX), policy.cap);
    }

    #[test]
    fn fourteen_waits_average_about_forty_six_minutes() {
        let policy = RetryPolicy::default();
        let mean: f64 = (1..policy.max_attempts)
            .map(|attempt| upper_end(&policy, attempt).as_secs_f64() / 2.0)
            .sum();
        assert!((mean / 60.0 - 46.0).abs() < 1.0, "{mean} s");
    }

    proptest::proptest! {
        #[test]
        fn a_wait_is_never_longer_than_its_upper_end(attempt in 0_u32..100, base in 0_u64..10_000, cap in 0_u64..1_000_000) {
            let policy = RetryPolicy {
                base: Duration::from_millis(base),
                cap: Duration::from_millis(cap),
                max_attempts: 15,
            };
            let wait = backoff(&policy, attempt, &SystemEntropy);
            proptest::prop_assert!(wait <= upper_end(&policy, attempt));
            proptest::prop_assert!(upper_end(&policy, attempt) <= policy.cap);
        }
    }
}
