//! The scorer that is configured, or named on the command line: VADER, with an overlay or without.

use moodwire_workers::score::Scorer;

use crate::{config::Config, failure::Failure};

/// The configured scorer.
pub(crate) fn configured(config: &Config) -> Result<Scorer, Failure> {
    let overlay = config.scorer.overlay.as_deref();
    Scorer::named(overlay).map_err(|error| Failure::Usage(format!("[scorer] overlay: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(overlay: &str) -> Config {
        let mut config = Config::default();
        config.scorer.overlay = Some(overlay.to_owned());
        config
    }

    #[test]
    fn a_shipped_overlay_goes_by_its_name_and_another_by_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        std::fs::write(&file, "[words]\nmoon = 2\n").unwrap();
        let version = |overlay: &str| configured(&with(overlay)).unwrap().version().to_owned();
        assert!(version("crypto").starts_with("vader-3.3.2+crypto@"));
        assert!(version(file.to_str().unwrap()).starts_with("vader-3.3.2+mine@"));
    }

    #[test]
    fn what_is_wrong_with_an_overlay_is_told_with_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        std::fs::write(&file, "[words]\nmoon = 20\n").unwrap();
        let told = configured(&with(file.to_str().unwrap())).unwrap_err();
        assert_eq!(told.code(), 2);
        assert!(told.to_string().contains("mine.toml line 2: "), "{told}");
        let told = configured(&with("nowhere.toml")).unwrap_err();
        assert!(told.to_string().starts_with("[scorer] overlay: "), "{told}");
    }
}
