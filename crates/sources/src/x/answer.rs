//! What X answers with, in either dialect: posts, the objects that they refer to, and what could not be given.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::id::Id;
use moodwire_model::Reads;

/// An answer, or a line of the stream.
#[derive(Debug, Deserialize)]
pub(super) struct Answer<'a> {
    /// Absent where there is nothing, one object in a line of the stream.
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    includes: Option<Includes<'a>>,
    #[serde(default)]
    pub(super) meta: Option<Meta>,
    #[serde(default)]
    pub(super) errors: Option<Vec<Problem>>,
}

#[derive(Debug, Default, Deserialize)]
struct Includes<'a> {
    #[serde(borrow, default)]
    users: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    tweets: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    posts: Option<Vec<&'a RawValue>>,
}

/// How the page stands among its neighbours.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Meta {
    #[serde(default, deserialize_with = "any_id")]
    pub(super) newest_id: Option<Id>,
    pub(super) next_token: Option<String>,
}

/// The id, if it is one: where nothing was found X's own local server names the newest as `""`.
fn any_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Id>, D::Error> {
    let written = serde_json::Value::deserialize(deserializer)?;
    Ok(Id::deserialize(written).ok())
}

/// Why something is missing from an answer that succeeded; why the stream ends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    pub(super) title: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) message: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) resource_id: Option<Id>,
    pub(super) value: Option<serde_json::Value>,
    pub(super) disconnect_type: Option<String>,
    pub(super) connection_issue: Option<String>,
}

/// An author.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    pub(super) id: Id,
    pub(super) username: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    public_metrics: Option<UserMetrics>,
}

#[derive(Debug, Clone, Deserialize)]
struct UserMetrics {
    #[serde(default)]
    followers_count: Option<u64>,
}

impl User {
    /// How many follow it, where that was asked for.
    pub(super) fn followers(&self) -> Option<u64> {
        self.public_metrics.as_ref()?.followers_count
    }
}

/// An id alone, of an object of any kind.
#[derive(Deserialize)]
struct Numbered {
    id: Id,
}

/// The objects of an answer, those of `includes` by their ids: they come in no order.
#[derive(Debug, Default)]
pub(super) struct Objects<'a> {
    pub(super) data: Vec<&'a str>,
    pub(super) posts: BTreeMap<Id, &'a str>,
    pub(super) users: BTreeMap<Id, User>,
    /// What X bills for them: each object, once.
    pub(super) billed: Reads,
}

impl<'a> Answer<'a> {
    /// The answer in this text; none where it is no answer of X.
    pub(super) fn of(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Whether it holds neither an object nor word of how many there are.
    pub(super) fn is_silent(&self) -> bool {
        self.data.is_none() && self.meta.is_none()
    }

    /// Its objects; none where `data` is neither one object nor a list of them.
    pub(super) fn objects(&self) -> Option<Objects<'a>> {
        let data = self.data()?;
        let includes = self.includes.as_ref();
        let lists = includes.map(|includes| [&includes.tweets, &includes.posts]);
        let posts = lists.into_iter().flatten().flatten().flatten();
        let users = includes.and_then(|includes| includes.users.as_ref());
        let posts: BTreeMap<Id, &str> = posts
            .filter_map(|post| Some((id_of(post.get())?, post.get())))
            .collect();
        let users: BTreeMap<Id, User> = users
            .into_iter()
            .flatten()
            .filter_map(|user| serde_json::from_str::<User>(user.get()).ok())
            .map(|user| (user.id, user))
            .collect();
        let billed = billed(&data, &posts, &users);
        Some(Objects {
            data,
            posts,
            users,
            billed,
        })
    }

    fn data(&self) -> Option<Vec<&'a str>> {
        let Some(data) = self.data else {
            return Some(Vec::new());
        };
        if data.get().starts_with('{') {
            return Some(vec![data.get()]);
        }
        let list: Vec<&'a RawValue> = serde_json::from_str(data.get()).ok()?;
        Some(list.into_iter().map(RawValue::get).collect())
    }

    /// The users that were asked for by name, and what they cost.
    pub(super) fn users(&self) -> Option<Vec<User>> {
        let users = self.data()?.into_iter();
        Some(
            users
                .filter_map(|user| serde_json::from_str(user).ok())
                .collect(),
        )
    }
}

pub(super) fn id_of(object: &str) -> Option<Id> {
    serde_json::from_str::<Numbered>(object)
        .ok()
        .map(|numbered| numbered.id)
}

fn billed(data: &[&str], posts: &BTreeMap<Id, &str>, users: &BTreeMap<Id, User>) -> Reads {
    let ids = data.iter().map(|object| id_of(object));
    let nameless = ids.clone().filter(Option::is_none).count();
    let distinct: BTreeSet<Id> = ids.flatten().chain(posts.keys().copied()).collect();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Reads {
        posts: count(distinct.len() + nameless),
        users: count(users.len()),
    }
}

impl Problem {
    /// The last part of its type, by which problems are told apart: `resource-not-found`.
    pub(super) fn tail(&self) -> &str {
        let kind = self.kind.as_deref().unwrap_or_default();
        kind.rsplit('/').next().unwrap_or_default()
    }

    /// What X says of it, on one line and short.
    pub(super) fn words(&self) -> String {
        let said = [&self.detail, &self.message, &self.title, &self.kind];
        let said = said.into_iter().flatten().next();
        said.map_or_else(|| "without a reason".to_owned(), |said| line(said))
    }
}

/// A sentence of a server's, on one line and short.
pub(super) fn line(said: &str) -> String {
    let plain = said.chars().filter(|c| !c.is_control());
    plain.take(300).collect()
}
