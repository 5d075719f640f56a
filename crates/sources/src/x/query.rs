//! Queries: what X is asked for, made of the watchlist.
//!
//! Standalone operators of search and of the stream's rules alike: `from:handle`, `@handle`, `#tag`, `$CASHTAG` and quoted
//! words, of which any may match (`OR`). (X documentation, posts/search/integrate/operators.)

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::{Actor, Watchlist};

/// What X is searched for: by the accounts and the watchlist's handles, to them, and the watchlist's words. Each once.
pub(super) fn terms(watchlist: &Watchlist, accounts: &[String]) -> Vec<String> {
    let handles = accounts.iter().map(String::as_str);
    let named = handles.flat_map(|handle| [format!("from:{handle}"), format!("@{handle}")]);
    let words = watchlist.actors().iter().flat_map(words);
    let mut seen = BTreeSet::new();
    named
        .chain(words)
        .filter(|term| seen.insert(term.to_lowercase()))
        .collect()
}

fn words(actor: &Actor) -> impl Iterator<Item = String> {
    let keywords = actor.keywords.iter().map(|keyword| self::keyword(keyword));
    keywords.chain(actor.cashtags.iter().map(|tag| cashtag(tag)))
}

/// What X itself takes for a hashtag, a cashtag or a handle is asked for as such, anything else by its words.
fn keyword(keyword: &str) -> String {
    let mut chars = keyword.chars();
    match chars.next() {
        Some('#' | '＃') if is_tag(chars.as_str()) => format!("#{}", chars.as_str()),
        Some('$') => cashtag(chars.as_str()),
        Some('@') if is_handle(chars.as_str()) => keyword.to_owned(),
        _ => quoted(keyword),
    }
}

/// Up to six letters, then perhaps a dot or underscore and one or two more (twitter-text).
fn cashtag(ticker: &str) -> String {
    let letters = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let (stem, tail) = match ticker.split_once(['.', '_']) {
        Some((stem, tail)) => (stem, Some(tail)),
        None => (ticker, None),
    };
    if letters(stem, 6) && tail.is_none_or(|tail| letters(tail, 2)) {
        format!("${ticker}")
    } else {
        quoted(&format!("${ticker}"))
    }
}

/// Within quotes no word is an operator.
fn quoted(words: &str) -> String {
    let plain = words.replace(|c: char| c.is_control() || matches!(c, '"' | '\\'), " ");
    format!("\"{}\"", plain.trim())
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.chars().all(|c| c == '_' || c.is_alphanumeric())
}

/// Whether X can give the account a name like this one.
pub(super) fn is_handle(handle: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=15).contains(&handle.len()) && handle.bytes().all(fits)
}

/// The terms as queries of at most `limit` characters, each narrowed by `and` where that is not empty.
pub(super) fn joined(terms: &[String], limit: usize, and: &str) -> Vec<String> {
    // Brackets, and a blank before what narrows.
    let beside = match and.chars().count() {
        0 => 0,
        length => length + 3,
    };
    let mut queries = Vec::new();
    let mut query = String::new();
    let mut length = 0;
    for term in terms {
        let more = term.chars().count();
        if !query.is_empty() && length + 4 + more + beside > limit {
            queries.push(std::mem::take(&mut query));
            length = 0;
        }
        if !query.is_empty() {
            query.push_str(" OR ");
            length += 4;
        }
        query.push_str(term);
        length += more;
    }
    queries.extend(Some(query).filter(|query| !query.is_empty()));
    if and.is_empty() {
        return queries;
    }
    let narrowed = |query: &String| format!("({query}) {and}");
    queries.iter().map(narrowed).collect()
}

/// What positions call a query.
pub(super) fn key(query: &str) -> String {
    let hash = Sha256::digest(query);
    let bytes = hash.iter().take(8);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}
