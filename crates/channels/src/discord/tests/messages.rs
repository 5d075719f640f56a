//! Tests of the message as Discord gets it.

use moodwire_model::{Digest, HourSummary, Missing};

use crate::{
    Language,
    discord::{
        message::{Message, message as message_in},
        text::{markdown, plain},
    },
    fixture::{digest, empty_hour, full_digest, post},
};

fn message(digest: &Digest) -> Message {
    message_in(digest, Language::En)
}

fn body(digest: &Digest) -> String {
    let body = serde_json::to_string_pretty(&message(digest)).unwrap();
    body.replace('\u{200b}', "[zero-width]")
}

#[test]
fn a_digest_has_an_embed_for_the_hour_the_best_and_the_worst_post() {
    insta::assert_snapshot!(body(&digest()), @r#"
    {
      "embeds": [
        {
          "title": "2026-03-01 17:00–18:00 UTC",
          "description": "3 posts · mean **+0.1234**\n1 positive (33%) · 1 neutral (33%) · 1 negative (33%)",
          "color": 3066993,
          "timestamp": "2026-03-01T17:00:00.000Z"
        },
        {
          "author": {
            "name": "@alice · Alice in Chains"
          },
          "title": "Best post · +0.9215 ▰▰▰▰▰▰▰▰▰▰",
          "url": "https://social.test/alice/x/1",
          "description": "What a wonderful day for Bitcoin, I love it! The whole market is green and everybody I know is happy.",
          "color": 3066993,
          "timestamp": "2026-03-01T17:05:00.000Z"
        },
        {
          "author": {
            "name": "@bob.test"
          },
          "title": "Worst post · -0.8020 ▰▱▱▱▱▱▱▱▱▱",
          "url": "https://social.test/bob.test/bluesky/2",
          "description": "This is a terrible scam.\n\nAvoid it!",
          "color": 15158332,
          "timestamp": "2026-03-01T17:05:00.000Z"
        }
      ],
      "allowed_mentions": {
        "parse": []
      }
    }
    "#);
}

#[test]
fn a_post_that_attacks_is_shown_as_it_was_written() {
    let text = "@everyone <@123> [free coins](https://evil.test) **now**\n# BIG\n> quote\n1. list\n||hidden|| `code` \u{202e}abc";
    let mut evil = post("x:1", "everyone", text, 0.5);
    evil.author_name = Some("**Bob**\n@here".to_owned());
    evil.url = Some("javascript:alert(1)".to_owned());
    insta::assert_snapshot!(body(&Digest { best: Some(evil), ..digest() }), @r#"
    {
      "embeds": [
        {
          "title": "2026-03-01 17:00–18:00 UTC",
          "description": "3 posts · mean **+0.1234**\n1 positive (33%) · 1 neutral (33%) · 1 negative (33%)",
          "color": 3066993,
          "timestamp": "2026-03-01T17:00:00.000Z"
        },
        {
          "author": {
            "name": "@[zero-width]everyone · **Bob** @[zero-width]here"
          },
          "title": "Best post · +0.5000 ▰▰▰▰▰▰▰▰▱▱",
          "description": "@[zero-width]everyone \\<[zero-width]@123\\> \\[free coins\\]\\(https://evil.test) \\*\\*now\\*\\*\n\\# BIG\n\\> quote\n1\\. list\n\\|\\|hidden\\|\\| \\`code\\` abc",
          "color": 3066993,
          "timestamp": "2026-03-01T17:05:00.000Z"
        },
        {
          "author": {
            "name": "@bob.test"
          },
          "title": "Worst post · -0.8020 ▰▱▱▱▱▱▱▱▱▱",
          "url": "https://social.test/bob.test/bluesky/2",
          "description": "This is a terrible scam.\n\nAvoid it!",
          "color": 15158332,
          "timestamp": "2026-03-01T17:05:00.000Z"
        }
      ],
      "allowed_mentions": {
        "parse": []
      }
    }
    "#);
}

#[test]
fn an_hour_with_one_post_shows_it_once() {
    let only = Some(post("x:1", "alice", "Just me here", -0.25));
    insta::assert_snapshot!(body(&Digest { best: only.clone(), worst: only, ..digest() }), @r#"
    {
      "embeds": [
        {
          "title": "2026-03-01 17:00–18:00 UTC",
          "description": "3 posts · mean **+0.1234**\n1 positive (33%) · 1 neutral (33%) · 1 negative (33%)",
          "color": 3066993,
          "timestamp": "2026-03-01T17:00:00.000Z"
        },
        {
          "author": {
            "name": "@alice"
          },
          "title": "Only post · -0.2500 ▰▰▰▰▱▱▱▱▱▱",
          "url": "https://social.test/alice/x/1",
          "description": "Just me here",
          "color": 15158332,
          "timestamp": "2026-03-01T17:05:00.000Z"
        }
      ],
      "allowed_mentions": {
        "parse": []
      }
    }
    "#);
}

#[test]
fn what_is_missing_is_said_in_a_field() {
    let missing = Missing {
        sources: vec!["x_main".to_owned()],
        batches: 1,
    };
    let summary = HourSummary {
        missing,
        late: 2,
        ..empty_hour().summary
    };
    insta::assert_snapshot!(body(&Digest { summary, ..empty_hour() }), @r#"
    {
      "embeds": [
        {
          "title": "2026-03-01 17:00–18:00 UTC",
          "description": "No posts.",
          "fields": [
            {
              "name": "Note",
              "value": "Incomplete: x\\_main had not been read to the hour's end; 1 batch of posts had no scores yet.\n2 posts came after the hour was sealed."
            }
          ],
          "color": 9807270,
          "timestamp": "2026-03-01T17:00:00.000Z"
        }
      ],
      "allowed_mentions": {
        "parse": []
      }
    }
    "#);
}

#[test]
fn two_posts_with_one_link_are_both_shown() {
    let mut digest = digest();
    digest.worst.as_mut().unwrap().url = digest.best.as_ref().unwrap().url.clone();
    let message = message(&digest);
    assert!(message.embeds[1].url.is_some());
    assert_eq!(message.embeds[2].url, None);
}

#[test]
fn links_in_a_text_stay_links() {
    for (text, shown) in [
        (
            "see https://x.test/a_b*c_d?e=~f now_",
            "see https://x.test/a_b%2Ac_d?e=%7Ef now\\_",
        ),
        ("(https://x.test/a)", "\\(https://x.test/a)"),
        ("<https://x.test/a>", "\\<https://x.test/a \\>"),
        ("HTTPS://x.test/@everyone", "HTTPS://x.test/%40everyone"),
    ] {
        assert_eq!(markdown(text, 1000), shown);
    }
}

#[test]
fn signs_that_begin_a_line_are_escaped_there_and_nowhere_else() {
    assert_eq!(
        markdown("- a\n+ b\n-# c\n 2. d\n#e", 1000),
        "\\- a\n\\+ b\n\\-# c\n 2\\. d\n\\#e"
    );
    assert_eq!(
        markdown("a-b c.d #bitcoin 1.5", 1000),
        "a-b c.d #bitcoin 1.5"
    );
}

#[test]
fn mentions_are_broken_in_any_case() {
    assert_eq!(
        markdown("@Everyone @HERE @her", 1000),
        "@\u{200b}Everyone @\u{200b}HERE @her"
    );
    assert_eq!(plain("@everyone", 1000), "@\u{200b}everyone");
    assert_eq!(
        markdown("<@&1> <t:0:R> <3", 1000),
        "\\<\u{200b}@&1\\> \\<\u{200b}t:0:R\\> \\<3"
    );
}

#[test]
fn a_full_digest_tells_changes_and_actors_in_the_channels_language() {
    let message = serde_json::to_string_pretty(&message_in(&full_digest(), Language::Fr)).unwrap();
    insta::assert_snapshot!(message.replace('\u{200b}', "[zero-width]"), @r#"
    {
      "embeds": [
        {
          "title": "01/03/2026 17:00–18:00 UTC",
          "description": "3 posts · moyenne **+0,1234**\n▲ +0,1734 depuis l'heure précédente · ▲ +0,1234 depuis la même heure hier\n1 positif (33 %) · 1 neutre (33 %) · 1 négatif (33 %)",
          "color": 3066993,
          "timestamp": "2026-03-01T17:00:00.000Z"
        },
        {
          "author": {
            "name": "@alice · Alice in Chains"
          },
          "title": "Meilleur post · +0,9215 ▰▰▰▰▰▰▰▰▰▰",
          "url": "https://social.test/alice/x/1",
          "description": "What a wonderful day for Bitcoin, I love it! The whole market is green and everybody I know is happy.",
          "footer": {
            "text": "À propos de Bitcoin, Ethereum"
          },
          "color": 3066993,
          "timestamp": "2026-03-01T17:05:00.000Z"
        },
        {
          "author": {
            "name": "@bob.test"
          },
          "title": "Pire post · -0,8020 ▰▱▱▱▱▱▱▱▱▱",
          "url": "https://social.test/bob.test/bluesky/2",
          "description": "This is a terrible scam.\n\nAvoid it!",
          "footer": {
            "text": "À propos de <@[zero-width]everyone> & *Co*"
          },
          "color": 15158332,
          "timestamp": "2026-03-01T17:05:00.000Z"
        }
      ],
      "allowed_mentions": {
        "parse": []
      }
    }
    "#);
}
