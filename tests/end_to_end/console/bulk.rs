//! Many dead letters at once: found, run again with their progress shown, given up, and that undone.

use std::time::Instant;

use moodwire_testing::Browser;

use super::{
    desk::{Desk, assert_innocent},
    http::Request,
};
use crate::command_line::at_hand::{bury, empty, ids, queue};

/// With those that a search is for, a hundred thousand.
const MANY: usize = 99_000;

/// Pages that show many jobs, or look among them.
const PATHS: [&str; 17] = [
    "/",
    "/hours",
    "/jobs",
    "/jobs?state=dead",
    "/jobs?kind=transform&state=dead",
    "/jobs?search=needle",
    "/jobs/transform:t05000",
    "/dead",
    "/dead?kind=publish",
    "/dead?search=1969",
    "/mood?range=30d",
    "/sources",
    "/settings",
    "/audit",
    "/help",
    "/dead/confirm?verb=retry&kind=publish",
    "/dead/confirm?verb=retry&kind=transform",
];

/// When the browser first showed something of the page that it has, milliseconds after it was asked for it.
const PAINTED: &str = "new Promise((seen) => new PerformanceObserver((list) => seen(Math.round(list.getEntriesByName('first-contentful-paint')[0]?.startTime))).observe({ type: 'paint', buffered: true }))";

#[tokio::test(flavor = "multi_thread")]
async fn among_a_hundred_thousand_jobs_one_is_found_and_all_that_match_are_run_again() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let store = queue(&installation).await;
    let began = Instant::now();
    let error = "the warehouse is gone\nconnection refused (os error 111)";
    bury(
        &*store,
        &ids("transform:needle", 1),
        "a post of the year 1969 cannot be stored",
    )
    .await;
    bury(&*store, &ids("transform:t", MANY), error).await;
    bury(
        &*store,
        &ids("publish:main:", 999),
        "no channel is named \"main\"",
    )
    .await;
    println!(
        "100,000 dead letters stored in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    let page = browser.page().await;
    for path in PATHS {
        // Once for what is read for the first time.
        Request::get(&desk.address, path).send().await;
        let began = Instant::now();
        let answer = Request::get(&desk.address, path).send().await;
        let millis = began.elapsed().as_secs_f64() * 1e3;
        assert_eq!(answer.status, 200, "{path}");
        desk.open(&page, path).await;
        let painted = page.evaluate(PAINTED).await;
        println!(
            "{millis:8.1} ms, painted after {painted} ms, {:>7} bytes  {path}",
            answer.body.len()
        );
    }

    desk.open(&page, "/").await;
    page.write("#search", "needle").await;
    page.press_and_follow("Enter").await;
    // A search looks at so many, and goes on where it is told to.
    let found = "document.querySelector('.jobs a[href=\"/jobs/transform:needle00000\"]')";
    search_on(&page, found).await;
    page.follow(".jobs tbody a").await;
    page.wait_for("a post of the year 1969 cannot be stored")
        .await;
    desk.open(&page, "/dead?search=year+1969").await;
    search_on(&page, found).await;

    desk.open(&page, "/dead?kind=transform").await;
    let group = ".groups tbody tr:first-child";
    assert_eq!(page.text(&format!("{group} td.number")).await, "99,000");
    page.follow(&format!("{group} [data-retry]")).await;
    page.wait_for("99,000 dead letters would run again. Nothing has changed yet.")
        .await;
    page.choose("select[name=spread]", "1h").await;
    page.follow("main form button.primary").await;
    page.wait("document.querySelector('.operation progress')?.value > 0")
        .await;
    page.wait_for("being retried: all dead letters of kind transform")
        .await;
    page.wait_at_most("document.querySelector('.operation.done')", LONG)
        .await;
    page.wait_for("(99,000 jobs)").await;
    desk.open(&page, "/dead").await;
    page.wait("document.querySelectorAll('.groups tbody tr').length === 2")
        .await;
    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(
        stats["transform"]["scheduled"].as_u64().unwrap()
            + stats["transform"]["ready"].as_u64().unwrap(),
        99_000
    );
    assert_innocent(&page, &desk);
}

/// How long they may take on a busy machine.
const LONG: std::time::Duration = std::time::Duration::from_secs(900);

/// A step looks at a thousand jobs at least.
const STEPS: usize = 110;

async fn search_on(page: &moodwire_testing::Page, found: &str) {
    for _ in 0..STEPS {
        if page.evaluate(&format!("Boolean({found})")).await == true {
            return;
        }
        page.follow("a[rel=next]").await;
    }
    panic!("not found in {STEPS} steps");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_discarded_can_be_had_back_for_ten_seconds() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let store = queue(&installation).await;
    bury(
        &*store,
        &ids("publish:main:", 3),
        "no channel is named \"main\"",
    )
    .await;
    let page = browser.page().await;
    desk.open(&page, "/dead").await;
    page.click("input[value='publish:main:00001']").await;
    page.wait_for("1 selected").await;
    page.follow("button[formaction='/do/dead/discard']").await;
    page.wait_for("publish:main:00001 will be discarded in a few seconds")
        .await;
    page.follow("form[action='/do/bulk/undo'] button").await;
    page.wait_for("undone: publish:main:00001 stay").await;
    let job = store.get("publish:main:00001").await.unwrap().unwrap();
    assert_eq!(job.state, moodwire_queue::State::Dead);

    page.click("input[value='publish:main:00002']").await;
    page.follow("button[formaction='/do/dead/discard']").await;
    page.wait_for("discarded: publish:main:00002").await;
    page.wait("document.querySelectorAll('.jobs tbody tr').length === 2")
        .await;
    assert!(store.get("publish:main:00002").await.unwrap().is_none());
    assert!(store.get("publish:main:00001").await.unwrap().is_some());
    assert_innocent(&page, &desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_is_retried_and_the_rest_stays() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let store = queue(&installation).await;
    bury(&*store, &ids("transform:t", 4), "the lake is gone").await;
    let page = browser.page().await;
    desk.open(&page, "/dead").await;
    page.click("input[value='transform:t00000']").await;
    page.click("input[value='transform:t00003']").await;
    page.wait_for("2 selected").await;
    page.follow("#letters button.primary").await;
    page.wait_for("retried: 2 selected jobs").await;
    page.wait("document.querySelectorAll('.jobs tbody tr').length === 2")
        .await;
    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(
        (&stats["transform"]["ready"], &stats["transform"]["dead"]),
        (&2.into(), &2.into())
    );

    desk.open(&page, "/jobs/transform:t00001").await;
    page.write("#payload", "{\"nonsense\": 1}").await;
    page.follow("form.edit button").await;
    page.wait_for("this is no payload of kind transform").await;
    let job = store.get("transform:t00001").await.unwrap().unwrap();
    assert_eq!(
        (job.state, &*job.payload),
        (moodwire_queue::State::Dead, "{}")
    );
    assert_innocent_but_for_refusals(&page);
}

fn assert_innocent_but_for_refusals(page: &moodwire_testing::Page) {
    let seen = page.seen();
    assert_eq!(seen.dialogs, [""; 0]);
    let others: Vec<_> = seen
        .errors
        .iter()
        .filter(|error| !error.contains("status of 4"))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}
