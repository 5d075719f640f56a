//! Property tests of a stream that is cut at any byte and gone on with: every post comes, whatever was lost.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use proptest::prelude::*;
use serde_json::Value;
use wiremock::Request;

use super::{
    super::lines::Splitter,
    SEARCH, body, id, post,
    stream::line,
    tap::{Given, Tap, rules},
};
use crate::{Source, Unbounded};

/// Posts of these ages, streamed in this order over connections that are cut after so many bytes each, the last one never.
/// Search shows them all.
async fn resumed(ages: Vec<i64>, cuts: Vec<usize>) -> (BTreeSet<String>, Value) {
    let connections = Arc::new(AtomicUsize::new(0));
    let count = ages.len();
    let last = cuts.len();
    let tap = Tap::start(move |request: &Request| match request.url.path() {
        SEARCH => {
            let parameters: Vec<(String, String)> =
                request.url.query_pairs().into_owned().collect();
            let since = parameters.iter().find(|(name, _)| name == "since_id");
            let since = since.map_or(0, |(_, id)| id.parse().unwrap());
            let mut newest: Vec<u64> = ages.iter().map(|age| id(*age).parse().unwrap()).collect();
            newest.sort_unstable();
            let shown = newest.iter().rev().filter(|id| **id > since);
            let posts: Vec<Value> = shown.map(|id| post(&id.to_string())).collect();
            Given::Answer(200, body(&posts, None))
        }
        "/2/tweets/search/stream" => {
            let connection = connections.fetch_add(1, Ordering::SeqCst);
            let whole: String = ages.iter().map(|age| line(&id(*age))).collect();
            match cuts.get(connection) {
                Some(cut) => Given::Stream {
                    bytes: whole.into_bytes().into_iter().take(*cut).collect(),
                    held: false,
                },
                None => Given::Stream {
                    bytes: Vec::new(),
                    held: true,
                },
            }
        }
        _ => rules(),
    })
    .await;
    let mut position = Value::Null;
    let mut found = BTreeSet::new();
    for connection in 0..=last {
        let streaming = tap.source.streaming().unwrap();
        let mut stream = streaming
            .connect(&position, Arc::new(Unbounded))
            .await
            .unwrap();
        if connection == last {
            // By now search shows what was written until this connection.
            tap.clock.step(chrono::TimeDelta::minutes(2));
        }
        // A cut connection ends by itself; the last one has caught up at the end of its search.
        while let Ok(page) = stream.next().await {
            found.extend(page.posts.iter().map(|post| post.key.as_str().to_owned()));
            position = page.position;
            if connection == last && page.end {
                break;
            }
        }
    }
    assert!(found.len() <= count);
    tap.seen();
    (found, position)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_stream_that_is_cut_anywhere_loses_nothing(
        ages in Just((1_i64..=6).map(|one| one * 4).collect::<Vec<_>>()).prop_shuffle(),
        cuts in proptest::collection::vec(0_usize..2_600, 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (found, position) = runtime.block_on(resumed(ages.clone(), cuts));
        let expected: BTreeSet<String> = ages.iter().map(|age| format!("x:{}", id(*age))).collect();
        prop_assert_eq!(found, expected);
        let newest = position["newest"].as_object().unwrap();
        prop_assert_eq!(newest.values().next().and_then(Value::as_str), Some(&*id(4)));
    }

    #[test]
    fn lines_are_the_same_wherever_their_pieces_end(
        text in "[a-c\\r\\n{}é ]{0,60}",
        ends in proptest::collection::vec(1_usize..9, 0..20),
    ) {
        let whole = Splitter::default().split(text.as_bytes());
        let mut splitter = Splitter::default();
        let mut rest = text.as_bytes();
        let mut pieces = Vec::new();
        for end in ends {
            let (piece, after) = rest.split_at(end.min(rest.len()));
            pieces.extend(splitter.split(piece));
            rest = after;
        }
        pieces.extend(splitter.split(rest));
        prop_assert_eq!(pieces, whole);
    }
}
