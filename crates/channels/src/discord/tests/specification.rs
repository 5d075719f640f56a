//! Discord's own OpenAPI document, which is Discord's and not part of this repository: it is read from the folder of
//! specifications beside the workspace.

use std::{path::Path, sync::LazyLock};

use jsonschema::Validator;
use serde_json::{Value, json};

/// Where it is, from this package's folder.
const FILE: &str = "../../../shared/specs/discord-webhooks-slim.json";

/// Validators of what is posted and of what is edited.
static VALIDATORS: LazyLock<Option<[Validator; 2]>> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let Ok(text) = std::fs::read_to_string(file) else {
        eprintln!("skipped: there is no specification of Discord's beside the workspace");
        return None;
    };
    let document: Value = serde_json::from_str(&text).unwrap();
    Some(
        [
            "IncomingWebhookRequestPartial",
            "IncomingWebhookUpdateRequestPartial",
        ]
        .map(|name| {
            let schema = json!({
                "$ref": format!("#/components/schemas/{name}"),
                "components": document["components"],
            });
            jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap()
        }),
    )
});

/// Fails when the specification is at hand and the message is none of it.
pub(super) fn assert_valid(message: &Value, edits: bool) {
    let Some(validators) = &*VALIDATORS else {
        return;
    };
    let errors: Vec<String> = validators[usize::from(edits)]
        .iter_errors(message)
        .map(|error| format!("{}: {error:.300}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_specification_refuses_what_it_forbids() {
    let Some([posted, edited]) = &*VALIDATORS else {
        return;
    };
    for wrong in [
        json!({"content": "x".repeat(2_001)}),
        json!({"embeds": vec![json!({"title": "t"}); 11]}),
        json!({"embeds": [{"title": "x".repeat(257)}]}),
        json!({"embeds": [{"title": "t", "color": 16_777_216}]}),
        json!({"embeds": [{"title": "t", "timestamp": "yesterday"}]}),
        json!({"embeds": [{"fields": [{"name": "n"}]}]}),
        json!({"allowed_mentions": {"parse": ["bogus"]}}),
    ] {
        assert!(!posted.is_valid(&wrong), "{wrong:.100}");
        assert!(!edited.is_valid(&wrong), "{wrong:.100}");
    }
}
