//! Actors that cannot be used, each told in one sentence.

use super::{Actor, Watchlist, keyword, saylor};

fn refusal(actors: Vec<Actor>) -> String {
    Watchlist::new(actors).unwrap_err()
}

#[test]
fn signs_and_blanks_around_are_taken_off() {
    let list = Watchlist::new(vec![Actor {
        name: " Ada ".to_owned(),
        x: Some(" @ada_1 ".to_owned()),
        cashtags: vec!["$ada".to_owned()],
        ..Actor::default()
    }])
    .unwrap();
    let ada = &list.actors()[0];
    assert_eq!(
        (
            ada.name.as_str(),
            ada.x.as_deref(),
            ada.cashtags[0].as_str()
        ),
        ("Ada", Some("ada_1"), "ada")
    );
}

#[test]
fn a_handle_that_is_none_is_refused_with_an_example() {
    type Set = fn(&mut Actor, Option<String>);
    let rows: [(&str, Set, &[&str]); 3] = [
        (
            "x",
            |actor, handle| actor.x = handle,
            &["", "a b", "name.example", "a@b", "https://x.com/a"],
        ),
        (
            "bluesky",
            |actor, handle| actor.bluesky = handle,
            &["saylor", "did:", "did:plc:", "a..b", "a@b.c"],
        ),
        (
            "mastodon",
            |actor, handle| actor.mastodon = handle,
            &["saylor", "saylor@", "@social.example", "a@b@c.example"],
        ),
    ];
    for (key, set, handles) in rows {
        for handle in handles {
            let mut actor = saylor();
            set(&mut actor, Some((*handle).to_owned()));
            let sentence = refusal(vec![actor]);
            let begin = format!("[[actor]] \"Saylor\" {key} is \"{handle}\"");
            assert!(sentence.starts_with(&begin), "{sentence}");
        }
    }
}

#[test]
fn what_could_never_be_found_is_refused() {
    for (word, told) in [
        (" ", "has the keyword \"\""),
        ("#", "has the keyword \"#\""),
    ] {
        let sentence = refusal(vec![Actor {
            name: "A".to_owned(),
            ..keyword(word)
        }]);
        assert!(sentence.contains(told), "{sentence}");
    }
    for ticker in ["", "$", "B TC", "比特币", "BTC.", "_A"] {
        let sentence = refusal(vec![Actor {
            name: "A".to_owned(),
            cashtags: vec![ticker.to_owned()],
            ..Actor::default()
        }]);
        assert!(sentence.contains("has the cashtag"), "{sentence}");
    }
    let sentence = refusal(vec![Actor {
        name: "A".to_owned(),
        ..Actor::default()
    }]);
    assert!(sentence.contains("nothing to be found by"), "{sentence}");
}

#[test]
fn a_name_is_needed_and_is_had_once() {
    assert!(refusal(vec![saylor(), keyword("a"), Actor::default()]).contains("number 3"));
    let twice = refusal(vec![keyword("a"), keyword("A")]);
    assert!(twice.contains("two [[actor]] are named \"A\""), "{twice}");
}
