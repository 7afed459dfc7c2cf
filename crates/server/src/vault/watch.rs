//! Looks whether another process changed the ring, and whether the key that
//! locks it can still be reached.

use std::time::Duration;

use sekisho_store::Access as _;
use sekisho_vault::{Kek, VaultError};

use crate::app::{App, SharedApp};
use crate::config::VaultKey;
use crate::shutdown::Shutdown;

/// How soon a rotation in another process is noticed without being told.
const RING_EVERY: Duration = Duration::from_secs(2);
/// A running server has surely read a new ring after so long. Values are not
/// sealed anew before: it could not open them.
pub(super) const NOTICED_AFTER: Duration = Duration::from_secs(3);
/// Each so many looks at the ring the key-encryption key is looked for.
const KEK_EVERY: u32 = 5;

/// Goes on until told to stop.
pub(crate) async fn run(app: SharedApp, shutdown: Shutdown) {
    let mut look_for_kek = can_be_looked_for(&app.config.vault);
    let mut looks = 0_u32;
    app.metrics.vault_kek_available.set(1);
    loop {
        tokio::select! {
            () = app.vault.stale.notified() => {}
            more = shutdown.sleep(RING_EVERY) => if !more { return },
        }
        if shutdown.is_stopping() {
            return;
        }
        if let Err(error) = look_at_ring(&app).await {
            tracing::warn!(error = format!("{error:#}"), "the vault's keys were not read anew");
        }
        looks = looks.wrapping_add(1);
        if look_for_kek && looks.is_multiple_of(KEK_EVERY) {
            look_for_kek = kek(&app).await;
        }
    }
}

async fn look_at_ring(app: &App) -> anyhow::Result<()> {
    let keys = app.store.read().vault_keys().list().await?;
    let newest = keys.first().map_or(0, |key| key.version);
    app.metrics.vault_key_version.set(newest);
    if newest > i64::from(app.vault.ring().active_version()) {
        app.vault.reload(&app.store).await?;
        tracing::info!(version = newest, "a new data key is in use");
    }
    Ok(())
}

/// A passphrase would cost a good part of a second each time and prove little.
fn can_be_looked_for(key: &VaultKey) -> bool {
    match key {
        VaultKey::File(_) | VaultKey::Credential(_) | VaultKey::Hsm(_) => true,
        VaultKey::PassphraseFile(_) | VaultKey::PassphraseAsked => false,
    }
}

/// Returns whether to look again: a PIN that is refused is not sent twice.
async fn kek(app: &App) -> bool {
    let found = async {
        let row = app.store.read().site().kek().await?;
        let Some(row) = row else { return Ok(None) };
        let record = super::open::record(row.params)?;
        let source = match app.config.vault.source(None) {
            Ok(source) => source,
            Err(error) => return Ok(Some((format!("{error:#}"), true))),
        };
        let unlocked = tokio::task::spawn_blocking(move || Kek::unlock(&source, &record)).await?;
        anyhow::Ok(match unlocked {
            // The configuration names the key of a change that is prepared.
            Ok(_) | Err(VaultError::WrongSource { .. }) => None,
            Err(error) => Some((error.to_string(), !error.must_not_be_repeated())),
        })
    };
    // If the database does not answer, nothing is known about the key.
    let Ok(missing) = found.await else { return true };
    let before = app.vault.kek_missing();
    match (&before, &missing) {
        (None, Some((reason, _))) => tracing::warn!(
            reason,
            "the key that locks the vault cannot be reached; what is open stays open, but a \
             restart would leave the server sealed"
        ),
        (Some(_), None) => tracing::info!("the key that locks the vault is back"),
        (None, None) | (Some(_), Some(_)) => {}
    }
    app.metrics.vault_kek_available.set(i64::from(missing.is_none()));
    let again = missing.as_ref().is_none_or(|(_, again)| *again);
    *app.vault.kek_missing.lock().expect("no holder panics") = missing.map(|(reason, _)| reason);
    again
}
