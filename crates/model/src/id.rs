//! Typed ids: a [`ResourceId`] cannot be used where an [`AccountId`] is meant.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::rng::{Rng, random_bytes};
use crate::{Clock, Timestamp};

/// What an id names. Implemented by the marker types below.
pub trait Kind: 'static {
    /// The word used in messages: `account`, `device`, …
    const NAME: &'static str;
}

/// An id of one kind: a UUID version 7, so that ids sort by creation time.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K: Kind> Id<K> {
    /// A new id.
    pub fn new(clock: &dyn Clock, rng: &dyn Rng) -> Self {
        Self::at(clock.now(), rng)
    }

    /// A new id that sorts at `now`.
    pub fn at(now: Timestamp, rng: &dyn Rng) -> Self {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        let uuid =
            uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes(rng)).into_uuid();
        Self(uuid, PhantomData)
    }

    /// The bare UUID, for databases and bytes.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// The 16 bytes, for bindings in signatures and associated data.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// From a UUID that is known to be of this kind.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", K::NAME, self.0)
    }
}

/// The text was not an id.
#[derive(Debug, thiserror::Error)]
#[error("'{found}' is not the id of a {kind}; ids look like 0193e4a0-7c1b-7000-8000-000000000000")]
pub struct InvalidId {
    kind: &'static str,
    found: String,
}

impl<K: Kind> FromStr for Id<K> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text)
            .map(Self::from_uuid)
            .map_err(|_| InvalidId { kind: K::NAME, found: text.chars().take(64).collect() })
    }
}

impl<K> Serialize for Id<K> {
    /// Text for people (JSON), 16 bytes for machines (CBOR).
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&self.0)
        } else {
            serializer.serialize_bytes(self.0.as_bytes())
        }
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<K>(PhantomData<K>);
        impl<K: Kind> serde::de::Visitor<'_> for Visitor<K> {
            type Value = Id<K>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "the id of a {}", K::NAME)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Uuid::from_slice(bytes)
                    .map(Id::from_uuid)
                    .map_err(|_| E::invalid_length(bytes.len(), &self))
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Visitor(PhantomData))
        } else {
            deserializer.deserialize_bytes(Visitor(PhantomData))
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $alias:ident = $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind {}
        impl Kind for $kind {
            const NAME: &'static str = $name;
        }
        #[doc = concat!("The id of a ", $name, ".")]
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// One installation: the scope of every key, device and order.
    Site, SiteId = "site";
    /// A person (or a program acting for one) who signs in.
    User, UserId = "user";
    /// A machine or service whose accounts are kept.
    Resource, ResourceId = "resource";
    /// A privileged account on a resource.
    Account, AccountId = "account";
    /// One value a password has, had or may have.
    SecretVersion, SecretVersionId = "secret version";
    /// A set of rules for generated passwords.
    PasswordPolicy, PasswordPolicyId = "password policy";
    /// Resources that share a rule.
    ResourceGroup, ResourceGroupId = "resource group";
    /// People who are shared with as one.
    UserGroup, UserGroupId = "user group";
    /// What somebody may do with something they do not own.
    Share, ShareId = "share";
    /// A role made of named permissions.
    CustomRole, CustomRoleId = "role";
    /// An enrolled endpoint with an identity key.
    Device, DeviceId = "device";
    /// A relay in front of the agent plane.
    Gateway, GatewayId = "gateway";
    /// Networks that many devices share one address of.
    Office, OfficeId = "office";
    /// A key that admits new devices.
    EnrolmentKey, EnrolmentKeyId = "enrolment key";
    /// A signed, sealed task for one device.
    Order, OrderId = "order";
    /// A protocol session between a device and the server.
    DeviceSession, DeviceSessionId = "device session";
    /// A signed-in browser or command line.
    LoginSession, LoginSessionId = "login session";
    /// A sign-in that waits for its second factor.
    PendingSignIn, PendingSignInId = "pending sign-in";
    /// The secret of somebody's authenticator app.
    TotpFactor, TotpFactorId = "authenticator app";
    /// A code that stands in for a lost second factor, once.
    RecoveryCode, RecoveryCodeId = "recovery code";
    /// A key that somebody's authenticator holds.
    Passkey, PasskeyId = "passkey";
    /// Somebody as an OpenID provider knows them.
    Identity, IdentityId = "identity";
    /// A named address of a list in the console.
    SavedView, SavedViewId = "saved view";
    /// A scoped, expiring key to the REST API.
    ApiToken, ApiTokenId = "API token";
    /// A private or secret key the server keeps in its vault.
    SiteKey, SiteKeyId = "site key";
    /// One request to the REST API.
    Request, RequestId = "request";
    /// An installable package of the agent.
    Package, PackageId = "package";
    /// A link with which a package can be downloaded without signing in.
    PackageLink, PackageLinkId = "package link";
    /// A mail that the server sends.
    Mail, MailId = "mail";
    /// A report that is sent again and again.
    ReportSchedule, ReportScheduleId = "report schedule";
    /// A certificate that the server shows to browsers and the command line.
    ServerCertificate, ServerCertificateId = "server certificate";
    /// An append-only audit chain; each server node has its own.
    AuditChain, AuditChainId = "audit chain";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRng;

    #[test]
    fn sorts_by_creation_time() {
        let rng = SeededRng::new(3);
        let earlier = UserId::at(Timestamp::from_millis(1_000), &rng);
        let later = UserId::at(Timestamp::from_millis(2_000), &rng);
        assert!(earlier < later);
    }

    #[test]
    fn a_wrong_text_is_named() {
        let error = "nope".parse::<DeviceId>().expect_err("not an id");
        assert!(error.to_string().starts_with("'nope' is not the id of a device"));
    }
}
