//! The source X: posts that X finds for the watchlist, posts of accounts, or those that it streams (API v2).
//!
//! Each post and each user that X gives is billed, so that nothing is asked for that is not used: search comes without the
//! posts that are quoted or answered, accounts are looked up once, and what a request may cost is taken from a budget before
//! it is made. (X documentation, getting-started/pricing.) A repost counts as what it repeats, an edit as a version of its
//! post.

mod accounts;
mod alarm;
mod answer;
mod dialect;
mod disconnect;
mod gather;
mod id;
mod lines;
mod originals;
mod page;
mod position;
mod post;
mod query;
mod refusal;
mod request;
mod rules;
mod settings;
mod stream;
mod sweep;
mod target;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use moodwire_model::{Clock, Timestamp, truncate_to_millis};
use reqwest::Client;
use secrecy::SecretString;
use serde_json::Value;

use self::{
    dialect::Dialect,
    refusal::Refusal,
    settings::{Mode, Plan},
};
use crate::{Allowance, Budget, Page, Source, SourceError, Stream, Streaming, Watchlist, http};

pub use self::settings::XSettings;

/// What an app at X may read, as a source.
#[derive(Debug)]
pub struct XSource(Arc<Feed>);

/// What a source and its streams share.
struct Feed {
    name: String,
    /// The server's name, with its port where it has one.
    host: String,
    token: SecretString,
    plan: Plan,
    client: Client,
    /// For the stream, whose answer never ends.
    endless: Client,
    clock: Arc<dyn Clock>,
    /// Whether the server has refused the names of the dialect `post`, and nobody has said that it takes them.
    former: AtomicBool,
    /// Whether timelines are asked for without expansions, since those were refused.
    plain: AtomicBool,
}

impl Feed {
    /// How this server names its fields.
    fn dialect(&self) -> Dialect {
        self.plan.dialect.unwrap_or_else(|| {
            if self.former.load(Ordering::Relaxed) {
                Dialect::Tweet
            } else {
                Dialect::Post
            }
        })
    }
}

impl XSource {
    /// The source called `name` with these settings.
    ///
    /// # Errors
    /// One sentence that names the key that cannot be used, and the mend.
    pub fn new(
        name: String,
        settings: &XSettings,
        watchlist: &Watchlist,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let token = settings.token.clone().ok_or(
            "there is no token: set token to the bearer token of an app at X, or name a file that holds it in the environment's …__TOKEN_FILE",
        )?;
        let plan = Plan::of(settings, watchlist)?;
        Ok(Self(Arc::new(Feed {
            client: http::client(&plan.base)?,
            endless: http::endless_client(&plan.base)?,
            name,
            host: http::host(&plan.base),
            token,
            plan,
            clock,
            former: AtomicBool::new(false),
            plain: AtomicBool::new(false),
        })))
    }
}

impl Feed {
    fn now(&self) -> Timestamp {
        truncate_to_millis(self.clock.now())
    }
}

#[async_trait]
impl Source for XSource {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn kind(&self) -> &'static str {
        "x"
    }

    /// In mode `stream` what search finds of the same, which is how a stream's gaps are filled.
    async fn read(&self, position: &Value, budget: &dyn Budget) -> Result<Page, SourceError> {
        page::read(&self.0, position, budget, self.0.now()).await
    }

    fn streaming(&self) -> Option<&dyn Streaming> {
        (self.0.plan.mode == Mode::Stream).then_some(self as &dyn Streaming)
    }

    fn allowance(&self) -> Option<&Allowance> {
        Some(&self.0.plan.allowance)
    }

    /// Asks for the rules of the stream, which cost nothing.
    async fn check(&self) -> Result<(), SourceError> {
        let now = self.0.now();
        let path = ["tweets", "search", "stream", "rules"];
        match self.0.get(&path, &[("max_results", "1")], now).await {
            Ok(_) => Ok(()),
            // What is read may be there all the same.
            Err(Refusal::Gone(said)) => Err(SourceError::Retry(said)),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

#[async_trait]
impl Streaming for XSource {
    async fn connect(
        &self,
        position: &Value,
        budget: Arc<dyn Budget>,
    ) -> Result<Box<dyn Stream>, SourceError> {
        let stream = stream::connect(self.0.clone(), position, budget).await?;
        Ok(Box::new(stream))
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("name", &self.name)
            .field("host", &self.host)
            .field("mode", &self.plan.mode)
            .field("targets", &self.plan.targets.len())
            .finish_non_exhaustive()
    }
}
