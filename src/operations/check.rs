//! A payload that a person wrote: whether a job of its kind can be run with it.

use moodwire_model::{Hour, slot};
use moodwire_workers::payload::{Collect, Publish, Transform};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::environment;

/// Whether a job of the kind can be run with this payload; else what is wrong with it, in one line.
pub(crate) fn payload_of(kind: &str, text: &str) -> Result<(), String> {
    // The examples name nothing that is there, but have the version and the keys that this program writes.
    match kind {
        slot::COLLECT => check(text, &Collect::asked("NAME")),
        slot::TRANSFORM => check(text, &Transform::of("ID")),
        slot::PUBLISH => {
            let hour = Hour::of(environment::clock().now());
            check(text, &Publish::of("NAME", hour))
        }
        _ => Err("this program does not know the kind, so it cannot check it".to_owned()),
    }
}

/// Whether the text decodes as `T`, in the version and with no other keys than the example has.
fn check<T: Serialize + DeserializeOwned>(text: &str, example: &T) -> Result<(), String> {
    let example = serde_json::to_value(example).map_err(|error| error.to_string())?;
    let wrong = match decode::<T>(text) {
        Err(wrong) => wrong,
        Ok(given) => match difference(&given, &example) {
            Some(wrong) => wrong,
            None => return Ok(()),
        },
    };
    Err(format!("{wrong}; one looks like {example}"))
}

fn decode<T: DeserializeOwned>(text: &str) -> Result<Value, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize::<_, T>(&mut json).map_err(|error| {
        match error.path().to_string().as_str() {
            "." => error.inner().to_string(),
            key => format!("{key}: {}", error.inner()),
        }
    })?;
    json.end().map_err(|error| error.to_string())?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// What decodes, and yet was not meant: a job would leave out a key that it does not know, and refuse another version.
fn difference(given: &Value, example: &Value) -> Option<String> {
    let Some(keys) = given.as_object() else {
        return Some("it is no object".to_owned());
    };
    if let Some(key) = keys.keys().find(|key| example.get(key.as_str()).is_none()) {
        return Some(format!("it has no key \"{key}\""));
    }
    (given["v"] != example["v"]).then(|| {
        format!(
            "v is {}, and this program reads version {}",
            given["v"], example["v"]
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_its_kind_can_be_run_with_is_taken() {
        for (kind, text) in [
            (slot::COLLECT, r#"{"v":1,"source":"x"}"#),
            (slot::COLLECT, r#"{"source":"x", "wait":true, "v":1}"#),
            (slot::TRANSFORM, r#"{"v":1,"batch":"01J"}"#),
            (
                slot::PUBLISH,
                r#"{"v":1,"channel":"main","hour":"2026-03-01T00:00:00Z"}"#,
            ),
        ] {
            assert_eq!(payload_of(kind, text), Ok(()));
        }
    }

    #[test]
    fn what_is_wrong_and_where_is_said() {
        for (kind, text, words) in [
            (slot::TRANSFORM, "", "EOF while parsing"),
            (
                slot::TRANSFORM,
                "{\"v\":1,\n \"batch\":}",
                "line 2 column 10",
            ),
            (slot::TRANSFORM, r#"{"v":1}"#, "missing field `batch`"),
            (
                slot::TRANSFORM,
                r#"{"v":1,"batch":7}"#,
                "batch: invalid type",
            ),
            (slot::TRANSFORM, r#"{"v":2,"batch":"01J"}"#, "v is 2"),
            (slot::TRANSFORM, r#"[1,"01J"]"#, "no object"),
            (slot::TRANSFORM, r#"{"v":1,"batch":"01J"} x"#, "trailing"),
            (slot::COLLECT, r#"{"v":1,"source":"x","wiat":true}"#, "wiat"),
            (
                slot::PUBLISH,
                r#"{"v":1,"channel":"main","hour":"2026-03-01T00:30:00Z"}"#,
                "hour: ",
            ),
            ("dig", "{}", "does not know the kind"),
        ] {
            let wrong = payload_of(kind, text).unwrap_err();
            assert!(wrong.contains(words), "{wrong}");
            assert_eq!(wrong.lines().count(), 1, "{wrong}");
        }
    }
}
