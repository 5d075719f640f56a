//! The scorer as the jobs use it: a score carries the version of what made it.

use std::{ops::Deref, panic::AssertUnwindSafe, path::Path};

use moodwire_model::Score;
use moodwire_sentiment::Overlay;

/// Scores posts' texts with VADER, and with an overlay where one is configured.
#[derive(Debug, Clone, Default)]
pub struct Scorer(moodwire_sentiment::Scorer);

impl Scorer {
    /// VADER alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// VADER with the overlay of this name, if it is one that is shipped, or else in this file; alone without one.
    ///
    /// # Errors
    /// Says what is wrong with the overlay, and where.
    pub fn named(overlay: Option<&str>) -> Result<Self, String> {
        overlay.map_or_else(
            || Ok(Self::new()),
            |overlay| Ok(moodwire_sentiment::Scorer::with_overlay(&read(overlay)?).into()),
        )
    }

    /// The scorer's name and version, stored with every score.
    pub fn version(&self) -> &str {
        self.0.version()
    }

    /// A text's score. Takes time in proportion to the text: call it off the async threads.
    pub fn score(&self, text: &str) -> Score {
        let score = self.0.score(text);
        Score {
            neg: score.neg,
            neu: score.neu,
            pos: score.pos,
            compound: score.compound,
            scorer: self.version().to_owned(),
        }
    }

    /// A text's score; none where the scorer panics on it, so that one text costs no other its score.
    pub(crate) fn try_score(&self, text: &str) -> Option<Score> {
        std::panic::catch_unwind(AssertUnwindSafe(|| self.score(text))).ok()
    }
}

impl Deref for Scorer {
    type Target = moodwire_sentiment::Scorer;

    fn deref(&self) -> &moodwire_sentiment::Scorer {
        &self.0
    }
}

fn read(overlay: &str) -> Result<Overlay, String> {
    if let Some(shipped) = Overlay::shipped(overlay) {
        return Ok(shipped);
    }
    let path = Path::new(overlay);
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!(
            "the overlay {overlay} cannot be read: {error}; name a file, or one that is shipped: {}",
            Overlay::SHIPPED.join(", ")
        )
    })?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Overlay::parse(&name, &text).map_err(|error| format!("{overlay} {error}"))
}

impl From<moodwire_sentiment::Scorer> for Scorer {
    fn from(scorer: moodwire_sentiment::Scorer) -> Self {
        Self(scorer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_example_scores_as_the_reference_prints_it() {
        let score = Scorer::new().score("VADER is smart, handsome, and funny!");
        assert_eq!(
            (score.neg, score.neu, score.pos, score.compound),
            (0.0, 0.248, 0.752, 0.8439)
        );
        assert_eq!(score.scorer, "vader-3.3.2");
    }
}
