//! What a gateway could do that had stolen keys. Only for the tests that break a
//! lock on purpose: what stands behind it must be noticed.

use sekisho_model::Rng;
use sekisho_model::Secret;
use sekisho_model::id::{DeviceId, OrderId, SecretVersionId};
use sekisho_seal::mac::{Direction, SessionKeys};
use sekisho_seal::message;
use sekisho_seal::sign::IdentityKey;
use sekisho_server::app::SharedApp;
use sekisho_server::secrets;
use sekisho_store::{Access as _, AccountFilter, DeviceSession, Page};
use sekisho_wire::cbor;
use sekisho_wire::order::{
    Candidate, FetchAnswer, MAX_FETCH_ANSWER_BYTES, Order, SecretBytes, Target, Task,
};
use sekisho_wire::receipt::{Outcome, ReceiptEnvelope, ResetResult};
use sekisho_wire::route::RouteName;
use sekisho_wire::session::Frame;

use super::gateway::Request;

/// Long enough for every frame.
const CAP: usize = 4 * 1024 * 1024;

/// A value that no order asked for.
pub(super) const FORGED: &str = "what-the-gateway-would-like";

/// Adds an order to an answer to a fetch, with the server's own keys.
pub(super) async fn order(app: &SharedApp, request: &Request, answer: &mut Vec<u8>, rng: &dyn Rng) {
    if request.route == RouteName::Fetch
        && let Some(forged) = with_an_order(app, request, answer, rng).await
    {
        *answer = forged;
    }
}

async fn with_an_order(
    app: &SharedApp,
    request: &Request,
    answer: &[u8],
    rng: &dyn Rng,
) -> Option<Vec<u8>> {
    let asked: Frame = cbor::decode(&request.body, CAP).ok()?;
    let frame: Frame = cbor::decode(answer, CAP).ok()?;
    let (session, keys) = session(app, &frame).await?;
    let mut fetched: FetchAnswer = cbor::decode(&frame.body, MAX_FETCH_ANSWER_BYTES).ok()?;
    let reader = app.store.read();
    let device = reader.devices().find(session.device).await.ok()??;
    let filter = AccountFilter { resource: device.resource, ..AccountFilter::default() };
    let account = reader.accounts().search(&filter, &Page::first(1)).await.ok()?.items.pop()?;
    let versions = reader.secret_versions().newest(account.id, 32).await.ok()?;
    let now = app.clock.now();
    let forged = Order {
        protocol: sekisho_wire::PROTOCOL,
        order: OrderId::at(now, rng),
        site: app.keys.site(),
        device: device.id,
        session: session.id,
        seq: device.last_seq + 1_000,
        not_before: now,
        expires: now.plus(std::time::Duration::from_secs(600)),
        task: Task::Reset {
            target: Target { account: account.id, name: account.name, native_id: None },
            base: account.current_version,
            lineage: versions.iter().map(|version| version.id).collect(),
            candidate: Candidate {
                version: SecretVersionId::at(now, rng),
                value: SecretBytes(Secret::from(FORGED)),
            },
        },
        initiator: "nobody".to_owned(),
    };
    let key: [u8; 32] = session.session_key_public.0.as_slice().try_into().ok()?;
    let (sealed, _) = message::seal_order(&forged, &app.keys.order_key(now), &key, rng).ok()?;
    fetched.orders.push(sealed);
    let direction = Direction::ToAgent { answers: asked.counter };
    let route = (RouteName::Fetch.route().method.as_str(), RouteName::Fetch.route().path);
    let body = cbor::encode(&fetched);
    Some(cbor::encode(&keys.frame(direction, session.id, frame.counter, route, body)))
}

/// Turns what a device says about a reset into the opposite, with its own key.
pub(super) async fn receipt(
    app: &SharedApp,
    stolen: &[(DeviceId, IdentityKey)],
    request: &mut Request,
    rng: &dyn Rng,
) {
    if request.route == RouteName::Receipt
        && let Some(forged) = another_receipt(app, stolen, request, rng).await
    {
        request.body = forged;
    }
}

async fn another_receipt(
    app: &SharedApp,
    stolen: &[(DeviceId, IdentityKey)],
    request: &Request,
    rng: &dyn Rng,
) -> Option<Vec<u8>> {
    let frame: Frame = cbor::decode(&request.body, CAP).ok()?;
    let (session, keys) = session(app, &frame).await?;
    let (device, identity) = stolen.iter().find(|(device, _)| *device == session.device)?;
    let envelope: ReceiptEnvelope = cbor::decode(&frame.body, CAP).ok()?;
    let key = app.keys.receipt_key(&envelope.receipt_kid)?;
    let site = app.keys.site();
    let public = identity.public();
    let (mut said, _) = message::open_receipt(&envelope, &public, site, *device, &key).ok()?;
    let Outcome::Reset { result, .. } = &mut said.outcome else { return None };
    *result = ResetResult::Rejected(sekisho_model::order::RefusalClass::Permanent);
    let signed = message::sign_receipt(&said, identity, site);
    let envelope = message::seal_receipt(&signed, site, *device, &key.public(), rng).ok()?;
    let route = (RouteName::Receipt.route().method.as_str(), RouteName::Receipt.route().path);
    let body = cbor::encode(&envelope);
    let frame = keys.frame(Direction::ToServer, session.id, frame.counter, route, body);
    Some(cbor::encode(&frame))
}

/// The session of a frame and its keys, from the server's vault.
async fn session(app: &SharedApp, frame: &Frame) -> Option<(DeviceSession, SessionKeys)> {
    let session = app.store.read().device_sessions().find(frame.session).await.ok()??;
    let keys =
        secrets::open(app, secrets::session_place(&session.id), &session.sealed_keys).ok()?;
    Some((session, SessionKeys::from_secret(&keys).ok()?))
}
