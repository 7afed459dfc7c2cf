//! Looks whether another process published a trust bundle, calls the agents that
//! hold an older one, and says when a key should have been replaced.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::id::DeviceId;
use sekisho_store::{Access as _, StoreError};
use sekisho_wire::bundle::{Bundle, PublishedKey};

use crate::app::{App, SharedApp};
use crate::shutdown::Shutdown;

/// How soon a bundle of another process is noticed.
const EVERY: Duration = Duration::from_secs(2);

/// Each so many looks, about twice a day, a key that is too old is named.
const REMIND_EVERY: u32 = 21_600;

/// So many agents are called with each look: 500 in a second.
const CALLED: u64 = 1000;

/// So often all of them are called: one may be on its way from a fetch to a wait, or
/// its gateway be without a server for a moment. In that time each has fetched once
/// by itself.
const PASSES: u32 = 15;

/// So many looks lie between two passes: a minute.
const PAUSE: u32 = 30;

/// Goes on until told to stop.
pub(crate) async fn run(app: SharedApp, shutdown: Shutdown) {
    let mut looks = 0_u32;
    let mut calling = Calling::default();
    while shutdown.sleep(EVERY).await {
        if looks.is_multiple_of(REMIND_EVERY) {
            for kind in overdue(app.keys.bundles().trust.bundle(), app.clock.now()) {
                tracing::warn!(
                    "the {kind} key is too old; run `sekisho-server keys rotate {kind}`"
                );
            }
        }
        looks = looks.wrapping_add(1);
        if let Err(error) = look(&app).await {
            tracing::warn!(error = format!("{error:#}"), "the site's keys were not read anew");
        }
        if let Err(error) = calling.go_on(&app).await {
            tracing::warn!(%error, "agents were not called to the newest trust bundle yet");
        }
    }
}

/// How far the agents are called that hold an older trust bundle than the newest:
/// they fetch, and hear of it.
#[derive(Debug, Default)]
struct Calling {
    /// The bundle that they are called for.
    bundle: u64,
    last: Option<DeviceId>,
    passes: u32,
    /// So many looks until the next pass.
    pause: u32,
}

impl Calling {
    /// Calls the next ones, from the first on if there is a newer bundle.
    async fn go_on(&mut self, app: &App) -> Result<(), StoreError> {
        let newest = app.keys.bundles().version();
        if newest != self.bundle {
            *self = Self { bundle: newest, ..Self::default() };
        }
        if self.passes == PASSES {
            return Ok(());
        }
        if self.pause > 0 {
            self.pause -= 1;
            return Ok(());
        }
        let version = i64::try_from(newest).unwrap_or(i64::MAX);
        let next = app.store.read().devices().behind(version, self.last, CALLED).await?;
        for device in &next {
            app.bus.wake(*device);
        }
        self.last = next.last().copied();
        if next.is_empty() {
            self.passes += 1;
            self.pause = PAUSE;
        }
        Ok(())
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

/// The kinds of keys of which even the newest one should have been replaced.
fn overdue(bundle: &Bundle, now: Timestamp) -> Vec<&'static str> {
    let over = |keys: &[PublishedKey]| {
        let newest = keys.iter().max_by_key(|key| key.not_before);
        newest.and_then(|key| key.not_after).is_some_and(|not_after| not_after <= now)
    };
    let kinds = [("order", over(&bundle.order_keys)), ("receipt", over(&bundle.receipt_keys))];
    kinds.into_iter().filter(|(_, over)| *over).map(|(kind, _)| kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::id::SiteId;
    use sekisho_model::rng::SeededRng;
    use sekisho_seal::bundle::published;
    use sekisho_wire::bundle::{Mode, TlsCheck};

    #[test]
    fn only_the_newest_key_of_a_kind_is_too_old() {
        let at = Timestamp::from_millis;
        let key = |from: i64, to: Option<Timestamp>| {
            published([u8::try_from(from).expect("small"); 32], at(from), to)
        };
        let bundle = Bundle {
            protocol: 1,
            site: SiteId::at(Timestamp::EPOCH, &SeededRng::new(1)),
            version: 2,
            previous: None,
            issued: Timestamp::EPOCH,
            min_mode: Mode::Certificate,
            order_keys: vec![key(1, Some(at(50))), key(2, Some(at(90)))],
            receipt_keys: vec![key(3, Some(at(60)))],
            recovery_keys: vec![key(4, None)],
            ca_roots: vec![],
            server_tls: TlsCheck::SiteCa,
            gateways: vec![],
            min_protocol: 1,
        };
        assert_eq!(overdue(&bundle, at(59)), [""; 0]);
        assert_eq!(overdue(&bundle, at(60)), ["receipt"]);
        assert_eq!(overdue(&bundle, at(90)), ["order", "receipt"]);
    }
}
