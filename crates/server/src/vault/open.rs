//! Opening the vault with the key that the configuration names.

use std::fmt;
use std::sync::Arc;

use anyhow::Context;
use sekisho_model::event::Event;
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_store::{Access as _, Blob, Kek as KekRow, Only, Store};
use sekisho_vault::{Kek, KekRecord, KeyRing, VaultError, WrappedKey};

use super::Vault;
use crate::config::VaultKey;
use crate::run::console;

/// An open vault.
#[derive(Debug)]
pub struct Opened {
    /// The vault.
    pub vault: Vault,
    /// The word of what locks it.
    pub provider: &'static str,
    /// Whether a key-encryption key that was prepared came into use just now.
    pub changed: bool,
}

/// Why the vault stays closed.
#[derive(Debug)]
pub struct OpenError {
    /// What can be done about it.
    pub why: Why,
    /// Everything that is known, for the operator and the log.
    pub error: anyhow::Error,
}

/// What can be done about a closed vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The key is missing and may come by itself: a file, a credential, a
    /// token that is plugged in.
    Missing,
    /// An operator must give the passphrase.
    Asked,
    /// The key that was given is another one.
    Wrong,
    /// The token refuses the PIN. Trying again by itself does harm.
    Refused,
    /// The database is damaged or cannot be read; no key helps.
    Damaged,
}

impl Why {
    /// A sentence for anybody who asks: what is the matter and what to do. The
    /// same one whatever exactly was wrong with a key.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => {
                "the key that locks the vault is not there; the server goes on by itself as soon \
                 as the key file, the credential or the security module is back"
            }
            Self::Asked => {
                "the vault waits for its passphrase; run `sekisho-server unseal` on the server's \
                 machine"
            }
            Self::Wrong | Self::Refused => {
                "the key does not open this vault; correct it, then run `sekisho-server unseal` \
                 on the server's machine"
            }
            Self::Damaged => "the vault's keys in the database are damaged; restore a backup",
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot open the vault: {:#}", self.error)
    }
}

impl std::error::Error for OpenError {}

impl From<VaultError> for OpenError {
    fn from(error: VaultError) -> Self {
        let why = match &error {
            error if !error.awaits_key() => Why::Damaged,
            VaultError::WrongKey | VaultError::WrongSource { .. } => Why::Wrong,
            error if error.must_not_be_repeated() => Why::Refused,
            _ => Why::Missing,
        };
        Self { why, error: error.into() }
    }
}

fn damaged(error: impl Into<anyhow::Error>) -> OpenError {
    OpenError { why: Why::Damaged, error: error.into() }
}

/// Opens the vault. If a change of the key-encryption key was prepared and the
/// configuration names the new one, the new one comes into use for good.
///
/// # Errors
/// Says what is missing and what to do.
pub async fn open(
    store: &Store,
    key: &VaultKey,
    passphrase: Option<Secret>,
    clock: &dyn Clock,
    rng: &Arc<dyn Rng>,
) -> Result<Opened, OpenError> {
    let row = store.read().site().kek().await.map_err(damaged)?;
    let row = row
        .context("the database holds no site; run `sekisho-server init` first")
        .map_err(damaged)?;
    let current = Locked {
        record: record(row.params).map_err(damaged)?,
        keys: super::wrapped_keys(store).await.map_err(damaged)?,
    };
    let next = next(store).await.map_err(damaged)?;
    let asked = passphrase.is_none() && key.is_asked();
    let source = key.source(passphrase).map_err(|error| {
        let why = if asked { Why::Asked } else { Why::Missing };
        OpenError { why, error }
    })?;
    // A passphrase takes a good part of a second of one core, a security
    // module as long as it likes.
    let opened = tokio::task::spawn_blocking(move || {
        let unlock = |locked: &Locked| -> Result<_, VaultError> {
            let kek = Kek::unlock(&source, &locked.record)?;
            let ring = KeyRing::unlock(&kek, &locked.keys)?;
            Ok((Vault::new(ring, kek), locked.record.key.as_str()))
        };
        match (unlock(&current), next) {
            (Ok((vault, provider)), _) => Ok((vault, provider, None)),
            (Err(error), Some(next)) if error.awaits_key() => match unlock(&next) {
                Ok((vault, provider)) => Ok((vault, provider, Some((current, next)))),
                // Of two refusals the one of the kind that was given counts.
                Err(other) if matches!(error, VaultError::WrongSource { .. }) => Err(other),
                Err(_) => Err(error),
            },
            (Err(error), _) => Err(error),
        }
    });
    let (vault, provider, change) = opened.await.map_err(damaged)??;
    let changed = change.is_some();
    if let Some((old, new)) = change {
        finish_change(store, &old, new, clock, rng.as_ref()).await.map_err(damaged)?;
    }
    Ok(Opened { vault, provider, changed })
}

/// A ring and what locks it.
struct Locked {
    record: KekRecord,
    keys: Vec<WrappedKey>,
}

async fn next(store: &Store) -> anyhow::Result<Option<Locked>> {
    let Some(row) = store.read().site().next_kek().await? else { return Ok(None) };
    let keys = store.read().vault_keys().next().await?;
    let keys = keys.into_iter().map(|row| wrapped(row.version, row.wrapped));
    Ok(Some(Locked { record: record(row.params)?, keys: keys.collect::<anyhow::Result<_>>()? }))
}

/// The new key has opened everything: the old wrappings are not needed.
async fn finish_change(
    store: &Store,
    old: &Locked,
    new: Locked,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> anyhow::Result<()> {
    let mut work = store.begin(&console(clock, rng)).await?;
    if !work.site().forget_next_kek().await? {
        // Another process was faster.
        return Ok(work.rollback().await?);
    }
    work.vault_keys().forget_next().await?;
    work.site().put_kek(kek_row(&new.record, work.now())?).await?;
    for key in new.keys {
        work.vault_keys().rewrap(i64::from(key.version), Blob(key.bytes)).await?;
    }
    work.record(Event::VaultKekChanged {
        from: old.record.key.as_str().to_owned(),
        to: new.record.key.as_str().to_owned(),
    });
    work.commit().await.map(drop)?;
    Ok(())
}

pub(super) fn record(params: serde_json::Value) -> anyhow::Result<KekRecord> {
    serde_json::from_value(params).context("the record of the key-encryption key")
}

pub(crate) fn kek_row(record: &KekRecord, now: Timestamp) -> anyhow::Result<KekRow> {
    Ok(KekRow {
        only: Only,
        provider: record.key.as_str().to_owned(),
        params: serde_json::to_value(record)?,
        // The record holds the check value.
        check: Blob::default(),
        changed_at: now,
    })
}

pub(super) fn wrapped(version: i64, bytes: Blob) -> anyhow::Result<WrappedKey> {
    let version = u32::try_from(version).context("the version of a vault key")?;
    Ok(WrappedKey { version, bytes: bytes.0 })
}
