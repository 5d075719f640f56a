//! `score --jsonl`: an object with `text` a line in, the same with its scores out, in order and as it comes.

use std::{
    fmt,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Read, Write},
    path::Path,
};

use moodwire_sentiment::Scorer;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::failure::Failure;

/// What a score adds to an object, in place of what the object may have under these names.
const ADDED: [&str; 4] = ["neg", "neu", "pos", "compound"];

/// Scores the file's lines, or those of standard input.
pub(super) fn run(scorer: &Scorer, file: &Path) -> Result<(), Failure> {
    let out = BufWriter::new(std::io::stdout().lock());
    if file == Path::new("-") {
        return stream(scorer, "standard input", std::io::stdin().lock(), out);
    }
    let name = file.display().to_string();
    let input = File::open(file)
        .map_err(|error| Failure::Usage(format!("{name} cannot be read: {error}")))?;
    stream(scorer, &name, input, out)
}

fn stream(
    scorer: &Scorer,
    name: &str,
    input: impl Read,
    mut out: impl Write,
) -> Result<(), Failure> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut line = Vec::new();
    for number in 1.. {
        // Before a wait for more, what is ready goes out.
        if input.buffer().is_empty() {
            out.flush()?;
        }
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let at_line = |error: String| Failure::Runtime(format!("{name} line {number}: {error}"));
        if let Err(error) = score(scorer, &line, &mut out) {
            out.flush()?;
            return Err(match error {
                Refused::Line(error) => at_line(error),
                Refused::Output(error) => error.into(),
            });
        }
    }
    Ok(out.flush()?)
}

/// Why a line has no score.
enum Refused {
    Line(String),
    Output(std::io::Error),
}

fn score(scorer: &Scorer, line: &[u8], out: &mut impl Write) -> Result<(), Refused> {
    let refuse = |error: serde_json::Error| {
        Refused::Line(format!("{error}; write an object with a string \"text\""))
    };
    let Object(entries) = serde_json::from_slice(line).map_err(refuse)?;
    let text = entries.iter().rev().find(|(name, _)| name == "text");
    let text = text.ok_or_else(|| Refused::Line("the object has no \"text\"".to_owned()))?;
    let text: String = serde_json::from_str(text.1.get()).map_err(refuse)?;
    let score = scorer.score(&text);
    out.write_all(b"{").map_err(Refused::Output)?;
    for (name, value) in entries
        .iter()
        .filter(|(name, _)| !ADDED.contains(&name.as_str()))
    {
        serde_json::to_writer(&mut *out, name).map_err(|error| Refused::Output(error.into()))?;
        write!(out, ":{value},").map_err(Refused::Output)?;
    }
    let [neg, neu, pos, compound] = [score.neg, score.neu, score.pos, score.compound];
    writeln!(
        out,
        r#""neg":{neg:?},"neu":{neu:?},"pos":{pos:?},"compound":{compound:?}}}"#
    )
    .map_err(Refused::Output)
}

/// An object as it is written: its entries in order, their values untouched.
struct Object(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(lines: &str) -> (Result<(), Failure>, String) {
        let mut out = Vec::new();
        let result = stream(&Scorer::new(), "in", lines.as_bytes(), &mut out);
        (result, String::from_utf8(out).unwrap())
    }

    #[test]
    fn an_object_comes_back_as_it_is_written_with_its_scores_behind() {
        let (result, out) = scored(
            "{\"z\": 1.10, \"text\":\"good\", \"compound\": 7, \"a\": [ 2 ]}\n\n{\"text\":\"\"}",
        );
        assert!(result.is_ok());
        assert_eq!(
            out,
            "{\"z\":1.10,\"text\":\"good\",\"a\":[ 2 ],\"neg\":0.0,\"neu\":0.0,\"pos\":1.0,\"compound\":0.4404}\n\
             {\"text\":\"\",\"neg\":0.0,\"neu\":0.0,\"pos\":0.0,\"compound\":0.0}\n"
        );
    }

    #[test]
    fn a_line_without_a_text_is_told_by_its_number_after_those_before_it_went_out() {
        for bad in [
            "{\"txt\":1}",
            "{\"text\":1}",
            "good",
            "[1]",
            "{\"text\":\"a\"} x",
        ] {
            let (result, out) = scored(&format!("{{\"text\":\"good\"}}\n{bad}\n"));
            let told = result.unwrap_err();
            assert!(told.to_string().starts_with("in line 2: "), "{told}");
            assert_eq!((told.code(), out.lines().count()), (1, 1));
        }
    }
}
