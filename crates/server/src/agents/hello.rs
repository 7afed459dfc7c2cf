//! Bundle, time and Hello.

use std::time::Duration;

use sekisho_model::device::DeviceState;
use sekisho_model::event::Actor;
use sekisho_model::id::DeviceSessionId;
use sekisho_seal::message;
use sekisho_store::{Access, Blob, Device, DeviceSession, DeviceSessionState};
use sekisho_wire::bundle::{BundleChain, MAX_CHAIN, SignedTime};
use sekisho_wire::cbor;
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::WAIT_HOLD_S;
use sekisho_wire::session::{
    Directives, Hello, HelloAnswer, HelloEnvelope, HelloOutcome, HelloRefusal, MAX_HELLO_BYTES,
    SESSION_TTL_S,
};

use super::{Peer, Refusal, context, recovered, swapped};
use crate::app::App;
use crate::{keys, orders, recovery, secrets};

/// An unconditional fetch is made at least so often, in seconds: it bounds
/// what a gateway that suppresses wakes can do.
const FETCH_EVERY_S: u32 = 15 * 60;

/// A device that is not approved asks again after so many seconds.
const ASK_AGAIN_S: u32 = 60;

/// The chain of bundles after a version.
pub(super) fn bundle(app: &App, after: &str) -> Result<Vec<u8>, Refusal> {
    let after: u64 = after.parse().map_err(|_| ProblemCode::NotFound)?;
    let known = app.keys.bundles();
    let (bundles, newest) = (known.after(after, MAX_CHAIN).to_vec(), Some(known.version()));
    Ok(cbor::encode(&BundleChain { anchor: app.keys.anchor().clone(), bundles, newest }))
}

/// The server's time, signed, for a nonce of 32 hexadecimal digits.
pub(super) fn time(app: &App, nonce: &str) -> Result<Vec<u8>, Refusal> {
    let nonce = data_encoding::HEXLOWER
        .decode(nonce.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(ProblemCode::NotFound)?;
    let time = SignedTime { nonce, time: app.clock.now() };
    Ok(message::sign_time(&time, &app.keys.order_key(time.time), app.keys.site()))
}

/// Whether a Hello is of the device that it names, now or once.
async fn is_genuine(app: &App, envelope: &HelloEnvelope) -> Result<bool, Refusal> {
    let Some(key) = app.keys.receipt_key(&envelope.receipt_kid) else { return Ok(false) };
    let Some(device) = app.store.read().devices().find(envelope.device).await? else {
        return Ok(false);
    };
    let identity = &device.identity_spki.0;
    Ok(message::open_hello(envelope, identity, app.keys.site(), &key).is_ok())
}

/// Opens a session. It goes live on its first valid MAC: a Hello alone proves
/// nothing about now, because it can be replayed.
pub(super) async fn hello(app: &App, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let envelope: HelloEnvelope =
        cbor::decode(body, MAX_HELLO_BYTES).map_err(|_| ProblemCode::Unreadable)?;
    let shown = peer.identity.as_ref().ok_or(ProblemCode::CertificateNeeded)?;
    if shown.device != envelope.device {
        // Whoever repeats it decides how often: the log says it with the alarm.
        tracing::debug!(shown = %shown.device, said = %envelope.device, "a certificate was relayed");
        if is_genuine(app, &envelope).await? {
            swapped::alarm(app, peer, envelope.device, shown.device).await;
        }
        return Err(ProblemCode::Unreadable.into());
    }
    if !envelope.bundles.is_empty() {
        let ctx = context(app, peer, Actor::Device(shown.device));
        keys::take_over(app, &ctx, shown.device, &envelope.bundles).await?;
    }
    let key = app.keys.receipt_key(&envelope.receipt_kid).ok_or(ProblemCode::Unreadable)?;
    let device = app.store.read().devices().find(envelope.device).await?;
    let site = app.keys.site();
    let identity = device.as_ref().map_or(&shown.spki, |device| &device.identity_spki.0);
    let hello = message::open_hello(&envelope, identity, site, &key)
        .map_err(|_| ProblemCode::Unreadable)?;
    let device = match device {
        Some(device) => device,
        None => recovered::take_in(app, peer, shown, &hello).await?,
    };

    let bundles = app.keys.bundles();
    let newer = bundles.after(hello.bundle_version, MAX_CHAIN).to_vec();
    let refusal = refusal(&device, &hello);
    let in_recovery = in_recovery(app, peer, &device, &hello).await?;
    if hello.bundle_version > bundles.version() {
        // It is told which bundle is the newest here, and shows its own.
        let (shown, own) = (hello.bundle_version, bundles.version());
        tracing::warn!(device = %device.id, shown, own, "a device names a newer trust bundle");
    }
    let now = app.clock.now();
    let session = DeviceSessionId::at(now, app.rng.as_ref());
    let outcome = match refusal {
        Some(reason) => HelloOutcome::Refused { reason, retry_after_s: ASK_AGAIN_S },
        None => HelloOutcome::Welcome {
            session,
            ttl_s: SESSION_TTL_S,
            directives: Directives {
                wait_hold_s: u32::try_from(WAIT_HOLD_S).unwrap_or(u32::MAX),
                fetch_every_s: FETCH_EVERY_S,
                protocols: (sekisho_wire::PROTOCOL_MIN, sekisho_wire::PROTOCOL),
                escrows_wanted: in_recovery,
            },
        },
    };
    let answer = HelloAnswer {
        nonce: hello.nonce,
        server_time: now,
        bundles: newer,
        outcome,
        newest_bundle: Some(bundles.version()),
    };
    let (sealed, keys) = message::seal_welcome(
        &answer,
        &app.keys.order_key(now),
        site,
        device.id,
        &hello.session_key,
        app.rng.as_ref(),
    )
    .map_err(|_| ProblemCode::Unreadable)?;
    if refusal.is_none() {
        let (sealed_keys, vault_key_version) =
            secrets::seal(app, secrets::session_place(&session), &keys.to_secret())?;
        let row = DeviceSession {
            id: session,
            device: device.id,
            state: DeviceSessionState::Offered,
            session_key_public: Blob(hello.session_key.to_vec()),
            sealed_keys,
            vault_key_version,
            counter: hello.counter,
            mac_counter_in: 0,
            mac_counter_out: 0,
            opened_at: now,
            live_at: None,
            expires_at: now.plus(Duration::from_secs(u64::from(SESSION_TTL_S))),
            address: Some(peer.address.to_string()),
        };
        keep(app, peer, &device, &hello, row).await?;
    }
    Ok(cbor::encode(&sealed))
}

/// Stores an offered session and what the Hello says of the agent.
async fn keep(
    app: &App,
    peer: &Peer,
    device: &Device,
    hello: &Hello,
    session: DeviceSession,
) -> Result<(), Refusal> {
    let ctx = context(app, peer, Actor::Device(device.id));
    let uow = app.store.begin(&ctx).await?;
    let device = uow.devices().lock(device.id).await?.ok_or(ProblemCode::CertificateUnknown)?;
    // Offers that never went live are not kept: a replayed Hello costs a row.
    for former in uow.device_sessions().newest(device.id, 8).await? {
        if former.state == DeviceSessionState::Offered {
            uow.device_sessions().end(former.id).await?;
        }
    }
    uow.device_sessions().insert(session).await?;
    let said = Device {
        agent_version: hello.agent_version.chars().take(64).collect(),
        protocol_version: u32::from(hello.protocol),
        capabilities: hello.capabilities.iter().take(32).cloned().collect(),
        interval_s: Some(hello.interval_s),
        ..device.clone()
    };
    uow.devices().update(said, device.version).await?;
    let bundle_version = i64::try_from(hello.bundle_version).unwrap_or(i64::MAX);
    uow.devices().note_bundle(device.id, bundle_version).await?;
    // Not "seen": a Hello can be replayed. Its first valid frame is.
    let committed =
        uow.commit_unaudited("an offered session is recorded when it goes live").await?;
    orders::tell(app, &committed, &[]);
    Ok(())
}

/// Why there is no session for this device now.
fn refusal(device: &Device, hello: &Hello) -> Option<HelloRefusal> {
    match device.state {
        DeviceState::Pending => Some(HelloRefusal::Pending),
        DeviceState::Blocked => Some(HelloRefusal::Blocked),
        DeviceState::Retired => Some(HelloRefusal::Retired),
        DeviceState::Approved if device.suspension.is_some() => Some(HelloRefusal::Suspended),
        DeviceState::Approved => {
            let readable = hello.protocol >= sekisho_wire::PROTOCOL_MIN
                && hello.min_protocol <= sekisho_wire::PROTOCOL;
            (!readable).then_some(HelloRefusal::AgentTooOld)
        }
    }
}

/// Whether the site is in recovery. A device that knows more than the database
/// puts it there: it was restored from an older backup. Newer trust bundles do
/// when they are shown ([`keys::take_over`]), not when they are named.
async fn in_recovery(
    app: &App,
    peer: &Peer,
    device: &Device,
    hello: &Hello,
) -> Result<bool, Refusal> {
    let site = app.store.read().site().find().await?;
    let in_recovery = site.is_some_and(|site| site.recovery_reason.is_some());
    if device.state != DeviceState::Approved {
        return Ok(in_recovery);
    }
    let newest = (hello.highest_seq, hello.newest_order);
    let Some(more) = recovery::forgotten(app.store.read(), device, newest).await? else {
        return Ok(in_recovery);
    };
    let ctx = context(app, peer, Actor::Device(device.id));
    let mut uow = app.store.begin(&ctx).await?;
    recovery::enter(&mut uow, device.id, &more).await?;
    let committed = if uow.has_events() {
        uow.commit().await?
    } else {
        uow.commit_unaudited("another device knows more, and the site is in recovery").await?
    };
    orders::tell(app, &committed, &[]);
    Ok(true)
}
