//! Passwords: kept as Argon2 hashes, compared off the async threads.

use argon2::{
    Argon2, PasswordVerifier,
    password_hash::{PasswordHash, PasswordHashString, PasswordHasher, SaltString},
};
use moodwire_model::Entropy;

use super::{Role, session::random};
use crate::failure::Failure;

/// The password of each role.
#[derive(Debug, Clone)]
pub(super) struct Passwords {
    /// Of those who may change things.
    pub(super) admin: Digest,
    /// Of those who may look.
    pub(super) viewer: Option<Digest>,
}

impl Passwords {
    /// The role whose password this is. Takes some 20 ms a role, whichever it is.
    pub(super) fn role_of(&self, password: &str) -> Option<Role> {
        let admin = self.admin.matches(password);
        let viewer = self
            .viewer
            .as_ref()
            .is_some_and(|digest| digest.matches(password));
        match (admin, viewer) {
            (true, _) => Some(Role::Admin),
            (false, true) => Some(Role::Viewer),
            (false, false) => None,
        }
    }
}

/// A password's Argon2 hash.
#[derive(Debug, Clone)]
pub(super) struct Digest(PasswordHashString);

impl Digest {
    /// The hash of a password, or the hash that was configured in its place.
    pub(super) fn of(configured: &str, entropy: &dyn Entropy) -> Result<Self, Failure> {
        let refused = |error: &dyn std::fmt::Display| {
            Failure::Usage(format!(
                "[console] a password cannot be used: {error}; write a password, or a whole hash that begins with $argon2id$"
            ))
        };
        if configured.starts_with("$argon2") {
            let hash = PasswordHash::new(configured).map_err(|error| refused(&error))?;
            if hash.salt.is_none() || hash.hash.is_none() {
                return Err(refused(
                    &"it begins like a hash, and has no salt or no hash",
                ));
            }
            return Ok(Self(hash.serialize()));
        }
        let salt = SaltString::encode_b64(&random(entropy)).map_err(|error| refused(&error))?;
        let hash = Argon2::default().hash_password(configured.as_bytes(), &salt);
        Ok(Self(hash.map_err(|error| refused(&error))?.serialize()))
    }

    fn matches(&self, password: &str) -> bool {
        Argon2::default()
            .verify_password(password.as_bytes(), &self.0.password_hash())
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use moodwire_model::SystemEntropy;

    use super::*;

    fn passwords(admin: &str, viewer: Option<&str>) -> Passwords {
        let digest = |password: &str| Digest::of(password, &SystemEntropy).unwrap();
        Passwords {
            admin: digest(admin),
            viewer: viewer.map(digest),
        }
    }

    #[test]
    fn each_password_lets_in_its_role_and_no_other_lets_in_anybody() {
        let passwords = passwords("the admin's own", Some("a viewer's own"));
        assert_eq!(passwords.role_of("the admin's own"), Some(Role::Admin));
        assert_eq!(passwords.role_of("a viewer's own"), Some(Role::Viewer));
        for wrong in ["", "the admin's", "the admin's own "] {
            assert_eq!(passwords.role_of(wrong), None);
        }
    }

    #[test]
    fn a_hash_that_is_configured_stands_for_its_password() {
        let hash = Digest::of("the admin's own", &SystemEntropy).unwrap();
        let passwords = passwords(hash.0.as_str(), None);
        assert_eq!(passwords.role_of("the admin's own"), Some(Role::Admin));
        assert_eq!(passwords.role_of(hash.0.as_str()), None);
    }

    #[test]
    fn a_hash_that_is_none_is_refused_in_a_sentence() {
        let refused = Digest::of("$argon2id$nonsense", &SystemEntropy).unwrap_err();
        assert_eq!(refused.code(), 2);
        assert!(refused.to_string().contains("$argon2id$"), "{refused}");
    }
}
