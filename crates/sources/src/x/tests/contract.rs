//! Requests as X's own OpenAPI specifications have them. They are X's and no part of this repository: they are read from
//! the folder that `MOODWIRE_TEST_SPECS` names, else from `../shared/specs` beside it.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::OnceLock};

use serde_json::{Value, json};
use wiremock::Request;

/// The dialect `tweet` and the dialect `post`.
const SPECIFICATIONS: [&str; 2] = [
    "x-openapi-2.166-tweetfields.json",
    "x-openapi-2.167-postfields.json",
];

/// Asserts that one of the specifications allows each request.
pub(super) fn all_allowed(requests: &[Request]) {
    let specifications = specifications();
    if specifications.is_empty() {
        return;
    }
    for request in requests {
        let faults = specifications
            .iter()
            .map(|specification| faults(specification, request));
        let faults: Vec<Vec<String>> = faults.collect();
        assert!(
            faults.iter().any(Vec::is_empty),
            "{} {}: {faults:?}",
            request.method,
            request.url
        );
    }
}

fn specifications() -> &'static [Value] {
    static READ: OnceLock<Vec<Value>> = OnceLock::new();
    READ.get_or_init(|| {
        let beside = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/specs"
        ));
        let folder = std::env::var_os("MOODWIRE_TEST_SPECS").map_or(beside, PathBuf::from);
        let read = |name: &&str| {
            let text = fs::read_to_string(folder.join(name)).ok()?;
            Some(serde_json::from_str(&text).unwrap())
        };
        let found: Vec<Value> = SPECIFICATIONS.iter().filter_map(read).collect();
        if found.len() < SPECIFICATIONS.len() {
            eprintln!("skipped: MOODWIRE_TEST_SPECS names no folder of X's specifications");
            return Vec::new();
        }
        found
    })
}

/// What the specification has against the request.
fn faults(specification: &Value, request: &Request) -> Vec<String> {
    let method = request.method.as_str().to_lowercase();
    let Some((operation, in_path)) = operation(specification, &method, request.url.path()) else {
        return vec!["no such operation".to_owned()];
    };
    let parameters = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|parameter| resolved(specification, parameter).clone())
        .collect();
    let mut faults = Vec::new();
    let mut given: BTreeMap<String, String> = in_path;
    for (name, value) in request.url.query_pairs() {
        if given.insert(name.to_string(), value.to_string()).is_some() {
            faults.push(format!("{name} is given twice"));
        }
    }
    for parameter in &parameters {
        let name = parameter["name"].as_str().unwrap();
        match given.remove(name) {
            Some(value) => faults.extend(wrong(specification, &parameter["schema"], &value)),
            None if parameter["required"] == true => faults.push(format!("{name} is missing")),
            None => {}
        }
    }
    faults.extend(given.keys().map(|name| format!("{name} is unknown")));
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !schema.is_null() {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        faults.extend(against(specification, schema, &body));
    }
    faults
}

/// The operation, and what stands for the names in its path.
fn operation<'a>(
    specification: &'a Value,
    method: &str,
    path: &str,
) -> Option<(&'a Value, BTreeMap<String, String>)> {
    let paths = specification["paths"].as_object().unwrap();
    let exact = paths.get(path).map(|found| (found, BTreeMap::new()));
    let named = || {
        paths.iter().find_map(|(template, found)| {
            let template: Vec<&str> = template.split('/').collect();
            let parts: Vec<&str> = path.split('/').collect();
            let mut names = BTreeMap::new();
            let fits = template.len() == parts.len()
                && template.iter().zip(parts).all(|(wanted, part)| {
                    match wanted
                        .strip_prefix('{')
                        .and_then(|name| name.strip_suffix('}'))
                    {
                        Some(name) => names.insert(name.to_owned(), part.to_owned()).is_none(),
                        None => *wanted == part,
                    }
                });
            fits.then_some((found, names))
        })
    };
    let (found, names) = exact.or_else(named)?;
    Some((found.get(method)?, names))
}

fn resolved<'a>(specification: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(place) => specification
            .pointer(place.trim_start_matches('#'))
            .unwrap(),
        None => value,
    }
}

/// A parameter's text as the schema's type has it: lists stand in one text, with commas.
fn wrong(specification: &Value, schema: &Value, text: &str) -> Vec<String> {
    let schema = resolved(specification, schema);
    let value = match schema["type"].as_str() {
        Some("array") => json!(text.split(',').collect::<Vec<_>>()),
        Some("integer") => text
            .parse::<i64>()
            .map_or(json!(text), |number| json!(number)),
        Some("boolean") => text
            .parse::<bool>()
            .map_or(json!(text), |truth| json!(truth)),
        _ => json!(text),
    };
    let mut faults = against(specification, schema, &value);
    let moment = schema["format"] == "date-time";
    if moment && chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ").is_err() {
        faults.push(format!("{text} is no moment in whole seconds"));
    }
    faults
}

fn against(specification: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut whole = json!({"allOf": [schema]});
    if schema.to_string().contains("$ref") {
        // References point into the whole specification.
        whole["components"] = specification["components"].clone();
    }
    let validator = jsonschema::draft4::new(&whole).unwrap();
    validator
        .iter_errors(value)
        .map(|error| error.to_string())
        .collect()
}

#[test]
fn what_x_does_not_allow_is_noticed() {
    for (specification, wrong) in specifications().iter().zip([
        ["post.fields=created_at", "max_results=9", "since_id=soon"],
        [
            "tweet.fields=created_at",
            "expansions=referenced_tweets.id",
            "start_time=2026-09-01T18:00:00.5Z",
        ],
    ]) {
        for wrong in wrong {
            let asked = |query: &str| Request {
                url: format!("http://x/2/tweets/search/recent?{query}")
                    .parse()
                    .unwrap(),
                method: "GET".parse().unwrap(),
                headers: reqwest::header::HeaderMap::default(),
                body: Vec::new(),
            };
            assert_eq!(
                faults(specification, &asked("query=a&max_results=10")),
                [""; 0]
            );
            assert_eq!(
                faults(specification, &asked(&format!("query=a&{wrong}"))).len(),
                1
            );
            assert_eq!(faults(specification, &asked(wrong)).len(), 2, "{wrong}");
        }
    }
}
