//! `cargo xtask accuracy FILE`: how often the scorer is of the opinion of those who labelled the texts.

use std::{ffi::OsString, fs, io::Write, path::Path};

use anyhow::{Context, Result, bail};
use moodwire_sentiment::{Overlay, Scorer};

/// From here on a compound counts as positive, and from its negative down as negative: VADER's customary threshold.
const THRESHOLD: f64 = 0.05;

/// The labels, in the order of the rows and columns of a [`Table`].
const LABELS: [&str; 3] = ["negative", "neutral", "positive"];

/// How many texts of each label (row) scored as which (column).
type Table = [[f64; 3]; 3];

/// Prints accuracy and macro-F1 of VADER alone and with the overlay.
pub(crate) fn run(arguments: &[OsString]) -> Result<u8> {
    let (file, overlay) = match arguments {
        [file] => (file, "crypto".into()),
        [file, overlay] => (file, overlay.to_string_lossy()),
        _ => bail!("`cargo xtask accuracy` takes a file, and an overlay if it is not crypto"),
    };
    let texts = read(Path::new(file))?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{} texts of {}",
        texts.len(),
        Path::new(file).display()
    )?;
    for scorer in [Scorer::new(), Scorer::with_overlay(&overlay_of(&overlay)?)] {
        let table = table(&scorer, &texts);
        writeln!(
            out,
            "{:<30} accuracy {:.4}  macro-F1 {:.4}",
            scorer.version(),
            accuracy(&table),
            macro_f1(&table)
        )?;
    }
    Ok(0)
}

fn overlay_of(name: &str) -> Result<Overlay> {
    if let Some(shipped) = Overlay::shipped(name) {
        return Ok(shipped);
    }
    let text =
        fs::read_to_string(name).with_context(|| format!("the overlay {name} cannot be read"))?;
    let stem = Path::new(name)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    Overlay::parse(&stem, &text).with_context(|| name.to_owned())
}

/// The texts, each with its label's place.
fn read(file: &Path) -> Result<Vec<(usize, String)>> {
    let read =
        fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let texts = read
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| {
            let place = || {
                format!(
                    "{} line {}: write a label, a tab and a text",
                    file.display(),
                    number + 1
                )
            };
            let (label, text) = line.split_once('\t').with_context(place)?;
            let label = LABELS.iter().position(|known| *known == label);
            Ok((
                label.with_context(|| {
                    format!("{}; the labels are {}", place(), LABELS.join(", "))
                })?,
                text.to_owned(),
            ))
        });
    let texts: Vec<_> = texts.collect::<Result<_>>()?;
    if texts.is_empty() {
        bail!("{} holds no text", file.display());
    }
    Ok(texts)
}

fn table(scorer: &Scorer, texts: &[(usize, String)]) -> Table {
    let mut table = Table::default();
    for (label, text) in texts {
        let column = match scorer.score(text).compound {
            compound if compound >= THRESHOLD => 2,
            compound if compound <= -THRESHOLD => 0,
            _ => 1,
        };
        table[*label][column] += 1.0;
    }
    table
}

fn accuracy(table: &Table) -> f64 {
    let right: f64 = (0..3).map(|label| table[label][label]).sum();
    right / table.iter().flatten().sum::<f64>()
}

/// The mean of the F1 of the labels that occur.
fn macro_f1(table: &Table) -> f64 {
    let f1 = |label: usize| {
        let labelled: f64 = table[label].iter().sum();
        let scored: f64 = table.iter().map(|row| row[label]).sum();
        (labelled > 0.0).then(|| 2.0 * table[label][label] / (labelled + scored))
    };
    let all: Vec<f64> = (0..3).filter_map(f1).collect();
    all.iter().sum::<f64>() / all.iter().map(|_| 1.0).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_and_macro_f1_are_those_of_a_table_by_hand() {
        // Of 10 negatives 8 scored so, of 10 positives 5; no text is neutral.
        let table = [[8.0, 2.0, 0.0], [0.0; 3], [1.0, 4.0, 5.0]];
        assert_eq!(accuracy(&table), 0.65);
        let by_hand = (16.0 / 19.0 + 10.0 / 15.0) / 2.0;
        assert!((macro_f1(&table) - by_hand).abs() < 1e-12);
    }
}
