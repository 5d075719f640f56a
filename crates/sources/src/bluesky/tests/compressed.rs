//! Tests of compressed frames, by a dictionary of our own and, where the folder is at hand, by Jetstream's.

use std::path::PathBuf;

use moodwire_testing::jetstream::{Answer, binary_frame, option, text_frame};
use serde_json::Value;
use url::Url;
use wiremock::{Mock, ResponseTemplate, matchers::path};
use zstd::bulk::Compressor;

use super::{Network, posted, rkeys, whole};
use crate::SourceError;

/// A dictionary that was trained on events of ours; another seed gives another one, with another number.
fn dictionary(seed: i64) -> Vec<u8> {
    let samples: Vec<String> = (0..400)
        .map(|n| {
            let text = format!("Sample {} of {seed} about bitcoin and ether", n * seed);
            posted(n, &format!("did:plc:{}", n * seed), &text).to_string()
        })
        .collect();
    zstd::dict::from_samples(&samples, 4_096).unwrap()
}

fn packed(dictionary: &[u8], text: &str) -> Vec<u8> {
    let mut compressor = Compressor::with_dictionary(3, dictionary).unwrap();
    compressor.compress(text.as_bytes()).unwrap()
}

/// A network whose server sends these frames, and a source that has this dictionary.
async fn network(frames: Vec<Vec<u8>>, dictionary: &str) -> Network {
    let answer = move |_: usize, _: &Url| Answer::frames(frames.clone());
    let mut network = Network::answering(answer, Vec::new()).await;
    network.settings.compress = true;
    network.settings.dictionary = Some(dictionary.to_owned());
    network
}

fn stored(dictionary: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dictionary");
    std::fs::write(&file, dictionary).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

#[tokio::test]
async fn compressed_frames_are_read_as_plain_ones() {
    let dictionary = dictionary(1);
    let (_folder, file) = stored(&dictionary);
    let events: Vec<String> = (0..5)
        .map(|n| posted(n, "did:plc:ada", "Nice").to_string())
        .collect();
    let mut frames: Vec<Vec<u8>> = events
        .iter()
        .map(|event| binary_frame(&packed(&dictionary, event)))
        .collect();
    frames.push(text_frame(&posted(9, "did:plc:ada", "plain").to_string()));
    let network = network(frames, &file).await;
    let page = network.read().await;
    assert_eq!(rkeys(&page), ["k0", "k1", "k2", "k3", "k4", "k9"]);
    assert_eq!(page.posts[4].raw, events[4]);
    let asked = network.jetstream.asked();
    assert_eq!(option(&asked[0], "compress").as_deref(), Some("true"));
}

#[tokio::test]
async fn a_dictionary_is_fetched_once_from_a_url() {
    let dictionary = dictionary(1);
    let event = posted(0, "did:plc:ada", "Nice").to_string();
    let frame = binary_frame(&packed(&dictionary, &event));
    let mut network = network(vec![frame], "").await;
    let url = format!("{}/dictionary", network.api.uri());
    network.settings.dictionary = Some(url);
    let served = ResponseTemplate::new(200).set_body_bytes(dictionary);
    let served = Mock::given(path("/dictionary")).respond_with(served);
    served.expect(1).mount(&network.api).await;
    let source = network.source();
    for _ in 0..2 {
        let mut stream = super::connect(&source, &Value::Null).await.unwrap();
        let mut pages = Vec::new();
        while !pages.last().is_some_and(|page: &crate::Page| page.end) {
            pages.push(stream.next().await.unwrap());
        }
        assert_eq!(rkeys(&whole(pages)), ["k0"]);
    }
}

#[tokio::test]
async fn frames_that_do_not_unpack_are_quarantined() {
    let dictionary = dictionary(1);
    let (_folder, file) = stored(&dictionary);
    let event = posted(0, "did:plc:ada", "Nice").to_string();
    let whole = packed(&dictionary, &event);
    let bomb = packed(&dictionary, &" ".repeat(17 * 1024 * 1024));
    let frames = vec![
        binary_frame(b"no zstd at all"),
        binary_frame(&[]),
        binary_frame(&whole[..whole.len() - 3]),
        binary_frame(&packed(&dictionary, "{")),
        binary_frame(&bomb),
        binary_frame(&whole),
    ];
    let page = network(frames, &file).await.read().await;
    assert_eq!(rkeys(&page), ["k0"]);
    let reasons: Vec<&str> = page
        .quarantined
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert_eq!(reasons.len(), 5, "{reasons:#?}");
    assert!(
        reasons[2].contains("cannot be decompressed"),
        "{reasons:#?}"
    );
    assert!(
        reasons[4].contains("unpacks to 17825792 bytes"),
        "{reasons:#?}"
    );
}

#[tokio::test]
async fn another_dictionary_than_the_servers_asks_for_a_person() {
    let (_folder, file) = stored(&dictionary(1));
    let event = posted(0, "did:plc:ada", "Nice").to_string();
    let frame = binary_frame(&packed(&dictionary(2), &event));
    let network = network(vec![frame], &file).await;
    let (pages, error) = network.pages(&Value::Null).await;
    assert!(pages.iter().all(|page| page.quarantined.is_empty()));
    let Some(SourceError::Dead(said)) = error else {
        panic!("{error:?}");
    };
    assert!(said.contains("compress = false"), "{said}");
}

#[tokio::test]
async fn a_dictionary_that_is_not_there_is_told() {
    let network = network(Vec::new(), "/no/such/dictionary").await;
    let error = network.connect(&Value::Null).await.err().unwrap();
    assert!(
        matches!(&error, SourceError::Dead(said) if said.contains("/no/such/dictionary")),
        "{error}"
    );
}

#[tokio::test]
async fn jetstreams_own_dictionary_unpacks() {
    let Some(folder) = std::env::var_os("MOODWIRE_TEST_SAMPLES").map(PathBuf::from) else {
        eprintln!("skipped: MOODWIRE_TEST_SAMPLES names no folder of recorded answers");
        return;
    };
    let file = folder.join("jetstream/legacy_subscribe.zdict");
    let dictionary = std::fs::read(&file).unwrap();
    let events = std::fs::read_to_string(folder.join("jetstream/golden_v1.jsonl")).unwrap();
    let frames: Vec<Vec<u8>> = events
        .lines()
        .map(|event| {
            let packed = packed(&dictionary, event);
            assert!(packed.len() < event.len());
            binary_frame(&packed)
        })
        .collect();
    let network = network(frames, file.to_str().unwrap()).await;
    network.clock.step(chrono::TimeDelta::days(365));
    let page = network.read().await;
    assert_eq!((page.posts.len(), page.quarantined.len()), (1, 0));
    assert!(events.lines().any(|event| event == page.posts[0].raw));
}
