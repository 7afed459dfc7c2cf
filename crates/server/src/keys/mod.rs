//! The site's keys: made at `init`, opened at each start, replaced in time.
//!
//! Agents learn of new keys from trust bundles, a chain that the site root key
//! signs. Two programs may publish the next one: the server, and an operator's
//! `sekisho-server keys …`. The database is what they agree on, and no two
//! bundles can have one version there.
//!
//! - [`rotate`] makes an order or receipt key and publishes it.
//! - [`take_over`] and [`replace_lost`] are for a server that was put back to an
//!   older copy: it learns what it had published, and replaces what it lost.
//! - [`SiteKeys`] is what a running server signs and opens with; [`watch`] reads
//!   it anew when somebody else has published.

mod gateways;
mod learn;
mod live;
mod replace;
mod rotate;
mod status;
mod watch;

use std::time::Duration;

use sekisho_model::event::Event;
use sekisho_model::id::{AuditChainId, SiteId, SiteKeyId};
use sekisho_model::{Rng, Secret, Timestamp};
use sekisho_pki::SiteCa;
use sekisho_seal::audit_head::AuditKey;
use sekisho_seal::bundle::{published, sign_bundle};
use sekisho_seal::sealing::OpeningKey;
use sekisho_seal::sign::SigningKey;
use sekisho_seal::{recovery_key, sha256};
use sekisho_store::{Access, Blob, Bundle as BundleRow, Hash, Only, Site, SiteKey, SiteKeyKind};
use sekisho_store::{OperationContext, Store, UnitOfWork};
use sekisho_vault::KeyRing;
use sekisho_wire::bundle::{Bundle, Mode, TlsCheck};
use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

pub(crate) use gateways::{Publisher, publish as publish_gateways};
pub(crate) use learn::take_over;
pub use live::{Bundles, SiteKeys};
pub(crate) use replace::replace_lost;
pub use rotate::{Published, Replaced, RotateError, Rotated, rotate};
pub use status::{SiteKeyStatus, SiteKeysStatus, status};
pub(crate) use watch::{look, run as watch};

use crate::secrets::site_key_place;

/// How long an order key should be used.
const ORDER_KEY_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// How long a receipt key should be used.
const RECEIPT_KEY_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// What `init` shows once.
pub struct NewSite {
    /// The site.
    pub site: SiteId,
    /// The private half of the recovery key, as text. It is kept nowhere.
    pub recovery_key: Zeroizing<String>,
    /// The CA root, PEM.
    pub ca_root_pem: String,
    /// The SHA-256 of the CA root, for people to compare.
    pub ca_root_fingerprint: String,
}

/// Makes every key of a new site, the first trust bundle and the site's row,
/// inside the caller's unit of work.
///
/// # Errors
/// When the database or the vault fails.
pub async fn create_site(
    uow: &mut UnitOfWork,
    ring: &KeyRing,
    setup_token_hash: Hash,
    rng: &dyn Rng,
) -> anyhow::Result<NewSite> {
    let now = uow.now();
    let site = SiteId::at(now, rng);
    let root = SigningKey::generate(rng);
    let order = SigningKey::generate(rng);
    let audit = SigningKey::generate(rng);
    let receipt = OpeningKey::generate(rng);
    let recovery = OpeningKey::generate(rng);
    let ca = SiteCa::create(site, now, rng)?;

    let row = Site {
        only: Only,
        id: site,
        node_chain: AuditChainId::at(now, rng),
        setup_token_hash: Some(setup_token_hash),
        setup_token_expires_at: Some(now.plus(crate::sessions::SETUP_TOKEN_LIFE)),
        recovery_reason: None,
        created_at: now,
    };
    uow.site().insert(row).await?;
    let keep = Keep { ring, rng, now };
    let mut audit_key_event = None;
    let order_end = Some(now.plus(ORDER_KEY_LIFE));
    let receipt_end = Some(now.plus(RECEIPT_KEY_LIFE));
    for (kind, public, private, certificate, expires_at) in [
        (SiteKeyKind::SiteRoot, root.public().to_vec(), Some(root.to_secret()), None, None),
        (SiteKeyKind::Order, order.public().to_vec(), Some(order.to_secret()), None, order_end),
        (
            SiteKeyKind::Receipt,
            receipt.public().to_vec(),
            Some(receipt.to_secret()),
            None,
            receipt_end,
        ),
        (SiteKeyKind::Audit, audit.public().to_vec(), Some(audit.to_secret()), None, None),
        (SiteKeyKind::Recovery, recovery.public().to_vec(), None, None, None),
        (
            SiteKeyKind::CaRoot,
            sha256(&ca.root).to_vec(),
            Some(ca.root_key.clone()),
            Some(ca.root.clone()),
            None,
        ),
        (
            SiteKeyKind::CaIssuing,
            sha256(&ca.issuing.certificate).to_vec(),
            Some(ca.issuing.key.clone()),
            Some(ca.issuing.certificate.clone()),
            None,
        ),
    ] {
        let key = keep.key(kind, public, private, certificate, expires_at)?;
        if kind == SiteKeyKind::Audit {
            audit_key_event = Some(audit_key_created(&key, &audit));
        }
        uow.site_keys().insert(key).await?;
    }

    let bundle = Bundle {
        protocol: sekisho_wire::PROTOCOL,
        site,
        version: 1,
        previous: None,
        issued: now,
        min_mode: Mode::Certificate,
        order_keys: vec![published(order.public(), now, order_end)],
        receipt_keys: vec![published(receipt.public(), now, receipt_end)],
        recovery_keys: vec![published(recovery.public(), now, None)],
        ca_roots: vec![ByteBuf::from(ca.root.clone())],
        server_tls: TlsCheck::SiteCa,
        gateways: Vec::new(),
        min_protocol: sekisho_wire::PROTOCOL_MIN,
    };
    let signed = sign_bundle(&bundle, &root);
    let hash = Hash(sha256(&signed));
    let row = BundleRow { version: 1, bytes: Blob(signed), hash, created_at: now };
    uow.bundles().insert(row).await?;
    uow.record(Event::SiteInitialised { site });
    uow.record(audit_key_event.expect("made above"));
    Ok(NewSite {
        site,
        recovery_key: recovery_key::to_text(&recovery),
        ca_root_pem: sekisho_pki::pem::write_certificates([ca.root.as_slice()]),
        ca_root_fingerprint: sekisho_pki::fingerprint(&ca.root),
    })
}

fn audit_key_created(key: &SiteKey, audit: &SigningKey) -> Event {
    Event::AuditKeyCreated { key: key.id, public: AuditKey(audit.public()).to_string() }
}

/// Makes the key that signs heads of the audit log, for a site that is older
/// than that key.
///
/// # Errors
/// When the database or the vault fails.
pub async fn ensure_audit_key(
    store: &Store,
    ring: &KeyRing,
    context: &OperationContext,
    rng: &dyn Rng,
) -> anyhow::Result<()> {
    if !store.read().site_keys().live(SiteKeyKind::Audit).await?.is_empty() {
        return Ok(());
    }
    let mut work = store.begin(context).await?;
    let audit = SigningKey::generate(rng);
    let keep = Keep { ring, rng, now: context.now };
    let (public, private) = (audit.public().to_vec(), Some(audit.to_secret()));
    let key = keep.key(SiteKeyKind::Audit, public, private, None, None)?;
    work.record(audit_key_created(&key, &audit));
    work.site_keys().insert(key).await?;
    work.commit().await.map(drop)?;
    Ok(())
}

/// Seals the private half of keys for their rows.
struct Keep<'a> {
    ring: &'a KeyRing,
    rng: &'a dyn Rng,
    now: Timestamp,
}

impl Keep<'_> {
    fn key(
        &self,
        kind: SiteKeyKind,
        public: Vec<u8>,
        private: Option<Secret>,
        certificate: Option<Vec<u8>>,
        expires_at: Option<Timestamp>,
    ) -> anyhow::Result<SiteKey> {
        let id = SiteKeyId::at(self.now, self.rng);
        let sealed = match &private {
            Some(private) => Some(self.ring.seal(site_key_place(&id), private, self.rng)?),
            None => None,
        };
        Ok(SiteKey {
            id,
            kind,
            public: Blob(public),
            vault_key_version: sealed.as_ref().map(|_| i64::from(self.ring.active_version())),
            sealed_private: sealed.map(|sealed| Blob(sealed.into_bytes())),
            certificate: certificate.map(Blob),
            created_at: self.now,
            expires_at,
            retired_at: None,
        })
    }
}
