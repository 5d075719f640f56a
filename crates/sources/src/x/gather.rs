//! The objects of an answer, put where they belong in a page: posts, originals of reposts, and what is no post.

use std::collections::BTreeSet;

use moodwire_model::{Quarantined, Timestamp};

use super::{
    Feed, alarm,
    answer::Objects,
    id::Id,
    position::Position,
    post::{self, Authors, Object, Read},
};
use crate::{Page, quarantine, text::clean};

/// A repost whose original was not in the answer.
#[derive(Debug)]
pub(super) struct Repost {
    pub(super) original: Id,
    pub(super) object: Object,
    pub(super) raw: String,
}

/// What takes objects into a page.
#[derive(Debug)]
pub(super) struct Gathering<'a> {
    pub(super) feed: &'a Feed,
    pub(super) page: &'a mut Page,
    pub(super) position: &'a mut Position,
    /// Reposts whose originals have to be asked for.
    pub(super) reposts: Vec<Repost>,
    /// The newest id of all.
    pub(super) newest: Option<Id>,
    pub(super) now: Timestamp,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(
        feed: &'a Feed,
        page: &'a mut Page,
        position: &'a mut Position,
        now: Timestamp,
    ) -> Self {
        Self {
            feed,
            page,
            position,
            reposts: Vec::new(),
            newest: None,
            now,
        }
    }

    /// Takes the posts of an answer in. `owner` is the account whose timeline it is.
    pub(super) fn take(&mut self, objects: &Objects<'_>, owner: Option<&str>) {
        for raw in &objects.data {
            match Object::of(raw) {
                Ok(object) => {
                    self.newest = self.newest.max(Some(object.id));
                    self.watch(&object, objects);
                    self.one(object, raw, objects, owner);
                }
                Err(reason) => self.refuse(raw, reason),
            }
        }
    }

    fn one(&mut self, object: Object, raw: &str, objects: &Objects<'_>, owner: Option<&str>) {
        let Some(original) = object.reposts() else {
            let read = object.read(raw, self.authors(objects, owner), None, self.now);
            self.put(read, raw);
            return;
        };
        match objects.posts.get(&original) {
            Some(inner) => self.original(inner, &object, objects),
            None => self.reposts.push(Repost {
                original,
                object,
                raw: raw.to_owned(),
            }),
        }
    }

    /// Takes in what `repost` repeats.
    pub(super) fn original(&mut self, raw: &str, repost: &Object, objects: &Objects<'_>) {
        let authors = self.authors(objects, None);
        let read =
            Object::of(raw).and_then(|inner| inner.read(raw, authors, repost.repeats(), self.now));
        self.put(read, raw);
    }

    /// Takes in what a repost itself holds of a post that cannot be had.
    pub(super) fn cut(&mut self, repost: &Repost) {
        let read = repost
            .object
            .read_cut(repost.original, &repost.raw, self.now);
        self.put(read, &repost.raw);
    }

    fn authors<'b>(&'b self, objects: &'b Objects<'_>, owner: Option<&'b str>) -> Authors<'b> {
        Authors {
            users: &objects.users,
            accounts: &self.position.users,
            owner,
        }
    }

    fn put(&mut self, read: Result<Read, String>, raw: &str) {
        match read {
            Ok(Read { post, mentions }) => {
                if !mentions.is_empty() {
                    self.page.mentions.insert(post.key.clone(), mentions);
                }
                self.page.posts.push(post);
            }
            Err(reason) => self.refuse(raw, reason),
        }
    }

    /// Quarantines what is no post.
    pub(super) fn refuse(&mut self, raw: &str, reason: String) {
        let one = quarantine(&self.feed.name, &self.feed.host, raw, reason, self.now);
        self.page.quarantined.push(one);
    }

    /// Notes which of the fields that were asked for X gave.
    fn watch(&mut self, object: &Object, objects: &Objects<'_>) {
        let (unseen, name) = (&mut self.position.unseen, &self.feed.name);
        for (field, seen) in object.fields() {
            // Without users, the dialect `post` has no way to ask for it.
            if field != "author_id" || self.feed.plan.users {
                alarm::note(unseen, name, field, seen);
            }
        }
        if self.feed.plan.users {
            let authors = Authors {
                users: &objects.users,
                accounts: &self.position.users,
                owner: None,
            };
            let seen = object.has_followers(authors);
            alarm::note(&mut self.position.unseen, name, "user.public_metrics", seen);
        }
    }

    /// The distinct posts that have to be asked for.
    pub(super) fn missing(&self) -> BTreeSet<Id> {
        self.reposts.iter().map(|repost| repost.original).collect()
    }

    /// Notes that a post is gone from X.
    pub(super) fn delete(&mut self, id: Id) {
        let key = post::key(id);
        if !self.page.deleted.contains(&key) {
            self.page.deleted.push(key);
        }
    }
}

fn quarantine(source: &str, host: &str, raw: &str, reason: String, now: Timestamp) -> Quarantined {
    let value: serde_json::Value = serde_json::from_str(raw).unwrap_or_default();
    let id = match &value["id"] {
        serde_json::Value::String(id) => id.chars().take(40).collect(),
        serde_json::Value::Number(id) => id.to_string(),
        _ => "?".to_owned(),
    };
    let place = format!("{host} {}", clean(&id));
    quarantine::quarantine(source, place, raw, reason, now)
}
