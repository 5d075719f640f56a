//! The rules of the filtered stream, kept as the watchlist has it. Those of others who use the same app are left alone:
//! ours are known by their tag. (X documentation, posts/filtered-stream/integrate/build-a-rule.)

use std::collections::BTreeSet;

use moodwire_model::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Feed,
    answer::{Problem, line},
    id::Id,
    settings::MAX_RULES,
};
use crate::SourceError;

const PATH: [&str; 4] = ["tweets", "search", "stream", "rules"];

/// How many rules are added or deleted at once.
const AT_ONCE: usize = 100;

/// The most that are listed at once.
const LISTED: &str = "1000";

/// No list has more pages: a server that goes on and on is not followed.
const MAX_PAGES: usize = 100;

#[derive(Debug, Deserialize)]
struct Rule {
    id: Id,
    value: String,
    #[serde(default)]
    tag: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(default)]
    data: Option<Vec<Rule>>,
    #[serde(default)]
    meta: Option<ListedMeta>,
}

#[derive(Debug, Default, Deserialize)]
struct ListedMeta {
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Changed {
    #[serde(default)]
    errors: Option<Vec<Problem>>,
}

/// Adds the rules that are missing and deletes ours that are no longer wanted.
pub(super) async fn synchronise(feed: &Feed, now: Timestamp) -> Result<(), SourceError> {
    let tag = format!("moodwire:{}", feed.name);
    let listed = list(feed, now).await?;
    let is_ours = |rule: &&Rule| rule.tag.as_deref() == Some(&tag);
    let wanted: BTreeSet<&str> = feed.plan.rules.iter().map(String::as_str).collect();
    let ours: BTreeSet<&str> = listed
        .iter()
        .filter(is_ours)
        .map(|rule| &*rule.value)
        .collect();
    let missing: Vec<&str> = wanted.difference(&ours).copied().collect();
    let stale = |rule: &&Rule| !wanted.contains(&*rule.value);
    let stale: Vec<Id> = listed
        .iter()
        .filter(is_ours)
        .filter(stale)
        .map(|rule| rule.id)
        .collect();
    let after = listed.len() - stale.len() + missing.len();
    if after > MAX_RULES {
        return Err(SourceError::Dead(format!(
            "the stream of {} would have {after} rules, {} of them others', and has no more than {MAX_RULES}: shorten the watchlist of source \"{}\", or delete rules of the app",
            feed.host,
            listed.len() - ours.len(),
            feed.name
        )));
    }
    let add = additions(&missing, &tag);
    for body in &add {
        change(feed, body, true, now).await?;
    }
    // What is wanted comes first, so that nothing is missed in between, unless there is no room for both.
    let crowded = listed.len() + missing.len() > MAX_RULES;
    let delete = deletions(&stale);
    let (first, second) = if crowded {
        (delete, add)
    } else {
        (add, delete)
    };
    for body in first.iter().chain(&second) {
        change(feed, body, false, now).await?;
    }
    Ok(())
}

async fn list(feed: &Feed, now: Timestamp) -> Result<Vec<Rule>, SourceError> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let mut query = vec![("max_results", LISTED)];
        query.extend(token.as_deref().map(|token| ("pagination_token", token)));
        let answer = feed.get(&PATH, &query, now).await?;
        let listed: Listed =
            serde_json::from_slice(&answer.body).map_err(|_| feed.strange("list of rules"))?;
        all.extend(listed.data.unwrap_or_default());
        token = listed.meta.and_then(|meta| meta.next_token);
        if token.is_none() {
            break;
        }
    }
    Ok(all)
}

fn additions(rules: &[&str], tag: &str) -> Vec<Value> {
    let add = |rules: &[&str]| {
        let rules: Vec<Value> = rules
            .iter()
            .map(|value| json!({"value": value, "tag": tag}))
            .collect();
        json!({ "add": rules })
    };
    rules.chunks(AT_ONCE).map(add).collect()
}

fn deletions(ids: &[Id]) -> Vec<Value> {
    let delete = |ids: &[Id]| json!({"delete": {"ids": ids}});
    ids.chunks(AT_ONCE).map(delete).collect()
}

/// Changes rules, or only asks whether they could be.
async fn change(
    feed: &Feed,
    body: &Value,
    dry_run: bool,
    now: Timestamp,
) -> Result<(), SourceError> {
    let query: &[(&str, &str)] = if dry_run { &[("dry_run", "true")] } else { &[] };
    let answer = feed.post(&PATH, query, body, now).await?;
    let changed: Changed =
        serde_json::from_slice(&answer.body).map_err(|_| feed.strange("word on its rules"))?;
    let problems = changed.errors.unwrap_or_default();
    // Someone else's rule that says the same brings the same posts.
    let wrong = |problem: &&Problem| problem.tail() != "duplicate-rules" && !problem.is_duplicate();
    match problems.iter().find(wrong) {
        Some(problem) => Err(SourceError::Dead(format!(
            "{} does not take a rule of the stream of source \"{}\" ({}{}): mend its queries or the watchlist",
            feed.host,
            feed.name,
            problem.words(),
            problem
                .named()
                .map_or_else(String::new, |rule| format!(": {}", line(rule))),
        ))),
        None => Ok(()),
    }
}

impl Problem {
    fn is_duplicate(&self) -> bool {
        self.title.as_deref() == Some("DuplicateRule")
    }

    /// The rule that it is about.
    fn named(&self) -> Option<&str> {
        self.value.as_ref().and_then(Value::as_str)
    }
}
