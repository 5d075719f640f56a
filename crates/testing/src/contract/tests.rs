//! Each rule of a contract refuses what breaks it.

use serde_json::{Value, json};

use super::{Request, discord, slack, telegram, webhook};

const AGENT: &str = "DiscordBot (https://example.org, 1.0)";

fn request(target: &str, body: &Value) -> Request {
    let body = body.to_string().into_bytes();
    Request::new("POST", target, "application/json", body)
}

/// Fails unless the check refuses it in a sentence with these words.
fn refused(checked: Result<Value, String>, words: &str) {
    let sentence = checked.unwrap_err();
    assert!(sentence.contains(words), "{sentence}");
}

fn to_discord(body: &Value) -> Result<Value, String> {
    discord(&request("/api/webhooks/1/token?wait=true", body).with("user-agent", AGENT))
}

fn embeds(embeds: &Value) -> Value {
    json!({"embeds": embeds, "allowed_mentions": {"parse": []}})
}

#[test]
fn discord_takes_a_message_within_its_limits() {
    let embed = json!({"title": "t".repeat(256), "description": "d".repeat(4_096), "url": "https://x.test",
        "author": {"name": "a"}, "footer": {"text": "f"}, "fields": [{"name": "n", "value": "v"}],
        "color": 1, "timestamp": "2026-03-01T17:00:00.000Z"});
    let body = embeds(&json!([embed]));
    assert_eq!(to_discord(&body), Ok(body));
}

#[test]
fn discord_refuses_what_its_documentation_forbids() {
    let long = |units: usize| "x".repeat(units);
    for (body, words) in [
        (embeds(&json!([])), "the message is empty"),
        (embeds(&json!([{}])), "an embed is empty"),
        (
            json!({"embeds": [{"title": "t"}]}),
            "allowed_mentions is null",
        ),
        (
            json!({"content": "c", "allowed_mentions": {"parse": ["users"]}}),
            "allowed_mentions is",
        ),
        (
            embeds(&json!([{"title": long(257)}])),
            "title has 257 units",
        ),
        // Each is one character and two units.
        (
            embeds(&json!([{"title": "🚀".repeat(129)}])),
            "title has 258 units",
        ),
        (embeds(&json!([{"title": ""}])), "title has 0 units"),
        (
            embeds(&json!([{"description": long(4_096)}, {"description": long(1_905)}])),
            "all embeds have 6001 units",
        ),
        (
            embeds(&Value::Array(vec![json!({"title": "t"}); 11])),
            "11 entries of 10",
        ),
        (
            embeds(&json!([{"title": "t", "fields": [{"name": "n"}]}])),
            "there is no value",
        ),
        (
            embeds(&json!([{"title": "t", "color": 16_777_216}])),
            "color is 16777216",
        ),
        (
            embeds(&json!([{"title": "t", "timestamp": "yesterday"}])),
            "timestamp is yesterday",
        ),
        (
            embeds(&json!([{"title": "t", "url": "javascript:x"}])),
            "url is javascript:x",
        ),
        (
            embeds(&json!([{"title": "t", "image": {"url": "attachment://chart.png"}}])),
            "none of the files",
        ),
        (
            embeds(
                &json!([{"title": "t", "url": "https://x.test"}, {"title": "t", "url": "https://x.test"}]),
            ),
            "two embeds link",
        ),
        (
            json!({"contentt": "c", "allowed_mentions": {"parse": []}}),
            "contentt is no key",
        ),
    ] {
        refused(to_discord(&body), words);
    }
}

#[test]
fn discord_refuses_a_strangers_name_and_an_address_without_wait() {
    let body = embeds(&json!([{"title": "t"}]));
    let to = |target: &str| request(target, &body);
    refused(
        discord(&to("/api/webhooks/1/t?wait=true").with("user-agent", "curl")),
        "40333",
    );
    refused(
        discord(&to("/api/webhooks/1/t").with("user-agent", AGENT)),
        "wait=true",
    );
    refused(
        discord(&to("/elsewhere?wait=true").with("user-agent", AGENT)),
        "no such thing",
    );
}

/// A form of these parts, each with its head.
fn form(parts: &[(&str, &[u8])]) -> Request {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(
            format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    let kind = "multipart/form-data; boundary=b";
    Request::new("POST", "/api/webhooks/1/t?wait=true", kind, body).with("user-agent", AGENT)
}

#[test]
fn discord_reads_a_form_part_by_part() {
    let mut body = embeds(&json!([{"title": "t", "image": {"url": "attachment://c.png"}}]));
    body["attachments"] = json!([{"id": "0", "filename": "c.png", "description": "d"}]);
    let payload = body.to_string();
    let json = (
        "name=\"payload_json\"\r\nContent-Type: application/json",
        payload.as_bytes(),
    );
    let file = "name=\"files[0]\"; filename=\"c.png\"\r\nContent-Type: image/png";
    let png: &[u8] = b"\x89PNG\r\n\x1a\n\r\n--";
    assert_eq!(discord(&form(&[json, (file, png)])), Ok(body.clone()));

    refused(discord(&form(&[])), "the form is empty");
    refused(discord(&form(&[json])), "1 attachments for 0 files");
    refused(discord(&form(&[(file, png), json])), "and no payload_json");
    refused(discord(&form(&[json, (file, b"GIF89a")])), "no PNG file");
    let other = "name=\"files[1]\"; filename=\"c.png\"\r\nContent-Type: image/png";
    refused(discord(&form(&[json, (other, png)])), "differ");
    let mut cut = form(&[json, (file, png)]);
    cut.body.truncate(cut.body.len() - 7);
    refused(discord(&cut), "not followed by the boundary");
}

fn blocks(blocks: &Value) -> Value {
    json!({"text": "t", "blocks": blocks, "unfurl_links": false, "unfurl_media": false})
}

#[test]
fn slack_refuses_what_block_kit_forbids() {
    let to_slack = |body: &Value| slack(&request("/services/T0/B0/x", body));
    let section = |text: &str| {
        blocks(&json!([{"type": "section", "text": {"type": "plain_text", "text": text}}]))
    };
    let marked = |text: &str| {
        blocks(&json!([{"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}]))
    };
    let good = section("a &amp; &lt;b&gt;");
    assert_eq!(to_slack(&good), Ok(good));
    let good = marked("see <https://x.test/?a&amp;b|this &lt;post&gt;>, now");
    assert_eq!(to_slack(&good), Ok(good));
    let header = |units: usize| json!([{"type": "header", "text": {"type": "plain_text", "text": "h".repeat(units)}}]);
    for (body, words) in [
        (blocks(&header(151)), "text has 151 units"),
        (section(&"x".repeat(3_001)), "text has 3001 units"),
        (section(""), "text has 0 units"),
        (section("a & b"), "not escaped"),
        (section("<!channel>"), "not escaped"),
        (marked("<!channel>"), "a link without words"),
        (marked("<@U1|you>"), "markup that is no link"),
        (
            blocks(&Value::Array(vec![json!({"type": "divider"}); 51])),
            "51 entries of 50",
        ),
        (blocks(&json!([])), "there are no blocks"),
        (blocks(&json!([{"type": "image"}])), "no such block"),
        (json!({"text": ""}), "text has 0 units"),
    ] {
        refused(to_slack(&body), words);
    }
}

#[test]
fn telegram_refuses_html_that_it_cannot_read_and_a_text_that_is_too_long() {
    let message = |text: &str| json!({"chat_id": -1, "text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": true}});
    let to_telegram = |text: &str| telegram(&request("/bot1:A/sendMessage", &message(text)));
    // As long as it may be, since entities count once.
    let good = format!(
        "<b>1</b><a href=\"https://x.test/?a&amp;b\">&lt;</a>{}",
        "&amp;".repeat(4_094)
    );
    assert!(to_telegram(&good).is_ok());
    for (text, words) in [
        (format!("{good}x"), "4097 units"),
        (String::new(), "0 units"),
        ("<b> </b>".to_owned(), "non-empty"),
        ("<b>".to_owned(), "left open"),
        ("<b><i></b></i>".to_owned(), "closes nothing"),
        ("<p>a</p>".to_owned(), "no such tag"),
        ("<b class=\"x\">a</b>".to_owned(), "attributes"),
        ("<a href=\"javascript:x\">a</a>".to_owned(), "no address"),
        ("a < b".to_owned(), "a tag without an end"),
        ("a > b".to_owned(), "not escaped"),
        ("a & b".to_owned(), "no entity"),
        ("&nbsp;".to_owned(), "no entity"),
    ] {
        refused(to_telegram(&text), words);
    }
}

#[test]
fn a_webhooks_receiver_refuses_an_id_of_another_hour() {
    let mut document = json!({"type": "digest", "channel": "hook", "hour": "2026-03-01T17:00:00Z"});
    for key in webhook::KEYS {
        if document.get(key).is_none() {
            document[key] = json!(1);
        }
    }
    let of = |hour: &str| {
        request("/hook", &document)
            .with("webhook-id", &format!("publish:hook:{hour}"))
            .with("webhook-timestamp", "1772380800")
    };
    assert_eq!(webhook(&of("2026-03-01T17")), Ok(document.clone()));
    refused(webhook(&of("2026-03-01T18")), "webhook-id is");
    refused(webhook(&request("/hook", &document)), "webhook-id is");
    let signed = of("2026-03-01T17").with("webhook-signature", "v1,short");
    refused(webhook(&signed), "webhook-signature is");
}
