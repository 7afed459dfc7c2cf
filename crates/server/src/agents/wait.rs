//! The long poll. It can do nothing but wake.

use std::time::Duration;

use sekisho_model::id::{DeviceId, DeviceSessionId};
use sekisho_store::{Access, DeviceSessionState};
use sekisho_wire::cbor;
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::WAIT_HOLD_S;
use sekisho_wire::session::Wake;

use super::plane::Plane;
use super::{Answer, Peer, Refusal};
use crate::metrics::Present;

/// Holds the call until there is something to fetch, at most so many seconds.
pub(super) async fn wait(
    plane: &Plane,
    peer: &Peer,
    session: &str,
    seconds: &str,
) -> Result<Answer, Refusal> {
    let app = &plane.app;
    let session: DeviceSessionId = session.parse().map_err(|_| ProblemCode::SessionUnknown)?;
    let seconds: u64 = seconds.parse().map_err(|_| ProblemCode::NotFound)?;
    let device = peer.identity.as_ref().ok_or(ProblemCode::CertificateNeeded)?.device;
    // Listen first, look second: nothing that happens in between is missed.
    let mut listener = app.bus.listen(device);
    // Boxed: what looking takes is given back before the call is parked.
    let (hold, then) = match Box::pin(look(plane, device, session)).await? {
        Found::Orders => return Ok(cbor::encode(&Wake::Fetch).into()),
        // A gateway asks for its device and parks the call itself.
        Found::Nothing { next_due } if seconds == 0 && peer.via.is_some() => {
            return Ok(Answer { body: cbor::encode(&Wake::Nothing), next_due });
        }
        Found::Nothing { next_due } => {
            let hold = Duration::from_secs(seconds.min(WAIT_HOLD_S));
            // An order that is to be tried again later becomes due meanwhile.
            match next_due {
                Some(due) if due < hold => (due, Wake::Fetch),
                Some(_) | None => (hold, Wake::Nothing),
            }
        }
    };
    let _waiting = Present::in_gauge(&app.metrics.agents_waiting);
    let wake = tokio::select! {
        () = listener.heard() => Wake::Fetch,
        () = tokio::time::sleep(hold) => then,
        () = plane.shutdown.soft() => Wake::Nothing,
    };
    Ok(cbor::encode(&wake).into())
}

/// What there is for a device.
enum Found {
    /// Something to fetch.
    Orders,
    /// Nothing now; an order becomes due after this.
    Nothing { next_due: Option<Duration> },
}

async fn look(plane: &Plane, device: DeviceId, session: DeviceSessionId) -> Result<Found, Refusal> {
    let _turn = plane.turn().await?;
    let app = &plane.app;
    let reader = app.store.read();
    let found = reader.device_sessions().find(session).await?;
    let now = app.clock.now();
    let may_wait = found.is_some_and(|session| {
        session.device == device
            && session.state == DeviceSessionState::Live
            && now < session.expires_at
    });
    if !may_wait {
        return Err(ProblemCode::SessionUnknown.into());
    }
    // Resets whose outcome is open are no reason to wake: they are looked into
    // by fetches that come anyway.
    if reader.orders().has_work(device, None, now).await? {
        // What is held for a dissociated device is nothing to fetch: it would
        // come at once, again and again.
        let found = reader.devices().find(device).await?;
        let held = found.is_some_and(|device| device.is_dissociated());
        return Ok(if held { Found::Nothing { next_due: None } } else { Found::Orders });
    }
    let next_due = reader.orders().next_due(device, now).await?.map(|due| due.since(now));
    Ok(Found::Nothing { next_due })
}
