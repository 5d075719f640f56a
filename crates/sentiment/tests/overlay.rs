//! Overlays: what they change, and what they refuse.

use moodwire_sentiment::{Overlay, Scorer};

fn scorer(overlay: &str) -> Scorer {
    Scorer::with_overlay(&Overlay::parse("mine", overlay).expect("the overlay is as it should be"))
}

fn refusal(overlay: &str) -> String {
    Overlay::parse("mine", overlay)
        .expect_err("the overlay is wrong")
        .to_string()
}

#[test]
fn words_phrases_and_emoji_get_valences_and_the_rules_of_vader_apply_to_them() {
    let scorer =
        scorer("[words]\nrekt = -2.9\n[phrases]\n\"to the moon\" = 2.5\n[emoji]\n\"🚀\" = 1.9\n");
    let compound = |text| scorer.score(text).compound;
    assert!(compound("rekt again") < -0.5);
    assert!(compound("BTC to the moon 🚀🚀🚀") > compound("BTC to the moon"));
    assert!(compound("BTC to the moon") > 0.5);
    assert!(compound("BTC is not to the moon") < 0.0);
    assert!(compound("nice🚀") > Scorer::new().score("nice").compound);
}

#[test]
fn a_valence_of_zero_takes_a_word_out_of_the_lexicon() {
    assert_eq!(
        scorer("[words]\nshare = 0\n").score("we share").compound,
        0.0
    );
    assert_ne!(Scorer::new().score("we share").compound, 0.0);
}

#[test]
fn the_version_names_the_overlay_and_changes_with_its_text() {
    let one = scorer("name = \"crypto\"\n[words]\nmoon = 2\n");
    let other = scorer("name = \"crypto\"\n[words]\nmoon = 2.0\n");
    assert!(one.version().starts_with("vader-3.3.2+crypto@"));
    assert_ne!(one.version(), other.version());
    assert_eq!(Scorer::new().version(), "vader-3.3.2");
}

#[test]
fn an_empty_overlay_changes_no_score() {
    let (plain, laid_over) = (Scorer::new(), scorer(""));
    for text in [
        "VADER is smart, handsome, and funny!",
        "the shit 😀",
        "KIND of bad, but",
        "",
    ] {
        assert_eq!(plain.score(text), laid_over.score(text));
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_line() {
    for (overlay, refused) in [
        (
            "[words]\nmoon = 2\nMoon = 2\n",
            "line 3: \"Moon\" has capitals, but words are compared in small letters: write it in those",
        ),
        (
            "[words]\n\n\"on fire\" = 2\n",
            "line 3: \"on fire\" has a space: put it under [phrases]",
        ),
        (
            "[words]\n\"moon!\" = 2\n",
            "line 2: \"moon!\" never stands in a text, which loses the punctuation around words: write \"moon\"",
        ),
        (
            "[words]\nmoon = 5\n",
            "line 2: 5 is no valence: give a number from -4 to 4 with at most one decimal",
        ),
        (
            "[words]\nmoon = 2.25\n",
            "line 2: 2.25 is no valence: give a number from -4 to 4 with at most one decimal",
        ),
        (
            "[words]\nvery = 2\n",
            "line 2: \"very\" has a part in VADER's rules and cannot have a valence: leave it out",
        ),
        ("[words]\n\"\" = 2\n", "line 2: \"\" is empty: write a word"),
        (
            "[phrases]\nmoon = 2\n",
            "line 2: \"moon\" is no phrase of 2 to 6 words: put a single word under [words]",
        ),
        (
            "[phrases]\n\"up but down\" = 2\n",
            "line 2: \"up but down\" has a \"but\", which parts a text: leave it out",
        ),
        (
            "[emoji]\n\"🚀🚀\" = 2\n",
            "line 2: \"🚀🚀\" is no emoji of one character: VADER reads emoji character by character",
        ),
        (
            "name = \"my own\"\n",
            "line 1: \"my own\" is no name: set name to letters, digits, - and _",
        ),
    ] {
        assert_eq!(refusal(overlay), refused);
    }
    assert!(refusal("[words]\nmoon = \"high\"\n").starts_with("line 2: "));
    assert!(refusal("\n[word]\nmoon = 2\n").starts_with("line 2: "));
    assert!(refusal("[words]\nmoon = 2\nmoon = 3\n").starts_with("line 3: "));
}

#[test]
fn an_overlay_that_the_index_cannot_hold_is_refused() {
    let words: String = (0..5_000)
        .map(|number| format!("word{number} = 1\n"))
        .collect();
    assert_eq!(
        refusal(&format!("[words]\n{words}")),
        "line 1: 5000 words and emoji are too many: an overlay holds at most 4000"
    );
    let fits: String = (0..4_000)
        .map(|number| format!("word{number} = 1\n"))
        .collect();
    assert!(
        scorer(&format!("[words]\n{fits}"))
            .score("word3999")
            .compound
            > 0.0
    );
}

#[test]
fn the_crypto_overlay_reads_what_vader_alone_does_not() {
    let crypto = Scorer::with_overlay(&Overlay::shipped("crypto").expect("it is shipped"));
    for good in [
        "BTC to the moon 🚀🚀🚀",
        "this chart is on fire 🔥🔥🔥",
        "insane gains today",
        "wagmi",
        "buy the dip",
    ] {
        assert!(crypto.score(good).compound > 0.3, "{good}");
    }
    for bad in [
        "just got rekt",
        "rug pull",
        "liquidated again",
        "ngmi",
        "📉📉",
    ] {
        assert!(crypto.score(bad).compound < -0.3, "{bad}");
    }
    for plain in ["a new block was mined", "share this"] {
        assert_eq!(crypto.score(plain).compound, 0.0, "{plain}");
    }
}
