//! Wrong usage in one sentence: what the parser of the command line has to say, without its manual.

use clap::{Error, error::ErrorKind};

/// The sentence; none for what is no complaint but was asked for (help, version), or where the help is the answer.
pub(super) fn sentence(error: &Error) -> Option<String> {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        return None;
    }
    let text = error.render().to_string();
    // What is wrong comes first, then tips and usage, each after an empty line.
    let mut paragraphs = text.split("\n\n").map(|paragraph| {
        let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
        lines.join(" ")
    });
    let wrong = paragraphs.next().unwrap_or_default();
    let wrong = wrong.strip_prefix("error: ").unwrap_or(&wrong).to_owned();
    let tip = paragraphs
        .find_map(|paragraph| paragraph.strip_prefix("tip: ").map(str::to_owned))
        .map_or_else(String::new, |tip| format!("; {tip}"));
    Some(format!("{wrong}{tip} (--help tells what may be written)"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{super::Args, sentence};

    #[test]
    fn whatever_is_wrong_takes_one_line() {
        for (line, words) in [
            ("queue pause everything", "the kinds are collect"),
            ("jobs list --state lost", "the states are scheduled"),
            ("jobs list --limit 0", "from 1 on"),
            ("jobs list --sate dead", "--sate"),
            ("dead retry", "<ID|--all>"),
            ("dead retry collect:a --all", "cannot be used with"),
            ("dead retry --all --spread never", "a duration such as"),
            ("migrate sideways", "up, down, status"),
            ("flyby", "flyby"),
        ] {
            let words_of_line = line.split(' ');
            let error = Args::try_parse_from(["moodwire"].into_iter().chain(words_of_line));
            let sentence = sentence(&error.unwrap_err()).unwrap();
            assert!(sentence.contains(words), "{sentence}");
            assert_eq!(sentence.lines().count(), 1, "{sentence}");
            assert!(!sentence.contains("Usage"), "{sentence}");
        }
    }

    #[test]
    fn help_is_no_complaint() {
        for line in [&["moodwire", "--help"][..], &["moodwire", "--version"]] {
            let error = Args::try_parse_from(line).unwrap_err();
            assert_eq!(sentence(&error), None);
        }
    }
}
