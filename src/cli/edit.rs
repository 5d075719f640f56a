//! An edited payload: read from the command line, a file or standard input, and checked before it is stored.

use tokio::io::AsyncReadExt;

use crate::{failure::Failure, operations::check};

/// The payload that `--edit` means, which a job of the kind can be run with: JSON text, `@FILE`, or `-` for standard
/// input.
pub(super) async fn payload(kind: &str, edit: &str) -> Result<Vec<u8>, Failure> {
    let (place, bytes) = read(edit)
        .await
        .map_err(|(place, error)| Failure::Usage(format!("--edit cannot read {place}: {error}")))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Failure::Usage(format!("--edit: {place} is no UTF-8: {error}")))?
        .trim();
    check::payload_of(kind, text).map_err(|wrong| {
        Failure::Usage(format!(
            "--edit: {place} is no payload of kind {kind}: {wrong}"
        ))
    })?;
    Ok(text.as_bytes().to_vec())
}

/// Where the payload stands, in words, and what stands there.
async fn read(edit: &str) -> Result<(String, Vec<u8>), (String, std::io::Error)> {
    if edit == "-" {
        let (place, mut bytes) = ("standard input".to_owned(), Vec::new());
        return match tokio::io::stdin().read_to_end(&mut bytes).await {
            Ok(_) => Ok((place, bytes)),
            Err(error) => Err((place, error)),
        };
    }
    match edit.strip_prefix('@') {
        Some(file) => match tokio::fs::read(file).await {
            Ok(bytes) => Ok((file.to_owned(), bytes)),
            Err(error) => Err((file.to_owned(), error)),
        },
        None => Ok(("the text".to_owned(), edit.as_bytes().to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use moodwire_model::slot;

    use super::*;

    #[tokio::test]
    async fn a_payload_is_taken_as_it_is_written() {
        let text = r#"{"source":"x", "wait":true, "v":1}"#;
        let payload = payload(slot::COLLECT, text).await.ok();
        assert_eq!(payload.as_deref(), Some(text.as_bytes()));
    }

    #[tokio::test]
    async fn what_is_wrong_and_where_is_said() {
        for (text, words) in [
            ("[]", "the text is no payload of kind collect"),
            ("@/no/such/payload.json", "/no/such/payload.json"),
        ] {
            let Err(Failure::Usage(sentence)) = payload(slot::COLLECT, text).await else {
                panic!("{text} was taken");
            };
            assert!(sentence.contains(words), "{sentence}");
            assert_eq!(sentence.lines().count(), 1, "{sentence}");
        }
    }
}
