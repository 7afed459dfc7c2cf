//! `/devices`.

use axum::extract::State;
use axum::response::Response;
use sekisho_model::device::DeviceState;
use sekisho_model::id::Device as DeviceKind;
use sekisho_policy::Facts;
use sekisho_policy::action::{ApproveDevice, BlockDevice, ListDevices, ViewDevice};
use sekisho_store::{Access as _, DEVICE_SORTS, DeviceFilter, Page, PageEnd};
use serde::Deserialize;
use utoipa_axum::routes;

use super::view::{self, DeviceView};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, CsvList, CsvQuery, Export, ItemList, Json, List, ListQuery, PathId, Problem,
    Routes, SortQuery, Sorts, csv, from_text,
};
use crate::resources::refs::required_reason;

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_devices))
        .signed_in(routes!(show_device))
        .signed_in(routes!(approve_device))
        .signed_in(routes!(block_device))
        .signed_in(routes!(unblock_device))
        .signed_in(routes!(resume_device))
        .signed_in(routes!(export_devices))
}

/// Which devices are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeviceQuery {
    /// Only `pending`, `approved`, `blocked` or `retired` ones.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    state: Option<DeviceState>,
    /// Only those heard of not long ago, or only the others.
    #[serde(default, deserialize_with = "from_text")]
    active: Option<bool>,
}

struct DeviceSorts;

impl Sorts for DeviceSorts {
    const WORDS: &'static [&'static str] = DEVICE_SORTS;
}

/// Why a device is blocked, or let go on.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockRequest {
    /// Why, in a few words.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// List all devices, by host name or by `sort`: `host_name`, `created_at`,
/// `last_seen_at`, `state`, `platform`, `agent_version`. For administrators.
#[utoipa::path(
    get, path = "/devices", tag = "devices", params(ListQuery, SortQuery, DeviceQuery),
    responses((status = 200, description = "A page of devices", body = ItemList<DeviceView>)),
)]
async fn list_devices(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<DeviceQuery, DeviceSorts>,
) -> Result<Json<ItemList<DeviceView>>, Problem> {
    caller.decide(ListDevices, Facts::nothing())?.into_row();
    let rows = DeviceRows(wanted(&caller, &list));
    let (devices, end) = rows.page(&app, &caller, &list.page).await?;
    Ok(Json(ItemList::new(devices, end)))
}

/// Write all devices as a file: everything of the list. For administrators. On
/// record.
#[utoipa::path(
    get, path = "/devices.csv", tag = "devices", params(CsvQuery, SortQuery, DeviceQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")),
)]
async fn export_devices(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: CsvList<DeviceQuery, DeviceSorts>,
) -> Result<Response, Problem> {
    caller.decide(ListDevices, Facts::nothing())?.into_row();
    let (list, file) = list.into_parts();
    let rows = DeviceRows(wanted(&caller, &list));
    csv(app, caller, rows, file).await
}

fn wanted(caller: &Authenticated, list: &List<DeviceQuery, DeviceSorts>) -> DeviceFilter {
    DeviceFilter {
        states: list.filter.state.into_iter().collect(),
        prefix: list.q.clone(),
        active: list.filter.active.map(|active| (active, super::activity(caller.now))),
        ..DeviceFilter::default()
    }
}

/// The devices of a filter.
pub(crate) struct DeviceRows(DeviceFilter);

impl Export for DeviceRows {
    type Row = DeviceView;

    const NAME: &'static str = "devices";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("id", "/id"),
        ("host_name", "/host_name"),
        ("resource", "/resource/name"),
        ("state", "/state"),
        ("active", "/active"),
        ("platform", "/platform"),
        ("agent_version", "/agent_version"),
        ("fingerprint", "/fingerprint"),
        ("last_seen_at", "/last_seen_at"),
        ("certificate_not_after", "/certificate/not_after"),
        ("enrolled_with", "/enrolled_with/name"),
        ("created_at", "/created_at"),
    ];

    async fn page(
        &self,
        app: &App,
        caller: &Authenticated,
        page: &Page,
    ) -> Result<(Vec<DeviceView>, PageEnd), Problem> {
        let found = app.store.read().devices().list(&self.0, page).await?;
        let (devices, end) = found.into_parts();
        Ok((view::page(app, caller.now, devices).await?, end))
    }
}

/// See a device. For administrators.
#[utoipa::path(
    get, path = "/devices/{id}", tag = "devices",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The device", body = DeviceView),
        (status = 404, description = "No such device, or you may not see it"),
    ),
)]
async fn show_device(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
) -> Result<Json<DeviceView>, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(ViewDevice, Facts::of_site(found))?;
    Ok(Json(view::one(&app, caller.now, granted.into_row()).await?))
}

/// Let a pending device work. If it serves a resource, it lists its accounts
/// next.
#[utoipa::path(
    post, path = "/devices/{id}/approve", tag = "devices",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The device, approved", body = DeviceView),
        (status = 404, description = "No such device, or you may not see it"),
        (status = 409, description = "It is blocked or out of service"),
    ),
)]
async fn approve_device(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
) -> Result<Json<DeviceView>, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(ApproveDevice, Facts::of_site(found))?;
    let device = super::approve(&app, &caller.context(), granted).await?;
    Ok(Json(view::one(&app, caller.now, device).await?))
}

/// Refuse a device from now on: its sessions end at once.
#[utoipa::path(
    post, path = "/devices/{id}/block", tag = "devices", request_body = BlockRequest,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The device, blocked", body = DeviceView),
        (status = 404, description = "No such device, or you may not see it"),
        (status = 409, description = "It is out of service"),
    ),
)]
async fn block_device(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
    Json(body): Json<BlockRequest>,
) -> Result<Json<DeviceView>, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(BlockDevice, Facts::of_site(found))?;
    let reason = required_reason(&body.reason)?;
    let device = super::block(&app, &caller.context(), granted, reason).await?;
    Ok(Json(view::one(&app, caller.now, device).await?))
}

/// Take a block back. The device waits for approval again.
#[utoipa::path(
    post, path = "/devices/{id}/unblock", tag = "devices",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The device, pending", body = DeviceView),
        (status = 404, description = "No such device, or you may not see it"),
        (status = 409, description = "It is not blocked"),
    ),
)]
async fn unblock_device(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
) -> Result<Json<DeviceView>, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(BlockDevice, Facts::of_site(found))?;
    let device = super::unblock(&app, &caller.context(), granted).await?;
    Ok(Json(view::one(&app, caller.now, device).await?))
}

/// Let a device go on that was held back because it seemed to be two
/// (`suspension` is `cloned`). Switch the copy off first: when both speak
/// again, both are held back again.
#[utoipa::path(
    post, path = "/devices/{id}/resume", tag = "devices", request_body = BlockRequest,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The device, no longer held back", body = DeviceView),
        (status = 404, description = "No such device, or you may not see it"),
        (status = 409, description = "It is not held back"),
    ),
)]
async fn resume_device(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
    Json(body): Json<BlockRequest>,
) -> Result<Json<DeviceView>, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(ApproveDevice, Facts::of_site(found))?;
    let reason = required_reason(&body.reason)?;
    let device = super::resume(&app, &caller.context(), granted, reason).await?;
    Ok(Json(view::one(&app, caller.now, device).await?))
}
