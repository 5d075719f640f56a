//! The section that says where the console is served, and to whom.

use std::net::{Ipv4Addr, SocketAddr};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::masked;

/// Who may look at it all in a browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Console {
    /// The address and port that it is served on.
    pub(crate) listen: SocketAddr,
    /// What lets in who may change things: a password, or its Argon2 hash.
    #[serde(serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub(crate) admin_password: Option<SecretString>,
    /// What lets in who may only look.
    #[serde(serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub(crate) viewer_password: Option<SecretString>,
    /// The header in which a reverse proxy names the user that it has let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proxy_header: Option<String>,
    /// Which of the proxy's users may change things.
    pub(crate) proxy_admins: Vec<String>,
    /// Names of hosts, beside localhost, under which a console that is open to all is asked for.
    pub(crate) hosts: Vec<String>,
}

impl Default for Console {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7878)),
            admin_password: None,
            viewer_password: None,
            proxy_header: None,
            proxy_admins: Vec::new(),
            hosts: Vec::new(),
        }
    }
}

/// The shortest password that is taken, in characters.
const SHORTEST: usize = 12;

impl Console {
    /// Whether anybody who reaches it may do anything.
    pub(crate) fn is_open(&self) -> bool {
        self.admin_password.is_none() && self.proxy_header.is_none()
    }

    /// What is wrong with it, if anything.
    pub(super) fn check(&self) -> Result<(), String> {
        for (key, password) in [
            ("admin_password", &self.admin_password),
            ("viewer_password", &self.viewer_password),
        ] {
            let Some(password) = password.as_ref().map(ExposeSecret::expose_secret) else {
                continue;
            };
            if password.chars().count() < SHORTEST {
                return Err(format!(
                    "[console] {key} has fewer than {SHORTEST} characters: take a longer one, such as `openssl rand -base64 18` prints"
                ));
            }
        }
        if self.viewer_password.is_some() && self.admin_password.is_none() {
            return Err(
                "[console] viewer_password is set and admin_password is not: set both".to_owned(),
            );
        }
        if let Some(header) = &self.proxy_header
            && (header.is_empty()
                || !header
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '-'))
        {
            return Err(format!(
                "[console] proxy_header is \"{header}\", which is no header's name: write one such as X-Forwarded-User"
            ));
        }
        Ok(())
    }

    /// What is wrong with serving it there, if anything: only on this machine's own address it may be open to all.
    pub(crate) fn check_exposure(&self) -> Result<(), String> {
        if self.is_open() && !self.listen.ip().is_loopback() {
            return Err(format!(
                "[console] listen is {}, where others can reach it: set [console] admin_password (MOODWIRE_CONSOLE__ADMIN_PASSWORD_FILE names a file with it), or proxy_header where a reverse proxy says who is let in",
                self.listen
            ));
        }
        Ok(())
    }
}
