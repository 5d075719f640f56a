//! Where a process kills itself, once, when it is told to by an environment variable.

use std::{
    fmt,
    process::Command,
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
};

/// The variable that names the step: `STEP` or `STEP:N`, the N-th time that it is reached.
pub const VARIABLE: &str = "CHAOS_KILL";

macro_rules! steps {
    ($($(#[$doc:meta])* $step:ident = $word:literal),* $(,)?) => {
        /// A step of a job's life at which its process can be killed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Step { $($(#[$doc])* $step),* }

        impl Step {
            /// Every step.
            pub const ALL: &[Self] = &[$(Self::$step),*];

            /// Its word in [`VARIABLE`].
            pub fn word(self) -> &'static str {
                match self { $(Self::$step => $word),* }
            }
        }
    };
}

steps! {
    /// Before jobs are added.
    BeforeEnqueue = "before-enqueue",
    /// After jobs were added, before anyone is told.
    AfterEnqueue = "after-enqueue",
    /// Before jobs are leased.
    BeforeFetch = "before-fetch",
    /// After jobs were leased, before any of them begins.
    AfterFetch = "after-fetch",
    /// In a job, before its effect.
    InJob = "in-job",
    /// In a job, after its effect.
    AfterEffect = "after-effect",
    /// Before leases are renewed.
    BeforeRenew = "before-renew",
    /// After leases were renewed.
    AfterRenew = "after-renew",
    /// Before ended attempts are settled.
    BeforeSettle = "before-settle",
    /// After ended attempts were settled.
    AfterSettle = "after-settle",
    /// Before jobs are handed back at shutdown.
    BeforeHandBack = "before-hand-back",
    /// After jobs were handed back at shutdown.
    AfterHandBack = "after-hand-back",
    /// Before a lost worker's jobs are settled.
    BeforeRescue = "before-rescue",
    /// After a lost worker's jobs were settled.
    AfterRescue = "after-rescue",
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Kills its process by SIGKILL when a chosen step is reached for a chosen time.
#[derive(Debug)]
pub struct Trap(Option<(Step, AtomicU64)>);

impl Trap {
    /// The trap that [`VARIABLE`] names; none is set without it.
    ///
    /// # Errors
    /// One sentence for a value that names no step.
    pub fn from_environment() -> Result<Self, String> {
        match std::env::var(VARIABLE) {
            Ok(value) => value.parse(),
            Err(_) => Ok(Self(None)),
        }
    }

    /// Tells that the step is reached. Does not return when it is the one at which to die.
    pub fn reach(&self, step: Step) {
        if let Some((trapped, left)) = &self.0
            && *trapped == step
            && left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            die();
        }
    }
}

impl FromStr for Trap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, times) = text.split_once(':').unwrap_or((text, "1"));
        let step = Step::ALL.iter().find(|step| step.word() == word);
        let times: Option<u64> = times.parse().ok().filter(|times| *times > 0);
        match (step, times) {
            (Some(step), Some(times)) => Ok(Self(Some((*step, AtomicU64::new(times))))),
            _ => Err(format!(
                "{VARIABLE}=\"{text}\" is neither STEP nor STEP:N with a step of {}",
                Step::ALL
                    .iter()
                    .map(|step| step.word())
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        }
    }
}

/// Ends the process as the kernel's memory killer or a power cut would: no destructor runs, no buffer is flushed.
fn die() {
    // The shell's own `kill`, as small images have no executable of that name. This thread stays in the call until the
    // signal is there.
    let me = std::process::id().to_string();
    let _dead = Command::new("sh")
        .args(["-c", "kill -KILL \"$0\"", &me])
        .status();
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trap_is_read_from_a_step_and_a_count() {
        for step in Step::ALL {
            let trap: Trap = format!("{step}:3").parse().unwrap();
            assert!(matches!(trap.0, Some((read, _)) if read == *step));
        }
        for wrong in ["", "after", "in-job:0", "in-job:x"] {
            assert!(wrong.parse::<Trap>().is_err(), "{wrong}");
        }
    }
}
