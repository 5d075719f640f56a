//! The remark: what a store says of how it is set up, for whoever looks after it.

/// One thing that was looked at in a store that serves. What would keep it from serving is an error, not a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What was looked at, such as `version`.
    pub about: &'static str,
    /// What was seen.
    pub seen: String,
    /// What to do about it; none where all is well.
    pub mend: Option<String>,
}

impl Remark {
    /// It is as it should be.
    pub fn well(about: &'static str, seen: impl Into<String>) -> Self {
        Self {
            about,
            seen: seen.into(),
            mend: None,
        }
    }

    /// It serves, and something may be lost or come to an end: `mend` says what to do.
    pub fn doubtful(about: &'static str, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            about,
            seen: seen.into(),
            mend: Some(mend.into()),
        }
    }
}
