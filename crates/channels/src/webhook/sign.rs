//! The signature of a delivery, as the Standard Webhooks specification has it, so that its libraries can verify it.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// What a secret in base64 begins with.
const PREFIX: &str = "whsec_";
/// The fewest bytes that the specification lets a key have.
const SHORTEST_KEY: usize = 24;

/// The key that a receiver shares with us.
pub(super) struct Key(Vec<u8>);

impl Key {
    /// Reads a secret: base64 after `whsec_`, with or without that.
    pub(super) fn of(secret: &SecretString) -> Option<Self> {
        let secret = secret.expose_secret().trim();
        let encoded = secret.strip_prefix(PREFIX).unwrap_or(secret);
        let key = STANDARD.decode(encoded).ok()?;
        (key.len() >= SHORTEST_KEY).then_some(Self(key))
    }

    /// `v1,` and the HMAC-SHA256 of `{delivery}.{timestamp}.{body}` in base64.
    pub(super) fn sign(&self, delivery: &str, timestamp: i64, body: &[u8]) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{delivery}.{timestamp}.").as_bytes());
        mac.update(body);
        Some(format!(
            "v1,{}",
            STANDARD.encode(mac.finalize().into_bytes())
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's own example ("Signature scheme"): the same with its reference libraries.
    #[test]
    fn a_signature_is_that_of_the_reference_libraries() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let key = Key::of(&secret).unwrap();
        let signature = key.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(
            signature.as_deref(),
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
    }

    #[test]
    fn a_secret_that_is_short_or_no_base64_is_refused() {
        for secret in [
            "",
            "whsec_",
            "whsec_c2hvcnQ=",
            "a password that somebody made up",
        ] {
            assert!(Key::of(&SecretString::from(secret)).is_none(), "{secret}");
        }
    }
}
