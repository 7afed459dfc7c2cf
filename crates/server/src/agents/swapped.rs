//! A certificate that came with another device's message: whoever is in between
//! passes credentials on, or somebody uses a stolen one. The message is refused in
//! any case; what is proved to be the device's own raises an alarm.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::DeviceId;
use sekisho_store::StoreError;

use super::{Peer, context};
use crate::app::App;
use crate::orders;

/// Of one device it is said again after this time.
const AGAIN: Duration = Duration::from_secs(60 * 60);

/// Of so many devices at most in that time: the log is not for floods.
const MOST: usize = 1000;

/// Of which devices it was said lately.
#[derive(Debug, Default)]
pub struct Swapped(Mutex<BTreeMap<DeviceId, Timestamp>>);

impl Swapped {
    /// Whether it is to be said of this device, which is noted then.
    fn is_news(&self, device: DeviceId, now: Timestamp) -> bool {
        let mut said = self.0.lock().expect("no holder panics");
        said.retain(|_, at| now.since(*at) < AGAIN);
        let is_news = said.len() < MOST && !said.contains_key(&device);
        if is_news {
            said.insert(device, now);
        }
        is_news
    }
}

/// Records that a message of `device` came with the certificate of `shown`. The
/// message is refused, whatever becomes of this.
pub(super) async fn alarm(app: &App, peer: &Peer, device: DeviceId, shown: DeviceId) {
    if !app.swapped.is_news(device, app.clock.now()) {
        return;
    }
    tracing::warn!(%device, %shown, "a certificate was relayed");
    if let Err(error) = record(app, peer, device, shown).await {
        tracing::error!(%device, %shown, %error, "a relayed certificate was not recorded");
        app.swapped.0.lock().expect("no holder panics").remove(&device);
    }
}

async fn record(
    app: &App,
    peer: &Peer,
    device: DeviceId,
    shown: DeviceId,
) -> Result<(), StoreError> {
    let mut uow = app.store.begin(&context(app, peer, Actor::System)).await?;
    uow.record(Event::CertificateRelayed { device, shown, gateway: peer.via });
    orders::tell(app, &uow.commit().await?, &[]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::rng::SeededRng;

    #[test]
    fn it_is_said_once_an_hour_and_not_of_too_many() {
        let device = |seed| DeviceId::at(Timestamp::EPOCH, &SeededRng::new(seed));
        let said = Swapped::default();
        let begin = Timestamp::from_millis(1_000_000);
        assert!(said.is_news(device(0), begin));
        assert!(!said.is_news(device(0), begin.plus(AGAIN / 2)));
        for seed in 1..1000 {
            assert!(said.is_news(device(seed), begin.plus(AGAIN / 2)));
        }
        assert!(!said.is_news(device(1000), begin.plus(AGAIN / 2)));
        assert!(said.is_news(device(0), begin.plus(AGAIN)));
        assert!(said.is_news(device(1000), begin.plus(AGAIN * 2)));
    }
}
