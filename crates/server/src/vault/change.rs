//! A new data key, and another key-encryption key.

use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use sekisho_model::event::Event;
use sekisho_model::{Clock, Rng};
use sekisho_store::{
    Access as _, Blob, NextKek, NextWrapping, Only, Store, VaultKey as VaultKeyRow, VaultKeyState,
};
use sekisho_vault::{Kek, KekSource, KeyRing};
use serde::Serialize;

use super::open::kek_row;
use super::{Opened, Vault};
use crate::run::console;

/// A rotation that is durable.
#[derive(Debug, Serialize)]
pub struct Rotated {
    /// The data key that seals now.
    pub version: i64,
    /// The one that sealed before.
    pub previous: i64,
    /// How many values are still sealed with older keys.
    pub values_left: u64,
}

/// Makes a new data key. It seals from now on; values of older keys are sealed
/// anew in the background, and each older key is retired when nothing is sealed
/// with it any more.
///
/// # Errors
/// When a change of the key-encryption key is prepared, another rotation was
/// faster, or the key-encryption key cannot be used.
pub async fn rotate(
    store: &Store,
    opened: &Opened,
    clock: &dyn Clock,
    rng: &Arc<dyn Rng>,
) -> anyhow::Result<Rotated> {
    no_change_prepared(store).await?;
    let vault = &opened.vault;
    let (ring, kek, random) = (vault.ring(), vault.kek.clone(), rng.clone());
    let previous = i64::from(ring.active_version());
    let rotation = tokio::task::spawn_blocking(move || {
        let rotation = ring.rotate(&kek, random.as_ref())?;
        // What cannot be opened again must not come into use.
        KeyRing::unlock(&kek, std::slice::from_ref(rotation.wrapped()))?;
        Ok::<_, sekisho_vault::VaultError>(rotation.wrapped().clone())
    })
    .await?
    .context("the new data key")?;
    let version = i64::from(rotation.version);
    let mut work = store.begin(&console(clock, rng.as_ref())).await?;
    if !work.vault_keys().supersede(previous).await? {
        bail!("another rotation was faster; nothing was changed");
    }
    // A change that was prepared meanwhile would lack the new key.
    ensure!(work.site().next_kek().await?.is_none(), CHANGE_PREPARED);
    work.vault_keys()
        .insert(VaultKeyRow {
            version,
            wrapped: Blob(rotation.bytes),
            state: VaultKeyState::Active,
            created_at: work.now(),
        })
        .await?;
    work.record(Event::VaultKeyRotated { from: previous, to: version });
    work.commit().await.map(drop)?;
    vault.reload(store).await?;
    let tally = store.read().sealed_values().tally().await?;
    let older = tally.iter().filter(|count| count.version < version);
    Ok(Rotated { version, previous, values_left: older.map(|count| count.count).sum() })
}

impl Vault {
    /// Reads the ring anew; older keys stay.
    pub(super) async fn reload(&self, store: &Store) -> anyhow::Result<()> {
        let wrapped = super::wrapped_keys(store).await?;
        let kek = self.kek.clone();
        let ring = tokio::task::spawn_blocking(move || KeyRing::unlock(&kek, &wrapped)).await??;
        self.replace(ring);
        Ok(())
    }
}

/// A change of the key-encryption key that is prepared.
#[derive(Debug, Serialize)]
pub struct Changed {
    /// The word of what locks the vault until then.
    pub from: String,
    /// The word of what will lock it.
    pub to: String,
}

/// Wraps every data key under another key-encryption key as well. Both
/// wrappings exist until the server has opened the vault with the new one: a
/// crash, a typing error in the configuration or a token that forgets its key
/// loses nothing.
///
/// # Errors
/// When a change is prepared already, or the new key does not open what it has
/// just wrapped.
pub async fn prepare_kek_change(
    store: &Store,
    opened: &Opened,
    source: KekSource,
    clock: &dyn Clock,
    rng: &Arc<dyn Rng>,
) -> anyhow::Result<Changed> {
    no_change_prepared(store).await?;
    let (ring, random) = (opened.vault.ring(), rng.clone());
    let exported = ring.export();
    let (record, keys) = tokio::task::spawn_blocking(move || {
        let (kek, record) = Kek::create(&source, random.as_ref()).context("the new key")?;
        let keys = ring.wrap_all(&kek, random.as_ref()).context("the new key")?;
        // From the beginning, as the server will do it.
        let again = Kek::unlock(&source, &record).context("the new key")?;
        let opened = KeyRing::unlock(&again, &keys).context("the new key")?;
        ensure!(
            opened.export() == exported,
            "the new key does not give back what it wrapped; nothing was changed"
        );
        Ok((record, keys))
    })
    .await??;
    let mut work = store.begin(&console(clock, rng.as_ref())).await?;
    let row = kek_row(&record, work.now())?;
    let changed = Changed { from: opened.provider.to_owned(), to: row.provider.clone() };
    let known = work.vault_keys().list().await?;
    ensure!(
        known.len() == keys.len(),
        "a data key was added meanwhile; nothing was changed, try again"
    );
    work.site()
        .insert_next_kek(NextKek {
            only: Only,
            provider: row.provider,
            params: row.params,
            created_at: work.now(),
        })
        .await?;
    for key in keys {
        let next = NextWrapping { version: i64::from(key.version), wrapped: Blob(key.bytes) };
        work.vault_keys().insert_next(next).await?;
    }
    let Changed { from, to } = &changed;
    work.record(Event::VaultKekChangePrepared { from: from.clone(), to: to.clone() });
    work.commit().await.map(drop)?;
    Ok(changed)
}

/// Forgets a change of the key-encryption key that was prepared. Returns
/// whether there was one.
///
/// # Errors
/// When the database refuses.
pub async fn cancel_kek_change(
    store: &Store,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> anyhow::Result<bool> {
    let mut work = store.begin(&console(clock, rng)).await?;
    if !work.site().forget_next_kek().await? {
        work.rollback().await?;
        return Ok(false);
    }
    work.vault_keys().forget_next().await?;
    work.record(Event::VaultKekChangeCancelled {});
    work.commit().await.map(drop)?;
    Ok(true)
}

const CHANGE_PREPARED: &str = "a change of the key-encryption key is prepared; start the server \
                               with the new key in its configuration, or run `sekisho-server \
                               keys change-kek --cancel`";

async fn no_change_prepared(store: &Store) -> anyhow::Result<()> {
    ensure!(store.read().site().next_kek().await?.is_none(), CHANGE_PREPARED);
    Ok(())
}
