//! What is configured, defaults filled in and secrets masked.

use maud::{Markup, html};
use serde::Serialize;
use serde_json::Value;

use crate::console::{Console, refusal::Refusal};

/// The configuration.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    version: &'static str,
    settings: Value,
    #[serde(skip)]
    text: String,
    stores: [(&'static str, String); 3],
}

pub(in crate::console) fn load(console: &Console) -> Result<View, Refusal> {
    let failed = |error: String| {
        Refusal::from(crate::failure::Failure::Runtime(format!(
            "the settings cannot be shown: {error}"
        )))
    };
    let deps = &console.deps;
    Ok(View {
        version: env!("CARGO_PKG_VERSION"),
        settings: serde_json::to_value(&console.config)
            .map_err(|error| failed(error.to_string()))?,
        text: toml::to_string(&console.config).map_err(|error| failed(error.to_string()))?,
        stores: [
            ("queue", deps.queue.place().to_owned()),
            ("lake", deps.lake.place().to_owned()),
            ("warehouse", deps.warehouse.place().to_owned()),
        ],
    })
}

pub(in crate::console) fn render(view: &View) -> Markup {
    html! {
        h1 { "Settings" }
        p class="dim" { "Moodwire " (view.version) ". Settings are changed in the configuration file or the environment, and hold from the next start." }
        section { h2 { "Stores" } div class="scroll" { table class="list" { tbody { @for (name, place) in &view.stores { tr { th scope="row" { (name) } td class="why" { code { (place) } } } } } } } }
        section { h2 { "Configuration" } pre class="settings" tabindex="0" aria-label="Configuration" { (view.text) } }
    }
}
