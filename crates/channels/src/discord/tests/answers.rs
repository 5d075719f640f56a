//! Tests of what each answer of Discord means.

use std::time::Duration;

use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, header, method, path, query_param},
};

use secrecy::SecretString;
use serde_json::{Value, json};

use super::{TOKEN, channel};
use crate::{Channel, DiscordChannel, DiscordOptions, SendError, Sent, fixture::digest};

/// What is made of `answer`, after exactly one request.
async fn answered(answer: ResponseTemplate) -> Result<Sent, SendError> {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    let sent = channel(&server.uri()).send(&digest()).await;
    assert!(!format!("{sent:?}").contains(TOKEN));
    sent
}

fn json_answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn a_digest_is_posted_once_with_wait_and_the_user_agent_that_discord_requires() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/api/webhooks/123456789012345678/{TOKEN}")))
        .and(query_param("wait", "true"))
        .and(query_param("thread_id", "42"))
        .and(header("content-type", "application/json"))
        .and(body_partial_json(
            json!({"allowed_mentions": {"parse": []}}),
        ))
        .respond_with(json_answer(
            200,
            &json!({"id": "1445000000000000001", "type": 0}),
        ))
        .expect(1)
        .mount(&server)
        .await;
    let url = format!(
        "{}/api/webhooks/123456789012345678/{TOKEN}?wait=false&thread_id=42#x",
        server.uri()
    );
    let channel = DiscordChannel::new(
        "discord-main".to_owned(),
        &SecretString::from(url),
        DiscordOptions::default(),
    )
    .unwrap();
    let sent = channel.send(&digest()).await.unwrap();
    assert_eq!(sent.message_id.as_deref(), Some("1445000000000000001"));
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].url.query(), Some("thread_id=42&wait=true"));
    assert_eq!(
        requests[0].headers["user-agent"],
        concat!(
            "DiscordBot (https://github.com/moodwire/moodwire, ",
            env!("CARGO_PKG_VERSION"),
            ")"
        )
    );
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_a_success_without_an_id() {
    for answer in [
        ResponseTemplate::new(204),
        json_answer(200, &json!({"id": 5})),
        json_answer(200, &json!([])),
        ResponseTemplate::new(200).set_body_string("x".repeat(1_000_000)),
    ] {
        assert_eq!(answered(answer).await, Ok(Sent { message_id: None }));
    }
}

#[tokio::test]
async fn a_web_page_is_no_success_of_discord() {
    for answer in [
        ResponseTemplate::new(200).set_body_raw("sign in", "text/html; charset=utf-8"),
        ResponseTemplate::new(200).set_body_string(" <!DOCTYPE html>"),
    ] {
        let error = answered(answer).await;
        assert!(
            matches!(&error, Err(SendError::Uncertain(said)) if said.contains("a web page")),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_discord_says() {
    let limited =
        json!({"message": "You are being rate limited.", "retry_after": 64.57, "global": false});
    for (answer, seconds) in [
        (
            json_answer(429, &limited).insert_header("retry-after", "65"),
            64.57,
        ),
        (
            ResponseTemplate::new(429)
                .insert_header("retry-after", "17")
                .set_body_string("<html>"),
            17.0,
        ),
        (
            ResponseTemplate::new(429).insert_header("x-ratelimit-reset-after", "1.5"),
            1.5,
        ),
        (ResponseTemplate::new(429), 5.0),
        (
            ResponseTemplate::new(429)
                .insert_header("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"),
            5.0,
        ),
        (json_answer(429, &json!({"retry_after": -3})), 5.0),
        (json_answer(429, &json!({"retry_after": 0})), 5.0),
        (json_answer(429, &json!({"retry_after": 1e300})), 3600.0),
    ] {
        let error = answered(answer).await.unwrap_err();
        let SendError::Later { after, reason } = error else {
            panic!("{error:?}")
        };
        assert_eq!(after, Duration::from_secs_f64(seconds));
        assert!(
            reason.starts_with(&format!(
                "Discord's rate limit asks to wait {seconds} s (429"
            )),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_never_tried_again() {
    for (status, code, message) in [
        (401, 50027, "Invalid Webhook Token"),
        (403, 50027, "Invalid Webhook Token"),
        (404, 10015, "Unknown Webhook"),
        (404, 10003, "Unknown Channel"),
        (410, 0, "Gone"),
    ] {
        let body = json!({"message": message, "code": code});
        let error = answered(json_answer(status, &body)).await;
        let Err(SendError::Gone(said)) = error else {
            panic!("{error:?}")
        };
        let code = if code == 0 {
            String::new()
        } else {
            format!("code {code}: ")
        };
        assert_eq!(
            said,
            format!(
                "Discord refused the webhook ({status}: {code}{message}): make a new one in the Discord channel's \
                 settings, under Integrations, and set it as the channel's `url`"
            )
        );
    }
}

#[tokio::test]
async fn a_missing_permission_is_dead_with_the_mend() {
    let body = json!({"message": "Missing Permissions", "code": 50013});
    let error = answered(json_answer(403, &body)).await;
    assert!(
        matches!(&error, Err(SendError::Dead(said)) if said.contains("look at its channel's permissions")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_used_up_limit_is_waited_for_before_discord_has_to_say_so() {
    let server = MockServer::start().await;
    let answer = json_answer(200, &json!({"id": "1"}))
        .insert_header("x-ratelimit-remaining", "0")
        .insert_header("x-ratelimit-reset-after", "3.5");
    Mock::given(method("POST"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let channel = channel(&server.uri());
    assert_eq!(channel.pause(), None);
    channel.send(&digest()).await.unwrap();
    let pause = channel.pause().unwrap();
    assert!(pause <= Duration::from_millis(3_500) && pause > Duration::from_secs(1));
}

#[tokio::test]
async fn a_refused_body_is_dead_and_names_the_field() {
    let body = json!({"code": 50035, "message": "Invalid Form Body", "errors": {"embeds": {"0": {"title": {"_errors": [
        {"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 256 or fewer in length."}]}}}}});
    assert_eq!(
        answered(json_answer(400, &body)).await,
        Err(SendError::Dead(
            "Discord refused the digest (400: code 50035: Invalid Form Body; embeds.0.title: Must be 256 or fewer in \
             length. (BASE_TYPE_MAX_LENGTH))"
                .to_owned()
        ))
    );
}

#[tokio::test]
async fn any_other_refusal_is_dead_in_discords_words() {
    for (status, body, said) in [
        (
            400,
            json!({"message": "Cannot send an empty message", "code": 50006}),
            "400: code 50006: Cannot send an empty message",
        ),
        (
            413,
            json!({"message": "Request entity too large", "code": 40005}),
            "413: code 40005: Request entity too large",
        ),
        (405, json!("x"), "405"),
        (
            422,
            json!({"message": "a\n\u{1b}[31mb", "code": "x"}),
            "422: a \u{fffd}[31mb",
        ),
    ] {
        assert_eq!(
            answered(json_answer(status, &body)).await,
            Err(SendError::Dead(format!(
                "Discord refused the digest ({said})"
            )))
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = ResponseTemplate::new(308).insert_header("location", "https://elsewhere.test/");
    let error = answered(elsewhere).await;
    assert!(
        matches!(&error, Err(SendError::Dead(said)) if said.contains("has moved (308)")),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_overloaded_discord_has_done_nothing() {
    for status in [503, 500, 429, 400] {
        let body = json!({"message": "API resource is currently overloaded.", "code": 130_000, "retry_after": 9});
        let error = answered(json_answer(status, &body)).await;
        assert!(
            matches!(&error, Err(SendError::Unsent(said)) if said.contains("130000")),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn any_other_failure_of_the_server_leaves_it_unknown() {
    for status in [500, 502, 503, 504, 520, 408] {
        let error = answered(ResponseTemplate::new(status).set_body_string("<html>")).await;
        assert!(
            matches!(&error, Err(SendError::Uncertain(said)) if said.contains(&status.to_string())),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_token_that_the_server_repeats_is_not_passed_on() {
    for status in [400, 404, 429, 500] {
        let message = format!("no such webhook: {TOKEN}");
        let error = answered(json_answer(status, &json!({"message": message, "code": 1})))
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("no such webhook: [redacted]"),
            "{error}"
        );
    }
}
