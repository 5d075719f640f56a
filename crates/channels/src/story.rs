//! The story: what a digest tells, in words, before a channel gives it its form.

use moodwire_model::{Digest, DigestPost, Score, TREND_HOURS};

use crate::{
    text::{author, harmless_line},
    words::Language,
};

/// Cells of a score's bar.
const BAR: usize = 10;

/// What a digest tells.
#[derive(Debug)]
pub(crate) struct Story<'a> {
    /// The hour.
    pub(crate) title: String,
    /// How its posts feel on the whole.
    pub(crate) mood: Mood,
    /// `3 posts`, or that there are none.
    pub(crate) count: String,
    /// `mean`, and the mean; none in an hour without posts.
    pub(crate) mean: Option<(&'static str, String)>,
    /// How the mean moved, one sentence each.
    pub(crate) changes: Vec<String>,
    /// Positive, neutral and negative posts; none in an hour without posts.
    pub(crate) shares: Option<String>,
    /// What is missing and late.
    pub(crate) notes: Vec<String>,
    /// Best and worst, or the only one.
    pub(crate) posts: Vec<Told<'a>>,
}

/// A post of a story.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// `Best post`.
    pub(crate) title: &'static str,
    /// The compound.
    pub(crate) score: String,
    /// The compound as a bar: full at +1, empty at −1.
    pub(crate) bar: String,
    pub(crate) mood: Mood,
    /// Handle and name, and how many copies of the post there are.
    pub(crate) author: String,
    /// Whom of the watchlist it matches: `Bitcoin, Ethereum`; none when nobody.
    pub(crate) actors: Option<String>,
    pub(crate) post: &'a DigestPost,
}

/// Positive, negative or neither, by VADER's thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Positive,
    Negative,
    Neutral,
}

impl Mood {
    pub(crate) fn of(compound: f64) -> Self {
        if compound >= Score::POSITIVE_FROM {
            Self::Positive
        } else if compound <= -Score::POSITIVE_FROM {
            Self::Negative
        } else {
            Self::Neutral
        }
    }

    /// A sign of its colour, for channels that have none.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Positive => "🟢",
            Self::Negative => "🔴",
            Self::Neutral => "⚪",
        }
    }
}

impl<'a> Story<'a> {
    /// The story of `digest`.
    pub(crate) fn of(digest: &'a Digest, language: Language) -> Self {
        let summary = &digest.summary;
        let some = summary.posts > 0;
        let mean = summary.mean_compound.map(|mean| {
            let word = language.pick("mean", "moyenne");
            (word, language.signed(mean))
        });
        let notes = [
            language.missing(&summary.missing),
            language.late(summary.late),
        ];
        Self {
            title: language.hour(summary),
            mood: Mood::of(summary.mean_compound.unwrap_or(0.0)),
            count: if some {
                language.posts(summary.posts)
            } else {
                language.pick("No posts.", "Aucun post.").to_owned()
            },
            mean,
            changes: changes(digest, language),
            shares: some.then(|| language.shares(summary, " · ")),
            notes: notes.into_iter().flatten().collect(),
            posts: posts(digest, language),
        }
    }
}

fn changes(digest: &Digest, language: Language) -> Vec<String> {
    [1, TREND_HOURS]
        .into_iter()
        .filter_map(|back| Some(language.change(digest.change_since(back)?, back)))
        .collect()
}

fn posts(digest: &Digest, language: Language) -> Vec<Told<'_>> {
    let titled: Vec<(&'static str, &DigestPost)> = match (&digest.best, &digest.worst) {
        (Some(best), Some(worst)) if best.id == worst.id => {
            vec![(language.pick("Only post", "Seul post"), best)]
        }
        (best, worst) => {
            let best = best
                .iter()
                .map(|post| (language.pick("Best post", "Meilleur post"), post));
            let worst = worst
                .iter()
                .map(|post| (language.pick("Worst post", "Pire post"), post));
            best.chain(worst).collect()
        }
    };
    titled
        .into_iter()
        .map(|(title, post)| told(title, post, language))
        .collect()
}

fn told<'a>(title: &'static str, post: &'a DigestPost, language: Language) -> Told<'a> {
    let names: Vec<String> = post.actors.iter().map(|name| harmless_line(name)).collect();
    Told {
        title,
        score: language.signed(post.compound),
        bar: bar(post.compound),
        mood: Mood::of(post.compound),
        author: author(post) + &copies(post.copies, language),
        actors: (!names.is_empty()).then(|| names.join(", ")),
        post,
    }
}

fn copies(count: u64, language: Language) -> String {
    match count {
        0 => String::new(),
        1 => language.pick(" (+1 copy)", " (+1 copie)").to_owned(),
        count => format!(" (+{count} copies)"),
    }
}

/// A compound between −1 and 1 as ten cells.
fn bar(compound: f64) -> String {
    let full = (0..BAR)
        .filter(|cell| {
            let middle = (*cell as f64 + 0.5) / BAR as f64;
            (compound + 1.0) / 2.0 >= middle
        })
        .count();
    "▰".repeat(full) + &"▱".repeat(BAR - full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_behind_the_author_where_there_are_any() {
        let english = |count| copies(count, Language::En);
        assert_eq!(
            [english(0), english(1), english(16)],
            ["", " (+1 copy)", " (+16 copies)"]
        );
        assert_eq!(copies(1, Language::Fr), " (+1 copie)");
    }

    #[test]
    fn a_bar_is_full_at_one_empty_at_minus_one_and_half_at_nought() {
        for (compound, full) in [
            (1.0, 10),
            (0.0, 5),
            (-1.0, 0),
            (0.9215, 10),
            (-0.802, 1),
            (f64::NAN, 0),
        ] {
            let bar = bar(compound);
            assert_eq!(bar.matches('▰').count(), full, "{compound}");
            assert_eq!(bar.chars().count(), 10);
        }
    }
}
