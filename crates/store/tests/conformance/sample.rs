//! Rows to start from.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::account::{AccountSource, Presence, SecretOrigin, SecretState};
use sekisho_model::device::{DeviceState, KeyUse, Platform};
use sekisho_model::id::{
    AccountId, DeviceId, EnrolmentKeyId, OrderId, ResourceId, SecretVersionId, UserId,
};
use sekisho_model::order::{Operation, OrderState};
use sekisho_model::user::{Role, UserState};
use sekisho_store::{
    Access, Account, Blob, Device, DeviceSession, DeviceSessionState, EnrolmentKey, Hash, Only,
    Order, PasswordHash, Resource, SecretVersion, Site, User, VaultKey, VaultKeyState,
};

use crate::databases::World;

/// What most tests need: a site, a user, a resource with a device and an
/// account.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) user: UserId,
    pub(crate) resource: ResourceId,
    pub(crate) device: DeviceId,
    pub(crate) account: AccountId,
}

impl World {
    pub(crate) async fn with_site(&self) {
        let work = self.begin().await;
        let site = Site {
            only: Only,
            id: self.id(),
            node_chain: self.id(),
            setup_token_hash: Some(Hash([7; 32])),
            setup_token_expires_at: Some(self.in_an_hour()),
            recovery_reason: None,
            created_at: self.now(),
        };
        work.site().insert(site).await.expect("inserts");
        let key = VaultKey {
            version: 1,
            wrapped: Blob(vec![1; 48]),
            state: VaultKeyState::Active,
            created_at: self.now(),
        };
        work.vault_keys().insert(key).await.expect("inserts");
        self.commit(work).await;
    }

    pub(crate) async fn with_sample(&self) -> Sample {
        self.with_site().await;
        let work = self.begin().await;
        let user = self.user("ann");
        let resource = self.resource(user.id, "web-01");
        let device = self.device(resource.id);
        let account = self.account(resource.id, "root");
        let sample =
            Sample { user: user.id, resource: resource.id, device: device.id, account: account.id };
        work.users().insert(user).await.expect("inserts");
        work.resources().insert(resource).await.expect("inserts");
        work.devices().insert(device).await.expect("inserts");
        work.accounts().insert(account).await.expect("inserts");
        self.commit(work).await;
        sample
    }

    pub(crate) fn user(&self, name: &str) -> User {
        User {
            id: self.id(),
            name: name.parse().expect("valid"),
            display_name: name.to_uppercase(),
            password_hash: PasswordHash("$argon2id$…".to_owned()),
            role: Role::SuperAdministrator.into(),
            state: UserState::Active,
            created_at: self.now(),
            password_changed_at: self.now(),
            version: 1,
        }
    }

    pub(crate) fn resource(&self, owner: UserId, name: &str) -> Resource {
        Resource {
            id: self.id(),
            name: name.parse().expect("valid"),
            dns_name: None,
            platform: Platform::Linux,
            owner,
            policy: None,
            created_at: self.now(),
            deleted_at: None,
            version: 1,
        }
    }

    pub(crate) fn device(&self, resource: ResourceId) -> Device {
        let id: DeviceId = self.id();
        Device {
            id,
            resource: Some(resource),
            state: DeviceState::Approved,
            suspension: None,
            identity_spki: Blob(id.as_bytes().to_vec()),
            identity_fingerprint: "aa:bb".to_owned(),
            host: "web-01".to_owned(),
            facts: serde_json::json!({"os": "Debian 12", "cpus": 2}),
            platform: Platform::Linux,
            agent_version: "0.1.0".to_owned(),
            protocol_version: 1,
            capabilities: vec!["reset".to_owned()],
            enrolment_key: None,
            created_at: self.now(),
            approved_at: Some(self.now()),
            approved_by: None,
            blocked_reason: None,
            last_seen_at: None,
            last_seq: 0,
            session_counter: 0,
            bundle_version: 1,
            interval_s: None,
            former_resource: None,
            look_every_s: None,
            dissociated_at: None,
            dissociated_by: None,
            last_gateway: None,
            version: 1,
        }
    }

    pub(crate) fn account(&self, resource: ResourceId, name: &str) -> Account {
        Account {
            id: self.id(),
            resource,
            name: name.parse().expect("valid"),
            native_id: Some("0".to_owned()),
            presence: Presence::Present,
            source: AccountSource::Local,
            facts: None,
            policy: None,
            current_version: None,
            last_verify_result: None,
            last_verified_at: None,
            created_at: self.now(),
            version: 1,
        }
    }

    pub(crate) fn secret(&self, account: AccountId, number: i64) -> SecretVersion {
        SecretVersion {
            id: self.id(),
            account,
            number,
            state: SecretState::Candidate,
            origin: SecretOrigin::Generated,
            sealed: Blob(vec![9; 64]),
            vault_key_version: 1,
            policy: None,
            policy_version: None,
            order: None,
            created_at: self.now(),
            state_changed_at: self.now(),
            evidence: String::new(),
        }
    }

    pub(crate) fn reset(&self, sample: Sample, candidate: SecretVersionId) -> Order {
        Order {
            account: Some(sample.account),
            operation: Operation::Reset,
            candidate_version: Some(candidate),
            ..self.discover(sample)
        }
    }

    pub(crate) fn discover(&self, sample: Sample) -> Order {
        let id: OrderId = self.id();
        Order {
            id,
            device: sample.device,
            resource: sample.resource,
            account: None,
            operation: Operation::Discover,
            state: OrderState::Queued,
            seq: None,
            base_version: None,
            candidate_version: None,
            verify_versions: Vec::new(),
            reconciles: None,
            initiator: Some(sample.user),
            reason: "test".to_owned(),
            attempt: 1,
            policy_retries: 0,
            created_at: self.now(),
            not_before: self.now(),
            expires_at: self.in_an_hour(),
            delivered_at: None,
            finished_at: None,
            session: None,
            signed_hash: None,
            result: None,
            receipt_hash: None,
        }
    }

    pub(crate) fn session(&self, device: DeviceId) -> DeviceSession {
        DeviceSession {
            id: self.id(),
            device,
            state: DeviceSessionState::Offered,
            session_key_public: Blob(vec![1; 32]),
            sealed_keys: Blob(vec![2; 80]),
            vault_key_version: 1,
            counter: 1,
            mac_counter_in: 0,
            mac_counter_out: 0,
            opened_at: self.now(),
            live_at: None,
            expires_at: self.in_an_hour(),
            address: Some("192.0.2.7".to_owned()),
        }
    }

    pub(crate) fn enrolment_key(&self, sample: Sample, use_kind: KeyUse) -> EnrolmentKey {
        let id: EnrolmentKeyId = self.id();
        EnrolmentKey {
            id,
            sealed_secret: Some(Blob(vec![3; 80])),
            vault_key_version: 1,
            use_kind,
            platform: Platform::Linux,
            owner: sample.user,
            label: "web servers".parse().expect("valid"),
            pre_approved: false,
            created_by: sample.user,
            created_at: self.now(),
            expires_at: self.in_an_hour(),
            uses: 0,
            last_used_at: None,
            last_used_by: None,
            identity_hash: None,
            revoked_at: None,
            office: None,
        }
    }

    pub(crate) fn in_an_hour(&self) -> Timestamp {
        self.now().plus(Duration::from_secs(3600))
    }
}
