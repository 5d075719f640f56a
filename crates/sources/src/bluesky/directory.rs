//! Who is behind a DID: handles, names and numbers of followers, asked for rarely and kept for an hour.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::TimeDelta;
use moodwire_model::Timestamp;
use serde::Deserialize;

use super::{api::Api, view};
use crate::SourceError;

/// How long an answer is believed.
const FRESH: TimeDelta = TimeDelta::hours(1);

/// How many profiles are kept at most, in each of two generations.
const MOST: usize = 5_000;

/// How long nobody is asked after an answer failed, unless the server says how long.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) handle: String,
    pub(super) name: Option<String>,
    pub(super) followers: Option<u64>,
}

/// What was asked before.
#[derive(Debug, Default)]
pub(super) struct Directory {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Of two generations the older is dropped when the younger is full, and what is used moves to the younger: whom
    /// nobody asked about for a while is forgotten.
    young: HashMap<String, (Timestamp, Profile)>,
    old: HashMap<String, (Timestamp, Profile)>,
    /// Handles, lowercase, with their DIDs, and when they were asked for.
    handles: Option<(Timestamp, BTreeMap<String, String>)>,
    /// Until when nobody is asked.
    paused_until: Option<Timestamp>,
}

/// What of a profile is read. (Lexicon app.bsky.actor.defs#profileViewDetailed.)
#[derive(Deserialize)]
struct Shown {
    did: String,
    handle: String,
    #[serde(rename = "displayName", default)]
    display_name: Option<String>,
    #[serde(rename = "followersCount", default)]
    followers: Option<u64>,
}

impl Directory {
    /// What is known of these accounts, or can be found out. One who is missing could not be found out now.
    pub(super) async fn profiles(
        &self,
        api: &Api,
        dids: &BTreeSet<String>,
        now: Timestamp,
    ) -> HashMap<String, Profile> {
        let mut found = HashMap::new();
        let mut unknown = Vec::new();
        for did in dids {
            match self.known().profile(did, now) {
                Some(profile) => drop(found.insert(did.clone(), profile)),
                None => unknown.push(did.clone()),
            }
        }
        if unknown.is_empty() || self.is_paused(now) {
            return found;
        }
        match asked(api, &unknown, now).await {
            Ok(profiles) => {
                for (did, profile) in profiles {
                    self.known().keep(did.clone(), profile.clone(), now);
                    found.insert(did, profile);
                }
            }
            Err(error) => self.pause(&error, now),
        }
        found
    }

    /// The DIDs of these handles (lowercase). Those in `before` serve where nobody can be asked.
    ///
    /// # Errors
    /// When nobody can be asked and a handle is not among `before` either.
    pub(super) async fn dids(
        &self,
        api: &Api,
        handles: &[String],
        before: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<BTreeMap<String, String>, SourceError> {
        if handles.is_empty() {
            return Ok(BTreeMap::new());
        }
        let kept = self.known().handles.clone();
        let stale = match kept {
            Some((at, dids)) if now - at < FRESH => return Ok(dids),
            Some((_, dids)) => dids,
            None => before.clone(),
        };
        match asked(api, handles, now).await {
            Ok(profiles) => {
                let dids: BTreeMap<String, String> = profiles
                    .into_iter()
                    .map(|(did, profile)| (profile.handle.to_lowercase(), did))
                    .collect();
                for handle in handles.iter().filter(|handle| !dids.contains_key(*handle)) {
                    tracing::warn!(
                        handle,
                        "no such account on Bluesky; the others are followed"
                    );
                }
                self.known().handles = Some((now, dids.clone()));
                Ok(dids)
            }
            Err(error) if handles.iter().any(|handle| !stale.contains_key(handle)) => Err(error),
            Err(error) => {
                tracing::warn!(reason = %error, "handles could not be looked up; they are taken as they were");
                Ok(stale)
            }
        }
    }

    /// Forgets an account whose handle has changed.
    pub(super) fn forget(&self, did: &str) {
        let mut known = self.known();
        known.young.remove(did);
        known.old.remove(did);
    }

    /// Whether nobody is to be asked at this moment.
    pub(super) fn is_paused(&self, now: Timestamp) -> bool {
        let until = self.known().paused_until;
        until.is_some_and(|until| now < until)
    }

    /// Asks nobody for a while, since an answer failed.
    pub(super) fn pause(&self, error: &SourceError, now: Timestamp) {
        tracing::warn!(
            reason = %error,
            "nobody can be looked up at present: posts keep their authors' DIDs, and reposts wait"
        );
        let until = match error {
            SourceError::Later { until, .. } => *until,
            SourceError::Retry(_) | SourceError::Dead(_) => now + PAUSE,
        };
        self.known().paused_until = Some(until);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn profile(&mut self, did: &str, now: Timestamp) -> Option<Profile> {
        if !self.young.contains_key(did)
            && let Some(kept) = self.old.remove(did)
        {
            self.insert(did.to_owned(), kept);
        }
        let (at, profile) = self.young.get(did)?;
        (now - *at < FRESH).then(|| profile.clone())
    }

    fn keep(&mut self, did: String, profile: Profile, now: Timestamp) {
        self.insert(did, (now, profile));
    }

    fn insert(&mut self, did: String, kept: (Timestamp, Profile)) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(did, kept);
    }
}

/// Asks for the profiles of these DIDs or handles; the answer is by DID.
async fn asked(
    api: &Api,
    actors: &[String],
    now: Timestamp,
) -> Result<Vec<(String, Profile)>, SourceError> {
    const METHOD: &str = "app.bsky.actor.getProfiles";
    let listed = api.list(METHOD, "actors", actors, now).await?;
    let read = |item: Box<serde_json::value::RawValue>| {
        let shown: Shown = serde_json::from_str(item.get()).ok()?;
        let profile = Profile {
            handle: view::name(&shown.handle, &shown.did),
            name: view::display_name(shown.display_name.as_deref()),
            followers: shown.followers,
        };
        Some((shown.did, profile))
    };
    Ok(listed.items.into_iter().filter_map(read).collect())
}
