//! Tests of the text that stdout gets, and of what is said when it does not take it.

use std::{
    io::{self, ErrorKind, Write},
    sync::{Arc, Mutex},
};

use moodwire_model::{Digest, HourSummary, Missing};

use super::{StdoutChannel, message, render};
use crate::{
    Channel, SendError,
    fixture::{digest, empty_hour, post},
};

#[test]
fn a_digest_reads_as_a_short_report() {
    insta::assert_snapshot!(render(&digest()), @r"
    2026-03-01 17:00–18:00 UTC  3 posts, mean +0.1234
      1 positive (33%) · 1 neutral (33%) · 1 negative (33%)

      Best post  +0.9215 ▰▰▰▰▰▰▰▰▰▰  @alice · Alice in Chains  17:05
        What a wonderful day for Bitcoin, I love it! The whole market is green and
        everybody I know is happy.
        https://social.test/alice/x/1

      Worst post  -0.8020 ▰▱▱▱▱▱▱▱▱▱  @bob.test  17:05
        This is a terrible scam.

        Avoid it!
        https://social.test/bob.test/bluesky/2
    ");
}

#[test]
fn an_hour_with_one_post_says_it_once() {
    let only = Some(post("x:1", "alice", "Just me here", 0.25));
    let digest = Digest {
        best: only.clone(),
        worst: only,
        ..digest()
    };
    let text = render(&digest);
    assert_eq!(text.matches("Just me here").count(), 1);
    assert!(
        text.contains("  Only post  +0.2500 ▰▰▰▰▰▰▱▱▱▱  @alice  17:05\n"),
        "{text}"
    );
}

#[test]
fn an_hour_without_posts_takes_one_line() {
    assert_eq!(
        render(&empty_hour()),
        "2026-03-01 17:00–18:00 UTC  no posts\n"
    );
}

#[test]
fn what_is_missing_and_late_is_said_in_a_line_each() {
    let missing = Missing {
        sources: vec!["x-main".to_owned(), "demo".to_owned()],
        batches: 2,
    };
    let summary = HourSummary {
        missing,
        late: 1,
        sealed_at: None,
        ..empty_hour().summary
    };
    assert_eq!(
        render(&Digest {
            summary,
            ..empty_hour()
        }),
        "2026-03-01 17:00–18:00 UTC  no posts, still open\n  \
         Incomplete: x-main, demo had not been read to the hour's end; 2 batches of posts had no scores yet.\n  \
         1 post came after the hour was sealed.\n"
    );
}

#[test]
fn no_post_can_steer_the_terminal_or_pass_for_another_part() {
    let mut evil = post(
        "x:1",
        "eve\n  Worst  -1.0000  @bob",
        "a\u{1b}[2J\u{9b}31m\u{7}\r\u{202e}b",
        0.5,
    );
    evil.author_name = Some("\u{1b}]0;title\u{7}".to_owned());
    evil.url = Some("https://x.test/\u{1b}[0m".to_owned());
    let text = render(&Digest {
        best: Some(evil),
        ..digest()
    });
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
    assert!(!text.contains('\u{202e}'));
    assert_eq!(text.matches("\n  Worst").count(), 1);
}

#[test]
fn long_words_are_broken_and_links_are_not() {
    let link = format!("https://x.test/{}", "a".repeat(90));
    let long = post(
        "x:1",
        "alice",
        &format!("{} {link} {}", "é".repeat(100), "猫".repeat(60)),
        0.5,
    );
    let text = render(&Digest {
        best: Some(long),
        ..digest()
    });
    assert!(text.contains(&link));
    let others = text.lines().filter(|line| !line.contains(&link));
    assert!(
        others
            .map(|line| line.chars().count())
            .all(|columns| columns <= 80),
        "{text}"
    );
}

#[test]
fn colours_change_nothing_but_colours() {
    let mut plain = message::styled(&digest(), crate::Language::En, true);
    for code in [
        "\u{1b}[1m",
        "\u{1b}[2m",
        "\u{1b}[1;32m",
        "\u{1b}[1;31m",
        "\u{1b}[0m",
    ] {
        assert!(plain.contains(code));
        plain = plain.replace(code, "");
    }
    assert_eq!(plain, render(&digest()));
}

/// A pipe that takes so many bytes and then breaks.
#[derive(Clone)]
struct Pipe {
    room: usize,
    taken: Arc<Mutex<Vec<u8>>>,
    flushes: bool,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = self.taken.lock().unwrap();
        let some = bytes.len().min(self.room - taken.len()).min(100);
        if some == 0 {
            return Err(ErrorKind::BrokenPipe.into());
        }
        taken.extend_from_slice(&bytes[..some]);
        Ok(some)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.flushes {
            Ok(())
        } else {
            Err(ErrorKind::BrokenPipe.into())
        }
    }
}

async fn send(room: usize, flushes: bool) -> (Result<crate::Sent, SendError>, String) {
    let pipe = Pipe {
        room,
        taken: Arc::default(),
        flushes,
    };
    let channel = StdoutChannel::writing_to("out".to_owned(), Box::new(pipe.clone()), false);
    let sent = channel.send(&digest()).await;
    let taken = pipe.taken.lock().unwrap().clone();
    (sent, String::from_utf8_lossy(&taken).into_owned())
}

#[tokio::test]
async fn a_digest_is_written_whole_with_a_blank_line_after_it() {
    let (sent, taken) = send(10_000, true).await;
    assert_eq!(sent.unwrap().message_id, None);
    assert_eq!(taken, render(&digest()) + "\n");
}

#[tokio::test]
async fn a_pipe_whose_reader_has_gone_got_nothing_and_never_will() {
    let (sent, _) = send(0, true).await;
    assert_eq!(
        sent,
        Err(SendError::Dead(
            "whatever read standard output has gone away".to_owned()
        ))
    );
}

#[tokio::test]
async fn a_pipe_that_broke_later_may_have_got_it() {
    for (room, flushes) in [(150, true), (10_000, false)] {
        let (sent, _) = send(room, flushes).await;
        assert!(matches!(sent, Err(SendError::Uncertain(_))), "{sent:?}");
    }
}

#[tokio::test]
async fn digests_sent_at_once_do_not_interleave() {
    let pipe = Pipe {
        room: usize::MAX,
        taken: Arc::default(),
        flushes: true,
    };
    let channel = Arc::new(StdoutChannel::writing_to(
        "out".to_owned(),
        Box::new(pipe.clone()),
        false,
    ));
    let sends: Vec<_> = (0..20)
        .map(|_| {
            let channel = Arc::clone(&channel);
            tokio::spawn(async move { channel.send(&digest()).await.unwrap() })
        })
        .collect();
    for send in sends {
        send.await.unwrap();
    }
    let taken = String::from_utf8(pipe.taken.lock().unwrap().clone()).unwrap();
    assert_eq!(taken, (render(&digest()) + "\n").repeat(20));
}
