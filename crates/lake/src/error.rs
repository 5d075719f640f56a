//! What can go wrong with the lake, told apart by what the caller can do about it.

/// A failure of the lake.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store cannot be reached, or refused for now. Nothing is known to have changed; try again.
    #[error("the lake at {place} cannot be reached: {cause}")]
    Unavailable {
        /// The store's URL without its password.
        place: String,
        /// What the driver said.
        cause: String,
    },
    /// What was asked for makes no sense, now or later: one sentence with the mend.
    #[error("{0}")]
    Refused(String),
    /// The store holds something that this program did not write.
    #[error("the lake at {place} holds something unexpected: {cause}")]
    Corrupt {
        /// The store's URL without its password.
        place: String,
        /// What was found.
        cause: String,
    },
}

impl Error {
    /// True when trying again later can help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// The lake's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
