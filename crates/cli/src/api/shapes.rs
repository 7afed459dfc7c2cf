//! The parts of the answers that are shown or acted on.
//!
//! Unknown fields are passed over and words are kept as text where nothing is
//! decided by them, so that an older program can show what a newer server says.

use std::collections::BTreeMap;

use sekisho_model::Secret;
use sekisho_model::criteria::Criteria;
use sekisho_model::id::{
    Account as AccountKind, Gateway as GatewayKind, PasswordPolicy as PolicyKind,
    Resource as ResourceKind, ResourceGroup as GroupKind, User as UserKind,
};
use sekisho_model::id::{
    AccountId, ApiTokenId, DeviceId, EnrolmentKeyId, Id, IdentityId, Kind, LoginSessionId, OrderId,
    PasswordPolicyId, ResourceGroupId, ResourceId, SecretVersionId, UserId,
};
use sekisho_model::order::OrderState;
use sekisho_model::password::PasswordRules;
use sekisho_model::rotation::Age;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::output::text::Time;

/// Another object: what it is called, and its id.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Named<K: Kind> {
    pub(crate) id: Id<K>,
    pub(crate) name: String,
}

/// The name of something that may be missing.
pub(crate) fn name_of<K: Kind>(named: Option<&Named<K>>) -> String {
    named.map(|named| named.name.clone()).unwrap_or_default()
}

/// A reference that the server writes as an object or as a bare id.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, bound = "")]
pub(crate) enum Reference<K: Kind> {
    Named(Named<K>),
    Bare(String),
}

impl<K: Kind> Reference<K> {
    /// The name, or the id where there is none.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Named(named) => named.name.clone(),
            Self::Bare(text) => text.clone(),
        }
    }
}

/// A resource.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Resource {
    pub(crate) id: ResourceId,
    pub(crate) name: String,
    pub(crate) dns_name: Option<String>,
    pub(crate) platform: String,
    pub(crate) owner: Option<Reference<UserKind>>,
    pub(crate) policy: Option<Reference<PolicyKind>>,
    pub(crate) created_at: Option<Time>,
    pub(crate) device: Option<ResourceDevice>,
    #[serde(default)]
    pub(crate) accounts: AccountCounts,
}

/// The device of a resource.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ResourceDevice {
    pub(crate) id: DeviceId,
    pub(crate) state: String,
    pub(crate) last_seen_at: Option<Time>,
    #[serde(default)]
    pub(crate) active: bool,
}

/// How many accounts a resource has.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AccountCounts {
    pub(crate) total: u64,
    pub(crate) known: u64,
    pub(crate) out_of_sync: u64,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) resource: Named<ResourceKind>,
    pub(crate) name: String,
    pub(crate) native_id: Option<String>,
    pub(crate) presence: String,
    pub(crate) source: Option<String>,
    pub(crate) knowledge: String,
    pub(crate) password_field: Option<String>,
    pub(crate) facts: Option<BTreeMap<String, Value>>,
    pub(crate) policy: Option<Reference<PolicyKind>>,
    pub(crate) current: Option<CurrentVersion>,
    pub(crate) last_verify: Option<LastVerify>,
    pub(crate) open_order: Option<OpenOrder>,
    pub(crate) rotation: Option<Rotation>,
}

impl Account {
    /// `resource/name`.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.resource.name, self.name)
    }
}

/// When an account is reset by itself, and which rule says so.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Rotation {
    pub(crate) max_age_days: Option<Age>,
    pub(crate) source: String,
    pub(crate) source_object: Option<Value>,
    pub(crate) due_at: Option<Time>,
    pub(crate) state: String,
    pub(crate) held_by: Option<String>,
    pub(crate) paused_until: Option<Time>,
    pub(crate) pause_reason: Option<String>,
    pub(crate) retry_at: Option<Time>,
    pub(crate) check_at: Option<Time>,
    pub(crate) out_of_sync_since: Option<Time>,
    #[serde(default)]
    pub(crate) out_of_sync_confirmed: bool,
}

/// Resources that share a rule.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: ResourceGroupId,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) owner: Option<Reference<UserKind>>,
    pub(crate) max_age_days: Option<Age>,
    pub(crate) criteria: Option<Criteria>,
    #[serde(default)]
    pub(crate) resources: u64,
    #[serde(default)]
    pub(crate) inner: Vec<Named<GroupKind>>,
    #[serde(default)]
    pub(crate) outer: Vec<Named<GroupKind>>,
}

/// What a policy says of ages.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PolicyAgeing {
    pub(crate) max_age_days: Option<Age>,
    pub(crate) notice_days: u16,
    pub(crate) reset_unknown: bool,
    pub(crate) verify_every_days: Age,
    pub(crate) auto_heal: bool,
}

/// The value that works, as far as the server knows.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CurrentVersion {
    pub(crate) number: u64,
    pub(crate) state: String,
    pub(crate) origin: String,
    pub(crate) since: Option<Time>,
}

/// What the newest verify said.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct LastVerify {
    pub(crate) result: String,
    pub(crate) at: Time,
    pub(crate) agent_version: Option<String>,
}

/// The order an account waits for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OpenOrder {
    pub(crate) id: OrderId,
    pub(crate) state: String,
}

/// What a reveal answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Revealed {
    pub(crate) knowledge: Option<String>,
    pub(crate) checked_at: Option<Time>,
    pub(crate) values: Vec<RevealedValue>,
    pub(crate) hide_after_s: Option<u64>,
}

/// One clear value.
#[derive(Debug, Deserialize)]
pub(crate) struct RevealedValue {
    pub(crate) number: u64,
    pub(crate) state: String,
    pub(crate) origin: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub(crate) value: Secret,
    pub(crate) evidence: Option<Value>,
    pub(crate) since: Option<Time>,
}

/// One value a password has had, without the value.
#[derive(Debug, Deserialize)]
pub(crate) struct Version {
    pub(crate) version: SecretVersionId,
    pub(crate) number: u64,
    pub(crate) state: String,
    pub(crate) origin: String,
    pub(crate) created_at: Time,
    pub(crate) state_changed_at: Option<Time>,
    pub(crate) evidence: Option<Value>,
}

/// An order.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) operation: String,
    pub(crate) state: OrderState,
    pub(crate) account: Option<Named<AccountKind>>,
    pub(crate) resource: Option<Named<ResourceKind>>,
    pub(crate) device: Option<Value>,
    pub(crate) held: Option<String>,
    pub(crate) initiator: Option<Reference<UserKind>>,
    pub(crate) reason: Option<String>,
    pub(crate) attempt: Option<u64>,
    pub(crate) created_at: Time,
    pub(crate) delivered_at: Option<Time>,
    pub(crate) finished_at: Option<Time>,
    pub(crate) expires_at: Option<Time>,
    pub(crate) result: Option<Value>,
}

impl Order {
    /// What the order is about: `resource/account`, or the resource.
    pub(crate) fn target(&self) -> String {
        match (&self.resource, &self.account) {
            (Some(resource), Some(account)) => format!("{}/{}", resource.name, account.name),
            (None, Some(account)) => account.name.clone(),
            (resource, None) => name_of(resource.as_ref()),
        }
    }
}

/// An enrolled endpoint.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) state: String,
    pub(crate) suspension: Option<String>,
    pub(crate) host_name: String,
    pub(crate) platform: String,
    pub(crate) facts: Option<BTreeMap<String, Value>>,
    pub(crate) fingerprint: Option<String>,
    pub(crate) agent_version: Option<String>,
    pub(crate) resource: Option<Named<ResourceKind>>,
    pub(crate) created_at: Option<Time>,
    pub(crate) approved_at: Option<Time>,
    pub(crate) approved_by: Option<Reference<UserKind>>,
    pub(crate) blocked_reason: Option<String>,
    pub(crate) last_seen_at: Option<Time>,
    pub(crate) last_gateway: Option<Named<GatewayKind>>,
    #[serde(default)]
    pub(crate) active: bool,
    #[serde(default)]
    pub(crate) open_orders: u64,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) remark: Option<String>,
    pub(crate) association: Option<String>,
    pub(crate) look_every_min: Option<u32>,
    pub(crate) dissociated_at: Option<Time>,
    pub(crate) dissociated_by: Option<Reference<UserKind>>,
    pub(crate) former_resource: Option<Named<ResourceKind>>,
    pub(crate) limit: Option<String>,
}

/// The certificate of a device.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Certificate {
    pub(crate) serial: String,
    pub(crate) not_after: Time,
}

/// A key that admits devices, without the key.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct EnrolmentKey {
    pub(crate) id: EnrolmentKeyId,
    pub(crate) label: String,
    pub(crate) platform: String,
    #[serde(rename = "use")]
    pub(crate) key_use: String,
    pub(crate) owner: Option<Reference<UserKind>>,
    #[serde(default)]
    pub(crate) pre_approved: bool,
    pub(crate) expires_at: Time,
    #[serde(default)]
    pub(crate) uses: u64,
    pub(crate) last_used_at: Option<Time>,
    pub(crate) state: String,
}

/// A new key, shown once.
#[derive(Debug, Deserialize)]
pub(crate) struct NewKey {
    #[serde(deserialize_with = "secret")]
    pub(crate) key: Secret,
    pub(crate) expires_at: Time,
}

/// A password policy.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Policy {
    pub(crate) id: PasswordPolicyId,
    pub(crate) name: String,
    pub(crate) rules: PasswordRules,
    pub(crate) rotation: Option<PolicyAgeing>,
}

/// A person or program.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) state: Option<String>,
}

/// Who is signed in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Me {
    pub(crate) user: User,
    pub(crate) role: Option<String>,
    #[serde(default)]
    pub(crate) permissions: Vec<String>,
    pub(crate) token: Option<Token>,
}

/// An API token, without the token.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Token {
    pub(crate) id: ApiTokenId,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: Option<Time>,
    pub(crate) last_used_at: Option<Time>,
    pub(crate) revoked_at: Option<Time>,
}

/// A new API token, shown once.
#[derive(Debug, Deserialize)]
pub(crate) struct NewToken {
    pub(crate) id: ApiTokenId,
    pub(crate) expires_at: Time,
    #[serde(deserialize_with = "secret")]
    pub(crate) token: Secret,
}

/// Second factors of somebody.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SecondFactor {
    pub(crate) totp_since: Option<Time>,
    #[serde(default)]
    pub(crate) passkeys: u64,
    pub(crate) recovery_codes_left: u64,
    #[serde(default)]
    pub(crate) required: bool,
}

/// A new secret for an authenticator app, shown once.
#[derive(Debug, Deserialize)]
pub(crate) struct NewTotp {
    #[serde(deserialize_with = "secret")]
    pub(crate) secret: Secret,
    #[serde(deserialize_with = "secret")]
    pub(crate) url: Secret,
}

/// New recovery codes, shown once.
#[derive(Debug, Deserialize)]
pub(crate) struct NewRecoveryCodes {
    #[serde(deserialize_with = "secrets")]
    pub(crate) recovery_codes: Vec<Secret>,
}

/// Which roles need a second factor.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SignInRules {
    pub(crate) second_factor_roles: Vec<String>,
}

/// Who somebody is at OpenID providers.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Identities {
    pub(crate) items: Vec<Identity>,
}

/// Somebody as an OpenID provider knows them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Identity {
    pub(crate) id: IdentityId,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) created_at: Option<Time>,
    pub(crate) last_used_at: Option<Time>,
}

/// Where one is signed in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OwnSessions {
    pub(crate) items: Vec<OwnSession>,
}

/// One session.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OwnSession {
    pub(crate) id: LoginSessionId,
    pub(crate) created_at: Option<Time>,
    pub(crate) last_seen_at: Option<Time>,
    pub(crate) address: Option<String>,
    pub(crate) client: Option<String>,
    #[serde(default)]
    pub(crate) methods: Vec<String>,
}

/// How many sessions were ended.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Ended {
    pub(crate) ended: u64,
}

/// What everybody may know of a server.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PublicSystem {
    pub(crate) product: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) site: Option<String>,
    #[serde(default)]
    pub(crate) setup_needed: bool,
}

/// The recovery key, as far as the server knows it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RecoveryKey {
    pub(crate) kid: String,
    pub(crate) proved_at: Option<Time>,
    pub(crate) proved_by: Option<Named<UserKind>>,
}

/// What the holder of the recovery key is asked.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RecoveryKeyChallenge {
    pub(crate) challenge: String,
    pub(crate) enc: String,
}

/// The certificate of the server.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ServerCertificate {
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) names: Vec<String>,
    pub(crate) issuer: String,
    pub(crate) serial: String,
    pub(crate) fingerprint: String,
    pub(crate) not_after: Option<Time>,
    pub(crate) uploaded_not_after: Option<Time>,
}

/// What a signed-in person may know of a server.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct System {
    pub(crate) version: String,
    pub(crate) site: String,
    pub(crate) site_fingerprint: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) bundle_version: Option<u64>,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) last_backup_at: Option<Time>,
    pub(crate) last_drill_at: Option<Time>,
    pub(crate) uptime_s: Option<u64>,
    #[serde(default)]
    pub(crate) audit_readers: Vec<AuditReader>,
    pub(crate) audit_held: Option<String>,
}

/// A witness or an export target of the audit log.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AuditReader {
    pub(crate) name: String,
    pub(crate) waiting: u64,
    pub(crate) lag_s: u64,
    pub(crate) problem: Option<String>,
}

/// Why the site is in recovery.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Recovery {
    pub(crate) reason: String,
}

/// A text of the answer that becomes a secret at once.
pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    Ok(texts.into_iter().map(Secret::from).collect())
}

/// A word, a sentence or an object of an answer, as one line.
pub(crate) fn as_line(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| format!("{name}: {}", as_line(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Array(items) => items.iter().map(as_line).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_forms_become_one_line() {
        let value =
            serde_json::json!({"class": "policy", "n": 2, "none": null, "list": ["a", "b"]});
        assert_eq!(as_line(&value), "class: policy, list: a; b, n: 2");
    }

    #[test]
    fn a_reference_is_an_object_or_a_bare_id() {
        let named: Reference<UserKind> =
            serde_json::from_str(r#"{"id":"0193e4a0-7c1b-7000-8000-000000000000","name":"alice"}"#)
                .expect("object");
        assert_eq!(named.shown(), "alice");
        let bare: Reference<UserKind> = serde_json::from_str(r#""x""#).expect("text");
        assert_eq!(bare.shown(), "x");
    }
}
