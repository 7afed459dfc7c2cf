//! A new order or receipt key, and the trust bundle that brings it.
//!
//! Each step is one transaction, and the next run goes on where the last one
//! stopped:
//!
//! 1. the key is made: a live row that no bundle names. Nobody uses it.
//! 2. a backup is made and drilled, and the drill finds the key in it.
//! 3. the next bundle names it. Agents learn of it with their next Hello; a
//!    session lives 24 hours, so that an order key signs 25 hours later. Hellos
//!    and receipts are sealed to a receipt key as soon as an agent knows it.

use std::sync::Arc;
use std::time::Duration;

use sekisho_model::event::Event;
use sekisho_model::id::SiteKeyId;
use sekisho_model::{Clock, Rng, Timestamp};
use sekisho_seal::bundle::{published, sign_bundle};
use sekisho_seal::sealing::OpeningKey;
use sekisho_seal::sign::SigningKey;
use sekisho_seal::{kid, sha256};
use sekisho_store::{
    Access as _, AuditFilter, Blob, Bundle as BundleRow, Hash, Page, SiteKey, SiteKeyKind, Store,
    StoreError, UnitOfWork,
};
use sekisho_vault::KeyRing;
use sekisho_wire::bundle::{Bundle, PublishedKey};
use sekisho_wire::session::SESSION_TTL_S;
use serde::Serialize;
use serde_bytes::ByteArray;

use super::live::{self, Bundles, entry, ever_named, load_bundles};
use super::{Keep, ORDER_KEY_LIFE, RECEIPT_KEY_LIFE};
use crate::run::console;

/// No session that was opened before a bundle was published lives so long
/// after it: every agent that is connected knows the bundle by then.
const KNOWN_AFTER: Duration = Duration::from_secs(SESSION_TTL_S as u64 + 3600);

/// Receipt keys in a bundle, the newest with them. More only when they were
/// replaced so fast that agents may still seal to them.
const RECEIPT_KEYS: usize = 3;

/// Which of the site's keys is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replaced {
    /// The key that signs orders, Welcomes and the server's time.
    Order,
    /// The key that Hellos, receipts and enrolments are sealed to.
    Receipt,
}

impl Replaced {
    /// Its word: `order` or `receipt`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Receipt => "receipt",
        }
    }

    const fn kind(self) -> SiteKeyKind {
        match self {
            Self::Order => SiteKeyKind::Order,
            Self::Receipt => SiteKeyKind::Receipt,
        }
    }
}

impl std::fmt::Display for Replaced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a rotation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// Which key.
    pub kind: Replaced,
    /// The short id of the new one.
    pub kid: String,
    /// Whether this run made it.
    pub made: bool,
    /// Whether agents learn of it now. If not, it waits for a verified backup.
    pub published: Option<Published>,
}

/// A trust bundle that is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Its version.
    pub bundle: u64,
    /// From when on the new key is used.
    #[serde(serialize_with = "as_text")]
    pub not_before: Timestamp,
    /// The short ids of keys that are not used any more.
    pub retired: Vec<String>,
}

fn as_text<S: serde::Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(at)
}

/// Why no bundle was published. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The database may be older than what agents hold.
    #[error(
        "the site is in recovery ({reason}); its keys are replaced when the recovery has ended \
         (`sekisho-server recover`). Nothing was changed"
    )]
    InRecovery {
        /// Why it is.
        reason: String,
    },
    /// Devices have shown bundles that this database does not hold.
    #[error(
        "{devices} devices have shown trust bundle {shown}, and this database holds {own} bundles \
         only: it is older than it was. A second bundle {} would shut these devices out for good. \
         Let their agents connect and end the recovery; block a device that only claims it. \
         Nothing was changed", .own + 1
    )]
    Behind {
        /// How many devices.
        devices: u64,
        /// The highest version that was shown.
        shown: i64,
        /// The newest version here.
        own: u64,
    },
    /// The key before has not begun.
    #[error(
        "order key {kid} is new itself: it signs from {begins} on, when every agent knows it. \
         Replace it after that; nothing was changed"
    )]
    NotYetInUse {
        /// That key.
        kid: String,
        /// When it begins.
        begins: Timestamp,
    },
    /// Nothing but the database holds the new key.
    #[error(
        "no verified backup holds the {kind} key {kid}, which waits. Make a backup \
         (`sekisho-server backup`), rehearse it (`sekisho-server backup-drill`), and run this \
         again. `--without-backup` goes on without: should the database be lost before the next \
         backup, the restored server will need new keys. Nothing was changed"
    )]
    Unverified {
        /// Which key.
        kind: Replaced,
        /// Its short id.
        kid: String,
    },
    /// Somebody else published.
    #[error("another trust bundle was published meanwhile; nothing was changed, try again")]
    Raced,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys could not be read or opened.
    #[error("{0:#}")]
    Keys(anyhow::Error),
}

impl From<anyhow::Error> for RotateError {
    fn from(error: anyhow::Error) -> Self {
        Self::Keys(error)
    }
}

/// Makes a new key, or publishes the one that waits once a verified backup
/// holds it.
///
/// # Errors
/// When nothing may be published now; says what to do.
pub async fn rotate(
    store: &Store,
    ring: &KeyRing,
    kind: Replaced,
    without_backup: bool,
    clock: &dyn Clock,
    rng: &Arc<dyn Rng>,
) -> Result<Rotated, RotateError> {
    let anchor = live::anchor(store).await?;
    let bundles = load_bundles(store, &anchor).await?;
    let work = store.begin(&console(clock, rng.as_ref())).await?;
    let refused = may_publish(&work, &bundles).await;
    work.rollback().await?;
    refused?;
    let held = store.read().site_keys().live(kind.kind()).await?;
    begun_keys(&bundles, kind, &held, clock.now())?;

    let waiting = waiting(store, &bundles, kind).await?;
    let made = waiting.is_none();
    let key = match waiting {
        Some(key) => key,
        None => make(store, ring, kind, clock, rng.as_ref()).await?,
    };
    let short = hex(&kid(&key.public.0));
    if !without_backup && !is_verified(store, key.id).await? {
        return match made {
            true => Ok(Rotated { kind, kid: short, made, published: None }),
            false => Err(RotateError::Unverified { kind, kid: short }),
        };
    }
    let published = publish(store, ring, kind, &key, without_backup, clock, rng.as_ref()).await?;
    Ok(Rotated { kind, kid: short, made, published: Some(published) })
}

/// Whether the next bundle may be published: agents must not hold one of its
/// version already. The site's row stays locked, so that nobody enters recovery
/// meanwhile.
pub(super) async fn may_publish(work: &UnitOfWork, own: &Bundles) -> Result<(), RotateError> {
    let site = work.site().lock().await?;
    if let Some(reason) = site.and_then(|site| site.recovery_reason) {
        return Err(RotateError::InRecovery { reason });
    }
    nobody_is_ahead(work, own).await
}

/// No device has shown a bundle that this database does not hold.
pub(super) async fn nobody_is_ahead(work: &UnitOfWork, own: &Bundles) -> Result<(), RotateError> {
    let newest = i64::try_from(own.version()).unwrap_or(i64::MAX);
    let held = work.devices().bundles_held().await?;
    let ahead = held.iter().filter(|held| held.bundle_version > newest);
    let devices = ahead.clone().map(|held| held.devices).sum();
    match ahead.map(|held| held.bundle_version).max() {
        Some(shown) => Err(RotateError::Behind { devices, shown, own: own.version() }),
        None => Ok(()),
    }
}

/// An order key that has not begun keeps its place: the one that signs now
/// must stay known until then.
fn begun_keys(
    bundles: &Bundles,
    kind: Replaced,
    held: &[SiteKey],
    now: Timestamp,
) -> Result<(), RotateError> {
    let keys = match kind {
        Replaced::Order => &bundles.trust.bundle().order_keys,
        Replaced::Receipt => return Ok(()),
    };
    match keys.iter().find(|key| key.not_before > now && is_held(held, key)) {
        Some(key) => Err(RotateError::NotYetInUse { kid: hex(&key.kid), begins: key.not_before }),
        None => Ok(()),
    }
}

/// The oldest live key that no bundle has ever named.
async fn waiting(
    store: &Store,
    bundles: &Bundles,
    kind: Replaced,
) -> Result<Option<SiteKey>, RotateError> {
    let named = ever_named(bundles)?;
    let live = store.read().site_keys().live(kind.kind()).await?;
    Ok(live.into_iter().rev().find(|key| !named.contains(&kid(&key.public.0))))
}

async fn make(
    store: &Store,
    ring: &KeyRing,
    kind: Replaced,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> Result<SiteKey, RotateError> {
    let mut work = store.begin(&console(clock, rng)).await?;
    let key = new_key(ring, kind, work.now(), rng)?;
    work.site_keys().insert(key.clone()).await?;
    work.record(made_event(kind, &key));
    work.commit().await.map(drop)?;
    Ok(key)
}

pub(super) fn made_event(kind: Replaced, key: &SiteKey) -> Event {
    Event::SiteKeyMade {
        key: key.id,
        kind: kind.as_str().to_owned(),
        kid: hex(&kid(&key.public.0)),
    }
}

/// A key with its private half sealed, not stored yet.
pub(super) fn new_key(
    ring: &KeyRing,
    kind: Replaced,
    now: Timestamp,
    rng: &dyn Rng,
) -> anyhow::Result<SiteKey> {
    let keep = Keep { ring, rng, now };
    let (public, secret, life) = match kind {
        Replaced::Order => {
            let key = SigningKey::generate(rng);
            (key.public(), key.to_secret(), ORDER_KEY_LIFE)
        }
        Replaced::Receipt => {
            let key = OpeningKey::generate(rng);
            (key.public(), key.to_secret(), RECEIPT_KEY_LIFE)
        }
    };
    keep.key(kind.kind(), public.to_vec(), Some(secret), None, Some(now.plus(life)))
}

/// Whether a drill that passed has found this key in a backup.
async fn is_verified(store: &Store, key: SiteKeyId) -> Result<bool, StoreError> {
    let like = Event::BackupDrilled {
        file: String::new(),
        taken_at: Timestamp::EPOCH,
        passed: true,
        keys: Vec::new(),
    };
    let filter = AuditFilter {
        codes: vec![like.info().code],
        event: Some(key.to_string()),
        ..AuditFilter::default()
    };
    let lines = store.read().audit().list(&filter, &Page::first(20)).await?;
    Ok(lines.items.iter().any(|line| {
        matches!(
            serde_json::from_str(&line.event),
            Ok(Event::BackupDrilled { passed: true, keys, .. }) if keys.contains(&key)
        )
    }))
}

async fn publish(
    store: &Store,
    ring: &KeyRing,
    kind: Replaced,
    key: &SiteKey,
    without_backup: bool,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> Result<Published, RotateError> {
    let anchor = live::anchor(store).await?;
    let root = &live::live(store, SiteKeyKind::SiteRoot).await?[0];
    let root = SigningKey::from_secret(&live::open(ring, root)?).map_err(anyhow::Error::from)?;
    let bundles = load_bundles(store, &anchor).await?;
    let mut work = store.begin(&console(clock, rng)).await?;
    may_publish(&work, &bundles).await?;
    let now = work.now();
    let held = work.site_keys().live(kind.kind()).await?;
    begun_keys(&bundles, kind, &held, now)?;
    let newest = bundles.trust.bundle();
    let public = public_half(key)?;
    let (entry, kept) = match kind {
        Replaced::Order => {
            let begins = now.plus(KNOWN_AFTER);
            let entry = published(public, begins, Some(begins.plus(ORDER_KEY_LIFE)));
            (entry, kept_order_key(&newest.order_keys, &held))
        }
        Replaced::Receipt => {
            let entry = published(public, now, Some(now.plus(RECEIPT_KEY_LIFE)));
            (entry, kept_receipt_keys(&newest.receipt_keys, &held, now))
        }
    };
    let not_before = entry.not_before;
    let keys: Vec<PublishedKey> = kept.into_iter().chain([entry]).collect();
    let retired = retire(&work, &held, &keys, &bundles).await?;
    let next = match kind {
        Replaced::Order => Bundle { order_keys: keys, ..newest.clone() },
        Replaced::Receipt => Bundle { receipt_keys: keys, ..newest.clone() },
    };
    let bundle = insert(&work, &bundles, next, &root).await?;
    work.record(Event::BundlePublished {
        bundle,
        kind: kind.as_str().to_owned(),
        kid: hex(&kid(&key.public.0)),
        without_backup,
    });
    work.commit().await.map(drop)?;
    Ok(Published { bundle, not_before, retired })
}

/// The order key that signs until the new one may: the newest that is held.
fn kept_order_key(named: &[PublishedKey], held: &[SiteKey]) -> Vec<PublishedKey> {
    let held = named.iter().filter(|key| is_held(held, key));
    held.max_by_key(|key| key.not_before).cloned().into_iter().collect()
}

/// The newest receipt keys that are held; older ones only while an agent may
/// not know their successor.
fn kept_receipt_keys(
    named: &[PublishedKey],
    held: &[SiteKey],
    now: Timestamp,
) -> Vec<PublishedKey> {
    // The newest is the last one in a bundle, also of two of one instant.
    let held = |key: &&PublishedKey| is_held(held, key);
    let mut keys: Vec<&PublishedKey> = named.iter().rev().filter(held).collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.not_before));
    let mut kept = Vec::new();
    let mut successor = now;
    for key in keys {
        if kept.len() < RECEIPT_KEYS - 1 || successor.plus(KNOWN_AFTER) > now {
            kept.push(key.clone());
        }
        successor = key.not_before;
    }
    kept.reverse();
    kept
}

fn is_held(held: &[SiteKey], key: &PublishedKey) -> bool {
    held.iter().any(|row| row.public.0 == key.key)
}

/// Takes keys out of use that the next bundle does not name. One that waits is
/// left alone.
pub(super) async fn retire(
    work: &UnitOfWork,
    held: &[SiteKey],
    named: &[PublishedKey],
    bundles: &Bundles,
) -> Result<Vec<String>, RotateError> {
    let before = ever_named(bundles)?;
    let mut retired = Vec::new();
    for row in held {
        let short = kid(&row.public.0);
        if entry(named, &short).is_none()
            && before.contains(&short)
            && work.site_keys().retire(row.id, work.now()).await?
        {
            retired.push(hex(&short));
        }
    }
    Ok(retired)
}

/// Signs and stores the bundle after the newest one. Returns its version.
pub(super) async fn insert(
    work: &UnitOfWork,
    bundles: &Bundles,
    content: Bundle,
    root: &SigningKey,
) -> Result<u64, RotateError> {
    let version = bundles.version() + 1;
    let bundle = Bundle {
        protocol: sekisho_wire::PROTOCOL,
        version,
        previous: Some(ByteArray::new(bundles.trust.hash())),
        issued: work.now(),
        ..content
    };
    let signed = sign_bundle(&bundle, root);
    // What agents would refuse must not be published.
    let mut trust = bundles.trust.clone();
    trust.advance(std::slice::from_ref(&signed)).map_err(anyhow::Error::from)?;
    let row = BundleRow {
        version: i64::try_from(version).map_err(anyhow::Error::from)?,
        hash: Hash(sha256(&signed)),
        bytes: Blob(signed),
        created_at: work.now(),
    };
    match work.bundles().insert(row).await {
        Ok(()) => Ok(version),
        Err(StoreError::Conflict { .. }) => Err(RotateError::Raced),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn public_half(key: &SiteKey) -> anyhow::Result<[u8; 32]> {
    let public = key.public.0.as_slice();
    public.try_into().map_err(|_| anyhow::anyhow!("the public half of key {} is damaged", key.id))
}

pub(super) fn hex(kid: &[u8; 8]) -> String {
    data_encoding::HEXLOWER.encode(kid)
}
