//! Tests of the message against what Discord's documentation says, and of its JSON against Discord's own specification.

use moodwire_model::Digest;
use moodwire_testing::contract::{self, Request};
use proptest::prelude::*;

use crate::{
    Language,
    discord::{
        DiscordChannel, DiscordOptions, USER_AGENT,
        message::{self, Message},
        request,
    },
    fixture::{anything, digest, empty_hour, full_digest, hostile_digest, hostile_texts},
};

use super::{channel_with, specification};

const WEBHOOK: &str = "/api/webhooks/123456789012345678/token";

/// Whether Discord takes the request that the message and its chart make.
fn assert_taken(message: &Message, chart: Option<&[u8]>, edits: bool) {
    let made = request::request(message, chart);
    let (method, target) = if edits {
        ("PATCH", format!("{WEBHOOK}/messages/77"))
    } else {
        ("POST", format!("{WEBHOOK}?wait=true"))
    };
    let request =
        Request::new(method, &target, &made.content_type, made.body).with("user-agent", USER_AGENT);
    let body = contract::discord(&request).unwrap();
    let text = body.to_string();
    assert!(!text.contains("@everyone") && !text.contains("@here"));
    specification::assert_valid(&body, edits);
}

fn assert_all_taken(digest: &Digest, chart: bool) {
    for language in [Language::En, Language::Fr] {
        let channel = channel(language, chart);
        let (message, chart) = channel.compose(digest);
        assert_taken(&message, chart.as_deref(), true);
        let message = channel.titled(message, &"a title ".repeat(20));
        assert_taken(&message, chart.as_deref(), false);
        assert_taken(&message::placeholder(digest, language), None, false);
    }
}

fn channel(language: Language, chart: bool) -> DiscordChannel {
    let options = DiscordOptions {
        language,
        chart,
        thread_name: Some("{hour} of @everyone".to_owned()),
        ..DiscordOptions::default()
    };
    channel_with("https://discord.com", options)
}

#[test]
fn every_digest_is_one_that_discord_takes() {
    for digest in [digest(), full_digest(), empty_hour()] {
        assert_all_taken(&digest, true);
    }
    assert_taken(&message::test("@here **main**", Language::Fr), None, false);
}

#[test]
fn every_hostile_text_is_one_that_discord_takes_wherever_it_stands() {
    for text in hostile_texts() {
        assert_all_taken(&hostile_digest(&text), true);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_text_is_one_that_discord_takes_wherever_it_stands(text in anything()) {
        // Drawing it takes far longer, and does not depend on what people write.
        assert_all_taken(&hostile_digest(&text), false);
    }
}
