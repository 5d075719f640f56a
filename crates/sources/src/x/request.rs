//! Requests to X: paid from the budget before they are made, and settled after.

use chrono::TimeDelta;
use moodwire_model::{Reads, Timestamp};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{
    Feed,
    refusal::{self, Place, Refusal},
};
use crate::{
    Budget, SourceError,
    http::{self, Answer},
};

/// The largest answer, in bytes: a hundred posts of 25,000 characters, with as many that they refer to.
const MAX_BODY: usize = 32 * 1024 * 1024;

impl Feed {
    /// A request for `path`, segment by segment, with the token.
    pub(super) fn request(
        &self,
        client: &reqwest::Client,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> RequestBuilder {
        let mut url = self.plan.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["2"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        client
            .request(method, url)
            .bearer_auth(self.token.expose_secret())
    }

    /// Asks for what `path` names.
    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let request = self.request(&self.client, Method::GET, path, query);
        self.ask(request, now).await
    }

    /// Hands `body` to what `path` names.
    pub(super) async fn post(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        body: &Value,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let request = self.request(&self.client, Method::POST, path, query);
        self.ask(request.json(body), now).await
    }

    async fn ask(&self, request: RequestBuilder, now: Timestamp) -> Result<Answer, Refusal> {
        let sent = http::send(request, &self.host)
            .await
            .map_err(Refusal::Lost)?;
        let status = sent.status();
        let whole = http::whole(sent, &self.host, MAX_BODY).await;
        let answer = whole.map_err(Refusal::Lost)?;
        if status.is_success() {
            return Ok(answer);
        }
        Err(refusal::of(
            status,
            &answer.headers,
            &answer.body,
            self.place(now),
        ))
    }

    /// The same, for what is billed, once `taken` is taken from the budget. What X refuses costs nothing; what broke off
    /// may have been billed.
    pub(super) async fn buy(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        taken: Reads,
        budget: &dyn Budget,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let answer = self.get(path, query, now).await;
        if matches!(&answer, Err(refusal) if !matches!(refusal, Refusal::Lost(_))) {
            give_back(budget, taken).await;
        }
        answer
    }

    pub(super) fn place(&self, now: Timestamp) -> Place<'_> {
        Place {
            source: &self.name,
            host: &self.host,
            now,
        }
    }

    /// An answer that is none of X's.
    pub(super) fn strange(&self, what: &str) -> SourceError {
        SourceError::Retry(format!("{} answered with no {what}", self.host))
    }
}

/// Settles what was taken for an answer with what it costs. The moment before which nothing more may be read, where it
/// costs more than is left.
pub(super) async fn settle(budget: &dyn Budget, taken: Reads, used: Reads) -> Option<Timestamp> {
    let less = |one: Reads, other: Reads| Reads {
        posts: one.posts.saturating_sub(other.posts),
        users: one.users.saturating_sub(other.users),
    };
    give_back(budget, less(taken, used)).await;
    let beyond = less(used, taken);
    if beyond.total() == 0 {
        return None;
    }
    match budget.take(beyond).await {
        Ok(()) => None,
        Err(SourceError::Later { until, .. }) => Some(until),
        Err(error) => {
            tracing::warn!(%error, reads = beyond.total(), "reads beyond what was expected are not counted");
            None
        }
    }
}

/// Gives back what was not used. The posts are there already and must not be lost over it.
pub(super) async fn give_back(budget: &dyn Budget, reads: Reads) {
    if reads.total() == 0 {
        return;
    }
    if let Err(error) = budget.give_back(reads).await {
        tracing::warn!(%error, reads = reads.total(), "unused reads stay counted");
    }
}

/// A moment as X takes it: whole seconds, rounded up, so that the query stays within its bound.
pub(super) fn seconds(at: Timestamp) -> String {
    let up = at + TimeDelta::milliseconds(999);
    up.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
