//! What is known about the vault's keys without opening them.

use std::fmt;

use anyhow::Context;
use sekisho_model::Timestamp;
use sekisho_store::{Access as _, Store, VaultKeyState};
use serde::Serialize;

/// The vault's keys.
#[derive(Debug, Serialize)]
pub struct VaultStatus {
    /// What kind of key locks the vault: `file`, `passphrase`, … .
    pub provider: String,
    /// Since when.
    pub provider_since: Timestamp,
    /// The data keys, newest first.
    pub keys: Vec<KeyStatus>,
}

/// One data key.
#[derive(Debug, Serialize)]
pub struct KeyStatus {
    /// Its version.
    pub version: i64,
    /// `active` or `retired`.
    pub state: &'static str,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Looks the keys up.
///
/// # Errors
/// When the database holds no site or does not answer.
pub async fn status(store: &Store) -> anyhow::Result<VaultStatus> {
    let kek = store
        .read()
        .site()
        .kek()
        .await?
        .context("the database holds no site; run `sekisho-server init` first")?;
    let keys = store.read().vault_keys().list().await?;
    let keys = keys.into_iter().map(|key| KeyStatus {
        version: key.version,
        state: VaultKeyState::as_str(key.state),
        created_at: key.created_at,
    });
    Ok(VaultStatus { provider: kek.provider, provider_since: kek.changed_at, keys: keys.collect() })
}

impl fmt::Display for VaultStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The vault is locked with: {}, since {}", self.provider, self.provider_since)?;
        for key in &self.keys {
            writeln!(f, "data key {}: {}, made {}", key.version, key.state, key.created_at)?;
        }
        Ok(())
    }
}
