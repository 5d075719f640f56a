//! Hygiene: which posts are never best or worst of their hour, and which say the same. None of it changes what an hour
//! counts.

use std::sync::Arc;

use moodwire_model::Post;
use moodwire_sources::{Actor, Watchlist};
use sha2::{Digest, Sha256};

/// What a source's posts must pass to be best or worst. Everything passes by default.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    /// Fewer followers than this bar a post; a network that tells no followers bars none.
    pub min_followers: u64,
    /// Languages (BCP 47; `en` covers `en-US`); with none, every language passes. A post without one passes.
    pub languages: Vec<String>,
    /// Words and phrases that bar a post.
    exclude: Arc<Watchlist>,
}

impl Filters {
    /// Filters with these words and phrases to exclude, matched as the watchlist's keywords are.
    ///
    /// # Errors
    /// One sentence that says which of them cannot be matched.
    pub fn new(
        min_followers: u64,
        languages: Vec<String>,
        exclude: &[String],
    ) -> Result<Self, String> {
        let excluded = (!exclude.is_empty()).then(|| Actor {
            name: "exclude".to_owned(),
            keywords: exclude.to_vec(),
            ..Actor::default()
        });
        Ok(Self {
            min_followers,
            languages,
            exclude: Arc::new(Watchlist::new(excluded.into_iter().collect())?),
        })
    }

    /// Why the post is never best or worst; none where it may be.
    pub(crate) fn bar(&self, post: &Post) -> Option<String> {
        let few = |followers: &u64| *followers < self.min_followers;
        if let Some(followers) = post.followers.filter(few) {
            return Some(format!(
                "{followers} followers, fewer than {}",
                self.min_followers
            ));
        }
        if let Some(lang) = post.lang.as_deref().filter(|lang| !self.speaks(lang)) {
            return Some(format!("the language {lang}"));
        }
        let excluded = !self.exclude.is_empty() && !self.exclude.matches(post, &[]).is_empty();
        excluded.then(|| "an excluded word".to_owned())
    }

    fn speaks(&self, lang: &str) -> bool {
        let primary = |tag: &str| {
            let end = tag.find(['-', '_']).unwrap_or(tag.len());
            tag.get(..end).unwrap_or_default().to_lowercase()
        };
        let covers = |spoken: &String| {
            spoken.eq_ignore_ascii_case(lang)
                || (!spoken.contains(['-', '_']) && primary(spoken) == primary(lang))
        };
        self.languages.is_empty() || self.languages.iter().any(covers)
    }
}

/// A number that posts share which say the same but for links, mentions, digits, signs, spaces and capitals: what is
/// copied over and over is varied in these.
pub(crate) fn gist(text: &str) -> i64 {
    let mut hash = Sha256::new();
    for word in text.split_whitespace() {
        if word.starts_with('@') || word.contains("://") || word.starts_with("www.") {
            continue;
        }
        let letters: String = word
            .chars()
            .filter(|char| char.is_alphabetic())
            .flat_map(char::to_lowercase)
            .collect();
        hash.update(letters);
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .fold(0_i64, |gist, byte| (gist << 8) | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use moodwire_model::{Hour, PostKey, Timestamp};

    use super::*;

    fn post(text: &str, lang: Option<&str>, followers: Option<u64>) -> Post {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        Post {
            key: PostKey::new("x", "1"),
            network: "x".to_owned(),
            author: "ada".to_owned(),
            author_name: None,
            text: text.to_owned(),
            url: None,
            lang: lang.map(str::to_owned),
            created_at: now,
            collected_at: now,
            hour: Hour::of(now),
            actors: Vec::new(),
            followers,
            edited_at: None,
            deleted_at: None,
            raw: "{}".to_owned(),
        }
    }

    #[test]
    fn nothing_is_barred_by_default() {
        let filters = Filters::default();
        assert_eq!(filters.bar(&post("any", Some("tlh"), Some(0))), None);
    }

    #[test]
    fn each_filter_bars_what_it_names_and_says_why() {
        let words = ["airdrop".to_owned(), "giveaway now".to_owned()];
        let filters = Filters::new(100, vec!["en".to_owned(), "pt-BR".to_owned()], &words).unwrap();
        for (text, lang, followers, barred) in [
            ("fine", Some("en"), Some(100), None),
            ("fine", Some("EN-us"), None, None),
            ("fine", None, None, None),
            ("fine", Some("pt-br"), None, None),
            ("fine", Some("pt"), None, Some("the language pt")),
            ("fine", Some("fr"), None, Some("the language fr")),
            ("fine", None, Some(99), Some("99 followers, fewer than 100")),
            ("Free AIRDROP!", None, None, Some("an excluded word")),
            ("a giveaway now", None, None, Some("an excluded word")),
            ("airdropped", None, None, None),
        ] {
            let said = filters.bar(&post(text, lang, followers));
            assert_eq!(said.as_deref(), barred, "{text} {lang:?} {followers:?}");
        }
    }

    #[test]
    fn copies_share_their_gist_and_others_do_not() {
        let first = gist("Join NOW!! 100x gains 🚀 https://a.example/1 @bob");
        assert_eq!(
            first,
            gist("join now 250x gains 🚀🚀 https://b.example @eve @carol")
        );
        assert_ne!(first, gist("join later 100x gains"));
        assert_ne!(gist("比特币"), gist("以太坊"));
    }
}
