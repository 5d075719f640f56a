//! XRPC: the network's HTTP interface, read without a login at the public AppView or with one at an account's server.

use std::collections::VecDeque;

use moodwire_model::Timestamp;
use reqwest::{Client, Method, RequestBuilder};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::session::Login;
use crate::{
    SourceError,
    http::{self, Answer, Failure},
};

/// How many posts or profiles a server gives in one answer. (Lexicons app.bsky.feed.getPosts, app.bsky.actor.getProfiles.)
const MOST_AT_ONCE: usize = 25;

/// A server of the network.
#[derive(Debug)]
pub(super) struct Api {
    base: Url,
    /// The server's name, with its port where it has one.
    pub(super) host: String,
    client: Client,
    login: Option<Login>,
}

/// What was asked for one by one.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// What there is, in no order.
    pub(super) items: Vec<Box<RawValue>>,
    /// What the server cannot make anything of, with what it said.
    pub(super) refused: Vec<(String, String)>,
}

/// An answer of `getPosts` or `getProfiles`.
#[derive(Deserialize)]
struct Items {
    #[serde(alias = "profiles")]
    posts: Vec<Box<RawValue>>,
}

impl Api {
    /// The server at `base`, which is asked in the name of `login` where there is one.
    pub(super) fn new(base: Url, login: Option<Login>) -> Result<Self, String> {
        Ok(Self {
            client: http::client(&base)?,
            host: http::host(&base),
            base,
            login,
        })
    }

    /// Asks a question.
    pub(super) async fn get(
        &self,
        method: &str,
        query: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let request = || {
            let mut url = self.url(method);
            url.query_pairs_mut().extend_pairs(query);
            self.client.get(url)
        };
        match &self.login {
            None => http::ask(request(), &self.host, now).await,
            Some(login) => login.ask(self, request, now).await,
        }
    }

    /// A request that changes something: a login.
    pub(super) fn post(&self, method: &str) -> RequestBuilder {
        self.client.request(Method::POST, self.url(method))
    }

    fn url(&self, method: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["xrpc", method]);
        }
        url
    }

    /// Asks for each of `values`, as many at once as the server allows. One that it refuses hides no other: what it refused
    /// as a whole is asked for again by halves.
    pub(super) async fn list(
        &self,
        method: &str,
        parameter: &str,
        values: &[String],
        now: Timestamp,
    ) -> Result<Listed, SourceError> {
        let mut listed = Listed::default();
        let mut left: VecDeque<&[String]> = values.chunks(MOST_AT_ONCE).collect();
        while let Some(chunk) = left.pop_front() {
            let query: Vec<(&str, &str)> = chunk
                .iter()
                .map(|value| (parameter, value.as_str()))
                .collect();
            match self.get(method, &query, now).await {
                Ok(answer) => listed.items.extend(self.items(&answer.body)?),
                Err(Failure::Refused { said, .. }) => match chunk {
                    [one] => listed.refused.push((one.clone(), said)),
                    _ => {
                        let (front, back) = chunk.split_at(chunk.len() / 2);
                        left.extend([front, back]);
                    }
                },
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(listed)
    }

    fn items(&self, body: &[u8]) -> Result<Vec<Box<RawValue>>, SourceError> {
        let items: Items = serde_json::from_slice(body)
            .map_err(|_| SourceError::Retry(format!("{} answered with no list", self.host)))?;
        Ok(items.posts)
    }
}
