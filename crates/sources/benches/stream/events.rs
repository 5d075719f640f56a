//! Made-up events in the proportions of the network's: six in ten are posts, three reposts, one a deletion. One post in
//! fifty holds a keyword, one in five hundred is by an actor. The same on every run.

use moodwire_model::{Entropy, Timestamp};
use moodwire_testing::FixedEntropy;
use serde_json::{Value, json};

/// When the first one came, in microseconds: 2026-03-01T00:00:00Z.
const BEGIN: i64 = 1_772_323_200_000_000;

/// How far they lie apart, in microseconds: 100 a second.
const APART: i64 = 10_000;

/// How many accounts write.
const ACCOUNTS: usize = 20_000;

/// What texts are made of.
const WORDS: [&str; 32] = [
    "the",
    "morning",
    "art",
    "really",
    "commission",
    "de",
    "que",
    "новости",
    "today",
    "game",
    "ありがとう",
    "今日は",
    "love",
    "cat",
    "election",
    "não",
    "obrigado",
    "wirklich",
    "photo",
    "stream",
    "live",
    "🎉",
    "😭😭",
    "https://a.example/path?x=1",
    "book",
    "music",
    "#art",
    "@someone.example.com",
    "weather",
    "und",
    "weekend",
    "happy",
];

/// The time of an event, in microseconds.
pub(super) fn time(number: u32) -> i64 {
    BEGIN + APART * i64::from(number)
}

/// A hundred keywords: words, phrases, hashtags, and some in Chinese.
pub(super) fn keywords() -> Vec<String> {
    (0..100)
        .map(|number| match number % 10 {
            0 => format!("#coin{number}"),
            1 => format!("chain {number} labs"),
            2 => format!("币{number}"),
            _ => format!("token{number}"),
        })
        .collect()
}

/// `count` events as the server writes them, oldest first.
pub(super) fn all(count: u32) -> impl Iterator<Item = String> {
    let maker = Maker {
        entropy: FixedEntropy::seeded(7),
        keywords: keywords(),
    };
    (0..count).map(move |number| maker.event(number).to_string())
}

/// A dictionary that was trained on such events.
pub(super) fn dictionary() -> Vec<u8> {
    let samples: Vec<String> = all(5_000).collect();
    zstd::dict::from_samples(&samples, 112_640).expect("a dictionary")
}

struct Maker {
    entropy: FixedEntropy,
    keywords: Vec<String>,
}

impl Maker {
    fn below(&self, bound: usize) -> usize {
        let bits = usize::try_from(self.entropy.bits() >> 33).unwrap_or_default();
        bits % bound
    }

    fn event(&self, number: u32) -> Value {
        let did = if self.below(500) == 0 {
            format!("did:plc:actor{}", self.below(20))
        } else {
            format!("did:plc:account{}", self.below(ACCOUNTS))
        };
        let (operation, collection, record) = match self.below(10) {
            0..6 => ("create", "app.bsky.feed.post", Some(self.post(number))),
            6..9 => ("create", "app.bsky.feed.repost", Some(self.repost(number))),
            _ => ("delete", "app.bsky.feed.post", None),
        };
        let mut commit = json!({
            "rev": format!("3k{number:011}"),
            "operation": operation,
            "collection": collection,
            "rkey": format!("3l{number:011}"),
        });
        if let Some(record) = record {
            commit["record"] = record;
            commit["cid"] = cid(number).into();
        }
        json!({"did": did, "time_us": time(number), "kind": "commit", "commit": commit})
    }

    fn post(&self, number: u32) -> Value {
        let words = (0..4 + self.below(32)).map(|_| WORDS.get(self.below(WORDS.len())));
        let mut words: Vec<&str> = words.flatten().copied().collect();
        if self.below(50) == 0 {
            let keyword = self.keywords.get(self.below(self.keywords.len()));
            words.extend(keyword.map(String::as_str));
        }
        let mut record = json!({
            "$type": "app.bsky.feed.post",
            "text": words.join(" "),
            "createdAt": at(number),
            "langs": ["en"],
        });
        if self.below(2) == 0 {
            let post = json!({"cid": cid(number), "uri": self.address(number)});
            record["reply"] = json!({"root": post, "parent": post});
        }
        if self.below(4) == 0 {
            record["embed"] = json!({"$type": "app.bsky.embed.images", "images": [{
                "alt": "", "aspectRatio": {"height": 1_500, "width": 2_000},
                "image": {"$type": "blob", "mimeType": "image/jpeg", "ref": {"$link": cid(number)}, "size": 345_678},
            }]});
        }
        record
    }

    fn repost(&self, number: u32) -> Value {
        json!({
            "$type": "app.bsky.feed.repost",
            "createdAt": at(number),
            "subject": {"cid": cid(number), "uri": self.address(number)},
        })
    }

    fn address(&self, number: u32) -> String {
        let account = self.below(ACCOUNTS);
        format!("at://did:plc:account{account}/app.bsky.feed.post/3m{number:011}")
    }
}

fn at(number: u32) -> Option<Timestamp> {
    Timestamp::from_timestamp_micros(time(number))
}

fn cid(number: u32) -> String {
    format!("bafyreib{:051}", u64::from(number) * 1_000_003)
}
