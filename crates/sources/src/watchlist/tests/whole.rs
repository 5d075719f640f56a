//! Boundaries: what stands as a word of its own, in every script.

use super::{Actor, Watchlist, finds, post};

/// Each row: the pattern, texts that hold it, texts that do not.
fn all(rows: &[(&str, &[&str], &[&str])]) {
    for (word, with, without) in rows {
        for text in *with {
            assert!(finds(word, text), "{word} is in {text}");
        }
        for text in *without {
            assert!(!finds(word, text), "{word} is not in {text}");
        }
    }
}

#[test]
fn a_word_is_found_whole_in_any_case() {
    all(&[
        (
            "bitcoin",
            &[
                "Bitcoin",
                "BITCOIN!",
                "(bitcoin)",
                "bitcoin's",
                "buy-bitcoin-now",
                "#Bitcoin",
                "bitcoin🚀",
                "“bitcoin”",
            ],
            &[
                "bitcoins",
                "mybitcoin",
                "bitcoin_news",
                "bitcoin2",
                "",
                "bit coin",
                "bitcoiné",
                "bitcoin\u{301}",
            ],
        ),
        (
            "eth",
            &["ETH/USD", "eth.", "ETH暴涨"],
            &["eth2", "method", "ethereum"],
        ),
        ("c++", &["C++ and Rust", "c++11"], &["c+"]),
        (
            "lightning network",
            &["the Lightning\n  Network is up"],
            &["lightningnetwork"],
        ),
        ("биткоин", &["Биткоин растёт", "БИТКОИН"], &["биткоины"]),
    ]);
}

#[test]
fn scripts_without_blanks_need_none() {
    all(&[
        (
            "比特币",
            &["今天比特币大涨", "比特币ETF", "买比特币!"],
            &["比特"],
        ),
        ("ビットコイン", &["昨日ビットコインが上がった"], &[]),
        ("비트코인", &["비트코인이 올랐다"], &[]),
        ("btc", &["今日BTC大跌", "比特币btc"], &["btcc"]),
        ("บิตคอยน์", &["ราคาบิตคอยน์วันนี้"], &[]),
    ]);
}

#[test]
fn an_emoji_is_a_word_unless_it_is_joined_to_another() {
    all(&[
        (
            "🚀",
            &["to the moon🚀", "🚀🚀🚀", "a🚀b"],
            &["👩\u{200d}🚀", "moon"],
        ),
        ("❤", &["❤\u{fe0f}", "love ❤"], &[]),
        ("❤\u{fe0f}", &["❤", "❤\u{fe0f}!"], &[]),
    ]);
}

#[test]
fn a_hashtag_ends_where_networks_end_it() {
    all(&[
        (
            "#bitcoin",
            &[
                "#Bitcoin",
                "go #bitcoin!",
                "#bitcoin🚀",
                "#bitcoin,#eth",
                "＃bitcoin",
                "比特币#bitcoin",
                "#bitcoin's",
            ],
            &[
                "bitcoin",
                "#bitcoins",
                "#bitcoin_news",
                "#bitcoin大涨",
                "##bitcoin",
                "a#bitcoin",
                "https://a.example/#bitcoin",
            ],
        ),
        ("#比特币", &["#比特币 大涨"], &["比特币", "#比特币大涨"]),
    ]);
}

#[test]
fn what_looks_alike_is_alike() {
    all(&[
        (
            "bitcoin",
            &["𝗕𝗶𝘁𝗰𝗼𝗶𝗻", "ＢＩＴＣＯＩＮ", "bit\u{ad}coin"],
            &[],
        ),
        ("café", &["CAFE\u{301}", "Café"], &["cafe"]),
        ("cafe\u{301}", &["café"], &[]),
    ]);
}

#[test]
fn a_cashtag_is_found_with_its_sign_alone() {
    let btc = || Actor {
        name: "Bitcoin".to_owned(),
        cashtags: vec!["BTC".to_owned()],
        ..Actor::default()
    };
    let list = Watchlist::new(vec![btc()]).unwrap();
    let finds = |text| !list.matches(&post("x", "a", text), &[]).is_empty();
    for text in [
        "$BTC",
        "$btc.",
        "buy $BTC!",
        "$BTC/$ETH",
        "$ETH/$BTC",
        "大涨$BTC大涨",
        "($btc)",
        "＄BTC",
        "$BTC's",
    ] {
        assert!(finds(text), "{text}");
    }
    for text in [
        "BTC", "$BTCUSD", "US$BTC", "$$BTC", "$BTC_X", "$ BTC", "#BTC", "$BTC2",
    ] {
        assert!(!finds(text), "{text}");
    }
}
