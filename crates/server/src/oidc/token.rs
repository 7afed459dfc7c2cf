//! The ID token: is it for this sign-in, from this provider, and who is it
//! about (OpenID Connect Core 1.0, section 3.1.3.7).

use std::time::Duration;

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{ClaimsVerificationError, ClientId, Nonce, SignatureVerificationError};
use sekisho_model::Timestamp;
use serde_json::{Map, Value};

use super::provider::instant;

/// Clocks may differ by so much, in seconds.
const CLOCK_SKEW_S: i64 = 60;

/// An ID token is made for this very sign-in: an older one is refused.
const MAX_TOKEN_AGE_S: i64 = 600;

/// The longest subject (section 2), in bytes.
const MAX_SUBJECT_BYTES: usize = 255;

/// More groups of one person are passed over.
const MAX_GROUPS: usize = 1000;

/// Signatures by a key whose public half the provider publishes. Whatever
/// else its description names (`HS256` with the client's secret, `none`) is
/// none.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What an ID token must fit.
pub(super) struct Expected {
    /// Whom it is for.
    pub(super) client: ClientId,
    /// That of this sign-in.
    pub(super) nonce: Nonce,
    /// When the browser was sent there.
    pub(super) at: Timestamp,
    /// They signed in there at most so long before that.
    pub(super) max_age: Duration,
    /// Whether it must say when they signed in there.
    pub(super) says_when: bool,
}

/// Why an ID token is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenProblem {
    /// A check of the library.
    #[error("{0}")]
    Claims(#[from] ClaimsVerificationError),
    /// Its subject names nobody.
    #[error("its subject is empty, longer than 255 bytes or not plain text")]
    Subject,
    /// It does not count yet.
    #[error("it counts only from {0} on")]
    TooEarly(DateTime<Utc>),
}

impl TokenProblem {
    /// Whether it may hold with the keys the provider has now.
    pub(super) fn is_about_keys(&self) -> bool {
        matches!(
            self,
            Self::Claims(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
                    | SignatureVerificationError::AmbiguousKeyId(_)
                    | SignatureVerificationError::CryptoError(_)
            ))
        )
    }
}

/// What is said of a person.
#[derive(Debug, Default)]
pub(super) struct Claims(Map<String, Value>);

/// The claims of an ID token, if all of it holds.
///
/// # Errors
/// What does not.
pub(super) fn check(
    metadata: &CoreProviderMetadata,
    token: &CoreIdToken,
    expected: &Expected,
    now: Timestamp,
) -> Result<Claims, TokenProblem> {
    let (begun, max_age, says_when) = (expected.at, expected.max_age, expected.says_when);
    let verifier = CoreIdTokenVerifier::new_public_client(
        expected.client.clone(),
        metadata.issuer().clone(),
        metadata.jwks().clone(),
    )
    .set_allowed_algs(SIGNATURES)
    .set_time_fn(move || instant(now.as_secs() - CLOCK_SKEW_S))
    .set_issue_time_verifier_fn(move |issued| {
        let age = now.as_secs() - issued.timestamp();
        if (-CLOCK_SKEW_S..=MAX_TOKEN_AGE_S).contains(&age) {
            Ok(())
        } else {
            Err(format!("it was made {age} s ago"))
        }
    })
    .set_auth_time_verifier_fn(move |at| signed_in_lately(at, begun, max_age, says_when, now));
    let subject = token.claims(&verifier, &expected.nonce)?.subject().as_str();
    let is_plain = subject.chars().all(|c| !c.is_control());
    if subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES || !is_plain {
        return Err(TokenProblem::Subject);
    }
    // The very text whose signature was just verified.
    let text = token.to_string();
    let claims = text
        .split('.')
        .nth(1)
        .and_then(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok())
        .and_then(|json| Claims::read(&json))
        .unwrap_or_default();
    match claims.seconds("nbf") {
        Some(from) if from > now.as_secs() + CLOCK_SKEW_S => {
            Err(TokenProblem::TooEarly(instant(from)))
        }
        _ if claims.text("sub").as_deref() != Some(subject) => Err(TokenProblem::Subject),
        _ => Ok(claims),
    }
}

/// Section 3.1.2.1, `max_age`: when they signed in there.
fn signed_in_lately(
    at: Option<DateTime<Utc>>,
    begun: Timestamp,
    max_age: Duration,
    says_when: bool,
    now: Timestamp,
) -> Result<(), String> {
    let Some(at) = at.map(|at| at.timestamp()) else {
        return if says_when {
            Err("it does not say when they signed in there (auth_time)".to_owned())
        } else {
            Ok(())
        };
    };
    let max_age = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
    let before = begun.as_secs().saturating_sub(at);
    if before > max_age.saturating_add(CLOCK_SKEW_S) {
        Err(format!("they signed in there {before} s before; {max_age} s were asked for"))
    } else if at > now.as_secs() + CLOCK_SKEW_S {
        Err("they signed in there in the future".to_owned())
    } else {
        Ok(())
    }
}

impl Claims {
    /// The members of a JSON object.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().map(Self)
    }

    /// Whether something is said under a name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// Takes over, of the names given, what is not said yet.
    pub(super) fn add(&mut self, mut more: Self, names: &[&str]) {
        for name in names {
            if let Some(value) = more.0.remove(*name)
                && !self.has(name)
            {
                self.0.insert((*name).to_owned(), value);
            }
        }
    }

    /// Whom it is about.
    pub(super) fn subject(&self) -> &str {
        self.0.get("sub").and_then(Value::as_str).unwrap_or_default()
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_str().map(str::to_owned)
    }

    /// A list of texts; one text is a list of one.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => {
                let texts = many.iter().filter_map(Value::as_str);
                texts.take(MAX_GROUPS).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    /// When they signed in there.
    pub(super) fn signed_in_at(&self) -> Option<Timestamp> {
        let seconds = self.seconds("auth_time")?;
        Some(Timestamp::from_millis(seconds.checked_mul(1000)?))
    }

    fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        // RFC 7519: a number, which may have a fraction.
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
    }
}
