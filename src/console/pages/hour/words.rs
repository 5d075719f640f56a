//! Why a text scores as it does, word by word.

use maud::{Markup, html};
use moodwire_workers::score::Scorer;
use serde::Serialize;

/// A longer text is not explained: its table would be longer than anybody reads.
const LONGEST: usize = 5_000;

/// A word, or a sign, of the text.
#[derive(Debug, Serialize)]
struct Word {
    text: String,
    /// Its valence in the lexicon, and what the rules made of it.
    base: f64,
    valence: f64,
    /// What it brings to the compound.
    share: f64,
    /// The rules that touched it.
    rules: Vec<String>,
}

/// A text's words, with what `!` and `?` add.
#[derive(Debug, Serialize)]
pub(in crate::console) struct Words {
    words: Vec<Word>,
    emphasis_share: f64,
    sum: f64,
    /// As scored by the scorer that is configured now.
    compound: f64,
    scorer: String,
    /// True for a text that is too long to be explained.
    too_long: bool,
}

impl Words {
    /// The explanation of a text.
    pub(in crate::console) fn of(scorer: &Scorer, text: &str) -> Self {
        let compound = scorer.score(text).compound;
        let mut words = Self {
            words: Vec::new(),
            emphasis_share: 0.0,
            sum: 0.0,
            compound,
            scorer: scorer.version().to_owned(),
            too_long: text.len() > LONGEST,
        };
        if words.too_long {
            return words;
        }
        let explanation = scorer.explain(text);
        words.emphasis_share = explanation.emphasis_share;
        words.sum = explanation.sum;
        words.words = explanation
            .tokens
            .into_iter()
            .map(|token| Word {
                rules: token
                    .steps
                    .iter()
                    .map(|step| match &*step.by {
                        "" => step.rule.name().to_owned(),
                        by => format!("{} \"{by}\"", step.rule.name()),
                    })
                    .collect(),
                text: token.text,
                base: token.base,
                valence: token.valence,
                share: token.share,
            })
            .collect();
        words
    }

    /// The text with each word that counts coloured, and its share at a touch.
    pub(in crate::console) fn render(&self) -> Markup {
        html! {
            @if self.too_long { p class="dim" { "The text is too long to be explained word by word." } }
            @else {
                p class="words" dir="auto" { @for word in &self.words {
                    span class=[shade(word.share)] title=(self.title(word)) { (word.text) } " "
                } }
                details { summary { "Word by word" }
                    div class="scroll" { table class="list" {
                        thead { tr { th { "Word" } th class="number" { "Lexicon" } th { "Rules" } th class="number" { "Valence" } th class="number" { "Share" } } }
                        tbody {
                            @for word in self.words.iter().filter(|word| word.base != 0.0 || word.share != 0.0) { tr {
                                td { (word.text) } td class="number" { (format!("{:+.1}", word.base)) } td { (word.rules.join(", ")) }
                                td class="number" { (format!("{:+.4}", word.valence)) } td class="number" { (format!("{:+.4}", word.share)) }
                            } }
                            @if self.emphasis_share != 0.0 { tr { td { "! and ?" } td {} td {} td {} td class="number" { (format!("{:+.4}", self.emphasis_share)) } } }
                            tr { th scope="row" { "compound" } td {} td class="dim" { (self.scorer) } td class="number" { (format!("{:+.4}", self.sum)) } td class="number" { (format!("{:+.4}", self.compound)) } }
                        }
                    } }
                }
            }
        }
    }

    fn title(&self, word: &Word) -> String {
        let rules = word.rules.join(", ");
        format!("{:+.4} of {:+.4} {rules}", word.share, self.compound)
    }
}

/// The class of a share's colour; none for a word that brings nothing.
fn shade(share: f64) -> Option<&'static str> {
    match share {
        share if share >= 0.2 => Some("good much"),
        share if share > 0.0 => Some("good"),
        share if share <= -0.2 => Some("bad much"),
        share if share < 0.0 => Some("bad"),
        _ => None,
    }
}
