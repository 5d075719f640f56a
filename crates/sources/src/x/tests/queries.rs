//! Tests of queries: what X is asked for is what the watchlist means, within X's limits.

use proptest::prelude::*;

use super::super::query::{joined, terms};
use crate::{Actor, Watchlist};

fn watchlist(keywords: &[&str], cashtags: &[&str]) -> Watchlist {
    let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    Watchlist::new(vec![Actor {
        name: "Ada".to_owned(),
        x: Some("ada".to_owned()),
        keywords: owned(keywords),
        cashtags: owned(cashtags),
        ..Actor::default()
    }])
    .unwrap()
}

#[test]
fn each_word_of_the_watchlist_is_asked_for_as_what_x_makes_of_it() {
    for (keyword, term) in [
        ("bitcoin", "\"bitcoin\""),
        ("lightning network", "\"lightning network\""),
        ("#Bitcoin", "#Bitcoin"),
        ("#two words", "\"#two words\""),
        ("$ETH", "$ETH"),
        ("@bob", "@bob"),
        ("@name.example", "\"@name.example\""),
        ("say \"no\" OR -this", "\"say  no  OR -this\""),
        ("比特币", "\"比特币\""),
    ] {
        assert_eq!(terms(&watchlist(&[keyword], &[]), &[]), [term]);
    }
    let tags = terms(&watchlist(&[], &["BTC", "btc", "1INCH", "BRK.B"]), &[]);
    assert_eq!(tags, ["$BTC", "\"$1INCH\"", "$BRK.B"]);
    let named = terms(&watchlist(&[], &[]), &["ada".to_owned()]);
    assert_eq!(named, ["from:ada", "@ada"]);
}

#[test]
fn one_term_and_many_are_narrowed_alike() {
    let all = ["a".to_owned(), "b".to_owned()];
    assert_eq!(joined(&all, 512, "-is:retweet"), ["(a OR b) -is:retweet"]);
    assert_eq!(joined(&all[..1], 512, "-is:retweet"), ["(a) -is:retweet"]);
    assert_eq!(joined(&all, 512, ""), ["a OR b"]);
    assert!(joined(&[], 512, "-is:retweet").is_empty());
}

proptest! {
    #[test]
    fn no_query_is_too_long_and_no_term_is_lost(
        words in proptest::collection::vec("[a-zé比]{1,200}", 1..60),
        limit in 256_usize..1024,
    ) {
        let queries = joined(&words, limit, "-is:retweet");
        let mut found = Vec::new();
        for query in &queries {
            prop_assert!(query.chars().count() <= limit);
            let inner = query.strip_prefix('(').unwrap().strip_suffix(") -is:retweet").unwrap();
            found.extend(inner.split(" OR ").map(str::to_owned));
        }
        prop_assert_eq!(found, words);
    }
}
