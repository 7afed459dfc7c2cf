//! Codes of authenticator apps (RFC 6238) and recovery codes, without a
//! database.

use data_encoding::BASE32_NOPAD;
use sekisho_model::id::UserId;
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Secret, Timestamp};
use sekisho_store::Hash;
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::http::{Problem, SecretText};

/// The length of a shared secret: RFC 4226, section 4, recommends 160 bits.
const SECRET_BYTES: usize = 20;

/// How many recovery codes a user has.
pub(super) const RECOVERY_CODES: usize = 10;

/// Random bytes of a recovery code: 80 bits, 16 characters. Nobody finds one
/// from its hash.
const RECOVERY_BYTES: usize = 10;

/// The longest code that is looked at, in characters: a recovery code with a
/// space between any two of them.
const MAX_TYPED_CHARS: usize = 64;

/// A new shared secret.
pub(super) fn new_secret(rng: &dyn Rng) -> Secret {
    Secret::new(random_bytes::<SECRET_BYTES>(rng).to_vec())
}

/// The secret as people type it into an app.
pub(super) fn base32(secret: &Secret) -> Secret {
    Secret::from(BASE32_NOPAD.encode(secret.expose()))
}

/// The secret as apps read it from a picture: the `otpauth` form that they all
/// understand, with their defaults written out.
pub(super) fn otpauth_url(secret: &Secret, site: &str, name: &str) -> Secret {
    let secret = Zeroizing::new(BASE32_NOPAD.encode(secret.expose()));
    // A colon ends the issuer; only an IPv6 address has one.
    let issuer = format!("Sekisho%20{}", site.replace(':', "-"));
    let secret = secret.as_str();
    Secret::from(format!(
        "otpauth://totp/{issuer}:{name}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6\
         &period=30"
    ))
}

/// The time step whose code this is: the present one, the one before or the
/// one after (RFC 6238, section 5.2), or none.
///
/// # Errors
/// When the secret is none of ours.
pub(super) fn matching_step(
    secret: &Secret,
    code: &SecretText,
    now: Timestamp,
) -> Result<Option<u64>, Problem> {
    let Some(code) = plain(code) else { return Ok(None) };
    let seconds = u64::try_from(now.as_secs()).unwrap_or_default();
    Ok(totp(secret)?.check(&code, seconds))
}

/// Six digits, one step of 30 seconds to either side, HMAC-SHA-1: what every
/// app takes.
fn totp(secret: &Secret) -> Result<Totp, Problem> {
    let built = Builder::new().with_secret(secret.expose()).with_skew(1).build();
    built.map_err(|error| Problem::internal(anyhow::anyhow!("the secret of an app: {error}")))
}

/// A new recovery code: `abcd-efgh-ijkl-mnop`.
pub(super) fn new_recovery_code(rng: &dyn Rng) -> SecretText {
    let random = Zeroizing::new(random_bytes::<RECOVERY_BYTES>(rng));
    let text = Zeroizing::new(BASE32_NOPAD.encode(&*random).to_ascii_lowercase());
    let mut shown = String::with_capacity(text.len() + text.len() / 4);
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            shown.push('-');
        }
        shown.push(character);
    }
    SecretText(Secret::from(shown))
}

/// What is kept of a recovery code: bound to its user, however it was typed.
pub(super) fn recovery_hash(user: UserId, code: &SecretText) -> Option<Hash> {
    let text = plain(code)?;
    let mut bytes = Zeroizing::new(user.as_bytes().to_vec());
    bytes.reserve_exact(MAX_TYPED_CHARS);
    bytes.extend_from_slice(text.as_bytes());
    Some(Hash(sekisho_seal::sha256(&bytes)))
}

/// A code as somebody typed it: full-width characters are their plain ones
/// (an input method for Japanese makes them), spaces and dashes are for the
/// eye, and capitals are small letters. `None` when it can be no code.
fn plain(code: &SecretText) -> Option<Zeroizing<String>> {
    let typed = code.0.expose_str()?;
    let mut plain = Zeroizing::new(String::with_capacity(MAX_TYPED_CHARS));
    for (at, character) in typed.chars().enumerate() {
        if at >= MAX_TYPED_CHARS {
            return None;
        }
        let character = match character {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0)?,
            other => other,
        };
        match character {
            'a'..='z' | '0'..='9' => plain.push(character),
            'A'..='Z' => plain.push(character.to_ascii_lowercase()),
            '-' | '\u{2010}'..='\u{2015}' | '\u{30fc}' => {}
            other if other.is_whitespace() => {}
            _ => return None,
        }
    }
    (!plain.is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    fn typed(text: &str) -> SecretText {
        SecretText(Secret::from(text))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    /// RFC 6238, appendix B: the last six digits of its eight.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = Secret::from("12345678901234567890");
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")]
        {
            let step = u64::try_from(seconds / 30).expect("positive");
            let found = matching_step(&secret, &typed(code), at(seconds)).expect("a secret");
            assert_eq!(found, Some(step), "{code}");
        }
    }

    #[test]
    fn one_step_to_either_side_is_taken_and_two_are_not() {
        let secret = Secret::from("12345678901234567890");
        let code = typed("287082");
        // The code of step 1, at the steps 0 to 3.
        for (seconds, expected) in
            [(0, Some(1)), (30, Some(1)), (59, Some(1)), (89, Some(1)), (90, None), (120, None)]
        {
            let found = matching_step(&secret, &code, at(seconds)).expect("a secret");
            assert_eq!(found, expected, "{seconds} s");
        }
    }

    #[test]
    fn a_code_is_taken_however_it_was_typed() {
        let secret = Secret::from("12345678901234567890");
        for text in ["287082", "287 082", "287-082", "２８７０８２", " 287082\n"] {
            let found = matching_step(&secret, &typed(text), at(59)).expect("a secret");
            assert_eq!(found, Some(1), "{text}");
        }
        for text in ["", "28708", "2870821", "28708x", "287.082", &"2".repeat(100)] {
            let found = matching_step(&secret, &typed(text), at(59)).expect("a secret");
            assert_eq!(found, None, "{text}");
        }
    }

    #[test]
    fn a_recovery_code_is_its_users_and_reads_the_same_in_any_case() {
        let rng = SeededRng::new(5);
        let (ann, bob) = (UserId::at(at(1), &rng), UserId::at(at(1), &rng));
        let code = new_recovery_code(&rng);
        let text = code.0.expose_str().expect("text").to_owned();
        assert_eq!(text.len(), 19, "{text}");
        let hash = recovery_hash(ann, &code).expect("a code");
        for other in [text.to_uppercase(), text.replace('-', ""), text.replace('-', "　")] {
            assert_eq!(recovery_hash(ann, &typed(&other)), Some(hash), "{other}");
        }
        assert_ne!(recovery_hash(bob, &code), Some(hash));
        assert_ne!(recovery_hash(ann, &new_recovery_code(&rng)), Some(hash));
        assert_eq!(recovery_hash(ann, &typed("ünïcode")), None);
    }

    #[test]
    fn the_picture_of_a_secret_names_the_site_and_the_user() {
        let secret = Secret::from("12345678901234567890");
        let url = otpauth_url(&secret, "2001:db8::1", "ann@example");
        assert_eq!(
            url.expose_str(),
            Some(
                "otpauth://totp/Sekisho%202001-db8--1:ann@example?secret=\
                 GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Sekisho%202001-db8--1&algorithm=SHA1\
                 &digits=6&period=30"
            )
        );
        assert_eq!(base32(&secret).expose_str(), Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
    }
}
