//! What is wrong with an overlay, and where.

/// What is wrong, with its line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct OverlayError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, and what to do.
    pub message: String,
}

impl OverlayError {
    /// Something wrong at this byte of the text.
    pub(super) fn at(text: &str, byte: usize, message: impl Into<String>) -> Self {
        let before = text.as_bytes().get(..byte).unwrap_or(text.as_bytes());
        Self {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            message: message.into(),
        }
    }
}
