//! The scorer that is configured, or named on the command line: VADER, with an overlay or without.

use std::path::Path;

use moodwire_sentiment::{Overlay, Scorer};

use crate::{config::Config, failure::Failure};

/// The configured scorer.
pub(crate) fn configured(config: &Config) -> Result<Scorer, Failure> {
    match config.scorer.overlay.as_deref() {
        None => Ok(Scorer::new()),
        Some(overlay) => laid_over(overlay, "[scorer] overlay"),
    }
}

/// VADER with the overlay of this name or in this file; `place` is where it was named.
pub(crate) fn laid_over(overlay: &str, place: &str) -> Result<Scorer, Failure> {
    if let Some(shipped) = Overlay::shipped(overlay) {
        return Ok(Scorer::with_overlay(&shipped));
    }
    let path = Path::new(overlay);
    let text = std::fs::read_to_string(path).map_err(|error| {
        let shipped = Overlay::SHIPPED.join(", ");
        Failure::Usage(format!(
            "{place}: the overlay {overlay} cannot be read: {error}; name a file, or one that is shipped: {shipped}"
        ))
    })?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let overlay = Overlay::parse(&name, &text)
        .map_err(|error| Failure::Usage(format!("{overlay} {error}")))?;
    Ok(Scorer::with_overlay(&overlay))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shipped_overlay_goes_by_its_name_and_another_by_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        std::fs::write(&file, "[words]\nmoon = 2\n").unwrap();
        let version = |overlay: &str| laid_over(overlay, "here").unwrap().version().to_owned();
        assert!(version("crypto").starts_with("vader-3.3.2+crypto@"));
        assert!(version(file.to_str().unwrap()).starts_with("vader-3.3.2+mine@"));
    }

    #[test]
    fn what_is_wrong_with_an_overlay_is_told_with_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        std::fs::write(&file, "[words]\nmoon = 20\n").unwrap();
        let told = laid_over(file.to_str().unwrap(), "here").unwrap_err();
        assert_eq!(told.code(), 2);
        assert!(told.to_string().contains("mine.toml line 2: "), "{told}");
        let told = laid_over("nowhere.toml", "[scorer] overlay").unwrap_err();
        assert!(told.to_string().starts_with("[scorer] overlay: "), "{told}");
    }
}
