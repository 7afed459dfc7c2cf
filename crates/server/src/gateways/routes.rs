//! `/gateways`.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::gateway::GatewayState;
use sekisho_model::id::{Gateway as GatewayKind, GatewayId};
use sekisho_model::name::Label;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, GATEWAY_SORTS, Gateway};
use serde::Deserialize;

use super::change::{self, Change};
use super::pairing::{self, PairingCheckView, Wanted};
use super::view::{self, GatewayView, PublicAddressView};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, IfMatch, ItemList, Json, List, ListQuery, PathId, Problem, SecretText,
    SortQuery, Sorts, Tagged, from_text,
};
use crate::resources::refs::{Names, SecretJson, required_reason};
use crate::sessions::require_recent_proof;

const MISSING: Problem = Problem::NotFound { what: "gateway" };

/// Addresses whose bans are lifted at once, at most.
const MAX_LIFTED: usize = 1000;

/// Which gateways are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct GatewayQuery {
    /// Only `active` or `revoked` ones.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    state: Option<GatewayState>,
}

pub(super) struct GatewaySorts;

impl Sorts for GatewaySorts {
    const WORDS: &'static [&'static str] = GATEWAY_SORTS;
}

/// A gateway to be paired.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGateway {
    /// The string that `sekisho-gateway pair` prints.
    pairing: SecretText,
    /// What it is called.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// Where agents reach it; left out: by the site's public name, on the port
    /// of the agents.
    #[serde(default)]
    public: Option<Vec<PublicAddressView>>,
    /// The classic direction: where the gateway dials this server (`host:port`).
    /// It opens a port from the DMZ into the LAN; left out: the server dials.
    #[serde(default)]
    dial: Option<String>,
}

/// What is to be different about a gateway; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GatewayChange {
    /// What it is called.
    #[schema(value_type = Option<String>, max_length = 100)]
    #[serde(default)]
    name: Option<Label>,
    /// Where its private listener is, `host:port`.
    #[serde(default)]
    address: Option<String>,
    /// Where agents reach it.
    #[serde(default)]
    public: Option<Vec<PublicAddressView>>,
    /// Whether console and sessions pass through it, unopened.
    #[serde(default)]
    pass_through: Option<bool>,
    /// The server names that pass.
    #[serde(default)]
    pass_through_names: Option<Vec<String>>,
    /// Whether it only counts what it would refuse.
    #[serde(default)]
    dry_run: Option<bool>,
}

/// Why a gateway is revoked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevokeGateway {
    /// Why, in a few words; it goes into the audit log.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Whose bans are lifted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LiftBans {
    /// Addresses as the gateway's status names them.
    #[schema(min_items = 1, max_items = 1000)]
    addresses: Vec<String>,
}

/// List gateways, also revoked ones. By name, or by `sort`: `name`, `paired_at`,
/// `last_contact_at`.
#[utoipa::path(
    get, path = "/gateways", tag = "gateways", params(ListQuery, SortQuery, GatewayQuery),
    responses((status = 200, description = "A page", body = ItemList<GatewayView>)),
)]
pub(super) async fn list_gateways(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<GatewayQuery, GatewaySorts>,
) -> Result<Json<ItemList<GatewayView>>, Problem> {
    caller.decide(action::ViewGateways, Facts::nothing())?.into_row();
    let rows = app.store.read().gateways();
    let (rows, end) =
        rows.list(list.filter.state, list.q.as_deref(), &list.page).await?.into_parts();
    let mut names = Names::new(app.store.read());
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.push(view::one(&app, &mut names, row).await?);
    }
    Ok(Json(ItemList::new(items, end)))
}

/// Pair a gateway: dial the address in its pairing string, check the key there,
/// prove the string's secret, and make it one of the site.
#[utoipa::path(
    post, path = "/gateways", tag = "gateways", request_body = NewGateway,
    responses(
        (status = 201, description = "Paired", body = GatewayView),
        (status = 400, description = "The string or an address is not usable"),
        (status = 403, description = "Not allowed; `reauthentication_needed`"),
        (status = 409, description = "`conflict` says why: `gateway_unreachable`, \
            `gateway_other_key`, `gateway_not_waiting`, `pairing_expired`, `pairing_used`, \
            `pairing_secret_wrong`, `gateway_version`, `gateway_unreadable`, \
            `gateway_paired_already`, `name_taken`, `too_many`"),
    ),
)]
pub(super) async fn pair_gateway(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(body): Json<NewGateway>,
) -> Result<SecretJson<GatewayView>, Problem> {
    let granted = caller.decide(action::PairGateway, Facts::nothing())?;
    require_recent_proof(&app, &caller).await?;
    let wanted = wanted(body)?;
    // It goes on although the caller hangs up: the gateway may have accepted.
    let (inner, context) = (app.clone(), caller.context());
    let paired = async move { pairing::pair(&inner, &context, granted, wanted).await };
    let gateway =
        app.tasks.finish(paired).await.ok_or_else(|| Problem::Unavailable {
            reason: "the server is stopping".to_owned(),
        })??;
    let body = view::one(&app, &mut Names::new(app.store.read()), gateway).await?;
    Ok(SecretJson { status: StatusCode::CREATED, body })
}

/// Look whether a gateway can be paired like this: dial the address in its pairing
/// string, check the key there and what the gateway offers. Nothing is kept, and
/// the string can still be used; its secret is proved only when it is used.
#[utoipa::path(
    post, path = "/gateways/check", tag = "gateways", request_body = NewGateway,
    responses(
        (status = 200, description = "It can", body = PairingCheckView),
        (status = 400, description = "The string or an address is not usable"),
        (status = 403, description = "Not allowed; `reauthentication_needed`"),
        (status = 409, description = "`conflict` says why, as for pairing"),
    ),
)]
pub(super) async fn check_pairing(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(body): Json<NewGateway>,
) -> Result<Json<PairingCheckView>, Problem> {
    caller.decide(action::PairGateway, Facts::nothing())?.into_row();
    // It dials what somebody names.
    require_recent_proof(&app, &caller).await?;
    Ok(Json(pairing::check(&app, &wanted(body)?).await?))
}

fn wanted(body: NewGateway) -> Result<Wanted, Problem> {
    let text = body.pairing.0.expose_str().unwrap_or_default().trim().to_owned();
    let public = match body.public {
        Some(public) => change::public_addresses(public.into_iter().map(Into::into).collect())?,
        None => Vec::new(),
    };
    let dial = body.dial.map(|dial| change::host_port("dial", &dial)).transpose()?;
    Ok(Wanted { text, name: body.name, public, dial })
}

/// See a gateway, with what it says of itself.
#[utoipa::path(
    get, path = "/gateways/{id}", tag = "gateways",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The gateway", body = GatewayView),
        (status = 404, description = "`not_found`"),
    ),
)]
pub(super) async fn show_gateway(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GatewayKind>,
) -> Result<Tagged<GatewayView>, Problem> {
    let found = find(&app, id).await?;
    let row = caller.decide(action::ViewGateways, Facts::of_site(found))?.into_row();
    tagged(&app, row).await
}

/// Change a gateway. It works by the change within seconds, without a restart;
/// agents learn of other addresses with their next look at the trust bundle.
#[utoipa::path(
    patch, path = "/gateways/{id}", tag = "gateways", request_body = GatewayChange,
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = GatewayView),
        (status = 403, description = "Not allowed; `reauthentication_needed` to let pass through"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: `name_taken`, `gateway_revoked`"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
pub(super) async fn change_gateway(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GatewayKind>,
    read: IfMatch,
    Json(body): Json<GatewayChange>,
) -> Result<Tagged<GatewayView>, Problem> {
    let found = find(&app, id).await?;
    let granted = caller.decide(action::ManageGateway, Facts::of_site(found))?;
    if body.pass_through == Some(true) {
        require_recent_proof(&app, &caller).await?;
    }
    let wanted = Change {
        name: body.name,
        address: body.address,
        public: body.public.map(|public| public.into_iter().map(Into::into).collect()),
        pass_through: body.pass_through,
        pass_through_names: body.pass_through_names,
        dry_run: body.dry_run,
    };
    let row = change::change(&app, &caller.context(), granted, read, wanted).await?;
    tagged(&app, row).await
}

/// Revoke a gateway: its connections end at once, its key counts for nothing any
/// more, and agents learn that it is gone.
#[utoipa::path(
    post, path = "/gateways/{id}/revoke", tag = "gateways", request_body = RevokeGateway,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "Revoked", body = GatewayView),
        (status = 403, description = "Not allowed; `reauthentication_needed`"),
        (status = 404, description = "`not_found`"),
    ),
)]
pub(super) async fn revoke_gateway(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GatewayKind>,
    Json(body): Json<RevokeGateway>,
) -> Result<Json<GatewayView>, Problem> {
    let found = find(&app, id).await?;
    let granted = caller.decide(action::ManageGateway, Facts::of_site(found))?;
    require_recent_proof(&app, &caller).await?;
    let reason = required_reason(&body.reason)?;
    let row = change::revoke(&app, &caller.context(), granted, reason).await?;
    Ok(Json(view::one(&app, &mut Names::new(app.store.read()), row).await?))
}

/// Lift bans of a gateway.
#[utoipa::path(
    post, path = "/gateways/{id}/lift", tag = "gateways", request_body = LiftBans,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "The gateway was asked to"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: `gateway_not_connected`"),
    ),
)]
pub(super) async fn lift_bans(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GatewayKind>,
    Json(body): Json<LiftBans>,
) -> Result<StatusCode, Problem> {
    let found = find(&app, id).await?;
    let granted = caller.decide(action::ManageGateway, Facts::of_site(found))?;
    let is_one = |text: &String| {
        !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic())
    };
    if body.addresses.is_empty()
        || body.addresses.len() > MAX_LIFTED
        || !body.addresses.iter().all(is_one)
    {
        let detail = "'addresses' must name 1 to 1,000 addresses as the gateway's status does";
        return Err(Problem::invalid("addresses", detail));
    }
    change::lift(&app, &caller.context(), granted, body.addresses).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn find(app: &App, id: GatewayId) -> Result<Gateway, Problem> {
    app.store.read().gateways().find(id).await?.ok_or(MISSING)
}

async fn tagged(app: &App, row: Gateway) -> Result<Tagged<GatewayView>, Problem> {
    let version = row.version;
    Ok(Tagged { version, body: view::one(app, &mut Names::new(app.store.read()), row).await? })
}
