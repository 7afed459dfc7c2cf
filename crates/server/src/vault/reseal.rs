//! Sealing values anew with the data key in use.
//!
//! There is no list of what is done: each value names the key that sealed it,
//! and each batch is one transaction. Killed at any point, the work goes on
//! where it was.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use sekisho_model::event::Event;
use sekisho_model::{Clock, Rng};
use sekisho_store::{
    Access as _, Blob, SEALED_COLUMNS, SealedColumn, SealedValue, Store, VaultKeyState,
};
use sekisho_vault::{KeyRing, Place, Sealed};
use serde::Serialize;
use uuid::Uuid;

use super::Vault;
use super::watch::NOTICED_AFTER;
use crate::app::SharedApp;
use crate::run::console;
use crate::shutdown::Shutdown;

/// How often is looked without being told: values that a process with an older
/// ring has sealed since.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(10);
/// Rows in one transaction, at most; others wait for it on SQLite.
const MAX_BATCH: u64 = 100;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resealed {
    /// Values sealed anew.
    pub values: u64,
    /// Values that do not open; they stay as they are, and so does their key.
    pub damaged: u64,
    /// Data keys that were retired.
    pub retired: u64,
}

/// Goes on until told to stop.
pub(crate) async fn run(app: SharedApp, shutdown: Shutdown) {
    loop {
        let rate = app.config.limits.reseal_rows_per_second;
        let work = reseal(
            &app.store,
            &app.vault,
            rate,
            app.clock.as_ref(),
            &app.rng,
            |left| {
                let left = i64::try_from(left).unwrap_or(i64::MAX);
                app.metrics.vault_values_to_reseal.set(left);
            },
            &shutdown,
        );
        let pause = match work.await {
            Ok(done) => {
                if done != Resealed::default() {
                    tracing::info!(
                        values = done.values,
                        damaged = done.damaged,
                        retired = done.retired,
                        "values were sealed anew"
                    );
                }
                LOOK_EVERY
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "sealing values anew will be tried again");
                PAUSE
            }
        };
        tokio::select! {
            () = app.vault.rotated.notified() => {
                // Other processes read the new ring in the meantime.
                if !shutdown.sleep(NOTICED_AFTER).await {
                    return;
                }
            }
            more = shutdown.sleep(pause) => if !more { return },
        }
        if shutdown.is_stopping() {
            return;
        }
    }
}

/// Seals everything anew that older data keys have sealed, here and as fast as
/// it goes, once a running server has surely read the ring.
///
/// # Errors
/// When the database fails; what is done stays done.
pub async fn reseal_all(
    store: &Store,
    vault: &Vault,
    clock: &dyn Clock,
    rng: &Arc<dyn Rng>,
    progress: impl FnMut(u64),
) -> anyhow::Result<Resealed> {
    tokio::time::sleep(NOTICED_AFTER).await;
    let (_stopper, never) = crate::shutdown::shutdown();
    reseal(store, vault, u32::MAX, clock, rng, progress, &never).await
}

async fn reseal(
    store: &Store,
    vault: &Vault,
    rows_per_second: u32,
    clock: &dyn Clock,
    rng: &Arc<dyn Rng>,
    mut progress: impl FnMut(u64),
    shutdown: &Shutdown,
) -> anyhow::Result<Resealed> {
    let ring = vault.ring();
    let active = i64::from(ring.active_version());
    let keys = store.read().vault_keys().list().await?;
    let mut done = Resealed::default();
    if keys.iter().all(|key| key.version == active) {
        return Ok(done);
    }
    let tally = store.read().sealed_values().tally().await?;
    let older = tally.iter().filter(|count| count.version < active);
    let mut left: u64 = older.map(|count| count.count).sum();
    progress(left);
    let batch = u64::from(rows_per_second / 10).clamp(1, MAX_BATCH);
    for column in SEALED_COLUMNS {
        let mut after = None;
        loop {
            let begun = clock.elapsed();
            let one = Batch { store, ring: &ring, column: *column, clock, rng };
            let Some(step) = one.run(after, batch).await? else { break };
            done.values += step.values;
            done.damaged += step.damaged;
            left = left.saturating_sub(step.values);
            progress(left);
            after = Some(step.last);
            let rows = u32::try_from(step.values + step.damaged).unwrap_or(u32::MAX);
            let share = Duration::from_secs(1).saturating_mul(rows) / rows_per_second.max(1);
            let rest = share.saturating_sub(clock.elapsed().saturating_sub(begun));
            if shutdown.is_stopping() || !rest.is_zero() && !shutdown.sleep(rest).await {
                return Ok(done);
            }
        }
    }
    for key in keys.iter().filter(|key| key.state == VaultKeyState::Draining) {
        let mut work = store.begin(&console(clock, rng.as_ref())).await?;
        if work.vault_keys().retire_if_empty(key.version).await? {
            work.record(Event::VaultKeyRetired { version: key.version });
            work.commit().await.map(drop)?;
            done.retired += 1;
        }
    }
    Ok(done)
}

/// One transaction.
struct Batch<'a> {
    store: &'a Store,
    ring: &'a KeyRing,
    column: SealedColumn,
    clock: &'a dyn Clock,
    rng: &'a Arc<dyn Rng>,
}

struct Step {
    values: u64,
    damaged: u64,
    last: Uuid,
}

impl Batch<'_> {
    /// `None` when nothing is left after that row.
    async fn run(&self, after: Option<Uuid>, limit: u64) -> anyhow::Result<Option<Step>> {
        let active = i64::from(self.ring.active_version());
        let work = self.store.begin(&console(self.clock, self.rng.as_ref())).await?;
        let older = work.sealed_values().lock_older(self.column, active, after, limit).await?;
        let Some(last) = older.last().map(|value| value.id) else {
            work.rollback().await?;
            return Ok(None);
        };
        let mut step = Step { values: 0, damaged: 0, last };
        for value in &older {
            match self.anew(value) {
                Ok(sealed) => {
                    work.sealed_values().reseal(self.column, value, sealed, active).await?;
                    step.values += 1;
                }
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "a value cannot be sealed anew");
                    step.damaged += 1;
                }
            }
        }
        work.commit_unaudited("sealing anew; its beginning and its end are events")
            .await
            .map(drop)?;
        Ok(Some(step))
    }

    fn anew(&self, value: &SealedValue) -> anyhow::Result<Option<Blob>> {
        let Some(sealed) = &value.sealed else { return Ok(None) };
        let SealedColumn { table, field } = self.column;
        let place = Place { table, row: value.id.as_bytes(), field };
        let clear = self.ring.open(place, &Sealed::from_bytes(sealed.0.clone()))?;
        let anew = self.ring.seal(place, &clear, self.rng.as_ref()).context("sealing anew")?;
        Ok(Some(Blob(anew.into_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use sekisho_model::id::{
        DeviceSessionId, EnrolmentKeyId, SecretVersionId, ServerCertificateId, SiteKeyId,
        TotpFactorId,
    };

    use super::*;
    use crate::secrets;

    /// A value is bound to its place; sealing it anew must not move it.
    #[test]
    fn the_places_are_the_columns() {
        let id = Uuid::from_bytes([7; 16]);
        let places = [
            secrets::site_key_place(&SiteKeyId::from_uuid(id)).to_string(),
            secrets::enrolment_key_place(&EnrolmentKeyId::from_uuid(id)).to_string(),
            secrets::totp_place(&TotpFactorId::from_uuid(id)).to_string(),
            secrets::certificate_place(&ServerCertificateId::from_uuid(id)).to_string(),
            secrets::session_place(&DeviceSessionId::from_uuid(id)).to_string(),
            secrets::version_place(&SecretVersionId::from_uuid(id)).to_string(),
        ];
        let columns: Vec<_> = SEALED_COLUMNS
            .iter()
            .map(|SealedColumn { table, field }| {
                Place { table, row: id.as_bytes(), field }.to_string()
            })
            .collect();
        assert_eq!(columns, places);
    }
}
