//! Tests of the chart: against a picture that was looked at, and of when there is none.

use crate::{
    Language, chart,
    fixture::{digest, full_digest},
};

/// What was drawn, as rows of colours.
fn pixels(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    pixels.truncate(info.buffer_size());
    (info.width, info.height, pixels)
}

/// To accept another picture, look at what this leaves in the folder for temporary files, and copy it here.
#[test]
fn the_chart_is_the_picture_that_was_looked_at() {
    for (language, golden, name) in [
        (
            Language::En,
            &include_bytes!("golden-en.png")[..],
            "golden-en.png",
        ),
        (
            Language::Fr,
            &include_bytes!("golden-fr.png")[..],
            "golden-fr.png",
        ),
    ] {
        let drawn = chart::of_digest(&full_digest(), language).unwrap();
        if golden.is_empty() || pixels(&drawn) != pixels(golden) {
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, &drawn).unwrap();
            panic!("the chart has changed: see {}", path.display());
        }
    }
}

#[test]
fn one_bar_makes_no_chart() {
    assert_eq!(chart::of_digest(&digest(), Language::En), None);
    let mut digest = full_digest();
    digest.trend = digest.trend.split_off(digest.trend.len() - 1);
    assert_eq!(chart::of_digest(&digest, Language::En), None);
}

#[test]
fn means_at_the_ends_of_the_scale_are_drawn() {
    let mut digest = full_digest();
    for (place, point) in digest.trend.iter_mut().enumerate() {
        point.mean_compound = if place % 2 == 0 { 1.0 } else { -1.0 };
    }
    let (width, height, pixels) = pixels(&chart::of_digest(&digest, Language::En).unwrap());
    assert_eq!((width, height), (800, 320));
    for colour in [[0x2e, 0xcc, 0x71], [0xe7, 0x4c, 0x3c]] {
        assert!(pixels.chunks(3).any(|pixel| pixel == colour));
    }
}
