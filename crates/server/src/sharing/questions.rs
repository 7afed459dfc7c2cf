//! `…/explain` and `/principals`: questions about who may.

use axum::extract::State;
use sekisho_model::id::{
    Account as AccountKind, Resource as ResourceKind, ResourceGroup as GroupKind, UserId,
};
use sekisho_model::share::Shareable;
use sekisho_model::user::UserState;
use sekisho_policy::Facts;
use sekisho_policy::action::{ExplainOthers, ExplainOwn, ListPrincipals};
use sekisho_store::{Access as _, UserFilter};
use serde::{Deserialize, Serialize};

use super::change::Object;
use super::explain::{self, ExplainView};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, ItemList, Json, List, ListQuery, NoFilter, PathId, Problem, Query, from_text,
};

/// Who, and what.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExplainQuery {
    /// The id of the user; left out: you.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    user: Option<UserId>,
    /// The word of an action; left out: all one does with such an object.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    action: Option<String>,
}

/// Explain why somebody may or may not do something with a resource. About
/// oneself for everybody who sees it, about others for who may share it.
#[utoipa::path(
    get, path = "/resources/{id}/explain", tag = "shares",
    params(("id" = String, Path, description = "The resource"), ExplainQuery),
    responses(
        (status = 200, description = "Which share, which role, what is missing", body = ExplainView),
        (status = 404, description = "`not_found`"),
    ),
)]
pub(super) async fn explain_resource(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ResourceKind>,
    Query(query): Query<ExplainQuery>,
) -> Result<Json<ExplainView>, Problem> {
    explained(&app, &caller, Shareable::Resource(id), query).await
}

/// Explain why somebody may or may not do something with an account.
#[utoipa::path(
    get, path = "/accounts/{id}/explain", tag = "shares",
    params(("id" = String, Path, description = "The account"), ExplainQuery),
    responses(
        (status = 200, description = "Which share, which role, what is missing", body = ExplainView),
        (status = 404, description = "`not_found`"),
    ),
)]
pub(super) async fn explain_account(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    Query(query): Query<ExplainQuery>,
) -> Result<Json<ExplainView>, Problem> {
    explained(&app, &caller, Shareable::Account(id), query).await
}

/// Explain why somebody may or may not do something with a resource group.
#[utoipa::path(
    get, path = "/resource-groups/{id}/explain", tag = "shares",
    params(("id" = String, Path, description = "The group"), ExplainQuery),
    responses(
        (status = 200, description = "Which share, which role, what is missing", body = ExplainView),
        (status = 404, description = "`not_found`"),
    ),
)]
pub(super) async fn explain_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GroupKind>,
    Query(query): Query<ExplainQuery>,
) -> Result<Json<ExplainView>, Problem> {
    explained(&app, &caller, Shareable::ResourceGroup(id), query).await
}

/// Somebody one can share with or give to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PrincipalView {
    /// `user` or `user_group`.
    kind: &'static str,
    /// Their id.
    id: String,
    /// The name they sign in with, or the name of the group.
    name: String,
    /// A user's name for other people.
    display_name: Option<String>,
}

/// Find with whom one can share: active users and user groups whose name
/// contains `q`, by name, at most `limit` of each. Narrow the search to see
/// others.
#[utoipa::path(
    get, path = "/principals", tag = "shares", params(ListQuery),
    responses((status = 200, description = "Users, then groups", body = ItemList<PrincipalView>)),
)]
pub(super) async fn list_principals(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter>,
) -> Result<Json<ItemList<PrincipalView>>, Problem> {
    caller.decide(ListPrincipals, Facts::nothing())?.into_row();
    if list.page.after.is_some() {
        return Err(Problem::invalid("after", "this list has one page; narrow it by 'q'"));
    }
    let reader = app.store.read();
    let text = list.q.unwrap_or_default();
    let filter = UserFilter {
        text: Some(text.clone()),
        state: Some(UserState::Active),
        ..UserFilter::default()
    };
    let users = reader.users().search(&filter, &list.page).await?;
    let groups = reader.user_groups().list(Some(&text), &list.page).await?;
    let users = users.items.into_iter().map(|user| PrincipalView {
        kind: "user",
        id: user.id.to_string(),
        name: user.name.to_string(),
        display_name: Some(user.display_name),
    });
    let groups = groups.items.into_iter().map(|group| PrincipalView {
        kind: "user_group",
        id: group.id.to_string(),
        name: group.name.to_string(),
        display_name: None,
    });
    Ok(Json(ItemList::complete(users.chain(groups).collect())))
}

async fn explained(
    app: &App,
    caller: &Authenticated,
    object: Shareable,
    query: ExplainQuery,
) -> Result<Json<ExplainView>, Problem> {
    let found = Object::find(app.store.read(), caller, object).await?;
    let who = match query.user {
        Some(user) if user != caller.user.id => {
            caller.decide(ExplainOthers, found.facts(caller.now))?.into_row();
            explain::person(app, user).await?
        }
        Some(_) | None => {
            caller.decide(ExplainOwn, found.facts(caller.now))?.into_row();
            caller.user.clone()
        }
    };
    let actions = explain::wanted(object, query.action.as_deref())?;
    Ok(Json(explain::view(app, caller, object, who, actions).await?))
}
