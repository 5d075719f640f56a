//! The interface for programs: every page's view, and every action, as JSON under `/api/v1`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::{Uri, header},
    response::{IntoResponse, Response},
};

use super::{Console, access::Viewer, page::Page, show::within};

/// What it is made of, for people and for generators of clients.
const DOCUMENT: &str = include_str!("openapi.json");

/// The description of the interface.
pub(super) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

/// What the page of the same address shows.
pub(super) async fn view(
    State(console): State<Arc<Console>>,
    Extension(_viewer): Extension<Viewer>,
    Path(path): Path<String>,
    uri: Uri,
) -> Response {
    // As it was sent: the extractor has decoded what a page decodes once more.
    let path = uri.path().strip_prefix("/api/v1").unwrap_or(&path);
    let page = match Page::at(path, uri.query()) {
        Ok(page) => page,
        Err(refusal) => return refusal.response(true),
    };
    match within(page.load(&console)).await {
        Ok(view) => Json(view).into_response(),
        Err(refusal) => refusal.response(true),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::console::actions::NAMES;

    fn paths(method: &str) -> BTreeSet<String> {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let with = paths.iter().filter(|(_, path)| path.get(method).is_some());
        with.map(|(path, _)| path.clone()).collect()
    }

    #[test]
    fn the_document_tells_of_every_action_and_of_no_other() {
        let actions: BTreeSet<String> = NAMES.iter().map(|name| format!("/{name}")).collect();
        assert_eq!(paths("post"), actions);
    }

    #[test]
    fn every_path_of_the_document_is_a_page() {
        let paths = paths("get");
        assert!(paths.len() > 10);
        for path in paths {
            let path = path
                .replace("{hour}", "2026-03-01T00")
                .replace("{id}", "a:1");
            let query = path.contains("confirm").then_some("verb=retry");
            assert!(Page::at(&path, query).is_ok(), "{path}");
        }
    }
}
