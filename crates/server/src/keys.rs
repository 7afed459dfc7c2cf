//! The site's keys: made once at `init`, opened at each start.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::{Context, ensure};
use sekisho_model::event::Event;
use sekisho_model::id::{AuditChainId, SiteId, SiteKeyId};
use sekisho_model::{Rng, Secret, Timestamp};
use sekisho_pki::{SiteCa, SiteTrust};
use sekisho_seal::audit_head::AuditKey;
use sekisho_seal::bundle::{Trust, published, sign_bundle};
use sekisho_seal::enrolment_key::Pin;
use sekisho_seal::sealing::OpeningKey;
use sekisho_seal::sign::SigningKey;
use sekisho_seal::{kid, recovery_key, sha256};
use sekisho_store::{Access, Blob, Bundle as BundleRow, Hash, Only, Site, SiteKey, SiteKeyKind};
use sekisho_store::{OperationContext, Store, UnitOfWork};
use sekisho_vault::{KeyRing, Sealed};
use sekisho_wire::bundle::{Bundle, Mode, PublishedKey, SiteAnchor, TlsCheck};
use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use crate::secrets::site_key_place;

/// How long an order key is used.
const ORDER_KEY_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// How long a receipt key is used.
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

/// The keys a running server needs. The site root key is not among them: it
/// is opened only to sign a bundle.
pub struct SiteKeys {
    site: SiteId,
    anchor: SiteAnchor,
    order: SigningKey,
    audit: SigningKey,
    audit_keys: Vec<AuditKey>,
    receipt: Vec<([u8; 8], OpeningKey)>,
    ca: SiteCa,
    bundles: RwLock<Arc<Bundles>>,
}

/// The chain of bundles, checked, and as it is served.
#[derive(Debug)]
pub struct Bundles {
    /// What agents believe once they hold all of it.
    pub trust: Trust,
    /// The signed bundles, from version 1.
    pub chain: Vec<ByteBuf>,
}

impl Bundles {
    /// The signed bundles after a version, oldest first, at most `limit`.
    pub fn after(&self, version: u64, limit: usize) -> &[ByteBuf] {
        let from = usize::try_from(version).unwrap_or(usize::MAX).min(self.chain.len());
        let to = from.saturating_add(limit).min(self.chain.len());
        &self.chain[from..to]
    }
}

impl SiteKeys {
    /// Opens the keys of an initialised site.
    ///
    /// # Errors
    /// When the database was not initialised, the vault cannot open a key, or
    /// the chain of bundles cannot be believed.
    pub async fn load(store: &Store, ring: &KeyRing) -> anyhow::Result<Self> {
        let reader = store.read();
        let site = reader
            .site()
            .find()
            .await?
            .context("the database holds no site; run `sekisho-server init` first")?
            .id;
        let live = |kind| async move {
            let mut keys = reader.site_keys().live(kind).await?;
            keys.sort_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
            ensure!(!keys.is_empty(), "the site has no live {kind} key");
            Ok(keys)
        };
        let open = |key: &SiteKey| -> anyhow::Result<Secret> {
            let sealed = key.sealed_private.clone().context("the key has no private half")?;
            Ok(ring.open(site_key_place(&key.id), &Sealed::from_bytes(sealed.0))?)
        };
        let root = &live(SiteKeyKind::SiteRoot).await?[0];
        let root_key: [u8; 32] =
            root.public.0.as_slice().try_into().context("the site root key is damaged")?;
        let anchor = SiteAnchor { site, root_key };
        let order = SigningKey::from_secret(&open(&live(SiteKeyKind::Order).await?[0])?)?;
        let audit = SigningKey::from_secret(&open(&live(SiteKeyKind::Audit).await?[0])?)?;
        let audit_keys = reader
            .site_keys()
            .list()
            .await?
            .into_iter()
            .filter(|key| key.kind == SiteKeyKind::Audit)
            .filter_map(|key| key.public.0.try_into().ok().map(AuditKey))
            .collect();
        let mut receipt = Vec::new();
        for key in live(SiteKeyKind::Receipt).await? {
            let opening = OpeningKey::from_secret(&open(&key)?)?;
            receipt.push((kid(&opening.public()), opening));
        }
        let ca_root = &live(SiteKeyKind::CaRoot).await?[0];
        let issuing = live(SiteKeyKind::CaIssuing).await?;
        let certificate = |key: &SiteKey| -> anyhow::Result<Vec<u8>> {
            Ok(key.certificate.clone().context("the CA key has no certificate")?.0)
        };
        let issuing_certificates =
            issuing.iter().map(certificate).collect::<anyhow::Result<Vec<_>>>()?;
        let trust = SiteTrust::new(site, &certificate(ca_root)?, &issuing_certificates)?;
        let ca = SiteCa::load(trust, &open(&issuing[0])?)?;
        let bundles = load_bundles(store, &anchor).await?;
        let bundles = RwLock::new(Arc::new(bundles));
        Ok(Self { site, anchor, order, audit, audit_keys, receipt, ca, bundles })
    }

    /// The site.
    pub const fn site(&self) -> SiteId {
        self.site
    }

    /// What the pin in an enrolment key is the hash of.
    pub const fn anchor(&self) -> &SiteAnchor {
        &self.anchor
    }

    /// The pin for enrolment keys.
    pub fn pin(&self) -> Pin {
        Pin::of(&self.anchor)
    }

    /// The key that signs orders, Welcomes and the server's time.
    pub const fn order_key(&self) -> &SigningKey {
        &self.order
    }

    /// The key that signs heads of the audit log.
    pub const fn audit_key(&self) -> &SigningKey {
        &self.audit
    }

    /// The public halves of it and of those before it.
    pub fn audit_keys(&self) -> &[AuditKey] {
        &self.audit_keys
    }

    /// The receipt key with this id, if it still opens messages.
    pub fn receipt_key(&self, kid: &[u8; 8]) -> Option<&OpeningKey> {
        self.receipt.iter().find(|(known, _)| known == kid).map(|(_, key)| key)
    }

    /// The site CA.
    pub const fn ca(&self) -> &SiteCa {
        &self.ca
    }

    /// The chain of trust bundles.
    pub fn bundles(&self) -> Arc<Bundles> {
        self.bundles.read().expect("no holder panics").clone()
    }

    /// The recovery keys, for backups.
    pub fn recovery_keys(&self) -> Vec<PublishedKey> {
        self.bundles().trust.bundle().recovery_keys.clone()
    }
}

/// Reads and checks the whole chain.
async fn load_bundles(store: &Store, anchor: &SiteAnchor) -> anyhow::Result<Bundles> {
    const BATCH: u64 = 100;
    let mut chain: Vec<ByteBuf> = Vec::new();
    loop {
        let version = i64::try_from(chain.len()).context("more bundles than can be counted")?;
        let rows = store.read().bundles().after(version, BATCH).await?;
        if rows.is_empty() {
            break;
        }
        chain.extend(rows.into_iter().map(|row| ByteBuf::from(row.bytes.0)));
    }
    let trust = Trust::from_chain(anchor, &chain).context("the chain of trust bundles")?;
    Ok(Bundles { trust, chain })
}
