//! Channels that are gone and messages that may have arrived: what a person is told, and what they can do.

use moodwire_testing::Browser;
use serde_json::json;

use super::{
    desk::{Desk, assert_innocent, last_hours, with_channel, write_recent},
    moody::Moody,
};
use crate::common::Stores;

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_whose_target_is_gone_is_told_of_and_enabled_in_the_browser() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let posts = write_recent(folder.path(), 5, 1);
    let moody = Moody::start(404, json!({ "message": "Unknown Webhook", "code": 10015 })).await;
    let installation = with_channel(Stores::Embedded, &posts, &moody, "", "").await;
    let desk = Desk::start(&installation, &["up"], &[]).await;
    let page = browser.page().await;
    desk.open(&page, "/").await;
    page.wait_for("Channel discord-main is disabled").await;
    let alarm = page.text(".alarms li.bad").await;
    assert!(alarm.contains("enable it"), "{alarm}");
    assert_eq!(alarm.lines().count(), 1, "{alarm}");

    page.follow(".alarms li.bad a").await;
    let said = page.text("#channel-discord-main .alarm").await;
    assert!(
        said.contains("Disabled") && said.contains("then enable it"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    moody.mend();
    page.follow("#channel-discord-main form[action='/do/channels/enable'] button")
        .await;
    let badge = "document.querySelector('#channel-discord-main .badge').innerText === 'enabled'";
    page.wait(badge).await;
    moody.has_taken(5).await;
    desk.open(&page, "/hours").await;
    page.wait("document.querySelectorAll('.grid .badge.sent').length === 5")
        .await;
    assert_innocent(&page, &desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_may_have_arrived_is_resolved_on_its_hours_page() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let posts = write_recent(folder.path(), 3, 1);
    let moody = Moody::start(500, json!({ "message": "500: Internal Server Error" })).await;
    let installation = with_channel(Stores::Embedded, &posts, &moody, "", "").await;
    let desk = Desk::start(&installation, &["up"], &[]).await;
    let page = browser.page().await;
    desk.open(&page, "/").await;
    page.wait_for("It is not known whether discord-main has 3 hours")
        .await;
    moody.mend();

    let hours = last_hours(3);
    let resolve = async |index: usize, how: &str, message: &str, state: &str| {
        desk.open(&page, &format!("/hours/{}", hours[index])).await;
        page.wait_for("Look in the channel: does it have this hour?")
            .await;
        if !message.is_empty() {
            page.write("input[name=message_id]", message).await;
        }
        page.follow(&format!("button[name=how][value={how}]")).await;
        page.wait(&format!(
            "document.querySelector('.thing .badge').innerText === '{state}'"
        ))
        .await;
    };
    resolve(0, "sent", "4711", "sent").await;
    assert!(page.text(".thing").await.contains("4711"));
    resolve(1, "skip", "", "skipped").await;
    assert_eq!(moody.taken(), 0);
    resolve(2, "resend", "", "sent").await;
    assert_eq!(moody.taken(), 1);
    desk.open(&page, "/").await;
    page.wait("!document.body.innerText.includes('not known whether')")
        .await;
    desk.open(&page, "/audit").await;
    let audit = page.text("main").await;
    assert_eq!(audit.matches("resolve").count(), 3, "{audit}");
    assert_innocent(&page, &desk);
}
