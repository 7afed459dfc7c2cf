//! A site, a device and what they say to each other.

use std::sync::LazyLock;

use sekisho_model::Secret;
use sekisho_model::Timestamp;
use sekisho_model::id::{
    AccountId, AuditChainId, DeviceId, DeviceSessionId, EnrolmentKeyId, OrderId, SecretVersionId,
    SiteId,
};
use sekisho_model::rng::{SeededRng, random_bytes};
use sekisho_seal::bundle::{Trust, published, sign_bundle};
use sekisho_seal::enrolment_key::{EnrolmentKeyText, Pin};
use sekisho_seal::escrow::{self, Escrow, SealedEscrow};
use sekisho_seal::purpose::Scope;
use sekisho_seal::sealing::OpeningKey;
use sekisho_seal::sign::{IdentityKey, SigningKey};
use sekisho_seal::{message, sha256};
use sekisho_wire::bundle::{Bundle, BundleChain, Mode, SiteAnchor, TlsCheck};
use sekisho_wire::enrolment::{Enrolment, HostFacts};
use sekisho_wire::order::{Candidate, Order, SecretBytes, Target, Task};
use sekisho_wire::receipt::{Outcome, Receipt};
use sekisho_wire::session::{Hello, HelloAnswer, HelloEnvelope, HelloOutcome, HelloRefusal};
use serde_bytes::{ByteArray, ByteBuf};

/// Everything that the targets need, made once.
pub(crate) struct Sample {
    pub(crate) rng: SeededRng,
    pub(crate) now: Timestamp,
    pub(crate) site: SiteId,
    pub(crate) device: DeviceId,
    pub(crate) session: DeviceSessionId,
    pub(crate) chain_id: AuditChainId,
    pub(crate) order_key: SigningKey,
    pub(crate) receipt_key: OpeningKey,
    pub(crate) recovery_key: OpeningKey,
    pub(crate) session_key: OpeningKey,
    pub(crate) identity: IdentityKey,
    pub(crate) enrolment_key: EnrolmentKeyText,
    pub(crate) anchor: SiteAnchor,
    pub(crate) bundles: Vec<ByteBuf>,
    pub(crate) trust: Trust,
}

/// The one sample. The device's key is another one in each run.
pub(crate) static SAMPLE: LazyLock<Sample> = LazyLock::new(Sample::make);

impl Sample {
    fn make() -> Self {
        let rng = SeededRng::new(2026);
        let now: Timestamp = "2026-11-22T06:00:00Z".parse().expect("a time");
        let site = SiteId::at(now, &rng);
        let root = SigningKey::generate(&rng);
        let order_key = SigningKey::generate(&rng);
        let [receipt_key, recovery_key, session_key] =
            std::array::from_fn(|_| OpeningKey::generate(&rng));
        let anchor = SiteAnchor { site, root_key: root.public() };
        let mut bundle = Bundle {
            protocol: sekisho_wire::PROTOCOL,
            site,
            version: 1,
            previous: None,
            issued: now,
            min_mode: Mode::Certificate,
            order_keys: vec![published(order_key.public(), now, None)],
            receipt_keys: vec![published(receipt_key.public(), now, None)],
            recovery_keys: vec![published(recovery_key.public(), now, None)],
            ca_roots: vec![ByteBuf::from(b"der".to_vec())],
            server_tls: TlsCheck::SiteCa,
            gateways: Vec::new(),
            min_protocol: sekisho_wire::PROTOCOL_MIN,
        };
        let first = sign_bundle(&bundle, &root);
        bundle.version = 2;
        bundle.previous = Some(ByteArray::new(sha256(&first)));
        bundle.server_tls = TlsCheck::PinnedKey([7; 32]);
        let bundles = vec![ByteBuf::from(first), ByteBuf::from(sign_bundle(&bundle, &root))];
        let trust = Trust::from_chain(&anchor, &bundles).expect("a chain");
        let enrolment_key = EnrolmentKeyText {
            id: EnrolmentKeyId::at(now, &rng),
            secret: Secret::new(random_bytes::<32>(&rng).to_vec()),
            pin: Pin::of(&anchor),
        };
        Self {
            now,
            site,
            device: DeviceId::at(now, &rng),
            session: DeviceSessionId::at(now, &rng),
            chain_id: AuditChainId::at(now, &rng),
            order_key,
            receipt_key,
            recovery_key,
            session_key,
            identity: IdentityKey::generate(),
            enrolment_key,
            anchor,
            bundles,
            trust,
            rng,
        }
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope::device(self.site, self.device).session(self.session)
    }

    pub(crate) fn chain(&self) -> BundleChain {
        BundleChain { anchor: self.anchor.clone(), bundles: self.bundles.clone(), newest: Some(2) }
    }

    fn candidate(&self) -> Candidate {
        Candidate {
            version: SecretVersionId::at(self.now, &self.rng),
            value: SecretBytes(Secret::new(b"not-in-use-anywhere".to_vec())),
        }
    }

    fn target(&self) -> Target {
        Target {
            account: AccountId::at(self.now, &self.rng),
            name: "root".parse().expect("a name"),
            native_id: Some("0".to_owned()),
        }
    }

    pub(crate) fn orders(&self) -> Vec<Order> {
        let (target, candidate) = (self.target(), self.candidate());
        let lineage = vec![candidate.version];
        let candidates = vec![candidate.clone(), self.candidate()];
        let tasks = [
            Task::Reset { target: target.clone(), base: None, lineage, candidate },
            Task::Verify { target, candidates },
            Task::Discover {},
        ];
        let order = |task| Order {
            protocol: sekisho_wire::PROTOCOL,
            order: OrderId::at(self.now, &self.rng),
            site: self.site,
            device: self.device,
            session: self.session,
            seq: 5,
            not_before: self.now,
            expires: self.now,
            task,
            initiator: "関所太郎".to_owned(),
        };
        tasks.into_iter().map(order).collect()
    }

    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        use sekisho_wire::receipt::{OrderRefusal, ResetResult};
        let refused = OrderRefusal::Fenced { held: self.candidate().version };
        let outcomes = [
            Outcome::Reset {
                result: ResetResult::Applied,
                verified: sekisho_model::account::VerifyResult::InSync,
                last_change_day: Some(20_000),
                detail: String::new(),
            },
            Outcome::Verify { results: Vec::new(), last_change_day: None },
            Outcome::Discover {
                accounts: Vec::new(),
                left_out: vec!["bin".to_owned()],
                warnings: vec!["line 3 of passwd".to_owned()],
                truncated: false,
            },
            Outcome::Refused { reason: refused, detail: "another value".to_owned() },
        ];
        let receipt = |outcome| Receipt {
            protocol: sekisho_wire::PROTOCOL,
            order: OrderId::at(self.now, &self.rng),
            device: self.device,
            order_hash: [1; 32],
            seq: 5,
            started: self.now,
            finished: self.now,
            outcome,
        };
        outcomes.into_iter().map(receipt).collect()
    }

    pub(crate) fn hello(&self) -> Hello {
        Hello {
            protocol: sekisho_wire::PROTOCOL,
            min_protocol: sekisho_wire::PROTOCOL_MIN,
            device: self.device,
            session_key: self.session_key.public(),
            counter: 3,
            highest_seq: 5,
            newest_order: None,
            bundle_version: 2,
            agent_version: "0.1.0".to_owned(),
            platform: "linux".parse().expect("a platform"),
            capabilities: vec!["reset".to_owned()],
            wall_clock: self.now,
            boot: "boot".to_owned(),
            interval_s: 60,
            nonce: [2; 32],
            host: "web-1".to_owned(),
        }
    }

    /// A Hello that shows the second bundle to a server that lacks it.
    pub(crate) fn showing_hello(&self) -> HelloEnvelope {
        let to = self.receipt_key.public();
        let sealed = message::seal_hello(&self.hello(), &self.identity, self.site, &to, &self.rng);
        let bundles = vec![self.bundles[1].clone()];
        HelloEnvelope { bundles, ..sealed.expect("a usable key") }
    }

    pub(crate) fn hello_answer(&self) -> HelloAnswer {
        HelloAnswer {
            nonce: [2; 32],
            server_time: self.now,
            bundles: self.bundles.clone(),
            outcome: HelloOutcome::Refused { reason: HelloRefusal::Pending, retry_after_s: 60 },
            newest_bundle: Some(2),
        }
    }

    pub(crate) fn enrolment(&self) -> Enrolment {
        Enrolment {
            protocol: sekisho_wire::PROTOCOL,
            csr: b"csr".to_vec(),
            identity_key: self.identity.public(),
            platform: "linux".parse().expect("a platform"),
            agent_version: "0.1.0".to_owned(),
            facts: HostFacts {
                host_name: "db01".to_owned(),
                dns_name: Some("db01.example.jp".parse().expect("a name")),
                system: "Debian GNU/Linux 12".to_owned(),
                kernel: "6.1".to_owned(),
                architecture: "x86_64".to_owned(),
                machine: "machine".to_owned(),
            },
            owner: None,
            rehome: false,
            nonce: [3; 32],
        }
    }

    pub(crate) fn escrow(&self) -> SealedEscrow {
        let candidate = self.candidate();
        let escrow = Escrow {
            account: AccountId::at(self.now, &self.rng),
            version: candidate.version,
            name: "root".parse().expect("a name"),
            native_id: Some("0".to_owned()),
            order: OrderId::at(self.now, &self.rng),
            seq: 5,
            at: self.now,
            value: candidate.value,
        };
        let key = self.recovery_key.public();
        escrow::seal(&escrow, &key, self.site, self.device, &self.rng).expect("a usable key")
    }
}
