//! Logging in and out.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use axum::{
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::html;
use serde::Deserialize;

use super::{Access, Role, guard::set_cookie};
use crate::{
    console::{Console, layout, refusal::Refusal},
    environment,
};

/// What the form asks, and what its address carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    password: String,
    to: String,
}

impl Asked {
    /// Where to go then: a page of ours, whatever the address says.
    fn to(&self) -> &str {
        let ours = self.to.starts_with('/')
            && !self.to.starts_with("//")
            && !self.to.contains(['\\', '\r', '\n', '\t']);
        if ours { &self.to } else { "/" }
    }
}

/// The page that asks for the password.
pub(in crate::console) async fn page(State(console): State<Arc<Console>>, uri: Uri) -> Response {
    let asked: Asked =
        serde_html_form::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
    if console.access.passwords.is_none() {
        return Redirect::to(asked.to()).into_response();
    }
    form(&asked, None).into_response()
}

/// Lets in whoever knows a password.
pub(in crate::console) async fn log_in(
    State(console): State<Arc<Console>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked: Asked = serde_html_form::from_bytes(&body).unwrap_or_default();
    match role_of(&console.access, asked.password.clone(), peer.ip()).await {
        Ok(role) => {
            let now = environment::clock().now();
            let session = console.access.sessions.begin(role, now);
            let cookie = set_cookie(&session.cookie, &headers);
            ([(header::SET_COOKIE, cookie)], Redirect::to(asked.to())).into_response()
        }
        Err(refusal) => {
            let page = form(&asked, Some(&refusal.sentence));
            (refusal.status, refusal.headers(), page).into_response()
        }
    }
}

/// Ends the session in this browser.
pub(in crate::console) async fn log_out(headers: HeaderMap) -> Response {
    let cookie = set_cookie("", &headers);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/login")).into_response()
}

/// The role whose password this is, as often as it may be tried.
pub(super) async fn role_of(
    access: &Access,
    password: String,
    peer: IpAddr,
) -> Result<Role, Refusal> {
    let fingerprint = access.sessions.fingerprint(&password);
    if let Some(role) = access.known(&fingerprint) {
        return Ok(role);
    }
    if let Some(wait) = access.throttle.try_from(peer, Instant::now()) {
        return Err(Refusal::wait(
            StatusCode::TOO_MANY_REQUESTS,
            wait,
            format!(
                "too many wrong passwords: try again in {} s",
                wait.as_secs() + 1
            ),
        ));
    }
    let passwords = access.passwords.clone();
    let role = tokio::task::spawn_blocking(move || passwords?.role_of(&password)).await;
    match role {
        Ok(Some(role)) => {
            access.throttle.forgiven(peer);
            access.remember(fingerprint, role);
            Ok(role)
        }
        _ => Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "this is no password here".to_owned(),
        )),
    }
}

fn form(asked: &Asked, wrong: Option<&str>) -> maud::Markup {
    layout::bare(
        "Log in",
        &html! {
            h1 { "Moodwire" }
            form method="post" action="/login" class="login" {
                input type="hidden" name="to" value=(asked.to());
                label for="password" { "Password" }
                input #password type="password" name="password" autocomplete="current-password" required autofocus
                    aria-describedby=[wrong.map(|_| "wrong")];
                @if let Some(wrong) = wrong { p #wrong role="alert" class="bad" { (wrong) } }
                button class="primary" { "Log in" }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_login_one_is_on_a_page_of_ours() {
        let to = |to: &str| Asked {
            to: to.to_owned(),
            ..Asked::default()
        };
        assert_eq!(to("/jobs?state=dead").to(), "/jobs?state=dead");
        for foreign in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(to(foreign).to(), "/", "{foreign}");
        }
    }
}
