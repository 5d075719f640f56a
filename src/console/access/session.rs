//! Sessions: who is asking, in a cookie that is signed and kept nowhere, and the token that proves a form to be ours.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use moodwire_model::Entropy;
use sha2::{Digest, Sha256};

use super::Role;

/// How long somebody stays logged in.
pub(super) const LIFETIME: TimeDelta = TimeDelta::hours(12);

/// Signs and reads sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    key: [u8; 32],
    entropy: Arc<dyn Entropy>,
}

/// A session that was read, or begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// What its holder may do.
    pub(super) role: Role,
    /// The cookie's value.
    pub(super) cookie: String,
    /// What every form of its holder must carry.
    pub(super) token: String,
}

impl Sessions {
    pub(super) fn new(key: [u8; 32], entropy: Arc<dyn Entropy>) -> Self {
        Self { key, entropy }
    }

    /// A new session.
    pub(super) fn begin(&self, role: Role, now: DateTime<Utc>) -> Session {
        let nonce = BASE64.encode(random(&*self.entropy));
        let until = (now + LIFETIME).timestamp();
        self.session(role, &format!("{}.{until}.{nonce}", role.as_str()))
    }

    /// The session of this cookie; none where it was not begun with this key, or is over.
    pub(super) fn read(&self, cookie: &str, now: DateTime<Utc>) -> Option<Session> {
        let (body, signature) = cookie.rsplit_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        self.mac("session", body).verify_slice(&signature).ok()?;
        let mut parts = body.split('.');
        let role = Role::parse(parts.next()?)?;
        let until: i64 = parts.next()?.parse().ok()?;
        (now.timestamp() < until).then(|| self.session(role, body))
    }

    /// What a password that was found right is known by, so that the next request need not hash it again.
    pub(super) fn fingerprint(&self, password: &str) -> [u8; 32] {
        self.mac("password", password)
            .finalize()
            .into_bytes()
            .into()
    }

    fn session(&self, role: Role, body: &str) -> Session {
        let sign = |purpose| BASE64.encode(self.mac(purpose, body).finalize().into_bytes());
        let (signature, token) = (sign("session"), sign("form"));
        Session {
            role,
            cookie: format!("{body}.{signature}"),
            token,
        }
    }

    fn mac(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(&self.key).expect("a key of any length is taken");
        mac.update(purpose.as_bytes());
        mac.update(b"\0");
        mac.update(text.as_bytes());
        mac
    }
}

/// A key made of secrets.
pub(super) fn key_of(secrets: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"moodwire console session\0");
    for secret in secrets {
        // Each by itself, so that no other secrets come to the same.
        hash.update(Sha256::digest(secret));
    }
    hash.finalize().into()
}

/// 128 random bits.
pub(super) fn random(entropy: &dyn Entropy) -> [u8; 16] {
    let mut bytes = [0; 16];
    for part in bytes.chunks_mut(8) {
        part.copy_from_slice(&entropy.bits().to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use moodwire_model::SystemEntropy;

    use super::*;

    fn sessions(secret: &str) -> Sessions {
        Sessions::new(key_of(&[secret.as_bytes()]), Arc::new(SystemEntropy))
    }

    #[test]
    fn a_session_reads_back_until_it_is_over() {
        let (sessions, now) = (sessions("a"), crate::environment::clock().now());
        let begun = sessions.begin(Role::Viewer, now);
        assert_eq!(sessions.read(&begun.cookie, now), Some(begun.clone()));
        assert_eq!(sessions.read(&begun.cookie, now + LIFETIME), None);
    }

    #[test]
    fn a_session_of_another_key_or_role_is_none() {
        let (ours, now) = (sessions("a"), crate::environment::clock().now());
        let begun = sessions("b").begin(Role::Admin, now);
        assert_eq!(ours.read(&begun.cookie, now), None);
        let viewer = ours.begin(Role::Viewer, now).cookie;
        let raised = viewer.replacen("viewer", "admin", 1);
        assert_eq!(ours.read(&raised, now), None);
        for garbage in ["", ".", "admin", "admin.9999999999.x.", "ä.b.c.d"] {
            assert_eq!(ours.read(garbage, now), None, "{garbage}");
        }
    }

    #[test]
    fn each_session_has_a_token_of_its_own() {
        let (sessions, now) = (sessions("a"), crate::environment::clock().now());
        let (one, other) = (
            sessions.begin(Role::Admin, now),
            sessions.begin(Role::Admin, now),
        );
        assert_ne!(one.token, other.token);
        assert_ne!(one.cookie.rsplit_once('.').unwrap().1, one.token);
    }
}
