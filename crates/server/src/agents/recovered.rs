//! Devices that this database forgot: they enrolled after the copy that it was
//! put back to. The site's authority has vouched for them, so they are taken
//! in again from their certificates, and wait for an administrator: a block
//! may have been forgotten, too.

use sekisho_model::device::DeviceState;
use sekisho_model::event::{Actor, Event};
use sekisho_pki::DeviceIdentity;
use sekisho_store::{Access as _, Blob, Device};
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::session::Hello;

use super::{Peer, Refusal, context, one_line};
use crate::app::App;
use crate::{orders, recovery};

/// Makes a device known again, and sends the site into recovery: its escrows
/// may be all that is left of its passwords. The Hello was signed with the
/// key of the certificate.
pub(super) async fn take_in(
    app: &App,
    peer: &Peer,
    shown: &DeviceIdentity,
    hello: &Hello,
) -> Result<Device, Refusal> {
    let ctx = context(app, peer, Actor::Device(shown.device));
    let mut uow = app.store.begin(&ctx).await?;
    if let Some(device) = uow.devices().lock(shown.device).await? {
        // It said two Hellos at once.
        return Ok(device);
    }
    if uow.devices().find_by_identity(&shown.spki).await?.is_some() {
        return Err(ProblemCode::CertificateUnknown.into());
    }
    let host = one_line(&hello.host).to_lowercase();
    let device = Device {
        id: shown.device,
        resource: None,
        state: DeviceState::Pending,
        suspension: None,
        identity_spki: Blob(shown.spki.clone()),
        identity_fingerprint: sekisho_pki::fingerprint(&shown.spki),
        facts: serde_json::json!({ "host_name": host }),
        host: host.clone(),
        platform: hello.platform,
        agent_version: hello.agent_version.chars().take(64).collect(),
        protocol_version: u32::from(hello.protocol),
        capabilities: Vec::new(),
        enrolment_key: None,
        created_at: ctx.now,
        approved_at: None,
        approved_by: None,
        blocked_reason: None,
        last_seen_at: Some(ctx.now),
        // What it has had of orders is more than nothing, so it is asked for its
        // escrows whenever it is approved.
        last_seq: 0,
        session_counter: 0,
        bundle_version: 0,
        interval_s: Some(hello.interval_s),
        former_resource: None,
        look_every_s: None,
        dissociated_at: None,
        dissociated_by: None,
        last_gateway: None,
        version: 1,
    };
    uow.devices().insert(device.clone()).await?;
    let serial = shown.serial.clone();
    tracing::warn!(device = %device.id, host, serial, "a device that was forgotten is back");
    uow.record(Event::DeviceRecovered { device: device.id, host, serial });
    recovery::enter(&mut uow, device.id, "its own enrolment, which this database lacks").await?;
    let committed = uow.commit().await?;
    orders::tell(app, &committed, &[]);
    Ok(device)
}
