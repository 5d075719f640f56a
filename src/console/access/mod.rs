//! Access: who is asking, what they may do, and how a request proves that it is meant.
//!
//! On this machine's own address the console is open, so that what must be kept out is another site's page in a browser
//! here: by the name it was asked for (DNS rebinding), by same-site cookies, and by a token in every form. Elsewhere there is
//! a password for each role, or a reverse proxy that names its user.

mod guard;
mod login;
mod password;
mod session;
mod throttle;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use moodwire_model::Entropy;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

pub(super) use self::{
    guard::guard,
    login::{log_in, log_out, page as login_page},
};
use self::{
    password::{Digest, Passwords},
    session::Sessions,
    throttle::Throttle,
};
use crate::{config, failure::Failure};

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    /// Look.
    Viewer,
    /// Look, and change things.
    Admin,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Admin => "admin",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Viewer, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == word)
    }
}

/// Who is asking.
#[derive(Debug, Clone)]
pub(super) struct Viewer {
    /// As the audit log names them.
    pub(super) name: String,
    /// What they may do.
    pub(super) role: Role,
    /// What every form of theirs must carry; none where another proof is asked for.
    pub(super) token: Option<String>,
    /// Whether they have logged in here, and so can log out.
    pub(super) by_password: bool,
}

impl Viewer {
    /// Whether they may change things.
    pub(super) fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Whether a form with this token is from a page that was shown to them; takes the same time whatever it is.
    pub(super) fn proves(&self, token: &str) -> bool {
        let Some(own) = &self.token else { return false };
        let differences = own.bytes().zip(token.bytes()).map(|(a, b)| a ^ b);
        own.len() == token.len() && differences.fold(0, |all, one| all | one) == 0
    }
}

/// The rules of this console.
#[derive(Debug)]
pub(super) struct Access {
    /// None where no password is asked for.
    passwords: Option<Passwords>,
    proxy: Option<Proxy>,
    /// The names under which it may be asked for; none: under any.
    hosts: Option<BTreeSet<String>>,
    sessions: Sessions,
    throttle: Throttle,
    /// Passwords that were found right, by their fingerprint: at most one a role.
    known: Mutex<Vec<([u8; 32], Role)>>,
}

/// A reverse proxy that lets people in.
#[derive(Debug)]
struct Proxy {
    header: String,
    admins: BTreeSet<String>,
}

/// Names of this machine's own address.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Access {
    /// The rules as configured. Hashes passwords, which takes a moment.
    pub(super) fn of(
        console: &config::Console,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, Failure> {
        console.check_exposure().map_err(Failure::Usage)?;
        let digest = |password: &SecretString| Digest::of(password.expose_secret(), &**entropy);
        let passwords = match &console.admin_password {
            None => None,
            Some(admin) => Some(Passwords {
                admin: digest(admin)?,
                viewer: console.viewer_password.as_ref().map(digest).transpose()?,
            }),
        };
        // From the passwords, so that other consoles know a session, and it outlives this process, but no change of them.
        let key = match &console.admin_password {
            Some(admin) => {
                let viewer = console.viewer_password.as_ref();
                let viewer = viewer.map_or("", ExposeSecret::expose_secret);
                session::key_of(&[admin.expose_secret().as_bytes(), viewer.as_bytes()])
            }
            None => session::key_of(&[&session::random(&**entropy)]),
        };
        let own = console.listen.ip().to_string();
        let names = LOOPBACK.iter().map(|name| (*name).to_owned());
        let hosts = names
            .chain([own])
            .chain(console.hosts.iter().map(|host| host.to_ascii_lowercase()));
        Ok(Self {
            passwords,
            proxy: console.proxy_header.clone().map(|header| Proxy {
                header,
                admins: console.proxy_admins.iter().cloned().collect(),
            }),
            hosts: console.is_open().then(|| hosts.collect()),
            sessions: Sessions::new(key, Arc::clone(entropy)),
            throttle: Throttle::default(),
            known: Mutex::default(),
        })
    }

    /// Whether anybody who reaches it may do anything.
    fn is_open(&self) -> bool {
        self.passwords.is_none() && self.proxy.is_none()
    }

    /// The role of a password that was found right before.
    fn known(&self, fingerprint: &[u8; 32]) -> Option<Role> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(known, _)| known == fingerprint)?;
        Some(found.1)
    }

    fn remember(&self, fingerprint: [u8; 32], role: Role) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(_, other)| *other != role);
        known.push((fingerprint, role));
    }
}
