//! Fetch and receipt.

use sekisho_seal::escrow::{MAX_ESCROW_BYTES, SealedEscrow};
use sekisho_seal::message;
use sekisho_store::{Access, Blob, Device, DeviceSessionState, Escrow, StoreError};
use sekisho_wire::cbor;
use sekisho_wire::order::{FetchAnswer, FetchRequest, MAX_FETCH_BYTES, SealedOrder};
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::receipt::{Ack, ReceiptEnvelope};
use sekisho_wire::route::RouteName;
use sekisho_wire::session::{EscrowsHandedIn, EscrowsTaken, MAX_ESCROWS, MAX_ESCROWS_BYTES};

use super::frame::{self, Believed, Heard, believe};
use super::plane::Plane;
use super::{Peer, Refusal};
use crate::app::App;
use crate::gateways::offices;
use crate::orders::{self, deliver, receipt as receipts, rediscover, sweep};
use crate::recovery;

/// Hands orders out.
pub(super) async fn fetch(plane: &Plane, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let app = &plane.app;
    let turn = plane.turn().await?;
    let heard = frame::hear(app, peer, RouteName::Fetch, body).await?;
    let request: FetchRequest =
        cbor::decode(heard.body(), MAX_FETCH_BYTES).map_err(|_| ProblemCode::Unreadable)?;
    if let Some((device, first)) = takes_nothing(app, peer, &heard, &request).await? {
        // Not while others wait for their turn: what is written is written for
        // many at once.
        drop(turn);
        if let Some(counter) = plane.exchanges.note(app, heard.exchange()).await? {
            return Ok(
                heard.answer(counter, answer(app, &request, &device, (Vec::new(), false), first))
            );
        }
        // Something has changed meanwhile; it is found out what.
        let _turn = plane.turn().await?;
        return hand_out(app, peer, heard, &request).await;
    }
    hand_out(app, peer, heard, &request).await
}

/// The device of a fetch that changes nothing but the counters of its session, and
/// the gateways it takes first.
async fn takes_nothing(
    app: &App,
    peer: &Peer,
    heard: &Heard,
    request: &FetchRequest,
) -> Result<Option<(Device, Vec<Vec<String>>)>, StoreError> {
    if heard.session.state != DeviceSessionState::Live || request.accounts_changed {
        return Ok(None);
    }
    let reader = app.store.read();
    let Some(device) = reader.devices().find(heard.session.device).await? else {
        return Ok(None);
    };
    // Which way it comes is noted when that changes.
    if device.last_gateway != peer.via {
        return Ok(None);
    }
    if newer_bundle(request, &device).is_some() {
        return Ok(None);
    }
    let newest = (request.highest_seq, request.newest_order);
    if recovery::forgotten(reader, &device, newest).await?.is_some() {
        return Ok(None);
    }
    let now = app.clock.now();
    let works = !device.is_dissociated()
        && reader.orders().has_work(device.id, device.resource, now).await?;
    if works {
        return Ok(None);
    }
    let first = offices::gateways_first(reader, &device).await?;
    Ok(Some((device, first)))
}

async fn hand_out(
    app: &App,
    peer: &Peer,
    heard: Heard,
    request: &FetchRequest,
) -> Result<Vec<u8>, Refusal> {
    let mut believed = frame::believe_heard(app, peer, heard).await?;
    let newest = (request.highest_seq, request.newest_order);
    if let Some(more) = recovery::forgotten(&believed.uow, &believed.device, newest).await? {
        return forgetful(app, believed, &more).await;
    }
    let (uow, device, session) = (&mut believed.uow, &believed.device, &believed.session);
    let site = uow.site().find().await?;
    let (orders, more) = if site.is_some_and(|site| site.recovery_reason.is_some()) {
        (Vec::new(), false)
    } else if device.is_dissociated() {
        // Nothing is handed out, not even again what was delivered before: a
        // host that has begun it reports without being asked, and one that has
        // not must not begin it now. Nothing is lost by that: the
        // reset shows both values until it is settled (RST-7).
        if request.accounts_changed {
            rediscover::accounts_changed(app, uow, device).await?;
        }
        (Vec::new(), false)
    } else {
        sweep::look_into_open_resets(app, uow, device).await?;
        if request.accounts_changed {
            rediscover::accounts_changed(app, uow, device).await?;
        }
        deliver::deliver(app, uow, device, session).await?
    };
    if let Some(version) = newer_bundle(request, device) {
        uow.devices().note_bundle(device.id, version).await?;
    }
    let first = offices::gateways_first(uow, device).await?;
    let answer = answer(app, request, device, (orders, more), first);
    believed.answer(app, answer, &[]).await
}

/// The trust bundle that an agent says it holds, if it did not hold it before.
fn newer_bundle(request: &FetchRequest, device: &Device) -> Option<i64> {
    let version = i64::try_from(request.bundle_version?).ok()?;
    (version > device.bundle_version).then_some(version)
}

fn answer(
    app: &App,
    request: &FetchRequest,
    device: &Device,
    (orders, more): (Vec<SealedOrder>, bool),
    gateways_first: Vec<Vec<String>>,
) -> Vec<u8> {
    cbor::encode(&FetchAnswer {
        nonce: request.nonce,
        server_time: app.clock.now(),
        orders,
        more,
        look_every_s: device.look_every_s,
        gateways_first,
        newest_bundle: Some(app.keys.bundles().version()),
    })
}

/// The agent has had orders that this database does not know: it was put back
/// to an older copy, and the session with it. Nothing is given before that is
/// noticed, because each new order would hide it. The agent says Hello again,
/// and is asked for its escrows.
async fn forgetful(app: &App, believed: Believed, more: &str) -> Result<Vec<u8>, Refusal> {
    let (mut uow, device) = (believed.uow, believed.device);
    recovery::enter(&mut uow, device.id, more).await?;
    uow.device_sessions().end_all(device.id).await?;
    let committed = if uow.has_events() {
        uow.commit().await?
    } else {
        uow.commit_unaudited("another device knows more, and the site is in recovery").await?
    };
    orders::tell(app, &committed, &[]);
    Err(ProblemCode::SessionUnknown.into())
}

/// Takes a receipt over.
pub(super) async fn receipt(app: &App, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut believed = believe(app, peer, RouteName::Receipt, body).await?;
    let cap = RouteName::Receipt.route().max_body_bytes;
    let envelope: ReceiptEnvelope =
        cbor::decode(&believed.body, cap).map_err(|_| ProblemCode::Unreadable)?;
    let key = app.keys.receipt_key(&envelope.receipt_kid).ok_or(ProblemCode::Unreadable)?;
    let (uow, device) = (&mut believed.uow, &believed.device);
    let (receipt, hash) =
        message::open_receipt(&envelope, &device.identity_spki.0, app.keys.site(), device.id, &key)
            .map_err(|_| ProblemCode::Unreadable)?;
    let (disposition, changed) = receipts::take_over(app, uow, device, &receipt, hash).await?;
    let ack = Ack { order: receipt.order, receipt_hash: hash, disposition };
    believed.answer(app, cbor::encode(&ack), &changed).await
}

/// Keeps escrows that a device hands in during recovery. They stay sealed.
pub(super) async fn escrow(app: &App, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let believed = believe(app, peer, RouteName::Escrow, body).await?;
    let handed: EscrowsHandedIn =
        cbor::decode(&believed.body, MAX_ESCROWS_BYTES).map_err(|_| ProblemCode::Unreadable)?;
    let uow = &believed.uow;
    let site = uow.site().find().await?;
    if site.is_none_or(|site| site.recovery_reason.is_none()) {
        // Nobody asked: nothing is kept.
        return believed.answer(app, cbor::encode(&EscrowsTaken { taken: 0 }), &[]).await;
    }
    let mut taken = 0;
    for bytes in handed.escrows.iter().take(MAX_ESCROWS) {
        let escrow: SealedEscrow =
            cbor::decode(bytes, MAX_ESCROW_BYTES).map_err(|_| ProblemCode::Unreadable)?;
        let row = Escrow {
            device: believed.device.id,
            version: escrow.version,
            account: escrow.account,
            seq: escrow.seq,
            sealed: Blob(bytes.to_vec()),
            reported_at: uow.now(),
            imported_at: None,
        };
        uow.escrows().report(row).await?;
        taken += 1;
    }
    if let Some(highest) = handed.highest_seq {
        // Only now is the device no longer one that knows more: what was lost
        // on the way is asked for again, also when the recovery ends first.
        // The next order goes on above what the device has seen.
        uow.devices().raise_seq(believed.device.id, highest).await?;
    }
    believed.answer(app, cbor::encode(&EscrowsTaken { taken }), &[]).await
}
