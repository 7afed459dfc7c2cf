//! The long poll. It can do nothing but wake.

use std::time::Duration;

use sekisho_model::id::DeviceSessionId;
use sekisho_store::{Access, DeviceSessionState};
use sekisho_wire::cbor;
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::WAIT_HOLD_S;
use sekisho_wire::session::Wake;

use super::plane::Plane;
use super::{Peer, Refusal};

/// Holds the call until there is something to fetch, at most so many seconds.
pub(super) async fn wait(
    plane: &Plane,
    peer: &Peer,
    session: &str,
    seconds: &str,
) -> Result<Vec<u8>, Refusal> {
    let app = &plane.app;
    let session: DeviceSessionId = session.parse().map_err(|_| ProblemCode::SessionUnknown)?;
    let seconds: u64 = seconds.parse().map_err(|_| ProblemCode::NotFound)?;
    let shown = peer.identity.as_ref().ok_or(ProblemCode::CertificateNeeded)?;
    let found = app.store.read().device_sessions().find(session).await?;
    let now = app.clock.now();
    let may_wait = found.is_some_and(|session| {
        session.device == shown.device
            && session.state == DeviceSessionState::Live
            && now < session.expires_at
    });
    if !may_wait {
        return Err(ProblemCode::SessionUnknown.into());
    }
    let device = shown.device;
    // Listen first, look second: nothing that happens in between is missed.
    let mut listener = app.bus.listen(device);
    let reader = app.store.read();
    let waiting = !reader.orders().deliverable(device, now, 1).await?.is_empty()
        || !reader.orders().unanswered(device).await?.is_empty();
    if waiting {
        return Ok(cbor::encode(&Wake::Fetch));
    }
    let hold = Duration::from_secs(seconds.min(WAIT_HOLD_S));
    // An order that is to be tried again later becomes due while we wait.
    let due = reader.orders().next_due(device, now).await?.map(|due| due.since(now));
    let (sleep, then) = match due {
        Some(due) if due < hold => (due, Wake::Fetch),
        Some(_) | None => (hold, Wake::Nothing),
    };
    let wake = tokio::select! {
        () = listener.heard() => Wake::Fetch,
        () = tokio::time::sleep(sleep) => then,
        () = plane.shutdown.soft() => Wake::Nothing,
    };
    Ok(cbor::encode(&wake))
}
