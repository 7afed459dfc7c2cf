//! The passwords of people who sign in (Argon2id, RFC 9106).
//!
//! One computation takes about a tenth of a second and
//! [`M_COST_KIB`] of memory: callers run it off the async threads
//! and bound how many run at once.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Secret};

use crate::error::VaultError;

/// Memory of one computation, in KiB.
pub const M_COST_KIB: u32 = 32 * 1024;

/// Passes over the memory.
pub const T_COST: u32 = 3;

const P_COST: u32 = 1;
const OUTPUT_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// Hashes a password with a new salt; the text (PHC string format) holds all
/// that [`verify`] needs.
pub fn hash(password: &Secret, rng: &dyn Rng) -> Result<String, VaultError> {
    hash_with_salt(password, &random_bytes(rng))
}

/// Whether the password is the hashed one. A text that is no Argon2id hash of
/// an acceptable cost, or a lack of memory, is a refusal.
pub fn verify(password: &Secret, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else {
        return false;
    };
    acceptable_costs(&parsed).is_some()
        && argon2().verify_password(password.expose(), &parsed).is_ok()
}

/// Does the work of [`verify`] for a user who does not exist, so that time
/// does not tell who does. Always `false`.
pub fn verify_dummy(password: &Secret) -> bool {
    // The salt is as good as any: nothing is compared with the result.
    let result = hash_with_salt(password, &[0x5a; SALT_BYTES]);
    let _ = std::hint::black_box(result);
    false
}

/// Whether the hash was made with other costs than today's: after a verified
/// sign-in, hash the password again.
pub fn needs_rehash(hash: &str) -> bool {
    let costs = PasswordHash::new(hash).ok().and_then(|parsed| acceptable_costs(&parsed));
    costs != Some((M_COST_KIB, T_COST, P_COST))
}

fn hash_with_salt(password: &Secret, salt: &[u8; SALT_BYTES]) -> Result<String, VaultError> {
    // The costs are constants that the library accepts and the salt has the
    // recommended length: only memory can be missing.
    argon2()
        .hash_password_with_salt(password.expose(), salt)
        .map(|hash| hash.to_string())
        .map_err(|_| VaultError::OutOfMemory { needed_kib: M_COST_KIB })
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(M_COST_KIB, T_COST, P_COST, Some(OUTPUT_BYTES))
        .expect("the costs are constants that the library accepts");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Memory, passes and lanes, if they are neither trivial nor ruinous: a hash
/// planted in the database must not open a door or stop the server.
fn acceptable_costs(hash: &PasswordHash) -> Option<(u32, u32, u32)> {
    if hash.algorithm.as_str() != "argon2id" || hash.version != Some(Version::V0x13.into()) {
        return None;
    }
    if hash.hash.as_ref()?.len() < OUTPUT_BYTES || hash.salt.as_ref()?.len() < SALT_BYTES {
        return None;
    }
    let params = Params::try_from(hash).ok()?;
    let costs = (params.m_cost(), params.t_cost(), params.p_cost());
    let acceptable = (19_456..=262_144).contains(&costs.0)
        && (2..=10).contains(&costs.1)
        && (1..=4).contains(&costs.2);
    acceptable.then_some(costs)
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    #[test]
    fn the_password_and_no_other_verifies() {
        let stored = hash(&Secret::from("hunter2 hunter2"), &SeededRng::new(1)).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=32768,t=3,p=1$"), "{stored}");
        assert!(verify(&Secret::from("hunter2 hunter2"), &stored));
        assert!(!verify(&Secret::from("hunter2 hunter3"), &stored));
        assert!(!verify(&Secret::from(""), &stored));
        assert!(!needs_rehash(&stored));
    }

    #[test]
    fn equal_passwords_have_different_hashes() {
        let rng = SeededRng::new(1);
        let password = Secret::from("hunter2 hunter2");
        assert_ne!(hash(&password, &rng).unwrap(), hash(&password, &rng).unwrap());
    }

    #[test]
    fn planted_hashes_are_refused_without_work() {
        let salt = "c29tZXNhbHRzb21lc2FsdA";
        let output = "x8vcNsd4QyeJ0tL/6xLdbXvrMFeNBkkUi7U5J2EF2bo";
        for text in [
            String::new(),
            "plain".to_owned(),
            "$2b$12$abcdefghijklmnopqrstuv".to_owned(),
            format!("$argon2i$v=19$m=32768,t=3,p=1${salt}${output}"),
            format!("$argon2id$v=16$m=32768,t=3,p=1${salt}${output}"),
            format!("$argon2id$v=19$m=8,t=1,p=1${salt}${output}"),
            format!("$argon2id$v=19$m=4294967295,t=3,p=1${salt}${output}"),
            format!("$argon2id$v=19$m=32768,t=4294967295,p=1${salt}${output}"),
            format!("$argon2id$v=19$m=32768,t=3,p=1${salt}"),
            format!("$argon2id$v=19$m=32768,t=3,p=1${salt}$AAAA"),
        ] {
            assert!(!verify(&Secret::from("hunter2 hunter2"), &text), "{text}");
            assert!(needs_rehash(&text), "{text}");
        }
    }

    #[test]
    fn an_older_acceptable_cost_still_verifies_and_asks_for_a_new_hash() {
        let params = Params::new(19_456, 2, 1, Some(32)).unwrap();
        let older = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(b"hunter2 hunter2", b"0123456789abcdef")
            .unwrap()
            .to_string();
        assert!(verify(&Secret::from("hunter2 hunter2"), &older));
        assert!(needs_rehash(&older));
    }

    #[test]
    fn the_dummy_never_lets_anybody_in() {
        assert!(!verify_dummy(&Secret::from("anything")));
    }
}
