//! Certificates for enrolled devices.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::device::DeviceState;
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::DeviceId;
use sekisho_pki::{Jitter, renewal_at};
use sekisho_seal::message;
use sekisho_store::{Access, Blob, DeviceCertificate, UnitOfWork};
use sekisho_wire::cbor;
use sekisho_wire::certificate::{
    CertificateAnswer, CertificateEnvelope, CertificateOutcome, CertificateRefusal,
    IssuedCertificate, MAX_CERTIFICATE_REQUEST_BYTES,
};
use sekisho_wire::problem::ProblemCode;
use serde_bytes::ByteBuf;

use super::{Peer, Refusal, context};
use crate::app::App;

/// A pending device asks again after so many seconds.
const ASK_AGAIN_S: u32 = 15;

/// A certificate that was issued so recently is given again instead of a new
/// one: the answer was lost.
const JUST_ISSUED: Duration = Duration::from_secs(3600);

/// A first or renewed certificate, or why there is none.
pub(super) async fn certificate(app: &App, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let envelope: CertificateEnvelope =
        cbor::decode(body, MAX_CERTIFICATE_REQUEST_BYTES).map_err(|_| ProblemCode::Unreadable)?;
    let key = app.keys.receipt_key(&envelope.receipt_kid).ok_or(ProblemCode::Unreadable)?;
    let device = app.store.read().devices().find(envelope.device).await?;
    let device = device.ok_or(ProblemCode::Unreadable)?;
    let site = app.keys.site();
    let request = message::open_certificate_request(&envelope, &device.identity_spki.0, site, &key)
        .map_err(|_| ProblemCode::Unreadable)?;

    let ctx = context(app, peer, Actor::Device(device.id));
    let mut uow = app.store.begin(&ctx).await?;
    let device = uow.devices().lock(device.id).await?.ok_or(ProblemCode::Unreadable)?;
    let outcome = match device.state {
        DeviceState::Pending => CertificateOutcome::Pending { retry_after_s: ASK_AGAIN_S },
        DeviceState::Blocked => CertificateOutcome::Refused { reason: CertificateRefusal::Blocked },
        DeviceState::Retired => CertificateOutcome::Refused { reason: CertificateRefusal::Retired },
        DeviceState::Approved => {
            let issued =
                issue(app, &mut uow, device.id, &device.identity_spki.0, &request.csr).await?;
            CertificateOutcome::Issued(issued)
        }
    };
    if device.state == DeviceState::Pending {
        // Of the others it says nothing: a request can be kept and brought again.
        uow.devices().touch(device.id, peer.via, ctx.now).await?;
    }
    let committed = match &outcome {
        CertificateOutcome::Issued(_) => uow.commit().await,
        CertificateOutcome::Pending { .. } | CertificateOutcome::Refused { .. } => {
            uow.commit_unaudited("a device asked whether it is approved").await
        }
    };
    match committed {
        Ok(_) => {}
        // The certificate was given again: nothing changed, nothing to record.
        Err(sekisho_store::StoreError::Unaudited) => {}
        Err(error) => return Err(error.into()),
    }
    let answer = CertificateAnswer { nonce: request.nonce, server_time: ctx.now, outcome };
    let sealed = message::seal_certificate_answer(
        &answer,
        &app.keys.order_key(app.clock.now()),
        site,
        device.id,
        &request.reply_key,
        app.rng.as_ref(),
    )
    .map_err(|_| ProblemCode::Unreadable)?;
    Ok(cbor::encode(&sealed))
}

/// Issues a certificate for a device's identity key, inside the caller's unit
/// of work; or gives the one again that was issued just now.
pub(super) async fn issue(
    app: &App,
    uow: &mut UnitOfWork,
    device: DeviceId,
    identity_key: &[u8],
    csr: &[u8],
) -> Result<IssuedCertificate, Refusal> {
    let now = uow.now();
    let former = uow.device_certificates().newest(device, 1).await?;
    if let Some(last) = former.first()
        && now.since(last.issued_at) < JUST_ISSUED
        && last.not_after > now
    {
        return Ok(as_issued(app, &last.der.0, &last.serial, last.not_before, last.not_after));
    }
    let ca = app.keys.ca();
    let issued =
        ca.issue_device(csr, device, now, app.rng.as_ref()).map_err(|_| ProblemCode::Unreadable)?;
    let holder = ca
        .trust()
        .verify_device(&issued.der, &[], now)
        .map_err(|problem| Refusal::Internal(problem.to_string()))?;
    if holder.spki != identity_key {
        // The request was made with another key than the one that signed it.
        return Err(ProblemCode::Unreadable.into());
    }
    let row = DeviceCertificate {
        serial: issued.serial.clone(),
        device,
        der: Blob(issued.der.clone()),
        not_before: issued.not_before,
        not_after: issued.not_after,
        issued_at: now,
        superseded_at: None,
    };
    uow.device_certificates().insert(row).await?;
    uow.record_as(
        Actor::Device(device),
        Event::CertificateIssued {
            device,
            serial: issued.serial.clone(),
            renewal: !former.is_empty(),
        },
    );
    Ok(as_issued(app, &issued.der, &issued.serial, issued.not_before, issued.not_after))
}

fn as_issued(
    app: &App,
    der: &[u8],
    serial: &str,
    not_before: Timestamp,
    not_after: Timestamp,
) -> IssuedCertificate {
    let issuing = app.keys.ca().trust().issuing();
    let chain = vec![ByteBuf::from(der.to_vec()), ByteBuf::from(issuing.to_vec())];
    let renew_at = renewal_at(not_before, not_after, Jitter::of(serial));
    IssuedCertificate { chain, renew_at, not_after }
}
