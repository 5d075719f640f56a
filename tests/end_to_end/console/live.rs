//! Pages move without being loaded again: over a stream, over the next one, and without streams.

use moodwire_testing::Browser;
use serde_json::json;

use super::desk::{Desk, assert_innocent};
use crate::command_line::at_hand::{bury, empty, enqueue, ids, queue};

/// The id of the first row, as the page has it and as its stream brings it.
const BOTH: &str = "(async () => {
    const text = await (await fetch(location.href, { headers: { accept: 'text/html' } })).text();
    const page = new DOMParser().parseFromString(text, 'text/html');
    const stream = new EventSource(location.href);
    const main = await new Promise((told) => stream.addEventListener('main', (event) => told(event.data)));
    stream.close();
    const live = document.createElement('main');
    live.innerHTML = main;
    return [page, live].map((one) => one.querySelector('[data-row] input[name=ids]').value);
})()";

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_comes_from_elsewhere_appears_by_itself() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let store = queue(&installation).await;
    let page = browser.page().await;
    desk.open(&page, "/jobs?kind=transform").await;
    page.wait_for("No job is like that.").await;
    page.wait_for("Live, ").await;
    page.evaluate("globalThis.stayed = true").await;
    page.write(".filter input[type=search]", "half a wo").await;
    enqueue(&*store, &ids("transform:t", 2), "{}").await;
    page.wait("document.querySelectorAll('.jobs tbody tr').length === 2")
        .await;
    // What somebody writes meanwhile stays, and so does the focus.
    let writing = page
        .evaluate("[document.activeElement.name, document.activeElement.value, globalThis.stayed]")
        .await;
    assert_eq!(writing, json!(["search", "half a wo", true]));
    assert_innocent(&page, &desk);
}

/// Or what was chosen before the stream came would be chosen no more.
#[tokio::test(flavor = "multi_thread")]
async fn the_stream_breaks_the_lines_of_an_id_as_the_page_does() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let id = "transform:a\rb\r\nc\nd".to_owned();
    bury(&*queue(&installation).await, &[id], "the lake is gone").await;
    let page = browser.page().await;
    desk.open(&page, "/dead").await;
    let once = "transform:a\nb\nc\nd";
    assert_eq!(page.evaluate(BOTH).await, json!([once, once]));
    assert_innocent(&page, &desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_outlives_the_console_that_served_it() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let address = desk.address.clone();
    let store = queue(&installation).await;
    let page = browser.page().await;
    desk.open(&page, "/jobs?kind=transform").await;
    page.wait_for("Live, ").await;
    page.evaluate("globalThis.stayed = true").await;
    assert!(desk.terminate().await.success());
    page.wait_for("The console does not answer; what is shown is old")
        .await;
    assert_eq!(
        page.evaluate("document.body.classList.contains('stale')")
            .await,
        true
    );

    enqueue(&*store, &ids("transform:t", 1), "{}").await;
    let _desk = Desk::start(
        &installation,
        &["console"],
        &[("MOODWIRE_CONSOLE__LISTEN", &address)],
    )
    .await;
    page.wait("document.querySelectorAll('.jobs tbody tr').length === 1")
        .await;
    page.wait_for("Live, ").await;
    assert_eq!(
        page.evaluate("globalThis.stayed && !document.body.classList.contains('stale')")
            .await,
        true
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_streams_are_refused_asks_every_few_seconds() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let store = queue(&installation).await;
    let page = browser.page().await;
    // As a proxy that passes no streams on: no answer is of the kind that was asked for.
    page.run_at_start(
        "const { EventSource } = globalThis; globalThis.EventSource = class extends EventSource { constructor() { super('/healthz'); } };",
    )
    .await;
    desk.open(&page, "/jobs?kind=transform").await;
    page.evaluate("globalThis.stayed = true").await;
    page.wait_for("Asked at ").await;
    enqueue(&*store, &ids("transform:t", 1), "{}").await;
    page.wait("document.querySelectorAll('.jobs tbody tr').length === 1")
        .await;
    assert_eq!(page.evaluate("globalThis.stayed").await, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_nobody_looks_at_holds_no_stream() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let page = browser.page().await;
    page.run_at_start(
        "globalThis.streams = new Set(); const { EventSource } = globalThis;
        globalThis.EventSource = class extends EventSource {
            constructor(url) { super(url); streams.add(this); }
            close() { streams.delete(this); super.close(); }
        };",
    )
    .await;
    desk.open(&page, "/jobs").await;
    page.wait_for("Live, ").await;
    assert_eq!(page.evaluate("streams.size").await, 1);
    let hidden = |hidden| {
        format!(
            "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }}); document.dispatchEvent(new Event('visibilitychange')); streams.size"
        )
    };
    assert_eq!(page.evaluate(&hidden(true)).await, 0);
    assert_eq!(page.evaluate(&hidden(false)).await, 1);
    assert_innocent(&page, &desk);
}
