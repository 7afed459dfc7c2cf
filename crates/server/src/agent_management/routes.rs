//! `/agents`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use sekisho_model::device::DeviceState;
use sekisho_model::id::{Device as DeviceKind, DeviceId, ResourceId};
use sekisho_model::word::UnknownWord;
use sekisho_policy::Facts;
use sekisho_policy::action::{EditResource, ListAgents, ManageAgent, ViewAgent};
use sekisho_store::{Access as _, DEVICE_SORTS, DeviceFilter, MAX_PAGE, Page, PageEnd};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::association::{self, Wanted};
use super::{bulk, remap};
use crate::app::{App, SharedApp};
use crate::devices;
use crate::devices::DeviceRows;
use crate::devices::view::{self, DeviceView};
use crate::http::{
    Authenticated, CsvList, CsvQuery, Export, ItemList, Json, List, ListQuery, PathId, Problem,
    Routes, SortQuery, Sorts, csv, from_text,
};
use crate::resources;
use crate::resources::refs::Named;

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_agents))
        .signed_in(routes!(export_agents))
        .signed_in(routes!(show_agent, delete_agent))
        .signed_in(routes!(associate_agent))
        .signed_in(routes!(dissociate_agent))
        .signed_in(routes!(associate_many))
        .signed_in(routes!(remap_targets, remap_agent))
}

/// Which agents are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AgentQuery {
    /// Only `associated` or `dissociated` ones, or those that serve no resource
    /// (`none`).
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    association: Option<Association>,
    /// Only those in this state: `pending`, `approved` or `blocked`.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    state: Option<DeviceState>,
    /// Only those heard of lately (`true`), or only those that were silent for
    /// long (`false`, A-140).
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<bool>)]
    active: Option<bool>,
}

struct AgentSorts;

impl Sorts for AgentSorts {
    const WORDS: &'static [&'static str] = DEVICE_SORTS;
}

#[derive(Clone, Copy, Debug)]
enum Association {
    Associated,
    Dissociated,
    None,
}

impl std::str::FromStr for Association {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "associated" => Ok(Self::Associated),
            "dissociated" => Ok(Self::Dissociated),
            "none" => Ok(Self::None),
            _ => Err(UnknownWord {
                what: "association",
                found: text.chars().take(64).collect(),
                expected: "associated, dissociated, none".to_owned(),
            }),
        }
    }
}

/// How often a dissociated agent looks.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DissociateRequest {
    /// How often it looks whether it is associated again, in minutes.
    #[schema(minimum = 1, maximum = 1440)]
    interval_min: u32,
}

/// Which resource an agent is to serve.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemapRequest {
    /// The id of the resource; it has the DNS name of the agent's host.
    #[schema(value_type = String)]
    resource: ResourceId,
}

/// What is to be done with several agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BulkAction {
    /// They may work again.
    Associate,
    /// They get no orders.
    Dissociate,
}

/// Several agents at once.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BulkRequest {
    /// What is to be done.
    action: BulkAction,
    /// Their ids, each once, at most 200.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 200)]
    agents: Vec<DeviceId>,
    /// To dissociate: how often they look, in minutes; one interval for all.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1440)]
    interval_min: Option<u32>,
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

/// A resource that an agent could be remapped to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RemapTarget {
    /// The resource.
    resource: Named,
    /// How many accounts, with every password they have had, come along from
    /// the deleted resource.
    accounts: u64,
    /// Why it is not possible; `null`: it is.
    problem: Option<String>,
}

/// Resources that an agent could be remapped to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RemapTargets {
    /// The DNS name that they must have.
    dns_name: Option<String>,
    /// The caller's resources with that name.
    items: Vec<RemapTarget>,
}

/// List the agents on one's own resources, by host name or by `sort`:
/// `host_name`, `created_at`, `last_seen_at`, `state`, `platform`,
/// `agent_version`. Those whose resource was deleted are among them.
#[utoipa::path(
    get, path = "/agents", tag = "agents", params(ListQuery, SortQuery, AgentQuery),
    responses((status = 200, description = "A page of agents", body = ItemList<DeviceView>)),
)]
async fn list_agents(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<AgentQuery, AgentSorts>,
) -> Result<Json<ItemList<DeviceView>>, Problem> {
    caller.decide(ListAgents, Facts::nothing())?.into_row();
    let rows = AgentRows(wanted(&caller, &list)?);
    let (agents, end) = rows.page(&app, &caller, &list.page).await?;
    Ok(Json(ItemList::new(agents, end)))
}

/// Write the agents on one's own resources as a file: everything of the list.
/// On record.
#[utoipa::path(
    get, path = "/agents.csv", tag = "agents", params(CsvQuery, SortQuery, AgentQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")),
)]
async fn export_agents(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: CsvList<AgentQuery, AgentSorts>,
) -> Result<Response, Problem> {
    caller.decide(ListAgents, Facts::nothing())?.into_row();
    let (list, file) = list.into_parts();
    let rows = AgentRows(wanted(&caller, &list)?);
    csv(app, caller, rows, file).await
}

fn wanted(
    caller: &Authenticated,
    list: &List<AgentQuery, AgentSorts>,
) -> Result<DeviceFilter, Problem> {
    let (dissociated, orphaned) = match list.filter.association {
        None => (None, None),
        Some(Association::Associated) => (Some(false), Some(false)),
        Some(Association::Dissociated) => (Some(true), Some(false)),
        Some(Association::None) => (None, Some(true)),
    };
    let states = match list.filter.state {
        None => vec![DeviceState::Pending, DeviceState::Approved, DeviceState::Blocked],
        Some(DeviceState::Retired) => {
            let detail = "no agent of the list is 'retired'; give pending, approved or blocked";
            return Err(Problem::invalid("state", detail));
        }
        Some(state) => vec![state],
    };
    Ok(DeviceFilter {
        states,
        owner: (!caller.subject.sees_everything()).then_some(caller.user.id),
        prefix: list.q.clone(),
        dissociated,
        orphaned,
        active: list.filter.active.map(|active| (active, devices::activity(caller.now))),
        ..DeviceFilter::default()
    })
}

/// The agents of a filter.
struct AgentRows(DeviceFilter);

impl Export for AgentRows {
    type Row = DeviceView;

    const NAME: &'static str = "agents";

    const COLUMNS: &'static [(&'static str, &'static str)] = DeviceRows::COLUMNS;

    async fn page(
        &self,
        app: &App,
        caller: &Authenticated,
        page: &Page,
    ) -> Result<(Vec<DeviceView>, PageEnd), Problem> {
        let found = app.store.read().devices().list(&self.0, page).await?;
        let (agents, end) = found.into_parts();
        Ok((view::page(app, caller.now, agents).await?, end))
    }
}

/// See the agent on a resource that one owns.
#[utoipa::path(
    get, path = "/agents/{id}", tag = "agents",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The agent", body = DeviceView),
        (status = 404, description = "No such agent, or you may not see it"),
    ),
)]
async fn show_agent(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
) -> Result<Json<DeviceView>, Problem> {
    let granted = caller.decide(ViewAgent, super::facts(&app, id).await?)?;
    Ok(Json(view::one(&app, caller.now, granted.into_row()).await?))
}

/// Take an agent off the list whose resource was deleted. Its host is
/// told; it may enrol again with a new key.
#[utoipa::path(
    delete, path = "/agents/{id}", tag = "agents",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "It is off the list"),
        (status = 404, description = "No such agent, or you may not see it"),
        (status = 409, description = "Its resource must be deleted first, or an order is open"),
    ),
)]
async fn delete_agent(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
) -> Result<StatusCode, Problem> {
    let granted = caller.decide(ManageAgent, super::facts(&app, id).await?)?;
    super::delete(&app, &caller.context(), granted).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let a dissociated agent work again. One that waits for orders hears
/// of it at once, one that rests at its next look.
#[utoipa::path(
    post, path = "/agents/{id}/associate", tag = "agents",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The agent, associated", body = DeviceView),
        (status = 404, description = "No such agent, or you may not see it"),
        (status = 409, description = "It serves no resource, or its version cannot"),
    ),
)]
async fn associate_agent(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
) -> Result<Json<DeviceView>, Problem> {
    let granted = caller.decide(ManageAgent, super::facts(&app, id).await?)?;
    let device = association::change(&app, &caller.context(), granted, Wanted::Associated).await?;
    Ok(Json(view::one(&app, caller.now, device).await?))
}

/// Suspend everything that an agent does on its resource. Orders wait
/// until it is associated again; what it has taken already it reports.
#[utoipa::path(
    post, path = "/agents/{id}/dissociate", tag = "agents", request_body = DissociateRequest,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The agent, dissociated", body = DeviceView),
        (status = 404, description = "No such agent, or you may not see it"),
        (status = 409, description = "It serves no resource, or its version cannot"),
    ),
)]
async fn dissociate_agent(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
    Json(body): Json<DissociateRequest>,
) -> Result<Json<DeviceView>, Problem> {
    let granted = caller.decide(ManageAgent, super::facts(&app, id).await?)?;
    let wanted = association::interval(body.interval_min)?;
    let device = association::change(&app, &caller.context(), granted, wanted).await?;
    Ok(Json(view::one(&app, caller.now, device).await?))
}

/// Associate or dissociate several agents, each on its own: some may
/// be refused. With `dry_run`, only say what would happen.
#[utoipa::path(
    post, path = "/agents/bulk", tag = "agents", request_body = BulkRequest,
    responses((status = 200, description = "What became of each", body = bulk::BulkResult)),
)]
async fn associate_many(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(body): Json<BulkRequest>,
) -> Result<Json<bulk::BulkResult>, Problem> {
    caller.decide(ListAgents, Facts::nothing())?.into_row();
    let wanted = match (body.action, body.interval_min) {
        (BulkAction::Dissociate, Some(every_min)) => association::interval(every_min)?,
        (BulkAction::Dissociate, None) => {
            let detail = "'interval_min' is missing; say how often they look, in minutes";
            return Err(Problem::invalid("interval_min", detail));
        }
        (BulkAction::Associate, None) => Wanted::Associated,
        (BulkAction::Associate, Some(_)) => {
            let detail = "'interval_min' is for action 'dissociate'; leave it out";
            return Err(Problem::invalid("interval_min", detail));
        }
    };
    let count = body.agents.len();
    if count == 0 || count > usize::from(MAX_PAGE) {
        let detail = format!("'agents' has {count} ids; give 1 to {MAX_PAGE}");
        return Err(Problem::invalid("agents", detail));
    }
    Ok(Json(bulk::run(&app, &caller, body.agents, wanted, body.dry_run).await?))
}

/// See which resources an agent could be remapped to, and what would happen.
#[utoipa::path(
    get, path = "/agents/{id}/remap", tag = "agents",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The resources with its DNS name", body = RemapTargets),
        (status = 404, description = "No such agent, or you may not see it"),
    ),
)]
async fn remap_targets(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
) -> Result<Json<RemapTargets>, Problem> {
    let device = caller.decide(ViewAgent, super::facts(&app, id).await?)?.into_row();
    let reader = app.store.read();
    let name = remap::claimed_name(&device);
    let found = match &name {
        Some(name) => reader.resources().find_by_dns_name(name).await?,
        None => Vec::new(),
    };
    let mut items = Vec::new();
    for resource in found {
        // What the caller may not change is not offered, nor told of.
        let Ok(granted) =
            caller.decide(EditResource, resources::facts(&app, &caller, resource).await?)
        else {
            continue;
        };
        let resource = granted.into_row();
        let (accounts, problem) = match remap::plan(reader, &device, &resource).await {
            Ok(plan) => (plan.accounts, None),
            Err(Problem::Conflict { detail, .. }) => (0, Some(detail)),
            Err(other) => return Err(other),
        };
        let resource = Named::new(resource.id, resource.name.to_string());
        items.push(RemapTarget { resource, accounts, problem });
    }
    Ok(Json(RemapTargets { dns_name: name.map(|name| name.to_string()), items }))
}

/// Give an agent a resource again: one with the DNS name of its host.
/// The accounts of its deleted resource come along.
#[utoipa::path(
    post, path = "/agents/{id}/remap", tag = "agents", request_body = RemapRequest,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The agent, on the resource", body = DeviceView),
        (status = 404, description = "No such agent or resource, or you may not see it"),
        (status = 409, description = "Another DNS name, another key, another owner, or in use"),
    ),
)]
async fn remap_agent(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<DeviceKind>,
    Json(body): Json<RemapRequest>,
) -> Result<Json<DeviceView>, Problem> {
    let granted = caller.decide(ManageAgent, super::facts(&app, id).await?)?;
    let resource = resources::find(app.store.read(), body.resource).await?;
    let target = caller.decide(EditResource, resources::facts(&app, &caller, resource).await?)?;
    let device = remap::remap(&app, &caller.context(), granted, target).await?;
    Ok(Json(view::one(&app, caller.now, device).await?))
}
