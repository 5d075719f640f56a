//! An operator's day: a receiver dies, many jobs with it, and all of it is mended from the browser.

use std::time::Duration;

use moodwire_testing::Browser;
use serde_json::json;

use super::{
    desk::{Desk, assert_innocent, last_hours, with_channel, write_recent},
    moody::Moody,
};
use crate::common::Stores;

/// How many hours are due to each of its channels.
const HOURS: u64 = 60;

/// How long that may take on a busy machine.
const LONG: Duration = Duration::from_secs(300);

/// One attempt, so that a job is soon a dead letter; and a job of each channel at a time.
const SETTINGS: [(&str, &str); 2] = [
    ("MOODWIRE_RETRY__PUBLISH", "1"),
    ("MOODWIRE_WORKER__PUBLISH", "7"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_receiver_is_seen_and_what_it_missed_is_sent_again_from_the_browser() {
    mended_from_the_browser(Stores::Embedded, 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_is_mended_from_the_browser_on_the_servers() {
    if let Some(stores) = Stores::servers().await {
        mended_from_the_browser(stores, 1).await;
    }
}

async fn mended_from_the_browser(stores: Stores, channels: u64) {
    let jobs = channels * HOURS;
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let posts = write_recent(folder.path(), i64::try_from(HOURS).unwrap(), 1);
    let moody = Moody::start(500, json!({ "message": "500: Internal Server Error" })).await;
    let others: String = (2..=channels)
        .map(|n| {
            format!(
                "[[channel]]\nkind = \"discord\"\nname = \"discord-{n}\"\nurl = \"{}\"\nchart = false\non_uncertain = \"resend\"\n",
                // Each has a pace of its own.
                moody.url().replace("/2/", &format!("/{n}0/"))
            )
        })
        .collect();
    let first = "on_uncertain = \"resend\"";
    let installation = with_channel(stores, &posts, &moody, first, &others).await;
    let desk = Desk::start(&installation, &["up"], &SETTINGS).await;

    let now = browser.page().await;
    desk.open(&now, "/").await;
    let alarm = format!("{jobs} dead letters of kind publish");
    now.wait_at_most(
        &format!("document.body.innerText.includes('{alarm}')"),
        LONG,
    )
    .await;
    let said = now
        .text(".alarms li.bad:has(a[href='/dead?kind=publish'])")
        .await;
    assert!(
        said.contains("Mend the cause, then retry them together."),
        "{said}"
    );
    let hours = browser.page().await;
    desk.open(&hours, "/hours").await;
    let last = last_hours(1)[0].short();
    let cell = format!("document.getElementById('hour-{last}')?.querySelector('.badge.sent')");
    assert_eq!(hours.evaluate(&format!("Boolean({cell})")).await, false);
    hours.evaluate("globalThis.stayed = true").await;

    moody.mend();
    now.follow(".alarms a[href='/dead?kind=publish']").await;
    let group = ".groups tbody tr:first-child";
    let count = now.text(&format!("{group} td.number")).await;
    assert_eq!(count, jobs.to_string());
    assert_eq!(now.count(".groups tbody tr").await, 1);
    now.follow(&format!("{group} [data-retry]")).await;
    now.wait_for(&format!(
        "{jobs} dead letters would run again. Nothing has changed yet."
    ))
    .await;
    now.follow("main form button.primary").await;
    // The answer waits a moment; what takes longer is shown while it goes on.
    now.wait("document.querySelector('.operation.done, .said')")
        .await;
    now.wait_for("None: every job that has ended ended well")
        .await;

    moody.has_taken(jobs).await;
    let sent = "[...document.querySelectorAll('.grid tbody tr .badge.sent')].length >= 47";
    hours.wait_at_most(sent, LONG).await;
    hours.wait(&format!("globalThis.stayed && {cell}")).await;
    desk.open(&now, "/").await;
    // What was just done is still said, in nearly the same words: it is the alarm that must go.
    now.wait("!document.querySelector('.alarms')?.innerText.includes('dead letters of kind')")
        .await;
    assert_eq!(moody.taken(), jobs);

    assert_innocent(&now, &desk);
    assert_innocent(&hours, &desk);
    assert!(desk.terminate().await.success());
    installation.end().await;
}
