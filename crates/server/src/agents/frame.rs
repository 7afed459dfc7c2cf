//! Frames: what is checked before a message of a session is believed.

use sekisho_model::Timestamp;
use sekisho_model::device::Suspension;
use sekisho_model::event::{Actor, Event};
use sekisho_seal::mac::{Direction, SessionKeys};
use sekisho_store::{
    Access, Device, DeviceSession, DeviceSessionState, OperationContext, StoreError, UnitOfWork,
};
use sekisho_wire::cbor;
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::RouteName;
use sekisho_wire::session::{FRAME_OVERHEAD_BYTES, Frame};
use std::time::Duration;

use super::exchanges::Exchange;
use super::{Peer, Refusal, context, swapped};
use crate::app::App;
use crate::orders;
use crate::secrets;

/// A session that was heard of so recently is somebody else's, not a
/// forgotten one.
const RECENTLY: Duration = Duration::from_secs(10 * 60);

/// A believed frame and everything that is needed to answer it.
pub(super) struct Believed {
    /// The unit of work in which its counter was taken.
    pub(super) uow: UnitOfWork,
    /// The device, locked.
    pub(super) device: Device,
    /// The session, live.
    pub(super) session: DeviceSession,
    /// The message.
    pub(super) body: Vec<u8>,
    keys: SessionKeys,
    name: RouteName,
    counter: u64,
}

/// A frame whose MAC is right; whether its counter is new is not known yet.
pub(super) struct Heard {
    /// The session, as it was before.
    pub(super) session: DeviceSession,
    frame: Frame,
    keys: SessionKeys,
    name: RouteName,
}

/// Hears a frame: its session exists and is not over, its MAC is right.
pub(super) async fn hear(
    app: &App,
    peer: &Peer,
    name: RouteName,
    body: &[u8],
) -> Result<Heard, Refusal> {
    let cap = name.route().max_body_bytes + FRAME_OVERHEAD_BYTES;
    let frame: Frame = cbor::decode(body, cap).map_err(|_| ProblemCode::Unreadable)?;
    let shown = peer.identity.as_ref().ok_or(ProblemCode::CertificateNeeded)?;
    let session = app.store.read().device_sessions().find(frame.session).await?;
    let session = session.ok_or(ProblemCode::SessionUnknown)?;
    if !may_speak(&session, app.clock.now()) {
        return Err(ProblemCode::SessionUnknown.into());
    }
    let place = secrets::session_place(&session.id);
    let keys = SessionKeys::from_secret(&secrets::open(app, place, &session.sealed_keys)?)
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    let route = (name.route().method.as_str(), name.route().path);
    let is_genuine = keys.check(Direction::ToServer, route, &frame).is_ok();
    if session.device != shown.device {
        if is_genuine {
            swapped::alarm(app, peer, session.device, shown.device).await;
        }
        return Err(ProblemCode::SessionUnknown.into());
    }
    if !is_genuine {
        return Err(ProblemCode::Replayed.into());
    }
    Ok(Heard { session, frame, keys, name })
}

impl Heard {
    /// The message.
    pub(super) fn body(&self) -> &[u8] {
        &self.frame.body
    }

    /// What it leaves behind if it changes nothing.
    pub(super) const fn exchange(&self) -> Exchange {
        Exchange {
            device: self.session.device,
            session: self.session.id,
            counter: self.frame.counter,
        }
    }

    /// The answer, once the exchange is durable.
    pub(super) fn answer(&self, counter: u64, body: Vec<u8>) -> Vec<u8> {
        let direction = Direction::ToAgent { answers: self.frame.counter };
        let route = (self.name.route().method.as_str(), self.name.route().path);
        cbor::encode(&self.keys.frame(direction, self.session.id, counter, route, body))
    }
}

/// Believes a frame: it is heard, and its counter is new. The first one makes
/// its session live.
pub(super) async fn believe(
    app: &App,
    peer: &Peer,
    name: RouteName,
    body: &[u8],
) -> Result<Believed, Refusal> {
    believe_heard(app, peer, hear(app, peer, name, body).await?).await
}

/// [`believe`] of a frame that was heard.
pub(super) async fn believe_heard(
    app: &App,
    peer: &Peer,
    heard: Heard,
) -> Result<Believed, Refusal> {
    let Heard { session, frame, keys, name } = heard;
    // From here on it is this device that speaks, now.
    let ctx = context(app, peer, Actor::Device(session.device));
    let mut uow = app.store.begin(&ctx).await?;
    let device = uow.devices().lock(session.device).await?.ok_or(ProblemCode::SessionUnknown)?;
    let session =
        uow.device_sessions().lock(session.id).await?.ok_or(ProblemCode::SessionUnknown)?;
    if !may_speak(&session, ctx.now) {
        return Err(ProblemCode::SessionUnknown.into());
    }
    if !uow.device_sessions().take_mac_counter(session.id, frame.counter).await? {
        return Err(ProblemCode::Replayed.into());
    }
    let device = match session.state {
        DeviceSessionState::Live => device,
        DeviceSessionState::Offered => {
            match go_live(app, &mut uow, &ctx, device, &session).await? {
                Some(device) => device,
                None => {
                    // Both sessions end, and that is recorded although the frame
                    // is refused.
                    let committed = uow.commit().await?;
                    orders::tell(app, &committed, &[]);
                    app.bus.revoke(session.device);
                    return Err(ProblemCode::SessionUnknown.into());
                }
            }
        }
        DeviceSessionState::Ended => return Err(ProblemCode::SessionUnknown.into()),
    };
    uow.devices().touch(device.id, peer.via, ctx.now).await?;
    Ok(Believed { uow, device, session, body: frame.body, keys, name, counter: frame.counter })
}

impl Believed {
    /// Commits and makes the answer. Nothing is sent before it is durable.
    pub(super) async fn answer(
        self,
        app: &App,
        body: Vec<u8>,
        changed: &[sekisho_model::id::OrderId],
    ) -> Result<Vec<u8>, Refusal> {
        let counter = self.uow.device_sessions().next_mac_counter(self.session.id).await?;
        let committed = commit(self.uow).await?;
        orders::tell(app, &committed, changed);
        let direction = Direction::ToAgent { answers: self.counter };
        let route = (self.name.route().method.as_str(), self.name.route().path);
        Ok(cbor::encode(&self.keys.frame(direction, self.session.id, counter, route, body)))
    }
}

async fn commit(uow: UnitOfWork) -> Result<sekisho_store::Committed, StoreError> {
    if uow.has_events() {
        uow.commit().await
    } else {
        uow.commit_unaudited("a device called and took nothing along").await
    }
}

fn may_speak(session: &DeviceSession, now: Timestamp) -> bool {
    session.state != DeviceSessionState::Ended && now < session.expires_at
}

/// The first valid MAC of a session: it replaces the one before. Its counter
/// tells whether the endpoint is what it was:
///
/// - higher than ever: as it should be;
/// - not higher, and nobody else was there lately: the endpoint was reverted to
///   a snapshot; its passwords are rotated again;
/// - not higher, while another session is in use that came later: the endpoint
///   was copied. Both are held back until an administrator decides. `None` then.
///
/// In use is what this server has heard itself, lately: what its database says
/// of the time before its start may be long ago.
async fn go_live(
    app: &App,
    uow: &mut UnitOfWork,
    ctx: &OperationContext,
    device: Device,
    session: &DeviceSession,
) -> Result<Option<Device>, Refusal> {
    let expected = device.session_counter;
    let mut device = device;
    if session.counter > expected {
        uow.devices().move_session_counter(device.id, expected, session.counter).await?;
    } else {
        let other = uow.device_sessions().live(device.id).await?;
        let is_heard = device
            .last_seen_at
            .is_some_and(|seen| app.started < seen && ctx.now.since(seen) < RECENTLY);
        // One that came before is the reverted endpoint itself, started anew.
        let in_use = is_heard && other.is_some_and(|other| session.counter <= other.counter);
        if in_use {
            let version = device.version;
            device.suspension = Some(Suspension::Cloned);
            uow.devices().update(device.clone(), version).await?;
            uow.device_sessions().end_all(device.id).await?;
            uow.record(Event::DeviceCloned { device: device.id });
            return Ok(None);
        }
        uow.record(Event::DeviceReverted { device: device.id, counter: session.counter, expected });
        orders::rotate_after_revert(app, uow, &device).await?;
    }
    if !uow.device_sessions().make_live(session.id).await? {
        return Err(ProblemCode::SessionUnknown.into());
    }
    uow.record(Event::DeviceSessionOpened {
        device: device.id,
        agent_version: device.agent_version.clone(),
    });
    let device = uow.devices().find(device.id).await?;
    Ok(Some(device.ok_or(ProblemCode::SessionUnknown)?))
}
