//! Keeps the connections to the gateways that are dialled.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sekisho_model::event::Event;
use sekisho_model::gateway::LinkDirection;
use sekisho_model::id::GatewayId;
use sekisho_model::{Rng, Secret, Timestamp};
use sekisho_pki::KeyPair;
use sekisho_store::{Access as _, Gateway, StoreError};
use sekisho_wire::gateway::{CALL_ALPN, LINK_ALPN};
use tokio::task::{AbortHandle, JoinSet};

use super::links::Links;
use super::live::{Gateways, Topic};
use super::pin::{self, DialError};
use crate::app::App;
use crate::keys;

/// How soon a change of another process is noticed: a gateway that was paired
/// or revoked.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often it is looked whether agents know the right gateways.
const PUBLISH_EVERY: u32 = 15;

/// A gateway that is not connected for so long is on record.
pub(super) const LOST_AFTER: Duration = Duration::from_secs(30);

/// The first pause after a connection that could not be made, at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A connection that lasted so long was a good one.
const GOOD: Duration = Duration::from_secs(10);

/// How often a new process of a gateway is dialled before that is given up.
const TRIES_AGAIN: u32 = 10;

/// What the server shows to gateways. The key is in memory only, new at each
/// start.
#[derive(Debug)]
pub(super) struct LinkIdentity {
    chain: Vec<Vec<u8>>,
    key: Secret,
    renew_at: Timestamp,
}

impl LinkIdentity {
    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.iter().map(|der| CertificateDer::from(der.clone())).collect()
    }

    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.expose().to_vec()))
    }

    /// The one in use, or a new one when its time comes to an end.
    pub(super) fn of(app: &App) -> anyhow::Result<Arc<Self>> {
        let now = app.clock.now();
        let mut held = app.gateways.identity();
        if let Some(identity) = held.as_ref().filter(|identity| now < identity.renew_at) {
            return Ok(identity.clone());
        }
        let key = KeyPair::generate().context("a key for the link to gateways")?;
        let issued = app.keys.ca().issue_link_server(key.public_key(), now, app.rng.as_ref())?;
        let life = issued.not_after.since(issued.not_before);
        let identity = Arc::new(Self {
            renew_at: issued.not_before.plus(life / 3),
            chain: std::iter::once(issued.der).chain(issued.chain).collect(),
            key: key.to_pkcs8()?,
        });
        *held = Some(identity.clone());
        Ok(identity)
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// The link itself: HTTP/2, with the control stream.
    Link,
    /// One call at a time.
    Calls,
}

impl Use {
    const ALL: [Self; 2] = [Self::Link, Self::Calls];

    const fn alpn(self) -> &'static [u8] {
        match self {
            Self::Link => LINK_ALPN,
            Self::Calls => CALL_ALPN,
        }
    }
}

/// What decides where a gateway is dialled.
#[derive(Clone, PartialEq, Eq)]
struct Way {
    address: String,
    pin: [u8; 32],
}

/// Dials every gateway that is to be dialled, until the stop.
pub(crate) async fn run(links: Arc<Links>) {
    let app = links.app().clone();
    let mut changed = app.gateways.watch();
    let mut keepers = JoinSet::new();
    let mut kept: HashMap<GatewayId, (Way, AbortHandle)> = HashMap::new();
    let mut known: Vec<GatewayId> = Vec::new();
    let mut looks = 0_u32;
    loop {
        while keepers.try_join_next().is_some() {}
        match app.store.read().gateways().active().await {
            Ok(rows) => {
                for gone in known.iter().filter(|id| !rows.iter().any(|row| row.id == **id)) {
                    tracing::info!(gateway = %gone, "a gateway counts no more; its connections end");
                    app.gateways.close(*gone);
                }
                known = rows.iter().map(|row| row.id).collect();
                reconcile(&links, rows, &mut kept, &mut keepers);
            }
            Err(error) => tracing::warn!(%error, "which gateways there are is not known now"),
        }
        for gateway in &known {
            if let Some(silent_s) = app.gateways.lost(*gateway, app.clock.now()) {
                super::record(&app, Event::GatewayLost { gateway: *gateway, silent_s }).await;
            }
        }
        if looks.is_multiple_of(PUBLISH_EVERY) {
            publish(&app).await;
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = links.shutdown().soft() => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = changed.changed() => {}
        }
    }
    tokio::select! {
        () = links.shutdown().hard() => keepers.shutdown().await,
        () = async { while keepers.join_next().await.is_some() {} } => {}
    }
}

fn reconcile(
    links: &Arc<Links>,
    rows: Vec<Gateway>,
    kept: &mut HashMap<GatewayId, (Way, AbortHandle)>,
    keepers: &mut JoinSet<()>,
) {
    let wanted: HashMap<GatewayId, Way> = rows
        .into_iter()
        .filter(|row| row.direction == LinkDirection::ServerDials)
        .map(|row| (row.id, Way { address: row.address, pin: row.key_sha256.0 }))
        .collect();
    kept.retain(|id, (way, handle)| {
        let stays = wanted.get(id) == Some(way);
        if !stays {
            handle.abort();
        }
        stays
    });
    for (id, way) in wanted {
        kept.entry(id).or_insert_with(|| {
            let handle = keepers.spawn(keep(links.clone(), id, way.clone()));
            (way, handle)
        });
    }
}

/// Agents learn of gateways from the trust bundle. What could not be published
/// when it changed, because the site was in recovery, is published here.
async fn publish(app: &App) {
    match keys::publish_gateways(app, &super::by_itself(app)).await {
        Ok(None) => {}
        Ok(Some(bundle)) => tracing::info!(bundle, "agents are told which gateways there are"),
        Err(error) => tracing::debug!(%error, "the gateways are not published yet"),
    }
}

/// Keeps as many connections as a gateway wants.
async fn keep(links: Arc<Links>, gateway: GatewayId, way: Way) {
    let gateways = links.app().gateways.clone();
    let again = gateways.again(gateway);
    let mut slots = JoinSet::new();
    let mut counts = [0; 2];
    loop {
        for (count, of) in counts.iter_mut().zip(Use::ALL) {
            while *count < wanted(&gateways, gateway, of) {
                slots.spawn(slot(links.clone(), gateway, way.clone(), of));
                *count += 1;
            }
        }
        tokio::select! {
            () = links.shutdown().soft() => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = again.notified() => {
                // The former process still holds what it has; the new one gets
                // connections of its own, which end with it.
                for of in Use::ALL {
                    for _ in 0..wanted(&gateways, gateway, of) {
                        slots.spawn(once(links.clone(), gateway, way.clone(), of));
                    }
                }
            }
            Some(_) = slots.join_next() => {}
        }
    }
    while slots.join_next().await.is_some() {}
}

fn wanted(gateways: &Gateways, gateway: GatewayId, of: Use) -> usize {
    match of {
        Use::Link => gateways.wanted(gateway),
        Use::Calls => gateways.calls(gateway),
    }
}

/// One connection, again and again.
async fn slot(links: Arc<Links>, gateway: GatewayId, way: Way, of: Use) {
    let app = links.app().clone();
    let mut failures = 0;
    loop {
        let begun = tokio::time::Instant::now();
        match one(&links, gateway, &way, of).await {
            Ok(()) if begun.elapsed() >= GOOD => failures = 0,
            Ok(()) => failures = u32::min(failures + 1, 16),
            Err((topic, problem)) => {
                if failures == 0 {
                    tracing::warn!(%gateway, %problem, "a gateway is not connected");
                }
                app.gateways.failed(gateway, topic, problem);
                failures = u32::min(failures + 1, 16);
            }
        }
        if !links.shutdown().sleep(pause(failures, app.rng.as_ref())).await {
            return;
        }
    }
}

/// A connection to a process that has just been started.
async fn once(links: Arc<Links>, gateway: GatewayId, way: Way, of: Use) {
    for _ in 0..TRIES_AGAIN {
        if one(&links, gateway, &way, of).await.is_ok()
            || !links.shutdown().sleep(FIRST_PAUSE).await
        {
            return;
        }
    }
}

/// Dials, and serves what comes until the connection ends.
async fn one(
    links: &Arc<Links>,
    gateway: GatewayId,
    way: &Way,
    of: Use,
) -> Result<(), (Topic, String)> {
    let app = links.app();
    let not_dialled = |sentence: String| (Topic::NotDialled, sentence);
    // Before it is looked whether the gateway counts: what is revoked after that
    // look is noticed by whoever watches.
    let stop = app.gateways.links(gateway);
    let counts = is_dialled(app, gateway, way).await;
    let counts = counts.map_err(|error| not_dialled(error.to_string()))?;
    if !counts || app.gateways.is_parting(gateway) {
        return Err(not_dialled("it counts no more".to_owned()));
    }
    let identity = LinkIdentity::of(app).map_err(|error| not_dialled(format!("{error:#}")))?;
    let stream = tokio::select! {
        stream = pin::dial(&way.address, way.pin, Some(&identity), of.alpn()) => stream,
        () = links.shutdown().soft() => return Ok(()),
    };
    let stream = stream.map_err(|error: DialError| (error.topic(), error.to_string()))?;
    match of {
        Use::Link => links.serve(gateway, stream, way.address.clone(), stop).await,
        Use::Calls => links.serve_calls(gateway, stream, &way.address, stop).await,
    }
    Ok(())
}

async fn is_dialled(app: &App, gateway: GatewayId, way: &Way) -> Result<bool, StoreError> {
    let rows = app.store.read().gateways().active().await?;
    Ok(rows
        .into_iter()
        .any(|row| row.id == gateway && row.address == way.address && row.key_sha256.0 == way.pin))
}

/// Anything up to a limit that doubles ("full jitter"): many servers and gateways
/// that come back do not come at once.
fn pause(failures: u32, rng: &dyn Rng) -> Duration {
    let limit = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE);
    let share = u32::from_be_bytes(sekisho_model::rng::random_bytes(rng));
    limit.mul_f64(f64::from(share) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    #[test]
    fn pauses_grow_and_are_never_longer_than_the_longest() {
        let rng = SeededRng::new(1);
        let longest = |failures| (0..50).map(|_| pause(failures, &rng)).max().expect("some");
        assert!(longest(0) <= FIRST_PAUSE);
        assert!(longest(3) > FIRST_PAUSE && longest(3) <= FIRST_PAUSE * 8);
        assert!(longest(30) <= LONGEST_PAUSE);
    }
}
