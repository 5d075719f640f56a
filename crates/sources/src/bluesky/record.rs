//! The record of a post, as its author's client wrote it, and what it says of when, in what language and of whom.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::{Hour, Post, PostKey, Timestamp, truncate_to_millis};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::text::clean;

/// How far the time that an author declares may be from when the network saw the post; beyond it the latter counts. Also
/// how far ahead of our clock the network's may be.
pub(super) const TOLERANCE: TimeDelta = TimeDelta::minutes(10);

/// The longest `at://` address that is a key, in bytes: keys are indexed, and a B-tree entry of Postgres holds no more than
/// 2,704.
const MAX_ID: usize = 1_000;

/// What of an `app.bsky.feed.post` record is read. What a post can do without is read leniently: nobody checks what
/// clients write.
#[derive(Debug, Deserialize)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub(super) text: Cow<'a, str>,
    #[serde(borrow, default, rename = "createdAt")]
    created_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    langs: Option<&'a RawValue>,
    #[serde(borrow, default)]
    facets: Option<&'a RawValue>,
}

/// A stretch of the text with what it stands for.
#[derive(Debug, Deserialize)]
struct Facet {
    #[serde(default)]
    features: Vec<Feature>,
}

#[derive(Debug, Deserialize)]
struct Feature {
    #[serde(rename = "$type", default)]
    kind: String,
    #[serde(default)]
    did: Option<String>,
}

/// Whose post it is, where it lies and when the network saw it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) did: &'a str,
    pub(super) rkey: &'a str,
    pub(super) seen: Timestamp,
    /// Our own present.
    pub(super) now: Timestamp,
}

impl<'a> Record<'a> {
    /// Reads the record, or says in one sentence why it is no post.
    pub(super) fn read(json: &'a str) -> Result<Self, String> {
        serde_json::from_str(json)
            .map_err(|error| format!("the record cannot be read: {}", words(&error)))
    }

    /// The accounts that the record says are mentioned, by their DIDs; none where it says so in no readable way.
    pub(super) fn mentioned(&self) -> Vec<String> {
        const MENTION: &str = "app.bsky.richtext.facet#mention";
        let written = self.facets.map_or("", RawValue::get);
        if !written.contains("mention") {
            return Vec::new();
        }
        let facets: Vec<Facet> = serde_json::from_str(written).unwrap_or_default();
        let features = facets.into_iter().flat_map(|facet| facet.features);
        features
            .filter(|feature| feature.kind == MENTION)
            .filter_map(|feature| feature.did)
            .collect()
    }

    /// When its author says that it was written; none where that is no time.
    pub(super) fn declared(&self) -> Option<DateTime<Utc>> {
        let written: String = serde_json::from_str(self.created_at?.get()).ok()?;
        let at = DateTime::parse_from_rfc3339(&written).ok()?;
        Some(at.to_utc())
    }

    fn lang(&self) -> Option<String> {
        let langs: Vec<String> = serde_json::from_str(self.langs?.get()).ok()?;
        let first = langs.first()?.trim();
        (!first.is_empty()).then(|| clean(first))
    }

    /// The post; `author` is its DID until its handle is known.
    pub(super) fn post(&self, place: Place<'_>, raw: &str, edited: bool) -> Result<Post, String> {
        let id = address(place.did, place.rkey)?;
        let created_at = self.created_at(place, edited);
        if created_at > place.now + TOLERANCE {
            return Err(format!(
                "it was made at {}, more than 10 minutes in the future: look at this machine's clock",
                created_at.to_rfc3339()
            ));
        }
        Ok(Post {
            key: PostKey::new("bluesky", &id),
            network: "bluesky".to_owned(),
            author: place.did.to_owned(),
            author_name: None,
            // Empty where it is an image alone, which counts as a post too.
            text: clean(&self.text),
            url: Some(url(place.did, place.rkey)),
            lang: self.lang(),
            created_at,
            collected_at: place.now,
            hour: Hour::of(created_at),
            actors: Vec::new(),
            followers: None,
            edited_at: edited.then_some(place.seen),
            deleted_at: None,
            raw: raw.to_owned(),
        })
    }

    /// The declared time where it is near to when the network saw the post, else the latter. An edit is seen at any time
    /// after the post: of one that lies back only what is declared tells when it was written.
    fn created_at(&self, place: Place<'_>, edited: bool) -> Timestamp {
        let Some(declared) = self.declared() else {
            return place.seen;
        };
        let declared = truncate_to_millis(declared);
        let apart = declared - place.seen;
        let believed = apart.abs() <= TOLERANCE
            || (edited && apart < TimeDelta::zero() && declared >= DateTime::UNIX_EPOCH);
        if believed { declared } else { place.seen }
    }
}

/// What the keys of all posts of this account begin with.
pub(super) fn all_of(did: &str) -> Result<String, String> {
    let any = address(did, "-")?;
    let own = any.find("/app.").and_then(|end| any.get(..=end));
    Ok(format!("bluesky:{}", own.unwrap_or(&any)))
}

/// `at://DID/app.bsky.feed.post/RKEY`, where both can stand in a key.
pub(super) fn address(did: &str, rkey: &str) -> Result<String, String> {
    let fits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic());
    let id = format!("at://{did}/app.bsky.feed.post/{rkey}");
    if !did.starts_with("did:")
        || !fits(did)
        || !fits(rkey)
        || did.contains('/')
        || rkey.contains('/')
    {
        return Err("its DID and record key make no address of a post".to_owned());
    }
    if id.len() > MAX_ID {
        return Err(format!(
            "its address has {} bytes: it may have {MAX_ID}",
            id.len()
        ));
    }
    Ok(id)
}

/// Who wrote the post at this address, and its record key; none where it is no post's.
pub(super) fn parts(address: &str) -> Option<(&str, &str)> {
    let (did, rest) = address.strip_prefix("at://")?.split_once('/')?;
    let rkey = rest.strip_prefix("app.bsky.feed.post/")?;
    (did.starts_with("did:") && !rkey.is_empty() && !rkey.contains('/')).then_some((did, rkey))
}

/// Where a person can read the post.
fn url(did: &str, rkey: &str) -> String {
    format!("https://bsky.app/profile/{did}/post/{rkey}")
}

/// What cannot be read, without the line and column of the library's message.
pub(super) fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let words = text.rsplit_once(" at line ");
    words.map_or(&*text, |(words, _)| words).to_owned()
}
