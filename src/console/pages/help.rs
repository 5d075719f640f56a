//! What the keys do, and where else the same can be had.

use maud::{Markup, html};
use serde::Serialize;

/// Nothing of it changes.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {}

const KEYS: [(&str, &str); 9] = [
    ("/", "search jobs"),
    ("j  k", "the next and the previous row"),
    ("Enter", "open the row"),
    ("x", "select the row"),
    (
        "r",
        "retry: the selected rows, the row, or the job that is open",
    ),
    (
        "n  h  d  m  s",
        "to Now, Hours, Dead letters, Mood, Sources",
    ),
    ("b", "to the jobs"),
    ("?", "this page"),
    ("Esc", "leave a field"),
];

pub(in crate::console) fn render() -> Markup {
    html! {
        h1 { "Help" }
        section { h2 { "Keys" } table class="keys" { tbody { @for (key, what) in KEYS { tr { th scope="row" { kbd { (key) } } td { (what) } } } } } }
        section { h2 { "Elsewhere" }
            p { "Everything here can be done on the command line (" code { "moodwire --help" } ") and by programs: each page is JSON under " code { "/api/v1" } " and its address, described by " a href="/api/v1/openapi.json" { "an OpenAPI document" } "." }
        }
    }
}
