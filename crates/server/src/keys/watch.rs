//! Looks whether another process published a trust bundle.

use std::time::Duration;

use sekisho_store::Access as _;

use crate::app::{App, SharedApp};
use crate::shutdown::Shutdown;

/// How soon a bundle of another process is noticed.
const EVERY: Duration = Duration::from_secs(2);

/// Goes on until told to stop.
pub(crate) async fn run(app: SharedApp, shutdown: Shutdown) {
    while shutdown.sleep(EVERY).await {
        if let Err(error) = look(&app).await {
            tracing::warn!(error = format!("{error:#}"), "the site's keys were not read anew");
        }
    }
}

/// Reads the keys anew if there is a newer bundle. A key that a new data key
/// of the vault has sealed opens a moment later, when the vault has noticed.
pub(crate) async fn look(app: &App) -> anyhow::Result<()> {
    let newest = app.store.read().bundles().newest().await?.map_or(0, |bundle| bundle.version);
    if newest > i64::try_from(app.keys.bundles().version())? {
        app.keys.reload(&app.store, &app.vault.ring()).await?;
        tracing::info!(bundle = app.keys.bundles().version(), "a new trust bundle is in use");
    }
    Ok(())
}
