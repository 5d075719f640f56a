//! What is around every page.

use maud::{DOCTYPE, Markup, html};

use super::{
    access::Viewer,
    assets::{ICON, SCRIPT, STYLE},
    bulk::Shown,
    page::Page,
    parts::{button, number, proof},
    refusal::Refusal,
};

/// A page with what is around it.
pub(super) struct Frame<'a> {
    pub(super) page: &'a Page,
    /// Whether it is kept up to date.
    pub(super) live: bool,
    pub(super) viewer: &'a Viewer,
    /// What was just done.
    pub(super) said: Option<&'a str>,
    pub(super) main: &'a Markup,
}

/// The navigation.
const PLACES: [(&str, &str); 8] = [
    ("/", "Now"),
    ("/hours", "Hours"),
    ("/jobs", "Jobs"),
    ("/dead", "Dead letters"),
    ("/mood", "Mood"),
    ("/sources", "Sources"),
    ("/settings", "Settings"),
    ("/audit", "Audit"),
];

/// The whole document.
pub(super) fn frame(frame: &Frame<'_>) -> Markup {
    let Frame {
        page,
        live,
        viewer,
        said,
        main,
    } = frame;
    document(
        &page.title(),
        &html! {
            a href="#main" class="skip" { "To the content" }
            header {
                a href="/" class="brand" { img src=(ICON.path()) alt="" width="22" height="22"; "Moodwire" }
                nav aria-label="Pages" { @for (path, name) in PLACES {
                    a href=(path) aria-current=[(page.section() == path).then_some("page")] { (name) }
                } }
                form action="/jobs" class="search" role="search" {
                    input #search type="search" name="search" placeholder="Search jobs  /" aria-label="Search jobs by id, payload, error or worker";
                }
                div class="who" {
                    a href="/help" title="Keys (?)" { "?" }
                    span title=(format!("{:?}", viewer.role)) { (viewer.name) }
                    @if viewer.by_password {
                        form method="post" action="/logout" class="inline" { (proof(viewer)) button class="link" { "Log out" } }
                    }
                }
            }
            @if let Some(said) = said { p class="said" role="status" { (said) } }
            main #main data-live=[live.then_some("")] { (main) }
            footer { span #live-state { "Updated when loaded" } }
        },
    )
}

/// What changes on a page: operations on many jobs that are under way, and the page itself.
pub(super) fn main(bulk: &[Shown], viewer: &Viewer, body: &Markup) -> Markup {
    html! {
        @if !bulk.is_empty() { section class="bulk" aria-label="Operations" { @for one in bulk { div id={ "bulk-" (one.id) } class={ "operation " (one.state.word()) } {
            span { (one.sentence()) }
            @if let Some((done, total)) = one.progress() { progress value=(done) max=(total) { (number(done)) " of " (number(total)) } }
            @if one.can_be_undone() { (button(viewer, "bulk/undo", &[("id", &one.id.to_string())], "Undo", "")) }
        } } } }
        (body)
    }
}

/// A page that cannot be shown, and why.
pub(super) fn trouble(refusal: &Refusal) -> Markup {
    html! {
        h1 { "This page cannot be shown" }
        p role="alert" class="alarm" { (refusal.sentence) }
        p { "Nothing is lost: what is under way goes on without the console. The page tries again by itself." }
    }
}

/// What was not done, and why.
pub(super) fn refused(refusal: &Refusal, back: &str) -> Markup {
    html! {
        h1 { "That was not done" }
        p role="alert" class="alarm" { (refusal.sentence) }
        p { a href=(back) { "Back" } }
    }
}

/// A document without navigation.
pub(super) fn bare(title: &str, main: &Markup) -> Markup {
    document(title, &html! { main #main class="bare" { (main) } })
}

fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Moodwire" }
                link rel="icon" href=(ICON.path()) type="image/svg+xml";
                link rel="stylesheet" href=(STYLE.path());
                script src=(SCRIPT.path()) defer {}
            }
            body { (body) }
        }
    }
}
