//! Tests of server-sent events: cut anywhere, garbled, too long, and as a real server sent them.

use std::{fs, path::PathBuf};

use proptest::prelude::*;

use crate::mastodon::{
    post,
    sse::{Event, EventReader, TooLong},
};

fn event(name: &str, data: &str) -> Event {
    Event {
        name: name.to_owned(),
        data: data.to_owned(),
    }
}

/// All events of `bytes`, which come in parts that end at `cuts`.
fn read(bytes: &[u8], cuts: &[usize]) -> Vec<Event> {
    let mut reader = EventReader::default();
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    ends.extend([0, bytes.len()]);
    ends.sort_unstable();
    let parts = ends.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);
    parts.flat_map(|part| reader.take(part).unwrap()).collect()
}

#[test]
fn heartbeats_and_fields_of_no_use_are_no_events() {
    let stream = ":)\n:thump\n\n:thump\n\nevent: update\r\nid: 7\r\ndata: {\r\ndata:}\r\n\r\n\
        event: filters_changed\ndata: undefined\n\nevent: delete\ndata: 5\n\n:thump\n";
    let events = [
        event("update", "{\n}"),
        event("filters_changed", "undefined"),
        event("delete", "5"),
    ];
    assert_eq!(read(stream.as_bytes(), &[]), events);
}

#[test]
fn an_event_without_its_end_is_none() {
    let stream = "event: delete\ndata: 5\n\nevent: delete\ndata: 67\n";
    for length in 0..stream.len() {
        let events = read(&stream.as_bytes()[..length], &[]);
        let whole = usize::from(length >= "event: delete\ndata: 5\n\n".len());
        assert_eq!(events, vec![event("delete", "5"); whole], "{length}");
    }
}

#[test]
fn an_event_that_never_ends_is_given_up() {
    for part in [
        "x".repeat(100_000),
        format!("data: {}\n", "x".repeat(100_000)),
    ] {
        let mut reader = EventReader::default();
        let taken: Result<Vec<_>, TooLong> =
            (0..50).map(|_| reader.take(part.as_bytes())).collect();
        assert_eq!(taken, Err(TooLong));
    }
}

/// Every recorded stream, by its file's name; none, with a word, where the folder is not to be had.
fn recorded() -> Vec<(String, Vec<u8>)> {
    let Some(folder) = std::env::var_os("MOODWIRE_TEST_SAMPLES").map(PathBuf::from) else {
        eprintln!("skipped: MOODWIRE_TEST_SAMPLES names no folder of recorded answers");
        return Vec::new();
    };
    let files = fs::read_dir(folder.join("mastodon")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let streams: Vec<(String, Vec<u8>)> = files
        .filter(|file| file.extension().is_some_and(|end| end == "sse"))
        .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
        .collect();
    assert!(!streams.is_empty(), "the folder holds no recorded stream");
    streams
}

#[test]
fn every_recorded_stream_is_read_and_its_statuses_are_posts_or_not_public() {
    let now = "2026-08-03T00:00:00Z".parse().unwrap();
    let (mut updates, mut edits, mut deletions) = (0, 0, 0);
    let recorded = recorded();
    for (file, bytes) in &recorded {
        for event in read(bytes, &[]) {
            match event.name.as_str() {
                "update" => {
                    post::read(&event.data, "localhost:3000", now).unwrap();
                    updates += 1;
                }
                "status.update" => {
                    let read = post::read(&event.data, "localhost:3000", now).unwrap();
                    assert!(
                        read.is_none_or(|read| read.post.edited_at.is_some()),
                        "{file}"
                    );
                    edits += 1;
                }
                "delete" => {
                    assert!(
                        event.data.bytes().all(|byte| byte.is_ascii_digit()),
                        "{file}"
                    );
                    deletions += 1;
                }
                "conversation" | "notification" => {}
                other => panic!("{file}: {other}"),
            }
        }
    }
    let some = usize::from(!recorded.is_empty());
    assert!(updates >= some && edits >= some && deletions >= some);
}

proptest! {
    #[test]
    fn where_a_recorded_stream_is_cut_makes_no_difference(cuts in prop::collection::vec(any::<usize>(), 0..20)) {
        for (file, bytes) in recorded() {
            prop_assert_eq!(read(&bytes, &cuts), read(&bytes, &[]), "{}", file);
        }
    }

    #[test]
    fn where_a_stream_is_cut_makes_no_difference(
        lines in prop::collection::vec("(event|data|id|)(:| |: )[a-zé🚀\r]{0,6}\r?\n|\r?\n", 0..40),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        let bytes = lines.concat().into_bytes();
        prop_assert_eq!(read(&bytes, &cuts), read(&bytes, &[]));
    }

    #[test]
    fn garbage_ends_in_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), cuts in prop::collection::vec(any::<usize>(), 0..5)) {
        prop_assert_eq!(read(&bytes, &cuts), read(&bytes, &[]));
    }
}
