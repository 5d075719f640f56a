//! What an action is told: the fields of its form, or the keys of its JSON object.

use std::time::Duration;

use moodwire_model::Hour;
use moodwire_queue::{JobFilter, State};
use serde::{Deserialize, Deserializer, de::Error};

use crate::console::refusal::Refusal;

/// All that any action is told; each looks at its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Body {
    /// What proves a form to be ours.
    pub(super) token: String,
    /// Jobs by id.
    pub(super) ids: Vec<String>,
    /// All jobs that the filter matches.
    #[serde(deserialize_with = "truth")]
    pub(super) all: bool,
    /// Only count.
    #[serde(deserialize_with = "truth")]
    pub(super) dry_run: bool,
    pub(super) kind: Option<String>,
    pub(super) search: Option<String>,
    pub(super) fingerprint: Option<String>,
    pub(super) since: Option<String>,
    /// A duration; empty: at once.
    pub(super) spread: Option<String>,
    /// How long a source is paused.
    pub(super) length: Option<String>,
    /// A job's new payload.
    pub(super) payload: Option<String>,
    /// Of an operation or a publication.
    #[serde(deserialize_with = "number")]
    pub(super) id: Option<i64>,
    /// Of a source or channel.
    pub(super) name: Option<String>,
    pub(super) hour: Option<Hour>,
    pub(super) channel: Option<String>,
    /// What is backfilled: `collect`, `transform` or `publish`.
    pub(super) what: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    /// How a publication is resolved: `sent`, `resend` or `skip`.
    pub(super) how: Option<String>,
    /// The channel's id of a message that was seen there.
    pub(super) message_id: Option<String>,
}

impl Body {
    /// The fields of a form.
    pub(super) fn of_form(body: &[u8]) -> Result<Self, Refusal> {
        serde_html_form::from_bytes(body)
            .map_err(|error| Refusal::bad(format!("the form cannot be read: {error}")))
    }

    /// The keys of a JSON object.
    pub(super) fn of_json(body: &[u8]) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let mut json = serde_json::Deserializer::from_slice(body);
        let read: Result<Self, _> = serde_path_to_error::deserialize(&mut json);
        let read = read.map_err(|error| error.to_string());
        // The macro takes an array of the fields' values for the object.
        let is_object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        match read.and_then(|read| json.end().map(|()| read).map_err(|error| error.to_string())) {
            Ok(read) if is_object => Ok(read),
            Ok(_) => Err(Refusal::bad("the body is no JSON object")),
            Err(wrong) => Err(Refusal::bad(format!(
                "the JSON object cannot be read: {wrong}"
            ))),
        }
    }

    /// The dead letters that the filter means.
    pub(super) fn filter(&self) -> Result<JobFilter, Refusal> {
        let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let since = given(&self.since)
            .map(|since| {
                since.parse().map_err(|_| {
                    Refusal::bad(format!(
                        "since is \"{since}\": write RFC 3339 such as 2026-03-01T00:00:00Z"
                    ))
                })
            })
            .transpose()?;
        Ok(JobFilter {
            kind: given(&self.kind),
            state: Some(State::Dead),
            search: given(&self.search),
            fingerprint: given(&self.fingerprint),
            since,
            ..JobFilter::default()
        })
    }

    /// How long the jobs are spread over.
    pub(super) fn spread(&self) -> Result<Option<Duration>, Refusal> {
        let Some(text) = self.spread.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
        humantime::parse_duration(text)
            .ok()
            .filter(|spread| *spread <= LONGEST)
            .map(Some)
            .ok_or_else(|| {
                Refusal::bad(format!(
                    "spread is \"{text}\": write a duration such as 10m, of a week at most"
                ))
            })
    }

    /// A field that must be there.
    pub(super) fn named<'a>(field: &'a Option<String>, name: &str) -> Result<&'a str, Refusal> {
        field
            .as_deref()
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Refusal::bad(format!("{name} is missing")))
    }
}

/// A number, which in a form is text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }
    match Option::<Either>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Either::Number(number)) => Ok(Some(number)),
        Some(Either::Text(text)) => text
            .parse()
            .map(Some)
            .map_err(|_| D::Error::custom(format!("\"{text}\" is no number"))),
    }
}

/// A truth, which in a form is text: a box that is ticked says `on`.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Truth(bool),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Truth(truth) => Ok(truth),
        Either::Text(text) => match &*text {
            "on" | "true" => Ok(true),
            "" | "false" => Ok(false),
            _ => Err(D::Error::custom(format!(
                "\"{text}\" is neither true nor false"
            ))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_and_a_json_object_say_the_same() {
        let form = Body::of_form(b"ids=a%3A1&ids=b&all=on&id=7&hour=2026-03-01T00").unwrap();
        let json = Body::of_json(
            br#"{"ids":["a:1","b"],"all":true,"id":7,"hour":"2026-03-01T00:00:00Z"}"#,
        )
        .unwrap();
        for body in [form, json] {
            assert_eq!(body.ids, ["a:1", "b"]);
            assert!(body.all && !body.dry_run);
            assert_eq!(
                (body.id, body.hour.unwrap().short()),
                (Some(7), "2026-03-01T00".to_owned())
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_in_a_sentence() {
        for body in [
            "[]",
            "7",
            "{\"ids\":7}",
            "{\"nonsense\":1}",
            "{} x",
            "{\"id\":\"x\"}",
            "\u{fffd}",
        ] {
            let refusal = Body::of_json(body.as_bytes()).unwrap_err();
            assert_eq!(refusal.status, 400, "{body}");
            assert_eq!(refusal.sentence.lines().count(), 1, "{body}");
        }
        assert!(Body::of_form(b"all=perhaps").is_err());
        assert!(
            Body::of_json(b"{\"spread\":\"soon\"}")
                .unwrap()
                .spread()
                .is_err()
        );
    }
}
