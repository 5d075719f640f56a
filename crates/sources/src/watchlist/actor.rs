//! The actor: someone on the watchlist, as configured, and what is wrong with an actor that cannot be used.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The longest keyword, in characters.
const MAX_KEYWORD: usize = 200;

/// The longest cashtag, in characters without its `$`.
const MAX_CASHTAG: usize = 20;

/// Someone on the watchlist. A leading `@` of a handle and a leading `$` of a cashtag may be written or left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Actor {
    /// What the actor is called in stores and digests.
    pub name: String,
    /// The handle on X, such as `saylor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The handle on Bluesky, such as `name.bsky.social`, or the DID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bluesky: Option<String>,
    /// The handle on Mastodon with its server, such as `name@mastodon.social`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mastodon: Option<String>,
    /// Words, phrases or hashtags, in any case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Tickers, such as `BTC`, which are found as `$BTC`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cashtags: Vec<String>,
}

/// The actors without signs and blanks around; else one sentence for the first that cannot be used.
pub(super) fn checked(actors: Vec<Actor>) -> Result<Vec<Actor>, String> {
    let mut names = BTreeSet::new();
    let mut checked = Vec::with_capacity(actors.len());
    for (index, actor) in actors.into_iter().enumerate() {
        let actor = one(actor, index + 1)?;
        if !names.insert(actor.name.to_lowercase()) {
            return Err(format!(
                "two [[actor]] are named \"{}\": give one another name, or make them one",
                actor.name
            ));
        }
        checked.push(actor);
    }
    Ok(checked)
}

fn one(mut actor: Actor, number: usize) -> Result<Actor, String> {
    actor.name = actor.name.trim().to_owned();
    if actor.name.is_empty() || actor.name.contains(char::is_control) {
        return Err(format!(
            "[[actor]] number {number} has no name of one line: set name = \"Someone\""
        ));
    }
    let name = actor.name.clone();
    let told = |sentence: String| format!("[[actor]] \"{name}\" {sentence}");
    actor.x = handle(actor.x.as_deref(), "x", "saylor", is_x).map_err(told)?;
    actor.bluesky = handle(
        actor.bluesky.as_deref(),
        "bluesky",
        "name.bsky.social",
        is_bluesky,
    )
    .map_err(told)?;
    actor.mastodon = handle(
        actor.mastodon.as_deref(),
        "mastodon",
        "name@mastodon.social",
        is_mastodon,
    )
    .map_err(told)?;
    actor.keywords = each(&actor.keywords, keyword).map_err(told)?;
    actor.cashtags = each(&actor.cashtags, cashtag).map_err(told)?;
    let handles = [&actor.x, &actor.bluesky, &actor.mastodon];
    if handles.iter().all(|handle| handle.is_none())
        && actor.keywords.is_empty()
        && actor.cashtags.is_empty()
    {
        return Err(told(
            "has nothing to be found by: set x, bluesky, mastodon, keywords or cashtags".to_owned(),
        ));
    }
    Ok(actor)
}

fn handle(
    written: Option<&str>,
    key: &str,
    example: &str,
    fits: fn(&str) -> bool,
) -> Result<Option<String>, String> {
    let Some(written) = written else {
        return Ok(None);
    };
    let handle = written.trim();
    let handle = handle.strip_prefix('@').unwrap_or(handle);
    if !fits(handle) {
        return Err(format!(
            "{key} is \"{written}\", which is no handle there: write it as \"{example}\""
        ));
    }
    Ok(Some(handle.to_owned()))
}

/// 1 to 15 letters, digits and underscores; older accounts have up to 20.
fn is_x(handle: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=20).contains(&handle.len()) && handle.bytes().all(fits)
}

fn is_bluesky(handle: &str) -> bool {
    match handle.strip_prefix("did:") {
        Some(rest) => rest.split_once(':').is_some_and(|(method, id)| {
            !method.is_empty() && !id.is_empty() && !id.contains(['/', ' '])
        }),
        None => is_domain(handle),
    }
}

fn is_mastodon(handle: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    handle
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && user.chars().all(fits) && is_domain(host))
}

/// At least two labels of letters, digits and hyphens, or of other scripts; a port may follow.
fn is_domain(text: &str) -> bool {
    let host = match text.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => text,
    };
    let label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    (host.contains('.') || host == "localhost") && host.len() <= 253 && host.split('.').all(label)
}

fn each(
    written: &[String],
    check: fn(&str) -> Result<String, String>,
) -> Result<Vec<String>, String> {
    written.iter().map(|one| check(one)).collect()
}

fn keyword(written: &str) -> Result<String, String> {
    let keyword = written.trim();
    let bare = keyword.trim_start_matches(['#', '@', '$']);
    if bare.is_empty() || keyword.chars().count() > MAX_KEYWORD {
        return Err(format!(
            "has the keyword \"{}\": a keyword has 1 to {MAX_KEYWORD} characters beside a leading #, @ or $",
            keyword.chars().take(40).collect::<String>()
        ));
    }
    Ok(keyword.to_owned())
}

fn cashtag(written: &str) -> Result<String, String> {
    let cashtag = written.trim();
    let cashtag = cashtag.strip_prefix('$').unwrap_or(cashtag);
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = cashtag.as_bytes();
    if bytes.len() > MAX_CASHTAG
        || !edge(bytes.first())
        || !edge(bytes.last())
        || !bytes.iter().copied().all(inner)
    {
        return Err(format!(
            "has the cashtag \"{written}\": write a ticker of 1 to {MAX_CASHTAG} letters and digits, such as \"BTC\""
        ));
    }
    Ok(cashtag.to_owned())
}
