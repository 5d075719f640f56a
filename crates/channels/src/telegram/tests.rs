//! Tests of the telegram channel: what it posts, within which limits, and what it makes of every answer.

use moodwire_model::Digest;
use moodwire_testing::contract::{self, Request};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::body_partial_json};

use super::{TelegramChannel, TelegramOptions, message, text};
use crate::{
    Body, Channel, Language, SendError, conformance,
    fixture::{anything, digest, empty_hour, full_digest, hostile_digest, hostile_texts, pretty},
};

const TOKEN: &str = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11";

fn channel(base: &str) -> TelegramChannel {
    let options = TelegramOptions {
        chat_id: "-100123".to_owned(),
        thread_id: Some(7),
        language: Language::En,
        paced: true,
    };
    let token = SecretString::from(TOKEN);
    TelegramChannel::new("telegram-main".to_owned(), base, &token, options).unwrap()
}

fn body(digest: &Digest) -> Value {
    match channel("https://api.telegram.org").preview(digest).body {
        Body::Json(body) => body,
        Body::Text(text) => panic!("{text}"),
    }
}

/// Whether Telegram takes the text, and finds nobody named and no command in it.
fn assert_accepted(html: &str) {
    let body = channel("https://api.telegram.org").request(html);
    let target = format!("/bot{TOKEN}/sendMessage");
    let bytes = body.to_string().into_bytes();
    let request = Request::new("POST", &target, "application/json", bytes);
    contract::telegram(&request).unwrap();
    for (at, _) in html.match_indices('@') {
        let next = html[at + 1..].chars().next();
        let within_link = html[..at]
            .rfind("href=\"")
            .is_some_and(|link| !html[link + 6..at].contains('"'));
        assert!(within_link || next.is_none_or(|c| c == '\u{200b}' || !c.is_ascii_alphanumeric()));
    }
}

fn assert_all_accepted(digest: &Digest) {
    for language in [Language::En, Language::Fr] {
        assert_accepted(&message::message(digest, language));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_one_that_telegram_takes_wherever_it_stands(text in anything()) {
        assert_all_accepted(&hostile_digest(&text));
    }

    #[test]
    fn our_own_count_of_a_texts_length_is_telegrams(text in anything(), room in 1_usize..500) {
        let html = text::html(&text, room);
        prop_assert!(text::shown_length(&html) <= room);
    }
}

#[test]
fn a_name_behind_a_sign_that_is_one_with_the_at_names_nobody() {
    assert_eq!(
        text::html("\u{600}@alice \u{600}/start", 100),
        "\u{600}@\u{200b}alice \u{600}/\u{200b}start"
    );
}

#[test]
fn a_digest_is_one_message_of_html() {
    let body = pretty(&body(&full_digest()));
    insta::assert_snapshot!(body.replace('\u{200b}', "[zero-width]"), @r#"
    {
      "chat_id": -100123,
      "link_preview_options": {
        "is_disabled": true
      },
      "message_thread_id": 7,
      "parse_mode": "HTML",
      "text": "<b>2026-03-01 17:00–18:00 UTC</b>\n🟢 3 posts · mean <b>+0.1234</b>\n▲ +0.1734 since the hour before\n▲ +0.1234 since the same hour yesterday\n1 positive (33%) · 1 neutral (33%) · 1 negative (33%)\n\n🟢 <b>Best post</b> · +0.9215 ▰▰▰▰▰▰▰▰▰▰\n@[zero-width]alice · Alice in Chains\nAbout Bitcoin, Ethereum\n<blockquote>What a wonderful day for Bitcoin, I love it! The whole market is green and everybody I know is happy.</blockquote>\n<a href=\"https://social.test/alice/x/1\">Open the post of 17:05 UTC</a>\n\n🔴 <b>Worst post</b> · -0.8020 ▰▱▱▱▱▱▱▱▱▱\n@[zero-width]bob.test\nAbout &lt;@[zero-width]everyone&gt; &amp; *Co*\n<blockquote>This is a terrible scam.\n\nAvoid it!</blockquote>\n<a href=\"https://social.test/bob.test/bluesky/2\">Open the post of 17:05 UTC</a>"
    }
    "#);
}

#[test]
fn every_digest_is_one_that_telegram_takes() {
    let mut digests = vec![digest(), full_digest(), empty_hour()];
    digests.extend(hostile_texts().iter().map(|text| hostile_digest(text)));
    for digest in digests {
        assert_all_accepted(&digest);
    }
    assert_accepted(&message::test("<telegram>", Language::Fr));
}

#[tokio::test]
async fn a_failing_connection_is_told_by_what_it_proves() {
    conformance::assert_failures_are_told_apart(channel).await;
}

#[tokio::test]
async fn a_message_that_was_taken_has_telegrams_id() {
    let answer = json!({"ok": true, "result": {"message_id": 42}});
    let answer = ResponseTemplate::new(200).set_body_json(answer);
    let sent = conformance::answered(channel, answer).await.unwrap();
    assert_eq!(sent.message_id.as_deref(), Some("42"));
}

#[tokio::test]
async fn each_refusal_means_what_telegram_documents_and_hides_the_token() {
    for (status, description, class) in [
        (400, "Bad Request: chat not found", "gone"),
        (400, "Bad Request: can't parse entities", "dead"),
        (401, "Unauthorized", "gone"),
        (403, "Forbidden: bot was kicked from the group chat", "gone"),
        (404, "Not Found", "gone"),
        (500, "Internal Server Error", "uncertain"),
    ] {
        let said = format!("{description} {TOKEN}");
        let answer = json!({"ok": false, "error_code": status, "description": said});
        let answer = ResponseTemplate::new(status).set_body_json(answer);
        let error = conformance::answered(channel, answer).await.unwrap_err();
        assert_eq!(conformance::class(&error), class, "{error:?}");
        assert!(error.to_string().contains("[redacted]"), "{error}");
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_telegram_says() {
    let answer = json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 14",
        "parameters": {"retry_after": 14}});
    let answer = ResponseTemplate::new(429).set_body_json(answer);
    let error = conformance::answered(channel, answer).await.unwrap_err();
    assert!(
        matches!(&error, SendError::Later { after, .. } if after.as_secs() == 14),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_chat_that_moved_is_written_to_where_it_is_now() {
    let server = MockServer::start().await;
    let moved = json!({"ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded",
        "parameters": {"migrate_to_chat_id": -100_999}});
    for (chat, status, answer) in [
        (-100_123, 400, moved),
        (
            -100_999,
            200,
            json!({"ok": true, "result": {"message_id": 1}}),
        ),
    ] {
        Mock::given(body_partial_json(
            json!({"chat_id": chat, "message_thread_id": 7}),
        ))
        .respond_with(ResponseTemplate::new(status).set_body_json(answer))
        .expect(1)
        .mount(&server)
        .await;
    }
    let channel = channel(&server.uri());
    let error = channel.send(&digest()).await.unwrap_err();
    assert!(
        matches!(&error, SendError::Unsent(said) if said.contains("-100999")),
        "{error:?}"
    );
    channel.send(&digest()).await.unwrap();
}
