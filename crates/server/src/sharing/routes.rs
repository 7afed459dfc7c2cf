//! `/shares` and `…/shares`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sekisho_model::id::{
    Account as AccountKind, Resource as ResourceKind, ResourceGroup as GroupKind,
    Share as ShareKind, ShareId, UserGroupId, UserId,
};
use sekisho_model::share::{Level, Principal, Shareable};
use sekisho_policy::action::{ListResources, ShareObject, ViewShares};
use sekisho_policy::{ActionType, Facts, Granted};
use sekisho_store::{Access as _, Page, Share, ShareFilter};
use serde::Deserialize;
use utoipa_axum::routes;

use super::change::{self, Object, Terms, TermsChange};
use super::questions;
use super::view::{ShareView, Shown};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, IfMatch, ItemList, Json, List, ListQuery, NoFilter, PathId, Problem, Routes,
    Tagged, Time, from_text,
};
use crate::resources::refs::given;

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_resource_shares, share_resource))
        .signed_in(routes!(list_account_shares, share_account))
        .signed_in(routes!(list_group_shares, share_group))
        .signed_in(routes!(list_shares))
        .signed_in(routes!(show_share, change_share, end_share))
        .signed_in(routes!(questions::explain_resource))
        .signed_in(routes!(questions::explain_account))
        .signed_in(routes!(questions::explain_group))
        .signed_in(routes!(questions::list_principals))
}

/// With whom, how far, until when.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewShare {
    /// The id of the user; or give `user_group`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    user: Option<UserId>,
    /// The id of the user group; or give `user`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    user_group: Option<UserGroupId>,
    /// `view`, `modify`, `full`; an account is shared to `view` or `modify`.
    #[schema(value_type = String)]
    level: Level,
    /// When it ends by itself; left out: when it is taken back.
    #[serde(default)]
    expires_at: Option<Time>,
}

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShareChange {
    /// How far it goes.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    level: Option<Level>,
    /// When it ends by itself; `null`: when it is taken back.
    #[serde(default, deserialize_with = "given")]
    expires_at: Option<Option<Time>>,
}

/// Whose shares are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SharesQuery {
    /// The id of a user: shares with them and with their groups, of what you
    /// own. Left out: what is shared with you.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    user: Option<UserId>,
    /// The id of a user group: shares with it, of what you own.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    user_group: Option<UserGroupId>,
}

/// List the shares of a resource, newest first.
#[utoipa::path(
    get, path = "/resources/{id}/shares", tag = "shares",
    params(("id" = String, Path, description = "The resource"), ListQuery),
    responses(
        (status = 200, description = "A page of shares", body = ItemList<ShareView>),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn list_resource_shares(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ResourceKind>,
    list: List<NoFilter>,
) -> Result<Json<ItemList<ShareView>>, Problem> {
    of_object(&app, &caller, Shareable::Resource(id), list).await
}

/// Share a resource with its accounts. The most specific share counts, even
/// when it is weaker.
#[utoipa::path(
    post, path = "/resources/{id}/shares", tag = "shares", request_body = NewShare,
    params(("id" = String, Path, description = "The resource")),
    responses(
        (status = 201, description = "Shared", body = ShareView),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: it is shared with them already"),
    ),
)]
async fn share_resource(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ResourceKind>,
    Json(new): Json<NewShare>,
) -> Result<Response, Problem> {
    share(&app, &caller, Shareable::Resource(id), new).await
}

/// List the shares of an account, newest first.
#[utoipa::path(
    get, path = "/accounts/{id}/shares", tag = "shares",
    params(("id" = String, Path, description = "The account"), ListQuery),
    responses(
        (status = 200, description = "A page of shares", body = ItemList<ShareView>),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn list_account_shares(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    list: List<NoFilter>,
) -> Result<Json<ItemList<ShareView>>, Problem> {
    of_object(&app, &caller, Shareable::Account(id), list).await
}

/// Share one account, to `view` or to `modify`. It counts before every share of
/// its resource.
#[utoipa::path(
    post, path = "/accounts/{id}/shares", tag = "shares", request_body = NewShare,
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 201, description = "Shared", body = ShareView),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: it is shared with them already"),
    ),
)]
async fn share_account(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    Json(new): Json<NewShare>,
) -> Result<Response, Problem> {
    share(&app, &caller, Shareable::Account(id), new).await
}

/// List the shares of a resource group, newest first.
#[utoipa::path(
    get, path = "/resource-groups/{id}/shares", tag = "shares",
    params(("id" = String, Path, description = "The group"), ListQuery),
    responses(
        (status = 200, description = "A page of shares", body = ItemList<ShareView>),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn list_group_shares(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GroupKind>,
    list: List<NoFilter>,
) -> Result<Json<ItemList<ShareView>>, Problem> {
    of_object(&app, &caller, Shareable::ResourceGroup(id), list).await
}

/// Share a resource group: every resource in it and in the groups inside it
/// that the group's owner owns, now and later.
#[utoipa::path(
    post, path = "/resource-groups/{id}/shares", tag = "shares", request_body = NewShare,
    params(("id" = String, Path, description = "The group")),
    responses(
        (status = 201, description = "Shared", body = ShareView),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: it is shared with them already"),
    ),
)]
async fn share_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GroupKind>,
    Json(new): Json<NewShare>,
) -> Result<Response, Problem> {
    share(&app, &caller, Shareable::ResourceGroup(id), new).await
}

/// List what is shared with you, or with somebody else of what you own, newest
/// first.
#[utoipa::path(
    get, path = "/shares", tag = "shares", params(ListQuery, SharesQuery),
    responses((status = 200, description = "A page of shares", body = ItemList<ShareView>)),
)]
async fn list_shares(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<SharesQuery>,
) -> Result<Json<ItemList<ShareView>>, Problem> {
    list.no_search()?;
    let SharesQuery { user, user_group } = list.filter;
    let shares = app.store.read().shares();
    let (with, mine) = match (user, user_group) {
        (None, None) => (shares.principals(caller.user.id).await?, true),
        (Some(user), None) => (shares.principals(user).await?, user == caller.user.id),
        (None, Some(group)) => (vec![Principal::UserGroup(group)], false),
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("user", "give 'user' or 'user_group', not both"));
        }
    };
    if mine {
        caller.decide(ListResources, Facts::nothing())?.into_row();
    } else {
        caller.decide(ViewShares, Facts::nothing())?.into_row();
    }
    let everybody = mine || caller.subject.sees_everything();
    let object_owner = (!everybody).then_some(caller.user.id);
    let filter = ShareFilter { with, object_owner, ..ShareFilter::default() };
    page(&app, &caller, &filter, &list.page).await
}

/// See a share.
#[utoipa::path(
    get, path = "/shares/{id}", tag = "shares",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The share", body = ShareView),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn show_share(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ShareKind>,
) -> Result<Tagged<ShareView>, Problem> {
    let (share, _) = decided(&app, &caller, ViewShares, id).await?.into_row();
    tagged(&app, &caller, share).await
}

/// Change how far a share goes or when it ends.
#[utoipa::path(
    patch, path = "/shares/{id}", tag = "shares", request_body = ShareChange,
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = ShareView),
        (status = 404, description = "`not_found`"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn change_share(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ShareKind>,
    read: IfMatch,
    Json(body): Json<ShareChange>,
) -> Result<Tagged<ShareView>, Problem> {
    let granted = decided(&app, &caller, ShareObject, id).await?;
    let expires_at = body.expires_at.map(|end| end.map(|end| end.0));
    let wanted = TermsChange { level: body.level, expires_at };
    let share = change::change(&app, &caller.context(), granted, read, wanted).await?;
    tagged(&app, &caller, share).await
}

/// Take a share back.
#[utoipa::path(
    delete, path = "/shares/{id}", tag = "shares",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 204, description = "Taken back"),
        (status = 404, description = "`not_found`"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn end_share(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ShareKind>,
    read: IfMatch,
) -> Result<StatusCode, Problem> {
    let granted = decided(&app, &caller, ShareObject, id).await?;
    change::end(&app, &caller.context(), granted, read).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn of_object(
    app: &App,
    caller: &Authenticated,
    object: Shareable,
    list: List<NoFilter>,
) -> Result<Json<ItemList<ShareView>>, Problem> {
    list.no_search()?;
    let found = Object::find(app.store.read(), caller, object).await?;
    caller.decide(ViewShares, found.facts(caller.now))?.into_row();
    let filter = ShareFilter { object: Some(object), ..ShareFilter::default() };
    page(app, caller, &filter, &list.page).await
}

async fn share(
    app: &App,
    caller: &Authenticated,
    object: Shareable,
    new: NewShare,
) -> Result<Response, Problem> {
    let found = Object::find(app.store.read(), caller, object).await?;
    let granted = caller.decide(ShareObject, found.facts(caller.now))?;
    let Some(with) = super::principal(new.user, new.user_group) else {
        let detail = "give exactly one of 'user' and 'user_group'";
        return Err(Problem::invalid("user", detail));
    };
    let terms = Terms { level: new.level, expires_at: new.expires_at.map(|end| end.0) };
    let share = change::share(app, &caller.context(), granted, with, terms).await?;
    Ok((StatusCode::CREATED, tagged(app, caller, share).await?).into_response())
}

/// A share, decided by what it is of.
async fn decided<A: ActionType>(
    app: &App,
    caller: &Authenticated,
    action: A,
    id: ShareId,
) -> Result<Granted<A, (Share, Object)>, Problem> {
    let reader = app.store.read();
    let share = reader.shares().find(id).await?.ok_or(change::MISSING)?;
    let object = match Object::find(reader, caller, share.object).await {
        Err(Problem::NotFound { .. }) => return Err(change::MISSING),
        other => other?,
    };
    let (owner, held) = (object.owner, object.held.clone());
    caller.decide(action, Facts::shared(owner, held, caller.now, (share, object)))
}

async fn page(
    app: &App,
    caller: &Authenticated,
    filter: &ShareFilter,
    page: &Page,
) -> Result<Json<ItemList<ShareView>>, Problem> {
    let reader = app.store.read();
    let found = reader.shares().list(filter, page).await?;
    let (shares, end) = found.into_parts();
    let mut shown = Shown::new(reader);
    let mut items = Vec::with_capacity(shares.len());
    for share in shares {
        items.push(shown.share(share, caller.now).await?);
    }
    Ok(Json(ItemList::new(items, end)))
}

async fn tagged(
    app: &App,
    caller: &Authenticated,
    share: Share,
) -> Result<Tagged<ShareView>, Problem> {
    let version = share.version;
    let body = Shown::new(app.store.read()).share(share, caller.now).await?;
    Ok(Tagged { version, body })
}
