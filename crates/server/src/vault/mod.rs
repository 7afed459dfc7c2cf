//! The vault of a running site: its keys, their rotation, what locks them.
//!
//! Two programs may hold the ring at a time: the server, and an operator's
//! `sekisho-server keys …`. The database is what they agree on. A new data key
//! is durable there before anything is sealed with it; whoever meets a value
//! of a key it does not hold reads the ring anew ([`watch`]).

mod change;
mod open;
mod reseal;
mod status;
mod watch;

use std::fmt;
use std::sync::{Arc, Mutex, RwLock};

use sekisho_model::Secret;
use sekisho_store::{Access as _, Blob, Store, UnitOfWork, VaultKey as VaultKeyRow, VaultKeyState};
use sekisho_vault::{Kek, KekRecord, KeyRing, Place, Sealed, VaultError, WrappedKey};
use tokio::sync::Notify;

pub use change::{Changed, Rotated, cancel_kek_change, prepare_kek_change, rotate};
pub(crate) use open::kek_row;
pub use open::{OpenError, Opened, Why, open};
pub(crate) use reseal::run as reseal_in_background;
pub use reseal::{Resealed, reseal_all};
pub use status::{KeyStatus, VaultStatus, status};
pub(crate) use watch::run as watch;

/// The open vault, shared by everything that seals and opens.
pub struct Vault {
    ring: RwLock<Arc<KeyRing>>,
    /// Stays, so that a data key that another process made can be opened.
    kek: Arc<Kek>,
    /// Somebody met a value of a data key that the ring does not hold.
    stale: Notify,
    /// The ring has a new key: older values wait for being sealed anew.
    rotated: Notify,
    /// Why the key-encryption key could not be reached at the last look.
    kek_missing: Mutex<Option<String>>,
}

impl Vault {
    fn new(ring: KeyRing, kek: Kek) -> Self {
        Self {
            ring: RwLock::new(Arc::new(ring)),
            kek: Arc::new(kek),
            stale: Notify::new(),
            rotated: Notify::new(),
            kek_missing: Mutex::new(None),
        }
    }

    /// The ring as it is now. Take it once for what belongs together.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().expect("no holder panics").clone()
    }

    /// Opens a sealed value at its place.
    ///
    /// # Errors
    /// When the value was changed or moved, or its data key is not there. A
    /// data key that another process has just made is there a moment later.
    pub fn open(&self, place: Place<'_>, sealed: &Blob) -> Result<Secret, VaultError> {
        let opened = self.ring().open(place, &Sealed::from_bytes(sealed.0.clone()));
        if matches!(opened, Err(VaultError::UnknownKeyVersion { .. })) {
            self.stale.notify_one();
        }
        opened
    }

    /// Why the key-encryption key could not be reached at the last look; `None`
    /// when it could. What is open stays open in the meantime.
    pub fn kek_missing(&self) -> Option<String> {
        self.kek_missing.lock().expect("no holder panics").clone()
    }

    fn replace(&self, ring: KeyRing) {
        *self.ring.write().expect("no holder panics") = Arc::new(ring);
        self.rotated.notify_one();
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Vault").field(&self.ring()).finish()
    }
}

/// Keeps a new vault's first key and how it is locked.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn keep_first(
    work: &UnitOfWork,
    record: &KekRecord,
    wrapped: WrappedKey,
) -> anyhow::Result<()> {
    work.site().put_kek(open::kek_row(record, work.now())?).await?;
    let row = VaultKeyRow {
        version: i64::from(wrapped.version),
        wrapped: Blob(wrapped.bytes),
        state: VaultKeyState::Active,
        created_at: work.now(),
    };
    Ok(work.vault_keys().insert(row).await?)
}

/// The wrapped data keys of the store.
async fn wrapped_keys(store: &Store) -> anyhow::Result<Vec<WrappedKey>> {
    let rows = store.read().vault_keys().list().await?;
    rows.into_iter().map(|row| open::wrapped(row.version, row.wrapped)).collect()
}
