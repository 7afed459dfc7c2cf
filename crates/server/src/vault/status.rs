//! What is known about the vault's keys without opening them.

use std::fmt;

use anyhow::Context;
use sekisho_store::{Access as _, Store, VaultKeyState};
use serde::Serialize;

use crate::http::Time;

/// The vault's keys.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VaultStatus {
    /// What kind of key locks the vault: `file`, `passphrase`, … .
    pub provider: String,
    /// Since when.
    pub provider_since: Time,
    /// What will lock it once the server has opened the vault with it.
    pub next_provider: Option<String>,
    /// The data keys, newest first.
    pub keys: Vec<KeyStatus>,
    /// Values that older data keys have sealed: they are being sealed anew.
    pub values_left: u64,
}

/// One data key.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeyStatus {
    /// Its version.
    pub version: i64,
    /// `active`: it seals; `draining`: it only opens and its values are being
    /// sealed anew; `retired`: nothing is sealed with it.
    pub state: &'static str,
    /// How many values are sealed with it.
    pub values: u64,
    /// When it was made.
    pub created_at: Time,
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
    let next = store.read().site().next_kek().await?;
    let keys = store.read().vault_keys().list().await?;
    let tally = store.read().sealed_values().tally().await?;
    let active = keys.first().map_or(0, |key| key.version);
    let keys = keys.into_iter().map(|key| KeyStatus {
        version: key.version,
        state: VaultKeyState::as_str(key.state),
        values: tally.iter().filter(|one| one.version == key.version).map(|one| one.count).sum(),
        created_at: key.created_at.into(),
    });
    Ok(VaultStatus {
        provider: kek.provider,
        provider_since: kek.changed_at.into(),
        next_provider: next.map(|next| next.provider),
        keys: keys.collect(),
        values_left: tally.iter().filter(|one| one.version < active).map(|one| one.count).sum(),
    })
}

impl fmt::Display for VaultStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "The vault is locked with: {}, since {}",
            self.provider, self.provider_since.0
        )?;
        if let Some(next) = &self.next_provider {
            writeln!(
                f,
                "Prepared: {next}. It comes into use when the server starts with it in its \
                 configuration."
            )?;
        }
        for KeyStatus { version, state, values, created_at: Time(made) } in &self.keys {
            writeln!(f, "data key {version}: {state}, {values} values, made {made}")?;
        }
        match self.values_left {
            0 => Ok(()),
            left => writeln!(f, "{left} values are still to be sealed anew by the running server"),
        }
    }
}
