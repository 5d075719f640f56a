//! Every page can be used by people who do not see well, or not at all: axe-core finds nothing serious in either theme.

use moodwire_testing::{Browser, axe};
use serde_json::json;

use super::{desk::Desk, scene::scene};
use crate::command_line::at_hand::empty;

/// What it finds that is serious or critical, a line each.
const FIND: &str = "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.slice(0, 3).map((node) => id + ': ' + help + ': ' + node.html.slice(0, 160) + ' ' + node.any.map((one) => one.message).join('; '))))";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_serious_keeps_anybody_from_using_a_page_in_either_theme() {
    let (Some(browser), Some(axe)) = (Browser::start().await, axe()) else {
        return;
    };
    let axe = std::fs::read_to_string(axe).unwrap();
    let scene = scene().await;
    let locked = empty().await;
    let settings = [("MOODWIRE_CONSOLE__ADMIN_PASSWORD", "correct horse battery")];
    let locked = Desk::start(&locked, &["console"], &settings).await;
    let pages = scene.pages.iter().map(|(_, path)| scene.desk.at(path));
    let pages: Vec<String> = pages.chain([locked.at("/login")]).collect();
    let page = browser.page().await;
    let mut found = Vec::new();
    for dark in [false, true] {
        page.prefer_dark(dark).await;
        for address in &pages {
            page.load(address).await;
            page.evaluate(&axe).await;
            let faults = page.evaluate(FIND).await;
            for fault in faults.as_array().unwrap() {
                found.push(format!("{address} dark={dark} {fault}"));
            }
        }
    }
    assert_eq!(json!(found), json!([]), "{found:#?}");
}
