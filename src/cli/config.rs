//! `config`: what is configured, whether it can be used, and the reference of every key.

use serde_json::json;

use super::{
    args::{Args, ConfigCommand},
    configured,
};
use crate::{config::EXAMPLE, environment, failure::Failure, output};

/// Runs the command.
pub(super) fn run(command: &ConfigCommand, args: &Args, json: bool) -> Result<(), Failure> {
    if matches!(command, ConfigCommand::Example) {
        return output::line(EXAMPLE.trim_end());
    }
    let loaded = configured(args)?;
    let file = loaded.file.as_ref().map(|file| file.display().to_string());
    match command {
        ConfigCommand::Show if json => output::json(&loaded.config),
        ConfigCommand::Show => {
            let text = toml::to_string(&loaded.config)
                .map_err(|error| Failure::Runtime(error.to_string()))?;
            let from = file.as_deref().unwrap_or("the defaults");
            output::line(&format!("# from {from}\n{}", text.trim_end()))
        }
        ConfigCommand::Check | ConfigCommand::Example => {
            // What is built from it must build as well.
            environment::channels(&loaded.config)?;
            if json {
                return output::json(&json!({ "ok": true, "file": file }));
            }
            output::line(&format!(
                "{}: can be used ({} sources, {} channels)",
                file.as_deref().unwrap_or("the defaults"),
                loaded.config.source.len(),
                loaded.config.channel.len()
            ))
        }
    }
}
