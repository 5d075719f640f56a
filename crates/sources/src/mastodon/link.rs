//! The `Link` header (RFC 8288): where the server says that the newer posts begin.

use reqwest::header::HeaderMap;
use url::Url;

/// The `min_id` of the link whose relation is `prev`; none without one.
pub(super) fn min_id(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all("link")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(targets)
        .filter(|(_, parameters)| is_prev(parameters))
        .find_map(|(target, _)| parameter(target, "min_id"))
}

/// Each `<target>; parameters` of a header's value. A target may hold commas; it ends at its `>`.
fn targets(value: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else {
            break;
        };
        let end = after.find('<').unwrap_or(after.len());
        let (parameters, next) = after.split_at(end);
        found.push((target, parameters));
        rest = next;
    }
    found
}

fn is_prev(parameters: &str) -> bool {
    parameters.split([';', ',']).any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else {
            return false;
        };
        name.trim().eq_ignore_ascii_case("rel")
            && value
                .trim()
                .trim_matches('"')
                .split_whitespace()
                .any(|relation| relation.eq_ignore_ascii_case("prev"))
    })
}

fn parameter(target: &str, name: &str) -> Option<String> {
    let url = Url::parse(target).ok()?;
    let found = url.query_pairs().find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty())
}
