//! Settings from the environment: `MOODWIRE_QUEUE__URL`, `…_FILE` for secrets, list entries by their name.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{Channel, Config, Source, error::ConfigError};

/// Variables that are named like settings and are none.
const RESERVED: [&str; 2] = ["MOODWIRE_CONFIG", "MOODWIRE_LOG"];

/// How those of tests begin.
const OF_TESTS: &str = "MOODWIRE_TEST_";

/// The keys whose value can stand in a file of its own.
const SECRETS: [&str; 6] = [
    "url",
    "token",
    "secret",
    "password",
    "admin_password",
    "viewer_password",
];

/// Lays every `MOODWIRE_…` variable over the table. Which variable set which key, for messages.
pub(super) fn overlay(
    table: &mut Table,
    environment: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut touched = BTreeMap::new();
    for (variable, value) in environment {
        let Some(name) = variable.strip_prefix("MOODWIRE_") else {
            continue;
        };
        if RESERVED.contains(&variable.as_str()) || variable.starts_with(OF_TESTS) {
            continue;
        }
        if !name.contains("__") && name != "DATA_DIR" {
            // Such as the variables by which Kubernetes names a service called moodwire.
            tracing::debug!(variable, "no setting of ours");
            continue;
        }
        let key = set(table, variable, name, value)?;
        touched.insert(key, variable.clone());
    }
    Ok(touched)
}

/// Sets one key; its dotted path on success.
fn set(table: &mut Table, variable: &str, name: &str, value: &str) -> Result<String, ConfigError> {
    let parts: Vec<String> = name.split("__").map(str::to_ascii_lowercase).collect();
    let (value, parts) = secret_from_file(variable, value, parts)?;
    let unknown = || {
        ConfigError(format!(
            "environment variable {variable} names no setting; `moodwire config example` shows them all"
        ))
    };
    match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [key] => {
            if key != "data_dir" {
                return Err(unknown());
            }
            table.insert(key.to_owned(), Value::String(value));
            Ok(key.to_owned())
        }
        [list @ ("source" | "channel"), entry, key] => {
            set_entry(table, variable, list, entry, key, value).ok_or_else(|| {
                ConfigError(format!(
                    "environment variable {variable} names no [[{list}]]: the configuration file has none of that name"
                ))
            })
        }
        [section, key] => {
            let defaults = Table::try_from(Config::default()).unwrap_or_default();
            let section_defaults = defaults.get(section).and_then(Value::as_table);
            let known = section_defaults.ok_or_else(unknown)?;
            let has_no_default = matches!(
                (section, key),
                (_, "url")
                    | ("scorer", "overlay")
                    | ("console", "admin_password" | "viewer_password" | "proxy_header")
                    | ("metrics", "listen")
                    | ("telemetry", "otlp")
            );
            if !known.contains_key(key) && !has_no_default {
                return Err(unknown());
            }
            let value = typed(known.get(key), value);
            let entry = table
                .entry(section.to_owned())
                .or_insert_with(|| Value::Table(Table::new()));
            entry
                .as_table_mut()
                .ok_or_else(unknown)?
                .insert(key.to_owned(), value);
            Ok(format!("{section}.{key}"))
        }
        _ => Err(unknown()),
    }
}

/// `…__URL_FILE`, `…__TOKEN_FILE`, `…__SECRET_FILE`, `…_PASSWORD_FILE`: the value is what the file holds, without the white space around it.
fn secret_from_file(
    variable: &str,
    value: &str,
    mut parts: Vec<String>,
) -> Result<(String, Vec<String>), ConfigError> {
    let Some(last) = parts.last_mut() else {
        return Ok((value.to_owned(), parts));
    };
    let Some(secret) = last
        .strip_suffix("_file")
        .filter(|key| SECRETS.contains(key))
    else {
        return Ok((value.to_owned(), parts));
    };
    *last = secret.to_owned();
    let content = std::fs::read_to_string(value).map_err(|error| {
        ConfigError(format!(
            "environment variable {variable} names the file {value}, which cannot be read: {error}"
        ))
    })?;
    Ok((content.trim().to_owned(), parts))
}

fn set_entry(
    table: &mut Table,
    variable: &str,
    list: &str,
    name: &str,
    key: &str,
    value: String,
) -> Option<String> {
    debug_assert!(variable.starts_with("MOODWIRE_"));
    let defaults = match list {
        "source" => Table::try_from(typed_source()),
        _ => Table::try_from(Channel::default()),
    }
    .unwrap_or_default();
    let entries = table.get_mut(list)?.as_array_mut()?;
    let (index, entry) = entries.iter_mut().enumerate().find(|(_, entry)| {
        entry
            .get("name")
            .and_then(Value::as_str)
            .is_some_and(|own| own.to_ascii_lowercase().replace('-', "_") == name)
    })?;
    entry
        .as_table_mut()?
        .insert(key.to_owned(), typed(defaults.get(key), value));
    Some(format!("{list}[{index}].{key}"))
}

/// A source in which everything that is no text has a value, which shows its type.
fn typed_source() -> Source {
    Source {
        compress: true,
        stream: true,
        min_followers: 1,
        query_limit: Some(0),
        users: Some(true),
        daily_reads: Some(0),
        monthly_reads: Some(0),
        post_price: Some(0.0),
        user_price: Some(0.0),
        ..Source::default()
    }
}

/// What stands between commas.
fn list(value: &str) -> Vec<Value> {
    let entries = value
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty());
    entries.map(|one| Value::String(one.to_owned())).collect()
}

/// The value as the type that the setting's default has; as text where it does not read as that, so that the message
/// names the type that is wanted.
fn typed(default: Option<&Value>, value: String) -> Value {
    match default {
        Some(Value::Integer(_)) => value.parse().map(Value::Integer).ok(),
        Some(Value::Boolean(_)) => value.parse().map(Value::Boolean).ok(),
        Some(Value::Float(_)) => value.parse().map(Value::Float).ok(),
        Some(Value::Array(_)) => Some(Value::Array(list(&value))),
        _ => None,
    }
    .unwrap_or(Value::String(value))
}
