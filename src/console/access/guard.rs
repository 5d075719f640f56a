//! The guard: what every request passes before anything else sees it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{Access, Role, Viewer, login, session::Session};
use crate::{
    console::{Console, refusal::Refusal},
    environment,
};

/// The cookie that holds the session.
pub(super) const COOKIE: &str = "moodwire_session";

/// Lets the request through to its page with the [`Viewer`] that it comes from, or answers in the page's place.
pub(in crate::console) async fn guard(
    State(console): State<Arc<Console>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let access = &console.access;
    let api = request.uri().path().starts_with("/api/");
    if let Err(refusal) = asked_for_by_name(access, request.headers()) {
        return refusal.response(api);
    }
    if is_open_to_all(request.uri().path()) {
        return next.run(request).await;
    }
    let headers = request.headers();
    let (viewer, fresh) = match admitted(access, headers, peer.ip()).await {
        Ok(admitted) => admitted,
        Err(refusal) if api || request.method() != Method::GET => return refusal.response(api),
        Err(_) => return to_login(request.uri()),
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allowed = match request.uri().path() {
            // Whoever may look may leave.
            "/logout" => comes_from_here(headers),
            _ => may_change(&viewer).and_then(|()| comes_from_here(headers)),
        };
        if let Err(refusal) = allowed {
            return refusal.response(api);
        }
    }
    request.extensions_mut().insert(viewer);
    let mut response = next.run(request).await;
    if let Some(cookie) = fresh {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Health for probes; files that hold no data; and the way in.
fn is_open_to_all(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/login") || path.starts_with("/assets/")
}

/// A page of another site that has its name point to this machine asks under its own name.
fn asked_for_by_name(access: &Access, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(hosts) = &access.hosts else {
        return Ok(());
    };
    let host = text(headers, &header::HOST).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    if hosts.contains(&name.to_ascii_lowercase()) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::MISDIRECTED_REQUEST,
        format!(
            "this console is not served under the name \"{name}\": ask for 127.0.0.1 or localhost, or add the name to [console] hosts"
        ),
    ))
}

/// Who is asking, with the cookie that they are to be given where a session begins.
async fn admitted(
    access: &Access,
    headers: &HeaderMap,
    peer: IpAddr,
) -> Result<(Viewer, Option<HeaderValue>), Refusal> {
    let now = environment::clock().now();
    let session = cookie(headers).and_then(|cookie| access.sessions.read(cookie, now));
    let begun = |role| match &session {
        Some(session) => (session.clone(), None),
        None => {
            let session = access.sessions.begin(role, now);
            let cookie = set_cookie(&session.cookie, headers);
            (session, Some(cookie))
        }
    };
    if let Some(proxy) = &access.proxy
        && let Some(name) = headers.get(&proxy.header)
    {
        let name = name.to_str().unwrap_or_default().trim();
        if name.is_empty() {
            return Err(unknown());
        }
        let role = match proxy.admins.contains(name) {
            true => Role::Admin,
            false => Role::Viewer,
        };
        let (Session { token, .. }, fresh) = begun(role);
        return Ok((viewer(name, role, Some(token)), fresh));
    }
    if access.is_open() {
        let (Session { token, .. }, fresh) = begun(Role::Admin);
        return Ok((viewer("local", Role::Admin, Some(token)), fresh));
    }
    if access.passwords.is_none() {
        return Err(unknown());
    }
    if let Some(session) = session {
        let name = session.role.as_str();
        let viewer = Viewer {
            by_password: true,
            ..viewer(name, session.role, Some(session.token))
        };
        return Ok((viewer, None));
    }
    let Some(password) = basic(headers) else {
        return Err(unknown());
    };
    let role = login::role_of(access, password, peer).await?;
    Ok((viewer(role.as_str(), role, None), None))
}

fn viewer(name: &str, role: Role, token: Option<String>) -> Viewer {
    Viewer {
        name: name.to_owned(),
        role,
        token,
        by_password: false,
    }
}

fn unknown() -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "who are you? Log in, or send the password by HTTP Basic authentication".to_owned(),
    )
}

/// Only an admin changes anything.
fn may_change(viewer: &Viewer) -> Result<(), Refusal> {
    if viewer.is_admin() {
        return Ok(());
    }
    Err(Refusal::forbidden(
        "you may look at everything here and change nothing: that takes the admin's password",
    ))
}

/// From a page of ours, or from a program: a browser says which site a request comes from.
fn comes_from_here(headers: &HeaderMap) -> Result<(), Refusal> {
    let site = headers
        .get("sec-fetch-site")
        .and_then(|site| site.to_str().ok());
    let host = text(headers, &header::HOST).unwrap_or_default();
    let origin = text(headers, &header::ORIGIN);
    let foreign = site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
        || origin
            .is_some_and(|origin| origin.split_once("://").map(|(_, rest)| rest) != Some(host));
    if foreign {
        return Err(Refusal::forbidden(
            "this request comes from a page of another site, and nothing was changed",
        ));
    }
    Ok(())
}

fn to_login(uri: &Uri) -> Response {
    let to = uri.path_and_query().map_or("/", |to| to.as_str());
    let to = percent_encoding::utf8_percent_encode(to, percent_encoding::NON_ALPHANUMERIC);
    Redirect::to(&format!("/login?to={to}")).into_response()
}

/// The value of our cookie.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The header that gives out the cookie: to this site alone, to no script, and over TLS where the page came over it.
pub(super) fn set_cookie(value: &str, headers: &HeaderMap) -> HeaderValue {
    let secure = match headers.get("x-forwarded-proto") {
        Some(scheme) if scheme == "https" => "; Secure",
        _ => "",
    };
    let age = super::session::LIFETIME.num_seconds() * i64::from(!value.is_empty());
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    // Ours are letters, digits, dots and signs.
    HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
}

/// The password of HTTP Basic authentication, whatever name it goes with.
fn basic(headers: &HeaderMap) -> Option<String> {
    let encoded = text(headers, &header::AUTHORIZATION)?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    decoded
        .split_once(':')
        .map(|(_, password)| password.to_owned())
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
