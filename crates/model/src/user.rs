//! People and programs that use the server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::CustomRoleId;
use crate::word::{UnknownWord, words};

words! {
    /// The built-in roles. What each may do is a table in `sekisho-policy`.
    Role ("role") {
        /// Sees everything. Granted by another administrator, never to oneself.
        SuperAdministrator = "super_administrator",
        /// Manages users, devices, settings and what they own.
        Administrator = "administrator",
        /// Manages resources, passwords and agents they own.
        PasswordAdministrator = "password_administrator",
        /// Reads the audit log and reports.
        PasswordAuditor = "password_auditor",
        /// Uses passwords that are shared with them.
        PasswordUser = "password_user",
        /// Uses connections only.
        ConnectionUser = "connection_user",
    }
}

words! {
    /// Whether a user may sign in.
    UserState ("user state") {
        /// May sign in.
        Active = "active",
        /// May not sign in; everything they own is kept.
        Disabled = "disabled",
    }
}

words! {
    /// With what a person proves who they are.
    ProofMethod ("proof method") {
        /// The password.
        Password = "password",
        /// A code of an authenticator app (RFC 6238).
        Totp = "totp",
        /// A recovery code, in place of the second factor.
        RecoveryCode = "recovery_code",
        /// A passkey whose authenticator checked the person: both factors.
        Passkey = "passkey",
        /// An OpenID provider says who they are.
        Provider = "provider",
        /// An OpenID provider says who they are, and that it checked more than
        /// a password (RFC 8176, `mfa`).
        ProviderMfa = "provider_mfa",
    }
}

impl ProofMethod {
    /// Whether it shows more than knowledge of the password.
    pub const fn is_second_factor(self) -> bool {
        match self {
            Self::Password | Self::Provider => false,
            Self::Totp | Self::RecoveryCode | Self::Passkey | Self::ProviderMfa => true,
        }
    }

    /// Whether an OpenID provider says it.
    pub const fn is_by_provider(self) -> bool {
        matches!(self, Self::Provider | Self::ProviderMfa)
    }
}

words! {
    /// What an API token may be used for. A token never exceeds its user.
    TokenScope ("token scope") {
        /// Read everything its user may read, except secrets.
        Read = "read",
        /// Change what its user may change.
        Write = "write",
        /// Reveal and copy passwords its user may reveal.
        Reveal = "reveal",
        /// Send heads of another site's audit log, and nothing else.
        Witness = "witness",
    }
}

/// The role somebody has: a built-in one by its word, or a custom one by its
/// id. Stored and shown as that text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleRef {
    /// A built-in role.
    BuiltIn(Role),
    /// A role made of named permissions.
    Custom(CustomRoleId),
}

impl From<Role> for RoleRef {
    fn from(role: Role) -> Self {
        Self::BuiltIn(role)
    }
}

impl PartialEq<Role> for RoleRef {
    fn eq(&self, other: &Role) -> bool {
        *self == Self::BuiltIn(*other)
    }
}

impl fmt::Display for RoleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(role) => role.fmt(f),
            Self::Custom(id) => id.fmt(f),
        }
    }
}

impl FromStr for RoleRef {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Custom(id));
        }
        text.parse().map(Self::BuiltIn).map_err(|error: UnknownWord| UnknownWord {
            expected: format!("{}, or the id of a custom role", error.expected),
            ..error
        })
    }
}

impl Serialize for RoleRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RoleRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

words! {
    /// The languages of the console.
    Language ("language") {
        /// Japanese.
        Ja = "ja",
        /// English.
        En = "en",
    }
}

words! {
    /// Whether the console is light or dark.
    Theme ("theme") {
        /// As the person's system is.
        Auto = "auto",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
    }
}

words! {
    /// How much room a row of a list has in the console.
    Density ("density") {
        /// Room to read.
        Normal = "normal",
        /// More rows at once.
        Compact = "compact",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_word_or_an_id() {
        let word: RoleRef = serde_json::from_str("\"password_user\"").expect("a word");
        assert_eq!(word, Role::PasswordUser);
        let id = "019a0000-0000-7000-8000-000000000001";
        let custom: RoleRef = serde_json::from_str(&format!("\"{id}\"")).expect("an id");
        assert_eq!(custom.to_string(), id);
        let error = serde_json::from_str::<RoleRef>("\"root\"").expect_err("neither").to_string();
        assert!(error.starts_with("'root' is no role") && error.contains("custom role"), "{error}");
    }
}
