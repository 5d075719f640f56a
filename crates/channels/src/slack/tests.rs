//! Tests of the slack channel: what it posts, within which limits, and what it makes of every answer.

use moodwire_model::Digest;
use moodwire_testing::contract::{self, Request};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::Value;
use wiremock::ResponseTemplate;

use super::{SlackChannel, message};
use crate::{
    Body, Channel, Language, SendError, Sent, conformance,
    fixture::{anything, digest, empty_hour, full_digest, hostile_digest, hostile_texts, pretty},
};

fn channel(base: &str) -> SlackChannel {
    let url = SecretString::from(format!(
        "{base}/services/T000/B000/kE7rPz0Vd1mQw8aYxJtHcN5u"
    ));
    SlackChannel::new("slack-main".to_owned(), &url, Language::En, true).unwrap()
}

fn body(digest: &Digest) -> Value {
    match channel("https://hooks.slack.com").preview(digest).body {
        Body::Json(body) => body,
        Body::Text(text) => panic!("{text}"),
    }
}

/// Whether Slack takes the message.
fn assert_accepted(body: &Value) {
    let bytes = body.to_string().into_bytes();
    let request = Request::new("POST", "/services/T0/B0/key", "application/json", bytes);
    contract::slack(&request).unwrap();
}

fn assert_all_accepted(digest: &Digest) {
    for language in [Language::En, Language::Fr] {
        assert_accepted(&message::message(digest, language));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_one_that_slack_takes_wherever_it_stands(text in anything()) {
        assert_all_accepted(&hostile_digest(&text));
    }
}

#[test]
fn a_digest_is_a_header_and_sections() {
    insta::assert_snapshot!(pretty(&body(&full_digest())), @r#"
    {
      "blocks": [
        {
          "text": {
            "emoji": true,
            "text": "2026-03-01 17:00–18:00 UTC",
            "type": "plain_text"
          },
          "type": "header"
        },
        {
          "text": {
            "emoji": false,
            "text": "🟢 3 posts · mean +0.1234\n▲ +0.1734 since the hour before\n▲ +0.1234 since the same hour yesterday\n1 positive (33%) · 1 neutral (33%) · 1 negative (33%)",
            "type": "plain_text"
          },
          "type": "section"
        },
        {
          "type": "divider"
        },
        {
          "text": {
            "emoji": false,
            "text": "🟢 Best post · +0.9215 ▰▰▰▰▰▰▰▰▰▰",
            "type": "plain_text"
          },
          "type": "section"
        },
        {
          "elements": [
            {
              "emoji": false,
              "text": "@alice · Alice in Chains · about Bitcoin, Ethereum",
              "type": "plain_text"
            }
          ],
          "type": "context"
        },
        {
          "text": {
            "emoji": false,
            "text": "What a wonderful day for Bitcoin, I love it! The whole market is green and everybody I know is happy.",
            "type": "plain_text"
          },
          "type": "section"
        },
        {
          "elements": [
            {
              "text": "<https://social.test/alice/x/1|Open the post of 17:05 UTC>",
              "type": "mrkdwn"
            }
          ],
          "type": "context"
        },
        {
          "type": "divider"
        },
        {
          "text": {
            "emoji": false,
            "text": "🔴 Worst post · -0.8020 ▰▱▱▱▱▱▱▱▱▱",
            "type": "plain_text"
          },
          "type": "section"
        },
        {
          "elements": [
            {
              "emoji": false,
              "text": "@bob.test · about &lt;@everyone&gt; &amp; *Co*",
              "type": "plain_text"
            }
          ],
          "type": "context"
        },
        {
          "text": {
            "emoji": false,
            "text": "This is a terrible scam.\n\nAvoid it!",
            "type": "plain_text"
          },
          "type": "section"
        },
        {
          "elements": [
            {
              "text": "<https://social.test/bob.test/bluesky/2|Open the post of 17:05 UTC>",
              "type": "mrkdwn"
            }
          ],
          "type": "context"
        }
      ],
      "text": "2026-03-01 17:00–18:00 UTC: 3 posts, mean +0.1234",
      "unfurl_links": false,
      "unfurl_media": false
    }
    "#);
}

#[test]
fn every_digest_is_one_that_slack_takes() {
    let mut digests = vec![digest(), full_digest(), empty_hour()];
    digests.extend(hostile_texts().iter().map(|text| hostile_digest(text)));
    for digest in digests {
        assert_all_accepted(&digest);
    }
    assert_accepted(&message::test("slack-main", Language::Fr));
}

#[tokio::test]
async fn a_failing_connection_is_told_by_what_it_proves() {
    conformance::assert_failures_are_told_apart(channel).await;
}

#[tokio::test]
async fn slacks_ok_is_the_only_success() {
    let ok = ResponseTemplate::new(200).set_body_string("ok");
    let sent = conformance::answered(channel, ok).await;
    assert_eq!(sent, Ok(Sent { message_id: None }));
    for other in ["<html>", "no_service"] {
        let answer = ResponseTemplate::new(200).set_body_string(other);
        let error = conformance::answered(channel, answer).await;
        assert!(matches!(error, Err(SendError::Uncertain(_))), "{error:?}");
    }
}

#[tokio::test]
async fn each_refusal_means_what_slack_documents() {
    for (status, word, class) in [
        (400, "invalid_payload", "dead"),
        (403, "action_prohibited", "dead"),
        (403, "invalid_token", "gone"),
        (404, "channel_not_found", "gone"),
        (404, "no_service", "gone"),
        (410, "channel_is_archived", "gone"),
        (500, "rollup_error", "uncertain"),
        (503, "<html>", "uncertain"),
    ] {
        let answer = ResponseTemplate::new(status).set_body_string(word);
        let error = conformance::answered(channel, answer).await.unwrap_err();
        assert_eq!(conformance::class(&error), class, "{error:?}");
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_slack_says() {
    let answer = ResponseTemplate::new(429).insert_header("retry-after", "30");
    let error = conformance::answered(channel, answer).await.unwrap_err();
    assert!(
        matches!(&error, SendError::Later { after, .. } if after.as_secs() == 30),
        "{error:?}"
    );
}
