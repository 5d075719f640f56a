//! An overlay: words, phrases and emoji that a scorer knows beyond VADER's, or otherwise.
//!
//! It is a TOML file. A valence goes from −4 to 4 in steps of 0.1, as VADER's do; 0 takes what stands there out of the
//! lexicon.
//!
//! ```toml
//! name = "crypto"
//!
//! [words]
//! bullish = 2.4
//! share = 0
//!
//! [phrases]
//! "on fire" = 2.6
//!
//! [emoji]
//! "🚀" = 1.9
//! ```

mod check;
mod error;
mod file;

use sha2::{Digest, Sha256};

pub use self::error::OverlayError;

/// The overlay for posts about cryptocurrencies that is part of the program.
const CRYPTO: &str = include_str!("../overlays/crypto.toml");

/// What is laid over VADER.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// `{name}@{hash}`.
    id: String,
    pub(crate) words: Vec<(String, i8)>,
    pub(crate) phrases: Vec<(Vec<String>, i8)>,
    pub(crate) emoji: Vec<(char, i8)>,
}

impl Overlay {
    /// The names of the overlays that are part of the program.
    pub const SHIPPED: [&str; 1] = ["crypto"];

    /// An overlay that is part of the program.
    pub fn shipped(name: &str) -> Option<Self> {
        (name == "crypto").then(|| Self::parse(name, CRYPTO).expect("it is tested"))
    }

    /// Reads an overlay. `name` serves where the text does not give itself one.
    pub fn parse(name: &str, toml: &str) -> Result<Self, OverlayError> {
        let read = file::read(toml)?;
        let name = read.name.unwrap_or_else(|| name.to_owned());
        check::name(&name)?;
        let words = check::words(toml, read.words)?;
        let phrases = check::phrases(toml, read.phrases)?;
        let emoji = check::emoji(toml, read.emoji)?;
        check::size(&words, &phrases, &emoji)?;
        let id = format!("{name}@{}", hash(toml));
        Ok(Self {
            id,
            words,
            phrases,
            emoji,
        })
    }

    /// The overlay's name and the hash of its text, by which scores made with it can be told.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// The first 32 bits of the text's SHA-256.
fn hash(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
