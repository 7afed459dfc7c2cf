//! What a running server signs and opens with.

use std::sync::{Arc, RwLock};

use anyhow::{Context, ensure};
use sekisho_model::id::SiteId;
use sekisho_model::{Secret, Timestamp};
use sekisho_pki::{SiteCa, SiteTrust};
use sekisho_seal::audit_head::AuditKey;
use sekisho_seal::bundle::Trust;
use sekisho_seal::enrolment_key::Pin;
use sekisho_seal::kid;
use sekisho_seal::sealing::OpeningKey;
use sekisho_seal::sign::SigningKey;
use sekisho_store::{Access, SiteKey, SiteKeyKind, Store};
use sekisho_vault::{KeyRing, Sealed};
use sekisho_wire::bundle::{Bundle, PublishedKey, SiteAnchor};
use serde_bytes::ByteBuf;

use crate::secrets::site_key_place;

/// The keys a running server needs. The site root key is not among them: it
/// is opened only to sign a bundle.
pub struct SiteKeys {
    site: SiteId,
    anchor: SiteAnchor,
    audit: SigningKey,
    audit_keys: Vec<AuditKey>,
    ca: SiteCa,
    live: RwLock<Arc<Live>>,
}

/// What a new trust bundle changes.
struct Live {
    /// Never empty.
    order: Vec<Signer>,
    receipt: Vec<([u8; 8], Arc<OpeningKey>)>,
    bundles: Arc<Bundles>,
}

/// An order key that is held.
struct Signer {
    /// From when on agents know it; `None`: the newest bundle does not name it.
    not_before: Option<Timestamp>,
    key: Arc<SigningKey>,
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

    /// The version of the newest one.
    pub const fn version(&self) -> u64 {
        self.trust.bundle().version
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
        let anchor = anchor(store).await?;
        let site = anchor.site;
        let audit = open(ring, &live(store, SiteKeyKind::Audit).await?[0])?;
        let audit = SigningKey::from_secret(&audit)?;
        let audit_keys = reader
            .site_keys()
            .list()
            .await?
            .into_iter()
            .filter(|key| key.kind == SiteKeyKind::Audit)
            .filter_map(|key| key.public.0.try_into().ok().map(AuditKey))
            .collect();
        let ca_root = &live(store, SiteKeyKind::CaRoot).await?[0];
        let issuing = live(store, SiteKeyKind::CaIssuing).await?;
        let certificate = |key: &SiteKey| -> anyhow::Result<Vec<u8>> {
            Ok(key.certificate.clone().context("the CA key has no certificate")?.0)
        };
        let issuing_certificates =
            issuing.iter().map(certificate).collect::<anyhow::Result<Vec<_>>>()?;
        let trust = SiteTrust::new(site, &certificate(ca_root)?, &issuing_certificates)?;
        let ca = SiteCa::load(trust, &open(ring, &issuing[0])?)?;
        let live = RwLock::new(Arc::new(Live::load(store, ring, &anchor).await?));
        Ok(Self { site, anchor, audit, audit_keys, ca, live })
    }

    /// Reads order keys, receipt keys and bundles anew.
    ///
    /// # Errors
    /// When the database or the vault fails; then everything is as before.
    pub async fn reload(&self, store: &Store, ring: &KeyRing) -> anyhow::Result<()> {
        let read = Live::load(store, ring, &self.anchor).await?;
        let mut live = self.live.write().expect("no holder panics");
        // Of two that read at a time the older one may come last.
        if read.bundles.version() >= live.bundles.version() {
            *live = Arc::new(read);
        }
        Ok(())
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

    /// The key that signs orders, Welcomes and the server's time at `now`: the
    /// newest that every agent can know.
    pub fn order_key(&self, now: Timestamp) -> Arc<SigningKey> {
        self.live().order_key(now)
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
    pub fn receipt_key(&self, kid: &[u8; 8]) -> Option<Arc<OpeningKey>> {
        self.live().receipt.iter().find(|(known, _)| known == kid).map(|(_, key)| key.clone())
    }

    /// The site CA.
    pub const fn ca(&self) -> &SiteCa {
        &self.ca
    }

    /// The chain of trust bundles.
    pub fn bundles(&self) -> Arc<Bundles> {
        self.live().bundles.clone()
    }

    /// The recovery keys, for backups.
    pub fn recovery_keys(&self) -> Vec<PublishedKey> {
        self.bundles().trust.bundle().recovery_keys.clone()
    }

    fn live(&self) -> Arc<Live> {
        self.live.read().expect("no holder panics").clone()
    }
}

impl Live {
    async fn load(store: &Store, ring: &KeyRing, anchor: &SiteAnchor) -> anyhow::Result<Self> {
        // The bundles first: a key that one of them names is never younger.
        let bundles = Arc::new(load_bundles(store, anchor).await?);
        let mut order = Vec::new();
        for row in live(store, SiteKeyKind::Order).await? {
            let key = SigningKey::from_secret(&open(ring, &row)?)?;
            let newest = bundles.trust.bundle();
            let not_before = entry(&newest.order_keys, &kid(&key.public())).map(|it| it.not_before);
            order.push(Signer { not_before, key: Arc::new(key) });
        }
        let mut receipt = Vec::new();
        for row in live(store, SiteKeyKind::Receipt).await? {
            let key = OpeningKey::from_secret(&open(ring, &row)?)?;
            receipt.push((kid(&key.public()), Arc::new(key)));
        }
        Ok(Self { order, receipt, bundles })
    }

    fn order_key(&self, now: Timestamp) -> Arc<SigningKey> {
        let named = |signer: &&Signer| signer.not_before.is_some();
        let begun = |signer: &&Signer| signer.not_before.is_some_and(|begin| begin <= now);
        self.order
            .iter()
            .filter(begun)
            .max_by_key(|signer| signer.not_before)
            .or_else(|| self.order.iter().filter(named).min_by_key(|signer| signer.not_before))
            // None is named: they were lost with an older database. The oldest
            // is the one that an agent may still know.
            .or_else(|| self.order.last())
            .map(|signer| signer.key.clone())
            .expect("a site without a live order key is not opened")
    }
}

/// The entry of a key in a bundle.
pub(super) fn entry<'a>(keys: &'a [PublishedKey], kid: &[u8; 8]) -> Option<&'a PublishedKey> {
    keys.iter().find(|key| key.kid == *kid)
}

/// Every order and receipt key that a bundle of the chain has ever named.
pub(super) fn ever_named(bundles: &Bundles) -> anyhow::Result<Vec<[u8; 8]>> {
    let mut kids = Vec::new();
    for signed in &bundles.chain {
        let bundle: Bundle = sekisho_seal::bundle::read(bundles.trust.anchor(), signed)?;
        let keys = bundle.order_keys.iter().chain(&bundle.receipt_keys);
        kids.extend(keys.map(|key| key.kid));
    }
    Ok(kids)
}

/// What the bundles of this database are held to.
pub(super) async fn anchor(store: &Store) -> anyhow::Result<SiteAnchor> {
    let site = store.read().site().find().await?;
    let site = site.context("the database holds no site; run `sekisho-server init` first")?.id;
    let root = &live(store, SiteKeyKind::SiteRoot).await?[0];
    let root_key = root.public.0.as_slice().try_into().context("the site root key is damaged")?;
    Ok(SiteAnchor { site, root_key })
}

/// The keys of a kind that are not retired, newest first; at least one.
pub(super) async fn live(store: &Store, kind: SiteKeyKind) -> anyhow::Result<Vec<SiteKey>> {
    let mut keys = store.read().site_keys().live(kind).await?;
    keys.sort_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
    ensure!(!keys.is_empty(), "the site has no live {kind} key");
    Ok(keys)
}

/// The private half of a key.
pub(super) fn open(ring: &KeyRing, key: &SiteKey) -> anyhow::Result<Secret> {
    let sealed = key.sealed_private.clone().context("the key has no private half")?;
    Ok(ring.open(site_key_place(&key.id), &Sealed::from_bytes(sealed.0))?)
}

/// Reads and checks the whole chain.
pub(super) async fn load_bundles(store: &Store, anchor: &SiteAnchor) -> anyhow::Result<Bundles> {
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
