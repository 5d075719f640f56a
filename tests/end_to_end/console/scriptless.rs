//! A browser that runs no scripts reads and acts all the same.

use moodwire_testing::Browser;

use super::desk::{Desk, assert_innocent, last_hours, with_channel, write_recent};
use crate::{
    command_line::at_hand::{bury, empty, ids, queue},
    common::Stores,
    console::moody::Moody,
};

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_every_page_is_read_and_dead_letters_are_dealt_with() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let store = queue(&installation).await;
    bury(&*store, &ids("transform:t", 4), "the lake is gone").await;
    let page = browser.page().await;
    page.run_scripts(false).await;
    for path in [
        "/",
        "/hours",
        "/jobs",
        "/jobs/transform:t00000",
        "/dead",
        "/mood",
        "/sources",
        "/settings",
        "/audit",
        "/help",
    ] {
        desk.open(&page, path).await;
        assert!(page.text("main").await.len() > 30, "{path}");
        assert!(
            page.text("#live-state")
                .await
                .contains("Updated when loaded"),
            "{path}"
        );
    }
    desk.open(&page, "/").await;
    page.write("#search", "t00002").await;
    page.press_and_follow("Enter").await;
    page.wait("document.querySelectorAll('.jobs tbody tr').length === 1")
        .await;
    page.follow(".jobs tbody a").await;
    page.follow("form[action='/do/dead/retry'] button.primary")
        .await;
    page.wait_for("retried: transform:t00002").await;

    desk.open(&page, "/dead").await;
    page.click("input[value='transform:t00001']").await;
    page.follow("#letters button.primary").await;
    page.wait_for("retried: transform:t00001").await;
    page.follow(".groups a[href*='verb=discard']").await;
    page.wait_for("2 dead letters would be given up for good")
        .await;
    page.follow("main form button.danger").await;
    page.follow("form[action='/do/bulk/undo'] button").await;
    page.wait_for("Undone: nothing was changed").await;

    desk.open(&page, "/sources").await;
    page.follow("form[action='/do/queue/pause']:has([value=publish]) button")
        .await;
    page.wait_for("publish is paused").await;
    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(stats["publish"]["paused"], true);
    assert_eq!(
        (&stats["transform"]["ready"], &stats["transform"]["dead"]),
        (&2.into(), &2.into())
    );
    assert_innocent(&page, &desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_hours_are_backfilled_after_a_look_at_what_would_be() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let posts = write_recent(folder.path(), 3, 2);
    let moody = Moody::start(200, serde_json::Value::Null).await;
    let installation = with_channel(Stores::Embedded, &posts, &moody, "", "").await;
    installation.drain().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let page = browser.page().await;
    page.run_scripts(false).await;
    desk.open(&page, "/hours").await;
    page.wait("document.querySelectorAll('.grid .badge.sent').length === 3")
        .await;
    let hours = last_hours(2);
    let field = |name: &str, hour: &moodwire_model::Hour| {
        let local = hour.start().format("%Y-%m-%dT%H:%M");
        format!("document.querySelector('input[name={name}]').value = '{local}'")
    };
    page.evaluate(&field("from", &hours[0])).await;
    page.evaluate(&field("to", &hours[1].next())).await;
    page.choose("select[name=what]", "transform").await;
    page.follow("form[action='/do/hours/backfill'] button")
        .await;
    page.wait_for("1 jobs would be enqueued").await;
    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(stats["transform"]["ready"], 0);
    page.follow("form[action='/do/hours/backfill'] button.primary")
        .await;
    page.wait_for("1 jobs enqueued").await;
    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(stats["transform"]["ready"], 1);
    assert_innocent(&page, &desk);
}
