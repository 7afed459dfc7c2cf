//! `/orders`, and the endpoints that ask for one.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
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
use sekisho_store::{Access as _, ORDER_SORTS, Order, OrderFilter, Page, PageEnd, StoreError};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::OrderError;
use crate::accounts::Target;
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, CsvList, CsvQuery, Export, ItemList, Json, List, ListQuery, PathId, Problem,
    Query, Routes, SortQuery, Sorts, Time, csv, from_text,
};
use crate::resources::refs::{Named, Names, reason};
use crate::{resources, sharing};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_orders))
        .signed_in(routes!(export_orders))
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

struct OrderSorts;

impl Sorts for OrderSorts {
    const WORDS: &'static [&'static str] = ORDER_SORTS;
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

/// List orders on the resources one may see, newest first, or by `sort`:
/// `created_at`. `q` looks in their reasons, and for resources whose names
/// begin with it and accounts that are called so.
#[utoipa::path(
    get, path = "/orders", tag = "orders", params(ListQuery, SortQuery, OrderQuery),
    responses((status = 200, description = "A page of orders", body = ItemList<OrderView>)),
)]
async fn list_orders(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<OrderQuery, OrderSorts>,
) -> Result<Json<ItemList<OrderView>>, Problem> {
    caller.decide(ListOrders, Facts::nothing())?.into_row();
    let rows = OrderRows(wanted(&app, &caller, &list).await?);
    let (orders, end) = rows.page(&app, &caller, &list.page).await?;
    Ok(Json(ItemList::new(orders, end)))
}

/// Write the orders on the resources one may see as a file: everything of the
/// list. On record.
#[utoipa::path(
    get, path = "/orders.csv", tag = "orders", params(CsvQuery, SortQuery, OrderQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")),
)]
async fn export_orders(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: CsvList<OrderQuery, OrderSorts>,
) -> Result<Response, Problem> {
    caller.decide(ListOrders, Facts::nothing())?.into_row();
    let (list, file) = list.into_parts();
    let rows = OrderRows(wanted(&app, &caller, &list).await?);
    csv(app, caller, rows, file).await
}

async fn wanted(
    app: &App,
    caller: &Authenticated,
    list: &List<OrderQuery, OrderSorts>,
) -> Result<OrderFilter, Problem> {
    let wanted = &list.filter;
    Ok(OrderFilter {
        seen_by: sharing::sight(app, caller).await?,
        account: wanted.account,
        device: wanted.device,
        initiator: (wanted.mine == Some(true)).then_some(caller.user.id),
        states: wanted.state.clone().map(|states| states.0).unwrap_or_default(),
        text: list.q.clone(),
        ..OrderFilter::default()
    })
}

/// The orders of a filter.
struct OrderRows(OrderFilter);

impl Export for OrderRows {
    type Row = OrderView;

    const NAME: &'static str = "orders";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("id", "/id"),
        ("operation", "/operation"),
        ("state", "/state"),
        ("resource", "/resource/name"),
        ("account", "/account/name"),
        ("device", "/device/name"),
        ("initiator", "/initiator/name"),
        ("reason", "/reason"),
        ("attempt", "/attempt"),
        ("created_at", "/created_at"),
        ("delivered_at", "/delivered_at"),
        ("finished_at", "/finished_at"),
    ];

    async fn page(
        &self,
        app: &App,
        _: &Authenticated,
        page: &Page,
    ) -> Result<(Vec<OrderView>, PageEnd), Problem> {
        let found = app.store.read().orders().list(&self.0, page).await?;
        let (orders, end) = found.into_parts();
        let views = views(app, orders).await?;
        Ok((views, end))
    }
}

/// Shows a page of orders, in their order.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn views(app: &App, orders: Vec<Order>) -> Result<Vec<OrderView>, Problem> {
    let held = held(app, &orders).await?;
    let mut names = Names::new(app.store.read());
    let mut views = Vec::with_capacity(orders.len());
    for order in orders {
        views.push(view(&mut names, &held, order).await?);
    }
    Ok(views)
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
    let found = facts(&app, &caller, id).await?;
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
    let found = facts(&app, &caller, id).await?;
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
    let granted = caller.decide(ResetPassword, found.facts(&app, &caller).await?)?;
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
    let granted = caller.decide(VerifyPassword, found.facts(&app, &caller).await?)?;
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
    let granted = caller.decide(DiscoverAccounts, resources::facts(&app, &caller, found).await?)?;
    let reason = reason(&body.map(|Json(body)| body.reason).unwrap_or_default())?;
    let resource = granted.into_row();
    let order = super::request_discover(&app, &caller.context(), resource, &reason).await?;
    Ok((StatusCode::ACCEPTED, shown(&app, order).await?))
}

/// The resource of an order decides, or its account; those of deleted resources
/// are not shown.
async fn facts(app: &App, caller: &Authenticated, id: OrderId) -> Result<Facts<Order>, Problem> {
    const MISSING: Problem = Problem::NotFound { what: "order" };
    let reader = app.store.read();
    let order = reader.orders().find(id).await?.ok_or(MISSING)?;
    let resource = reader.resources().find(order.resource).await?;
    let resource = resource.filter(|found| found.deleted_at.is_none()).ok_or(MISSING)?;
    let (subject, now) = (&caller.subject, caller.now);
    let held = sharing::on_resource(reader, subject, &resource, order.account, now).await?;
    Ok(Facts::shared(resource.owner, held, now, order))
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
            OrderError::NoDevice => Self::conflict_of("no_agent", error),
            OrderError::DeviceNotApproved => Self::conflict_of("agent_not_approved", error),
            OrderError::Dissociated => Self::conflict_of("agent_dissociated", error),
            OrderError::NotLocal => Self::conflict_of("directory_account", error),
            OrderError::AccountGone => Self::conflict_of("account_gone", error),
            OrderError::NotCancellable(_) => Self::conflict_of("order_left", error),
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
