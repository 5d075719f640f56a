//! Tests of the message against what Discord's specification and its documentation say, key by key.

use serde_json::{Map, Value};

use crate::{
    Body, Channel, Language,
    discord::{DiscordOptions, message},
    fixture::{digest, empty_hour, full_digest, hostile_digest, hostile_texts},
};

use super::channel_with;

/// Whether an object has only these keys.
fn has_only(object: &Map<String, Value>, known: &[&str]) {
    for key in object.keys() {
        assert!(
            known.contains(&key.as_str()),
            "{key} is no key of Discord's"
        );
    }
}

/// What Discord checks (Execute Webhook, "Embed Limits", "Uploading Files"), and refuses a message for.
pub(super) fn assert_accepted(body: &Value) {
    let message = body.as_object().unwrap();
    has_only(
        message,
        &["embeds", "allowed_mentions", "thread_name", "attachments"],
    );
    assert_eq!(body["allowed_mentions"]["parse"], Value::Array(Vec::new()));
    let embeds = body["embeds"].as_array().unwrap();
    assert!((1..=10).contains(&embeds.len()));
    let units = |text: &Value| text.as_str().unwrap().trim().encode_utf16().count();
    let mut total = 0;
    for embed in embeds {
        has_only(
            embed.as_object().unwrap(),
            &[
                "author",
                "title",
                "url",
                "description",
                "fields",
                "footer",
                "image",
                "color",
                "timestamp",
            ],
        );
        let parts = [
            (&embed["title"], 256),
            (&embed["description"], 4096),
            (&embed["author"]["name"], 256),
            (&embed["footer"]["text"], 2048),
        ];
        for (text, most) in parts.into_iter().filter(|(text, _)| !text.is_null()) {
            assert!((1..=most).contains(&units(text)), "{text}");
            total += units(text);
        }
        for field in embed["fields"].as_array().into_iter().flatten() {
            assert!((1..=1024).contains(&units(&field["value"])));
            total += units(&field["name"]) + units(&field["value"]);
        }
        assert!(embed["color"].as_u64().unwrap() <= 0xff_ff_ff);
        let at = embed["timestamp"].as_str();
        assert!(at.is_none_or(|at| chrono::DateTime::parse_from_rfc3339(at).is_ok()));
    }
    assert!(total <= 6000, "{total}");
    let text = body.to_string();
    assert!(!text.contains("@everyone") && !text.contains("@here"));
}

#[test]
fn every_digest_is_one_that_discord_takes() {
    let channel = channel_with("https://discord.com", DiscordOptions::default());
    let mut digests = vec![digest(), full_digest(), empty_hour()];
    digests.extend(hostile_texts().iter().map(|text| hostile_digest(text)));
    for digest in digests {
        let preview = channel.preview(&digest);
        let Body::Json(body) = preview.body else {
            panic!("no JSON")
        };
        assert_accepted(&body);
        assert_eq!(preview.chart.is_some(), body.get("attachments").is_some());
        let placeholder = message::placeholder(&digest, Language::Fr);
        assert_accepted(&serde_json::to_value(placeholder).unwrap());
    }
}
