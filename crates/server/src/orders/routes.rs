//! `/orders`, and the endpoints that ask for one.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use sekisho_model::id::{
    Account as AccountKind, AccountId, DeviceId, Order as OrderKind, OrderId,
    Resource as ResourceKind,
};
use sekisho_model::order::{Operation, OrderState};
use sekisho_model::word::UnknownWord;
use sekisho_policy::Facts;
use sekisho_policy::action::{
    CancelOrder, DiscoverAccounts, ListOrders, ResetPassword, VerifyPassword, ViewOrder,
};
use sekisho_store::{Access as _, Order, OrderFilter, StoreError};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::OrderError;
use crate::accounts::Target;
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, ItemList, Json, List, ListQuery, PathId, Problem, Query, Routes, Time, from_text,
};
use crate::resources;
use crate::resources::refs::{Named, Names, reason};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_orders))
        .signed_in(routes!(show_order))
        .signed_in(routes!(cancel_order))
        .signed_in(routes!(reset_password))
        .signed_in(routes!(verify_password))
        .signed_in(routes!(discover_accounts))
}

/// No request waits longer for an order, in seconds.
const MAX_WAIT_S: u64 = 60;

/// What an agent was or is to be asked to do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OrderView {
    /// Its id.
    #[schema(value_type = String)]
    id: OrderId,
    /// `reset`, `verify`, `discover`.
    #[schema(value_type = String)]
    operation: Operation,
    /// `staged`, `queued`, `delivered`, `indeterminate`, `reconciling`, or at
    /// its end `committed`, `not_applied`, `out_of_sync`, `cancelled`,
    /// `expired`.
    #[schema(value_type = String)]
    state: OrderState,
    /// Why it waits although its agent may be there: `dissociated`.
    held: Option<&'static str>,
    /// The account; `null` for a discovery.
    account: Option<Named>,
    /// The resource.
    resource: Named,
    /// The device.
    device: Named,
    /// Who asked for it; `null`: the server.
    initiator: Option<Named>,
    /// Why, in their words.
    reason: String,
    /// How often the host was tried with this candidate, from 1.
    attempt: u32,
    /// When it was given.
    created_at: Time,
    /// When it was last handed to the device.
    delivered_at: Option<Time>,
    /// When it ended.
    finished_at: Option<Time>,
    /// It is not handed out after this instant.
    expires_at: Time,
    /// What came of it, without secrets.
    #[schema(value_type = Option<Object>)]
    result: Option<serde_json::Value>,
}

/// Which orders are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OrderQuery {
    /// Only those on this account.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    account: Option<AccountId>,
    /// Only those of this device.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    device: Option<DeviceId>,
    /// Only those the caller asked for.
    #[serde(default, deserialize_with = "from_text")]
    mine: Option<bool>,
    /// `open` for all that are not finished, or a state.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    state: Option<WantedStates>,
}

#[derive(Clone, Debug)]
struct WantedStates(Vec<OrderState>);

impl std::str::FromStr for WantedStates {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text == "open" {
            let open = OrderState::ALL.iter().copied().filter(|state| !state.is_terminal());
            return Ok(Self(open.collect()));
        }
        text.parse().map(|state| Self(vec![state])).map_err(|error: UnknownWord| UnknownWord {
            expected: format!("open, {}", error.expected),
            ..error
        })
    }
}

/// How long to wait.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WaitQuery {
    /// Wait so many seconds at most until it is finished: 0 to 60.
    #[serde(default, deserialize_with = "from_text")]
    #[param(minimum = 0, maximum = 60)]
    wait_s: Option<u64>,
}

/// Why a new password is wanted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    /// Why, in a few words.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: String,
    /// Reset although another reset is open. Not possible yet.
    #[serde(default)]
    force: bool,
}

/// Why something is wanted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// Why, in a few words.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: String,
}

/// List orders on the resources one may see, newest first.
#[utoipa::path(
    get, path = "/orders", tag = "orders", params(ListQuery, OrderQuery),
    responses((status = 200, description = "A page of orders", body = ItemList<OrderView>)),
)]
async fn list_orders(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<OrderQuery>,
) -> Result<Json<ItemList<OrderView>>, Problem> {
    caller.decide(ListOrders, Facts::nothing())?.into_row();
    list.no_search()?;
    let wanted = list.filter;
    let filter = OrderFilter {
        owner: (!caller.subject.sees_everything()).then_some(caller.user.id),
        account: wanted.account,
        device: wanted.device,
        initiator: (wanted.mine == Some(true)).then_some(caller.user.id),
        states: wanted.state.map(|states| states.0).unwrap_or_default(),
        ..OrderFilter::default()
    };
    let found = app.store.read().orders().list(&filter, &list.page).await?;
    let next = found.next.map(|next| next.to_string());
    let held = held(&app, &found.items).await?;
    let mut names = Names::new(app.store.read());
    let mut items = Vec::with_capacity(found.items.len());
    for order in found.items {
        items.push(view(&mut names, &held, order).await?);
    }
    Ok(Json(ItemList { items, next }))
}

/// See an order; with `wait_s`, once it is finished or the time is up.
#[utoipa::path(
    get, path = "/orders/{id}", tag = "orders",
    params(("id" = String, Path, description = "Its id"), WaitQuery),
    responses(
        (status = 200, description = "The order", body = OrderView),
        (status = 404, description = "No such order, or you may not see it"),
    ),
)]
async fn show_order(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<OrderKind>,
    Query(query): Query<WaitQuery>,
) -> Result<Json<OrderView>, Problem> {
    let wait_s = query.wait_s.unwrap_or(0);
    if wait_s > MAX_WAIT_S {
        let detail = format!("'wait_s' is {wait_s}; give 0 to {MAX_WAIT_S}");
        return Err(Problem::invalid("wait_s", detail));
    }
    let found = facts(&app, id).await?;
    let mut order = caller.decide(ViewOrder, found)?.into_row();
    if wait_s > 0 && !order.state.is_terminal() {
        let waited = super::wait_terminal(&app, id, Duration::from_secs(wait_s)).await?;
        order = waited.unwrap_or(order);
    }
    shown(&app, order).await
}

/// Withdraw an order that no device has fetched.
#[utoipa::path(
    post, path = "/orders/{id}/cancel", tag = "orders",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The order, cancelled", body = OrderView),
        (status = 404, description = "No such order, or you may not see it"),
        (status = 409, description = "A device has it already, or it is finished"),
    ),
)]
async fn cancel_order(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<OrderKind>,
) -> Result<Json<OrderView>, Problem> {
    let found = facts(&app, id).await?;
    let granted = caller.decide(CancelOrder, found)?;
    let order = super::cancel(&app, &caller.context(), granted.into_row()).await?;
    shown(&app, order).await
}

/// Have the agent set a new password, made by the policy.
#[utoipa::path(
    post, path = "/accounts/{id}/reset", tag = "orders", request_body = ResetRequest,
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 202, description = "The order", body = OrderView),
        (status = 404, description = "No such account, or you may not see it"),
        (status = 409, description = "`in_progress`: a reset is open; `conflict`: no agent can"),
        (status = 422, description = "No generator can satisfy the policy"),
    ),
)]
async fn reset_password(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    Json(body): Json<ResetRequest>,
) -> Result<(StatusCode, Json<OrderView>), Problem> {
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(ResetPassword, found.facts())?;
    let reason = reason(&body.reason)?;
    if body.force {
        let detail = "'force' is true; this version never resets over an open reset: leave it out";
        return Err(Problem::invalid("force", detail));
    }
    let account = granted.into_row().account;
    let order = super::request_reset(&app, &caller.context(), account, &reason).await?;
    Ok((StatusCode::ACCEPTED, shown(&app, order).await?))
}

/// Have the agent check whether the known password works. Changes nothing.
#[utoipa::path(
    post, path = "/accounts/{id}/verify", tag = "orders", request_body = OrderRequest,
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 202, description = "The order", body = OrderView),
        (status = 404, description = "No such account, or you may not see it"),
        (
            status = 409,
            description = "`unknown_password`: reset or store it first; `conflict`: no agent can"
        ),
    ),
)]
async fn verify_password(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    body: Option<Json<OrderRequest>>,
) -> Result<(StatusCode, Json<OrderView>), Problem> {
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(VerifyPassword, found.facts())?;
    let reason = reason(&body.map(|Json(body)| body.reason).unwrap_or_default())?;
    let account = granted.into_row().account;
    let order = super::request_verify(&app, &caller.context(), account, &reason).await?;
    Ok((StatusCode::ACCEPTED, shown(&app, order).await?))
}

/// Have the agent list the accounts of its host. Changes nothing there.
#[utoipa::path(
    post, path = "/resources/{id}/discover", tag = "orders", request_body = OrderRequest,
    params(("id" = String, Path, description = "The resource")),
    responses(
        (status = 202, description = "The order", body = OrderView),
        (status = 404, description = "No such resource, or you may not see it"),
        (status = 409, description = "`in_progress`: a discovery is open; `conflict`: no agent can"),
    ),
)]
async fn discover_accounts(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ResourceKind>,
    body: Option<Json<OrderRequest>>,
) -> Result<(StatusCode, Json<OrderView>), Problem> {
    let found = resources::find(app.store.read(), id).await?;
    let granted = caller.decide(DiscoverAccounts, resources::facts(found))?;
    let reason = reason(&body.map(|Json(body)| body.reason).unwrap_or_default())?;
    let resource = granted.into_row();
    let order = super::request_discover(&app, &caller.context(), resource, &reason).await?;
    Ok((StatusCode::ACCEPTED, shown(&app, order).await?))
}

/// Who owns the resource of an order decides; those of deleted resources are
/// not shown.
async fn facts(app: &App, id: OrderId) -> Result<Facts<Order>, Problem> {
    const MISSING: Problem = Problem::NotFound { what: "order" };
    let reader = app.store.read();
    let order = reader.orders().find(id).await?.ok_or(MISSING)?;
    let resource = reader.resources().find(order.resource).await?;
    let resource = resource.filter(|found| found.deleted_at.is_none()).ok_or(MISSING)?;
    Ok(Facts::owned_by(resource.owner, order))
}

async fn shown(app: &App, order: Order) -> Result<Json<OrderView>, Problem> {
    let held = held(app, std::slice::from_ref(&order)).await?;
    Ok(Json(view(&mut Names::new(app.store.read()), &held, order).await?))
}

/// The dissociated devices among those of some orders that wait (a page of
/// them): nothing is handed to them.
async fn held(app: &App, orders: &[Order]) -> Result<BTreeSet<DeviceId>, StoreError> {
    let waiting = |order: &&Order| order.waits_at_the_server();
    let devices: BTreeSet<DeviceId> =
        orders.iter().filter(waiting).map(|order| order.device).collect();
    if devices.is_empty() {
        return Ok(devices);
    }
    let found = app.store.read().devices().find_many(devices).await?;
    Ok(found.iter().filter(|device| device.is_dissociated()).map(|device| device.id).collect())
}

async fn view(
    names: &mut Names<'_>,
    held: &BTreeSet<DeviceId>,
    order: Order,
) -> Result<OrderView, StoreError> {
    let account = match order.account {
        Some(id) => Some(names.account(id).await?),
        None => None,
    };
    let initiator = match order.initiator {
        Some(id) => Some(names.user(id).await?),
        None => None,
    };
    Ok(OrderView {
        id: order.id,
        operation: order.operation,
        state: order.state,
        held: (order.waits_at_the_server() && held.contains(&order.device))
            .then_some("dissociated"),
        account,
        resource: names.resource(order.resource).await?,
        device: names.device(order.device).await?,
        initiator,
        reason: order.reason,
        attempt: order.attempt,
        created_at: order.created_at.into(),
        delivered_at: order.delivered_at.map(Time),
        finished_at: order.finished_at.map(Time),
        expires_at: order.expires_at.into(),
        result: order.result,
    })
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::NoDevice
            | OrderError::DeviceNotApproved
            | OrderError::Dissociated
            | OrderError::NotLocal
            | OrderError::AccountGone
            | OrderError::NotCancellable(_) => Self::conflict(error),
            OrderError::InProgress(order) => Self::InProgress { order },
            OrderError::UnknownPassword => Self::UnknownPassword,
            OrderError::Policy(rules) => Self::Unsatisfiable {
                field: None,
                detail: format!("the password policy of this account cannot be satisfied: {rules}"),
            },
            OrderError::Recovery => Self::Recovery {
                reason: "no orders are given until an operator has finished it".to_owned(),
            },
            OrderError::Vault(error) => Self::internal(error),
            OrderError::Store(error) => error.into(),
        }
    }
}
