//! A login at an account's own server. Sessions are made rarely, since servers count them (30 in five minutes, 300 a day):
//! one is kept until its token has run out, and then renewed.

use std::fmt;

use moodwire_model::Timestamp;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::api::Api;
use crate::{
    SourceError,
    http::{self, Answer, Failure},
};

/// Who logs in.
pub(super) struct Login {
    identifier: String,
    password: SecretString,
    session: Mutex<Option<Session>>,
}

/// The tokens of a session. (Lexicon com.atproto.server.createSession.)
#[derive(Clone, Deserialize)]
struct Session {
    #[serde(rename = "accessJwt")]
    access: SecretString,
    #[serde(rename = "refreshJwt")]
    refresh: SecretString,
}

impl Login {
    /// A login that is made when something is asked for the first time.
    pub(super) fn new(identifier: String, password: SecretString) -> Self {
        Self {
            identifier,
            password,
            session: Mutex::new(None),
        }
    }

    /// Sends the request with a token; with a fresh one where the server says that this one has run out.
    pub(super) async fn ask(
        &self,
        api: &Api,
        request: impl Fn() -> RequestBuilder,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let token = self.token(api, None, now).await?;
        let asked = request().bearer_auth(token.expose_secret());
        match http::ask(asked, &api.host, now).await {
            Err(Failure::Refused { error, .. }) if is_expiry(&error) => {
                let fresh = self.token(api, Some(&token), now).await?;
                let again = request().bearer_auth(fresh.expose_secret());
                http::ask(again, &api.host, now).await
            }
            other => other,
        }
    }

    /// A token other than `spent`: the one at hand, else a renewed one, else one of a new session.
    async fn token(
        &self,
        api: &Api,
        spent: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<SecretString, Failure> {
        let mut session = self.session.lock().await;
        let at_hand = session.clone();
        if let Some(at_hand) = at_hand {
            let is_spent =
                spent.is_some_and(|spent| spent.expose_secret() == at_hand.access.expose_secret());
            if !is_spent {
                return Ok(at_hand.access);
            }
            match renewed(api, &at_hand, now).await {
                Ok(fresh) => return Ok(session.insert(fresh).access.clone()),
                Err(Failure::Refused { .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
        let fresh = self.begun(api, now).await?;
        Ok(session.insert(fresh).access.clone())
    }

    async fn begun(&self, api: &Api, now: Timestamp) -> Result<Session, Failure> {
        let who = json!({
            "identifier": self.identifier,
            "password": self.password.expose_secret(),
        });
        let request = api.post("com.atproto.server.createSession").json(&who);
        match http::ask(request, &api.host, now).await {
            Ok(answer) => tokens(api, &answer),
            Err(Failure::Refused { said, .. }) => Err(Failure::Source(SourceError::Dead(format!(
                "{said}: look at identifier, password and service"
            )))),
            Err(failure) => Err(failure),
        }
    }
}

async fn renewed(api: &Api, session: &Session, now: Timestamp) -> Result<Session, Failure> {
    let request = api
        .post("com.atproto.server.refreshSession")
        .bearer_auth(session.refresh.expose_secret());
    tokens(api, &http::ask(request, &api.host, now).await?)
}

fn tokens(api: &Api, answer: &Answer) -> Result<Session, Failure> {
    serde_json::from_slice(&answer.body).map_err(|_| {
        let said = format!("{} answered a login with no tokens", api.host);
        Failure::Source(SourceError::Retry(said))
    })
}

/// Whether the server means the token.
fn is_expiry(error: &str) -> bool {
    matches!(
        error,
        "ExpiredToken" | "InvalidToken" | "AuthenticationRequired" | "AuthMissing"
    )
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}
