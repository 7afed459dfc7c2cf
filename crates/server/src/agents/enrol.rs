//! Enrolment with a key.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::device::{DeviceState, EnrolmentRefusal, KeyUse};
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::{DeviceId, ResourceId};
use sekisho_model::name::DnsName;
use sekisho_seal::{message, sha256};
use sekisho_store::{
    Access, Blob, Device, EnrolmentKey, Hash, OperationContext, StoreError, UnitOfWork,
};
use sekisho_wire::cbor;
use sekisho_wire::certificate::IssuedCertificate;
use sekisho_wire::enrolment::{
    Enrolment, EnrolmentAnswer, EnrolmentEnvelope, EnrolmentOutcome, MAX_ENROLMENT_BYTES,
};
use sekisho_wire::problem::ProblemCode;

use super::{Peer, Refusal, certificate, context, one_line, rehome};
use crate::app::App;
use crate::orders::OrderError;
use crate::{orders, resources, secrets};

/// A device whose answer was lost may try again with the same key and the same
/// identity for so long.
const RETRY: Duration = Duration::from_secs(3600);

/// Makes a device known. Refusals are named only to somebody who knows the
/// key's secret; anybody else hears *unknown key*, whatever is wrong.
pub(super) async fn enrol(app: &App, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let envelope: EnrolmentEnvelope =
        cbor::decode(body, MAX_ENROLMENT_BYTES).map_err(|_| ProblemCode::Unreadable)?;
    let receipt_key = app.keys.receipt_key(&envelope.receipt_kid).ok_or(ProblemCode::UnknownKey)?;
    let key = app.store.read().enrolment_keys().find(envelope.key).await?;
    let key = key.ok_or(ProblemCode::UnknownKey)?;
    let sealed = key.sealed_secret.as_ref().ok_or(ProblemCode::UnknownKey)?;
    let secret = secrets::open(app, secrets::enrolment_key_place(&key.id), sealed)?;
    let site = app.keys.site();
    let (opened, exporter) = message::open_enrolment(&envelope, &secret, site, &receipt_key)
        .map_err(|_| ProblemCode::UnknownKey)?;
    let ctx = context(app, peer, Actor::Anonymous);
    let (nonce, outcome) = match opened {
        Ok(enrolment) => (enrolment.nonce, decide(app, &ctx, &key, &enrolment).await?),
        Err(_) => {
            refused(app, &ctx, &key, EnrolmentRefusal::Malformed, None).await?;
            let reason = EnrolmentRefusal::Malformed;
            ([0; 32], EnrolmentOutcome::Refused { reason })
        }
    };
    let answer = EnrolmentAnswer { nonce, server_time: app.clock.now(), outcome };
    Ok(message::seal_enrolment_answer(&answer, &exporter))
}

async fn decide(
    app: &App,
    ctx: &OperationContext,
    key: &EnrolmentKey,
    enrolment: &Enrolment,
) -> Result<EnrolmentOutcome, Refusal> {
    match admit(app, ctx, key, enrolment).await {
        Ok(accepted) => Ok(accepted),
        Err(Declined::Refused(reason)) => {
            refused(app, ctx, key, reason, Some(enrolment)).await?;
            Ok(EnrolmentOutcome::Refused { reason })
        }
        Err(Declined::Failed(refusal)) => Err(refusal),
    }
}

/// Turned away by a rule, or not able to decide.
pub(super) enum Declined {
    Refused(EnrolmentRefusal),
    Failed(Refusal),
}

impl From<EnrolmentRefusal> for Declined {
    fn from(reason: EnrolmentRefusal) -> Self {
        Self::Refused(reason)
    }
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal)
    }
}

impl From<StoreError> for Declined {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<OrderError> for Declined {
    fn from(error: OrderError) -> Self {
        Self::Failed(error.into())
    }
}

async fn admit(
    app: &App,
    ctx: &OperationContext,
    key: &EnrolmentKey,
    enrolment: &Enrolment,
) -> Result<EnrolmentOutcome, Declined> {
    let mut uow = app.store.begin(ctx).await?;
    let key = uow.enrolment_keys().lock(key.id).await?.ok_or(EnrolmentRefusal::UnknownKey)?;
    let known = uow.devices().find_by_identity(&enrolment.identity_key).await?;
    let identity = Hash(sha256(&enrolment.identity_key));
    let is_new =
        uow.enrolment_keys().remember_request(key.id, Hash(sha256(&enrolment.nonce))).await?;

    // The same device, whose answer was lost: the same answer again.
    if let Some(device) = &known
        && key.last_used_by == Some(device.id)
        && key.last_used_at.is_some_and(|used| ctx.now.since(used) < RETRY)
        && (!enrolment.rehome || rehome::is_home(&uow, &key, device).await?)
    {
        let device = uow.devices().lock(device.id).await?.ok_or(EnrolmentRefusal::UnknownKey)?;
        if device.state == DeviceState::Blocked {
            return Err(EnrolmentRefusal::Blocked.into());
        }
        return accepted(app, uow, &device, None, enrolment).await;
    }
    // A copy that somebody kept, of a request that was answered then: it would
    // enrol a device anew that was deleted since, or move it back.
    if !is_new {
        return Err(EnrolmentRefusal::Used.into());
    }
    judge_key(&key, enrolment, ctx.now)?;
    judge_owner(&uow, &key, enrolment).await?;
    match known.map(|device| device.state) {
        Some(DeviceState::Blocked) => return Err(EnrolmentRefusal::Blocked.into()),
        Some(DeviceState::Pending | DeviceState::Approved | DeviceState::Retired) | None => {}
    }
    let known = uow.devices().find_by_identity(&enrolment.identity_key).await?;
    let (device, remark) = match known {
        Some(known) if enrolment.rehome => {
            (rehome::rehome(app, &mut uow, &key, known, enrolment).await?, None)
        }
        None if enrolment.rehome => return Err(EnrolmentRefusal::NotEnrolled.into()),
        Some(known) => known_device(app, &mut uow, &key, known, enrolment).await?,
        None => new_device(app, &mut uow, &key, enrolment).await?,
    };
    if !uow.enrolment_keys().consume(key.id, device.id, identity).await? {
        return Err(EnrolmentRefusal::Used.into());
    }
    if !enrolment.rehome {
        uow.record(Event::DeviceEnrolled {
            device: device.id,
            key: key.id,
            host: device.host.clone(),
            state: device.state,
        });
        if device.state == DeviceState::Approved {
            uow.record(Event::DeviceApproved { device: device.id });
            orders::queue_first_discovery(app, &mut uow, &device).await?;
        }
    }
    accepted(app, uow, &device, remark, enrolment).await
}

fn judge_key(
    key: &EnrolmentKey,
    enrolment: &Enrolment,
    now: Timestamp,
) -> Result<(), EnrolmentRefusal> {
    if key.revoked_at.is_some() {
        return Err(EnrolmentRefusal::Revoked);
    }
    match key.use_kind {
        KeyUse::Once if key.uses > 0 => return Err(EnrolmentRefusal::Used),
        KeyUse::Once if now >= key.expires_at => return Err(EnrolmentRefusal::Expired),
        KeyUse::Window if now >= key.expires_at => return Err(EnrolmentRefusal::WindowOver),
        KeyUse::Once | KeyUse::Window => {}
    }
    if key.platform != enrolment.platform {
        return Err(EnrolmentRefusal::WrongPlatform);
    }
    if enrolment.protocol < sekisho_wire::PROTOCOL_MIN {
        return Err(EnrolmentRefusal::TooOld);
    }
    Ok(())
}

/// An owner named in the agent's file may only confirm.
async fn judge_owner(
    uow: &UnitOfWork,
    key: &EnrolmentKey,
    enrolment: &Enrolment,
) -> Result<(), Declined> {
    let Some(named) = &enrolment.owner else { return Ok(()) };
    let owner = uow.users().find(key.owner).await?;
    if owner.is_some_and(|owner| owner.name == *named) {
        Ok(())
    } else {
        Err(EnrolmentRefusal::WrongOwner.into())
    }
}

/// The device enrols again with the identity it had: it keeps its resource and
/// its approval. One that was deleted begins anew.
async fn known_device(
    app: &App,
    uow: &mut UnitOfWork,
    key: &EnrolmentKey,
    device: Device,
    enrolment: &Enrolment,
) -> Result<(Device, Option<EnrolmentRefusal>), Declined> {
    let mut said = again(key, device.clone(), enrolment);
    let mut remark = None;
    if device.state == DeviceState::Retired {
        said.state = DeviceState::Pending;
        if said.resource.is_none() {
            let (host, name) = (one_line(&enrolment.facts.host_name), claimed_name(enrolment));
            said.resource =
                resources::for_device(app, uow, key.owner, &host, name, enrolment.platform).await?;
            remark = said.resource.is_none().then_some(EnrolmentRefusal::NameTaken);
        }
    }
    Ok((uow.devices().update(said, device.version).await?, remark))
}

/// A device as it says of itself now.
pub(super) fn again(key: &EnrolmentKey, device: Device, enrolment: &Enrolment) -> Device {
    Device {
        facts: facts(enrolment),
        agent_version: enrolment.agent_version.chars().take(64).collect(),
        enrolment_key: Some(key.id),
        ..device
    }
}

/// A device nobody has seen. It becomes a resource of the key's owner, unless
/// its name belongs to somebody: then it waits without one until an
/// administrator remaps it.
async fn new_device(
    app: &App,
    uow: &mut UnitOfWork,
    key: &EnrolmentKey,
    enrolment: &Enrolment,
) -> Result<(Device, Option<EnrolmentRefusal>), Declined> {
    let now = uow.now();
    let host = one_line(&enrolment.facts.host_name).to_lowercase();
    let dns_name = claimed_name(enrolment);
    let named = one_line(&enrolment.facts.host_name);
    let resource =
        resources::for_device(app, uow, key.owner, &named, dns_name, enrolment.platform).await?;
    let remark = resource.is_none().then_some(EnrolmentRefusal::NameTaken);
    let approved = key.pre_approved && remark.is_none();
    let device = Device {
        id: DeviceId::at(now, app.rng.as_ref()),
        resource,
        state: if approved { DeviceState::Approved } else { DeviceState::Pending },
        suspension: None,
        identity_spki: Blob(enrolment.identity_key.clone()),
        identity_fingerprint: sekisho_pki::fingerprint(&enrolment.identity_key),
        host,
        facts: facts(enrolment),
        platform: enrolment.platform,
        agent_version: enrolment.agent_version.chars().take(64).collect(),
        protocol_version: u32::from(enrolment.protocol),
        capabilities: Vec::new(),
        enrolment_key: Some(key.id),
        created_at: now,
        approved_at: approved.then_some(now),
        approved_by: None,
        blocked_reason: None,
        last_seen_at: Some(now),
        last_seq: 0,
        session_counter: 0,
        bundle_version: 0,
        interval_s: None,
        former_resource: None,
        look_every_s: None,
        dissociated_at: None,
        dissociated_by: None,
        last_gateway: None,
        version: 1,
    };
    uow.devices().insert(device.clone()).await?;
    Ok((device, remark))
}

/// The DNS name that a host says it has.
fn claimed_name(enrolment: &Enrolment) -> Option<DnsName> {
    let host = || one_line(&enrolment.facts.host_name).to_lowercase().parse().ok();
    enrolment.facts.dns_name.clone().or_else(host)
}

/// A new resource of the key's owner, named as its host.
pub(super) async fn add_resource(
    app: &App,
    uow: &mut UnitOfWork,
    key: &EnrolmentKey,
    enrolment: &Enrolment,
) -> Result<ResourceId, Declined> {
    let (host, name) = (one_line(&enrolment.facts.host_name), claimed_name(enrolment));
    let added =
        resources::add_for_device(app, uow, key.owner, &host, name, enrolment.platform).await?;
    Ok(added.ok_or(EnrolmentRefusal::Malformed)?)
}

/// Commits, and answers with everything the device needs.
async fn accepted(
    app: &App,
    mut uow: UnitOfWork,
    device: &Device,
    remark: Option<EnrolmentRefusal>,
    enrolment: &Enrolment,
) -> Result<EnrolmentOutcome, Declined> {
    let csr = &enrolment.csr;
    let certificate: Option<IssuedCertificate> = match device.state {
        // It has one, and goes on with it.
        DeviceState::Approved if enrolment.rehome => None,
        DeviceState::Approved => {
            Some(certificate::issue(app, &mut uow, device.id, &device.identity_spki.0, csr).await?)
        }
        DeviceState::Pending | DeviceState::Blocked | DeviceState::Retired => None,
    };
    if uow.has_events() {
        let committed = uow.commit().await?;
        orders::tell(app, &committed, &[]);
    } else {
        let why = "an answer was given again; that it was asked for is remembered";
        let _ = uow.commit_unaudited(why).await?;
    }
    Ok(EnrolmentOutcome::Accepted {
        device: device.id,
        state: device.state,
        certificate,
        bundles: app.keys.bundles().chain.clone(),
        remark,
        rehomed: enrolment.rehome,
    })
}

async fn refused(
    app: &App,
    ctx: &OperationContext,
    key: &EnrolmentKey,
    reason: EnrolmentRefusal,
    enrolment: Option<&Enrolment>,
) -> Result<(), Refusal> {
    let mut uow = app.store.begin(ctx).await?;
    if let Some(enrolment) = enrolment
        && uow.enrolment_keys().lock(key.id).await?.is_some()
    {
        // Nobody gets later by a copy what was refused now.
        uow.enrolment_keys().remember_request(key.id, Hash(sha256(&enrolment.nonce))).await?;
    }
    let host = enrolment.map(|it| one_line(&it.facts.host_name)).unwrap_or_default();
    uow.record(Event::EnrolmentRefused { key: key.id, reason, host });
    let committed = uow.commit().await?;
    orders::tell(app, &committed, &[]);
    Ok(())
}

fn facts(enrolment: &Enrolment) -> serde_json::Value {
    let facts = &enrolment.facts;
    serde_json::json!({
        "host_name": one_line(&facts.host_name),
        "dns_name": facts.dns_name,
        "system": one_line(&facts.system),
        "kernel": one_line(&facts.kernel),
        "architecture": one_line(&facts.architecture),
        "machine": one_line(&facts.machine),
    })
}
