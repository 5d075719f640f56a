//! A post of X, in either dialect, or one sentence that says why it is none.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use moodwire_model::{Hour, Post, PostKey, Timestamp, truncate_to_millis};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{answer::User, id::Id};
use crate::text::{clean, optional};

/// How far ahead of our clock X's may be, in minutes.
const MAX_AHEAD: i64 = 10;

/// The author of whom nothing is known at all.
const NOBODY: &str = "?";

/// What of a post is read. (X OpenAPI 2.166 `Tweet`, 2.167 `Post`.)
#[derive(Debug, Deserialize)]
pub(super) struct Object {
    pub(super) id: Id,
    text: String,
    note_tweet: Option<Note>,
    note_post: Option<Note>,
    author_id: Option<Id>,
    username: Option<String>,
    created_at: Option<String>,
    lang: Option<String>,
    edit_history_tweet_ids: Option<Vec<Id>>,
    edit_history_post_ids: Option<Vec<Id>>,
    referenced_tweets: Option<Vec<Reference>>,
    referenced_posts: Option<Vec<Reference>>,
    #[serde(default)]
    entities: Value,
    public_metrics: Option<IgnoredAny>,
}

/// The whole of a text of more than 280 characters.
#[derive(Debug, Deserialize)]
struct Note {
    text: String,
    #[serde(default)]
    entities: Value,
}

#[derive(Debug, Deserialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: String,
    id: Id,
}

/// Whose numbers are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authors<'a> {
    /// The users of the answer.
    pub(super) users: &'a BTreeMap<Id, User>,
    /// The accounts that are followed, by their handles.
    pub(super) accounts: &'a BTreeMap<String, Id>,
    /// Whose timeline it is.
    pub(super) owner: Option<&'a str>,
}

/// A post with the handles that X says are mentioned.
#[derive(Debug, PartialEq)]
pub(super) struct Read {
    pub(super) post: Post,
    pub(super) mentions: Vec<String>,
}

impl Object {
    /// The object in this JSON.
    pub(super) fn of(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| {
            let text = error.to_string();
            let words = text
                .rsplit_once(" at line ")
                .map_or(&*text, |(words, _)| words);
            format!("the post cannot be read: {words}")
        })
    }

    /// The post that it reposts, if it reposts one.
    pub(super) fn reposts(&self) -> Option<Id> {
        let lists = [&self.referenced_tweets, &self.referenced_posts];
        let mut references = lists.into_iter().flatten().flatten();
        let repost = references.find(|reference| reference.kind == "retweeted");
        repost.map(|reference| reference.id)
    }

    /// The fields that no post lacks where they are asked for, and whether it has them.
    pub(super) fn fields(&self) -> [(&'static str, bool); 3] {
        [
            ("author_id", self.author_id.is_some()),
            ("created_at", self.created_at.is_some()),
            ("public_metrics", self.public_metrics.is_some()),
        ]
    }

    /// Whether the users of the answer hold its author, with the number of followers.
    pub(super) fn has_followers(&self, authors: Authors<'_>) -> bool {
        let user = self.author_id.and_then(|id| authors.users.get(&id));
        user.is_some_and(|user| user.followers().is_some())
    }

    /// Reads it as a post of its own. `reposted` is whom a repost of it names.
    pub(super) fn read(
        &self,
        raw: &str,
        authors: Authors<'_>,
        reposted: Option<&str>,
        now: Timestamp,
    ) -> Result<Read, String> {
        let first = self.first();
        let user = self.author_id.and_then(|id| authors.users.get(&id));
        let author = self.author(user, authors, reposted);
        let (text, entities) = match self.note_post.as_ref().or(self.note_tweet.as_ref()) {
            Some(note) => (&note.text, &note.entities),
            None => (&self.text, &self.entities),
        };
        let created_at = checked(self.created_at(first)?, now)?;
        let post = Post {
            key: key(first),
            network: "x".to_owned(),
            url: Some(url(author.as_deref(), self.id)),
            author: author.unwrap_or_else(|| self.number()),
            author_name: user.and_then(|user| optional(user.name.as_deref())),
            text: plain(text),
            lang: optional(self.lang.as_deref()),
            created_at,
            collected_at: now,
            hour: Hour::of(created_at),
            actors: Vec::new(),
            followers: user.and_then(User::followers),
            edited_at: Some(self.id).filter(|id| *id != first).and_then(Id::time),
            deleted_at: None,
            raw: raw.to_owned(),
        };
        let mentions = mentions(entities);
        Ok(Read { post, mentions })
    }

    /// Reads a repost as what it repeats of a post that cannot be had: the beginning of its text, under its key.
    pub(super) fn read_cut(&self, original: Id, raw: &str, now: Timestamp) -> Result<Read, String> {
        let (author, text) = match self.repeated() {
            Some((author, text)) => (Some(author.to_owned()), text),
            None => (None, &*self.text),
        };
        let created_at = match original.time() {
            Some(at) => at,
            None => self.created_at(self.id)?,
        };
        let created_at = checked(created_at, now)?;
        let post = Post {
            key: key(original),
            network: "x".to_owned(),
            url: Some(url(author.as_deref(), original)),
            author: author.unwrap_or_else(|| NOBODY.to_owned()),
            author_name: None,
            text: plain(text),
            lang: optional(self.lang.as_deref()),
            created_at,
            collected_at: now,
            hour: Hour::of(created_at),
            actors: Vec::new(),
            followers: None,
            edited_at: None,
            deleted_at: None,
            raw: raw.to_owned(),
        };
        let mentions = mentions(&self.entities);
        Ok(Read { post, mentions })
    }

    /// Whom a repost repeats.
    pub(super) fn repeats(&self) -> Option<&str> {
        self.repeated().map(|(author, _)| author)
    }

    /// `RT @author: text…`, taken apart.
    fn repeated(&self) -> Option<(&str, &str)> {
        let (author, text) = self.text.strip_prefix("RT @")?.split_once(": ")?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (!author.is_empty() && author.chars().all(fits)).then_some((author, text))
    }

    /// The id of its first version. Each edit has an id of its own.
    fn first(&self) -> Id {
        let histories = [&self.edit_history_post_ids, &self.edit_history_tweet_ids];
        let mut versions = histories.into_iter().flatten().flatten();
        versions.next().copied().unwrap_or(self.id)
    }

    /// When it was written; of one that was edited, when its first version was, which its id alone tells.
    fn created_at(&self, first: Id) -> Result<Timestamp, String> {
        if let Some(at) = first.time().filter(|_| first != self.id) {
            return Ok(at);
        }
        match (&self.created_at, first.time()) {
            (Some(written), _) => DateTime::parse_from_rfc3339(written)
                .map(|at| truncate_to_millis(at.to_utc()))
                .map_err(|_| format!("`created_at` is {written:?}, which is no time")),
            (None, Some(at)) => Ok(at),
            (None, None) => Err(format!(
                "there is no `created_at`, and the id {first} holds no time"
            )),
        }
    }

    fn author(
        &self,
        user: Option<&User>,
        authors: Authors<'_>,
        reposted: Option<&str>,
    ) -> Option<String> {
        let followed = || {
            let mut accounts = authors.accounts.iter();
            let id = self.author_id?;
            accounts
                .find(|(_, number)| **number == id)
                .map(|(handle, _)| handle.as_str())
        };
        let handle = user
            .map(|user| user.username.as_str())
            .or(self.username.as_deref())
            .or(reposted)
            .or_else(followed)
            .or(authors.owner)?;
        let handle = handle.trim().trim_start_matches('@');
        optional(Some(handle))
    }

    /// The author where only a number is known of it.
    fn number(&self) -> String {
        self.author_id
            .map_or_else(|| NOBODY.to_owned(), |id| id.to_string())
    }
}

/// The key of the post whose first version has this id.
pub(super) fn key(id: Id) -> PostKey {
    PostKey::new("x", &id.to_string())
}

/// X finds a post by its id, whoever is named.
fn url(author: Option<&str>, id: Id) -> String {
    format!("https://x.com/{}/status/{id}", author.unwrap_or("i"))
}

fn checked(at: Timestamp, now: Timestamp) -> Result<Timestamp, String> {
    if at < DateTime::UNIX_EPOCH || at > now + TimeDelta::minutes(MAX_AHEAD) {
        return Err(format!(
            "it was written at {at}, which is before 1970 or more than {MAX_AHEAD} minutes in the future"
        ));
    }
    Ok(at)
}

/// X escapes `&`, `<` and `>` in texts.
fn plain(text: &str) -> String {
    clean(&html_escape::decode_html_entities(text))
}

fn mentions(entities: &Value) -> Vec<String> {
    let all = entities["mentions"].as_array().into_iter().flatten();
    all.filter_map(|mention| optional(mention["username"].as_str()))
        .collect()
}
