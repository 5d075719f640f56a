//! The keyboard alone.

use moodwire_testing::Browser;

use super::desk::{Desk, assert_innocent};
use crate::command_line::at_hand::{bury, empty, ids, queue};

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_found_chosen_and_retried_with_the_keyboard() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let store = queue(&installation).await;
    bury(&*store, &ids("transform:t", 5), "the lake is gone").await;
    let page = browser.page().await;
    desk.open(&page, "/").await;
    page.press("/").await;
    page.wait("document.activeElement.id === 'search'").await;
    // In a field a key writes.
    for key in ["t", "0", "j", "?"] {
        page.press(key).await;
    }
    assert_eq!(page.evaluate("document.activeElement.value").await, "t0j?");
    page.press("Escape").await;
    page.wait("document.activeElement === document.body").await;
    page.press_and_follow("?").await;
    page.wait_for("retry: the selected rows").await;

    page.press_and_follow("d").await;
    let at = async |row: &str| {
        page.wait(&format!(
            "document.querySelector('[data-row].at')?.innerText.includes('{row}')"
        ))
        .await;
    };
    // The first row is the group's.
    page.press("j").await;
    at("the lake is gone").await;
    page.press("j").await;
    at("transform:t00004").await;
    page.press("j").await;
    at("transform:t00003").await;
    page.press("k").await;
    at("transform:t00004").await;
    page.press("x").await;
    page.press("j").await;
    page.press("j").await;
    page.press("x").await;
    page.wait_for("2 selected").await;
    page.press_and_follow("r").await;
    page.wait_for("retried: 2 selected jobs").await;

    page.press("j").await;
    page.press("j").await;
    at("transform:t00003").await;
    page.press_and_follow("Enter").await;
    page.wait("location.pathname === '/jobs/transform:t00003'")
        .await;
    page.press_and_follow("r").await;
    page.wait_for("retried: transform:t00003").await;
    page.press_and_follow("d").await;
    page.press("j").await;
    page.press_and_follow("r").await;
    page.wait_for("2 dead letters would run again").await;
    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(
        (&stats["transform"]["ready"], &stats["transform"]["dead"]),
        (&3.into(), &2.into())
    );
    assert_innocent(&page, &desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_chosen_stays_chosen_when_the_list_moves() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let store = queue(&installation).await;
    bury(&*store, &ids("transform:t", 3), "the lake is gone").await;
    let page = browser.page().await;
    desk.open(&page, "/dead").await;
    page.wait_for("Live, ").await;
    page.click("input[value='transform:t00001']").await;
    for _ in 0..3 {
        page.press("j").await;
    }
    bury(&*store, &ids("transform:u", 2), "the lake is gone").await;
    page.wait("document.querySelectorAll('.jobs tbody tr').length === 5")
        .await;
    let kept = page
        .evaluate("[document.querySelector('input[value=\"transform:t00001\"]').checked, document.querySelectorAll('input[name=ids]:checked').length, document.querySelector('[data-row].at').id]")
        .await;
    assert_eq!(kept, serde_json::json!([true, 1, "row-transform:t00001"]));
    assert_innocent(&page, &desk);
}
