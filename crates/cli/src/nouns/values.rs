//! Values of requests that several nouns send.

use sekisho_model::Secret;
use serde::{Serialize, Serializer};

use crate::error::{CliError, Result};

/// A secret inside a request. This is the one place where a secret becomes
/// text on purpose: the body of a request over TLS.
pub(super) struct SecretText<'a>(&'a str);

impl<'a> SecretText<'a> {
    /// The secret, which JSON can hold only as UTF-8.
    pub(super) fn new(secret: &'a Secret, what: &str) -> Result<Self> {
        secret
            .expose_str()
            .map(Self)
            .ok_or_else(|| CliError::Usage(format!("{what} is not UTF-8 text")))
    }
}

impl Serialize for SecretText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// A reason, if one was given.
#[derive(Serialize)]
pub(super) struct Reason<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'a str>,
}

/// Nothing to say: `{}`.
#[derive(Serialize)]
pub(super) struct Nothing {}

/// A user to be made.
#[derive(Serialize)]
pub(super) struct NewUser<'a> {
    pub(super) name: &'a str,
    pub(super) display_name: &'a str,
    pub(super) password: SecretText<'a>,
    pub(super) role: &'a str,
}

impl NewUser<'_> {
    /// What is asked for.
    pub(super) const PASSWORD: &'static str = "the new password";
}
