//! The server's bundle cannot go backwards: a server that was put back to an
//! older copy learns from its agents which bundles it had published.

use sekisho_model::event::Event;
use sekisho_model::id::DeviceId;
use sekisho_seal::sha256;
use sekisho_store::{Access as _, Blob, Bundle as BundleRow, Hash, OperationContext, StoreError};
use serde_bytes::ByteBuf;

use super::watch;
use crate::app::App;
use crate::orders;

/// Takes over bundles that a device shows. They are proof: the site root key
/// signed each of them, and the first follows the newest one here, so that the
/// database is older than it was, and the site goes into recovery.
///
/// # Errors
/// When the database or the vault fails.
pub(crate) async fn take_over(
    app: &App,
    context: &OperationContext,
    device: DeviceId,
    shown: &[ByteBuf],
) -> anyhow::Result<()> {
    // Another process may have published what is shown here.
    watch::look(app).await?;
    let known = app.keys.bundles();
    let (from, mut trust) = (known.version(), known.trust.clone());
    let mut newer: Vec<&ByteBuf> = Vec::new();
    for signed in shown {
        let before = trust.bundle().version;
        if let Err(error) = trust.advance(std::slice::from_ref(signed)) {
            tracing::warn!(%device, %error, "a device shows trust bundles that are not ours");
            break;
        }
        if trust.bundle().version > before {
            newer.push(signed);
        }
    }
    if newer.is_empty() {
        return Ok(());
    }
    let to = trust.bundle().version;
    let mut work = app.store.begin(context).await?;
    for (signed, version) in newer.into_iter().zip(from + 1..) {
        let row = BundleRow {
            version: i64::try_from(version)?,
            bytes: Blob(signed.to_vec()),
            hash: Hash(sha256(signed)),
            created_at: work.now(),
        };
        match work.bundles().insert(row).await {
            Ok(()) => {}
            // Another device was faster.
            Err(StoreError::Conflict { .. }) => {
                work.rollback().await?;
                return watch::look(app).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    work.record(Event::BundlesTakenOver { device, from, to });
    let reason = format!("device {device} holds trust bundle {to} (here: {from})");
    if work.site().enter_recovery(&reason).await? {
        tracing::error!(reason, "the site enters recovery");
        work.record(Event::RecoveryEntered { device, reason });
    }
    let committed = work.commit().await?;
    orders::tell(app, &committed, &[]);
    watch::look(app).await
}
