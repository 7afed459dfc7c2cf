//! How a device is shown.

use sekisho_model::Timestamp;
use sekisho_model::device::{DeviceState, EnrolmentRefusal, Platform, Suspension};
use sekisho_model::id::DeviceId;
use sekisho_model::name::DnsName;
use sekisho_model::order::OrderState;
use sekisho_store::{Access as _, Device, OrderFilter, Reader, StoreError};
use serde::Serialize;

use crate::agent_management::{self, Limit};
use crate::app::App;
use crate::http::Time;
use crate::resources::refs::{Named, Names};

/// An enrolled endpoint.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DeviceView {
    /// Its id.
    #[schema(value_type = String)]
    id: DeviceId,
    /// `pending`, `approved`, `blocked`, `retired`.
    #[schema(value_type = String)]
    state: DeviceState,
    /// Why it is held back without being blocked: `cloned`.
    #[schema(value_type = Option<String>)]
    suspension: Option<Suspension>,
    /// Its host name. A claim.
    host_name: String,
    /// What kind of agent it runs.
    #[schema(value_type = String)]
    platform: Platform,
    /// What it said of itself. Claims.
    #[schema(value_type = Object)]
    facts: serde_json::Value,
    /// The SHA-256 of its identity key, to compare with what the endpoint
    /// shows.
    fingerprint: String,
    /// The version of its agent.
    agent_version: String,
    /// The resource it serves.
    resource: Option<Named>,
    /// The key that admitted it.
    enrolled_with: Option<Named>,
    /// When it enrolled.
    created_at: Time,
    /// When it was approved.
    approved_at: Option<Time>,
    /// By whom; `null`: by its enrolment key.
    approved_by: Option<Named>,
    /// Why it is blocked.
    blocked_reason: Option<String>,
    /// When it was last heard of.
    last_seen_at: Option<Time>,
    /// Through which gateway that was; `null`: directly.
    last_gateway: Option<Named>,
    /// Whether that was not long ago.
    active: bool,
    /// How many of its orders are not finished.
    open_orders: u64,
    /// `associated`; `dissociated`: it gets no orders until it is associated
    /// again; `none`: it serves no resource.
    association: &'static str,
    /// While it is dissociated: how often it looks whether it still is, in
    /// minutes.
    look_every_min: Option<u32>,
    /// Since when it is dissociated.
    dissociated_at: Option<Time>,
    /// By whom.
    dissociated_by: Option<Named>,
    /// The resource it served before, if it serves none.
    former_resource: Option<Named>,
    /// What its version keeps from being done with it; then it can only be
    /// viewed and deleted.
    limit: Option<Limit>,
    /// Its newest certificate.
    certificate: Option<CertificateView>,
    /// Why it serves no resource: `name_taken`.
    remark: Option<String>,
}

/// A certificate of a device.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CertificateView {
    /// Its serial number.
    serial: String,
    /// Its end.
    not_after: Time,
}

/// Shows one device.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn one(
    app: &App,
    now: Timestamp,
    device: Device,
) -> Result<DeviceView, StoreError> {
    let reader = app.store.read();
    view(reader, &mut Names::new(reader), now, device).await
}

/// Shows a page of devices, in their order.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn page(
    app: &App,
    now: Timestamp,
    devices: Vec<Device>,
) -> Result<Vec<DeviceView>, StoreError> {
    let reader = app.store.read();
    let mut names = Names::new(reader);
    let mut views = Vec::with_capacity(devices.len());
    for device in devices {
        views.push(view(reader, &mut names, now, device).await?);
    }
    Ok(views)
}

async fn view(
    reader: &Reader,
    names: &mut Names<'_>,
    now: Timestamp,
    device: Device,
) -> Result<DeviceView, StoreError> {
    let open = OrderFilter {
        device: Some(device.id),
        states: OrderState::ALL.iter().copied().filter(|state| !state.is_terminal()).collect(),
        ..OrderFilter::default()
    };
    let certificate = reader.device_certificates().newest(device.id, 1).await?.pop();
    let remark = remark(reader, &device).await?;
    let resource = match device.resource {
        Some(id) => Some(names.resource(id).await?),
        None => None,
    };
    let approved_by = match device.approved_by {
        Some(id) => Some(names.user(id).await?),
        None => None,
    };
    let enrolled_with = match device.enrolment_key {
        Some(id) => Some(names.enrolment_key(id).await?),
        None => None,
    };
    let dissociated_by = match device.dissociated_by {
        Some(id) => Some(names.user(id).await?),
        None => None,
    };
    let former_resource = match device.former_resource.filter(|_| device.resource.is_none()) {
        Some(id) => Some(names.resource(id).await?),
        None => None,
    };
    let last_gateway = match device.last_gateway {
        Some(id) => Some(names.gateway(id).await?),
        None => None,
    };
    Ok(DeviceView {
        id: device.id,
        last_gateway,
        association: match (device.resource, device.look_every_s) {
            (None, _) => "none",
            (Some(_), None) => "associated",
            (Some(_), Some(_)) => "dissociated",
        },
        look_every_min: device.look_every_s.map(|seconds| seconds.div_ceil(60)),
        dissociated_at: device.dissociated_at.map(Time),
        dissociated_by,
        former_resource,
        limit: agent_management::limit(&device),
        state: device.state,
        suspension: device.suspension,
        platform: device.platform,
        resource,
        enrolled_with,
        created_at: device.created_at.into(),
        approved_at: device.approved_at.map(Time),
        approved_by,
        active: super::is_active(&device, now),
        last_seen_at: device.last_seen_at.map(Time),
        open_orders: reader.orders().count(&open).await?,
        certificate: certificate.map(|certificate| CertificateView {
            serial: certificate.serial,
            not_after: certificate.not_after.into(),
        }),
        remark,
        host_name: device.host,
        facts: device.facts,
        fingerprint: device.identity_fingerprint,
        agent_version: device.agent_version,
        blocked_reason: device.blocked_reason,
    })
}

/// A device that serves nothing while a resource has its host name came
/// second: it waits for an administrator's remap.
async fn remark(reader: &Reader, device: &Device) -> Result<Option<String>, StoreError> {
    if device.resource.is_some() {
        return Ok(None);
    }
    let claimed = device.facts.get("dns_name").and_then(serde_json::Value::as_str);
    let name = claimed.unwrap_or(&device.host).parse::<DnsName>();
    let Ok(name) = name else { return Ok(None) };
    let taken = reader.resources().find_by_dns_name(&name).await?;
    Ok((!taken.is_empty()).then(|| EnrolmentRefusal::NameTaken.to_string()))
}
