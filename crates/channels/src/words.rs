//! The words that every channel uses, in each language.

use moodwire_model::{HourSummary, Missing};
use serde::{Deserialize, Serialize};

use crate::text::harmless_line;

/// A language that digests are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Language {
    /// The words of this language.
    pub(crate) fn pick(self, en: &'static str, fr: &'static str) -> &'static str {
        match self {
            Self::En => en,
            Self::Fr => fr,
        }
    }

    /// A compound, a mean or a change: always with its sign, four decimals, never a negative zero.
    pub(crate) fn signed(self, value: f64) -> String {
        let rounded = (value * 1e4).round() / 1e4 + 0.0;
        let shown = format!("{rounded:+.4}");
        match self {
            Self::En => shown,
            Self::Fr => shown.replace('.', ","),
        }
    }

    /// `part` of `whole` as a percentage, rounded to the nearest; French puts a no-break space before the sign.
    pub(crate) fn percent(self, part: u64, whole: u64) -> String {
        let whole = u128::from(whole.max(1));
        let percent = (u128::from(part) * 200 + whole) / (2 * whole);
        match self {
            Self::En => format!("{percent}%"),
            Self::Fr => format!("{percent}\u{a0}%"),
        }
    }

    /// `1 post`, `2 posts`; in French nothing is singular as well.
    pub(crate) fn count(self, n: u64, one: &str, many: &str) -> String {
        let single = n == 1 || (n == 0 && self == Self::Fr);
        format!("{n} {}", if single { one } else { many })
    }

    /// `1 post`, `2 posts`: a word of both languages.
    pub(crate) fn posts(self, n: u64) -> String {
        self.count(n, "post", "posts")
    }

    /// The hour as people write it: `2026-03-01 17:00–18:00 UTC`.
    pub(crate) fn hour(self, summary: &HourSummary) -> String {
        let hour = summary.hour;
        let date = self.pick("%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M");
        format!(
            "{}–{} UTC",
            hour.start().format(date),
            hour.end().format("%H:%M")
        )
    }

    /// How many posts were positive, neutral and negative, each with its share.
    pub(crate) fn shares(self, summary: &HourSummary, separator: &str) -> String {
        let share = |n: u64| self.percent(n, summary.posts);
        let HourSummary {
            positive,
            neutral,
            negative,
            ..
        } = *summary;
        let named = match self {
            Self::En => [
                format!("{positive} positive"),
                format!("{neutral} neutral"),
                format!("{negative} negative"),
            ],
            Self::Fr => [
                self.count(positive, "positif", "positifs"),
                self.count(neutral, "neutre", "neutres"),
                self.count(negative, "négatif", "négatifs"),
            ],
        };
        let [first, second, third] = named;
        [(first, positive), (second, neutral), (third, negative)]
            .map(|(named, n)| format!("{named} ({})", share(n)))
            .join(separator)
    }

    /// How the mean moved: `▲ +0.1000 since the hour before`.
    pub(crate) fn change(self, change: f64, hours_back: i64) -> String {
        let since = match hours_back {
            1 => self.pick("since the hour before", "depuis l'heure précédente"),
            _ => self.pick("since the same hour yesterday", "depuis la même heure hier"),
        };
        let rounded = (change * 1e4).round();
        let arrow = match rounded {
            up if up > 0.0 => "▲",
            down if down < 0.0 => "▼",
            _ => "▬",
        };
        format!("{arrow} {} {since}", self.signed(change))
    }

    /// What the digest lacks, in one sentence; none when it lacks nothing.
    pub(crate) fn missing(self, missing: &Missing) -> Option<String> {
        if missing.is_empty() {
            return None;
        }
        let mut parts = Vec::new();
        if !missing.sources.is_empty() {
            let names: Vec<String> = missing
                .sources
                .iter()
                .map(|name| harmless_line(name))
                .collect();
            let names = names.join(", ");
            parts.push(match self {
                Self::En => format!("{names} had not been read to the hour's end"),
                Self::Fr => format!("lecture inachevée à la fin de l'heure ({names})"),
            });
        }
        if missing.batches > 0 {
            let n = missing.batches;
            parts.push(match self {
                Self::En => format!(
                    "{} of posts had no scores yet",
                    self.count(n, "batch", "batches")
                ),
                Self::Fr => format!("{} de posts sans score", self.count(n, "lot", "lots")),
            });
        }
        Some(match self {
            Self::En => format!("Incomplete: {}.", parts.join("; ")),
            Self::Fr => format!("Incomplet\u{a0}: {}.", parts.join("\u{a0}; ")),
        })
    }

    /// Title and text of a message that tries a channel out.
    pub(crate) fn test(self, name: &str) -> (String, String) {
        match self {
            Self::En => (
                "Test message of Moodwire".to_owned(),
                format!("This is a test of the channel \"{name}\", not a digest. It works."),
            ),
            Self::Fr => (
                "Message d'essai de Moodwire".to_owned(),
                format!(
                    "Ceci est un essai du canal «\u{a0}{name}\u{a0}», et non un résumé. Tout va bien."
                ),
            ),
        }
    }

    /// What came too late to be counted, in one sentence; none when nothing did.
    pub(crate) fn late(self, posts: u64) -> Option<String> {
        let counted = self.posts(posts);
        (posts > 0).then(|| match self {
            Self::En => format!("{counted} came after the hour was sealed."),
            Self::Fr if posts == 1 => format!("{counted} est arrivé après la clôture de l'heure."),
            Self::Fr => format!("{counted} sont arrivés après la clôture de l'heure."),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_minus_and_french_has_a_comma() {
        assert_eq!(Language::En.signed(-0.000_01), "+0.0000");
        assert_eq!(Language::En.signed(-0.5574), "-0.5574");
        assert_eq!(Language::Fr.signed(1.0), "+1,0000");
    }

    #[test]
    fn shares_are_rounded_to_the_nearest_and_nothing_is_divided_by_nothing() {
        assert_eq!(Language::En.percent(1, 3), "33%");
        assert_eq!(Language::En.percent(2, 3), "67%");
        assert_eq!(Language::Fr.percent(0, 0), "0\u{a0}%");
    }

    #[test]
    fn a_change_says_its_direction_in_words_of_its_language() {
        assert_eq!(
            Language::En.change(0.1, 1),
            "▲ +0.1000 since the hour before"
        );
        assert_eq!(
            Language::Fr.change(-0.1, 24),
            "▼ -0,1000 depuis la même heure hier"
        );
        assert_eq!(
            Language::En.change(0.000_001, 24),
            "▬ +0.0000 since the same hour yesterday"
        );
    }
}
