//! `/resource-groups`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sekisho_model::criteria::Criteria;
use sekisho_model::id::{Resource as ResourceKind, ResourceGroup as GroupKind};
use sekisho_model::name::Label;
use sekisho_model::rotation::Age;
use sekisho_policy::Facts;
use sekisho_policy::action::{CreateGroup, EditGroup, EditResource, ListGroups, ViewGroup};
use sekisho_store::{Access as _, GROUP_SORTS, GroupFilter, ResourceGroup};
use serde::Deserialize;
use utoipa_axum::routes;

use super::view::{self, CriteriaBody, GroupView};
use super::{GroupChange, NewGroup, nesting};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, IfMatch, ItemList, Json, List, ListQuery, NoFilter, PathId, PathIds, Problem,
    Routes, SortQuery, Sorts, Tagged,
};
use crate::resources::refs::given;
use crate::{resources, sharing};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_groups, create_group))
        .signed_in(routes!(super::preview::preview_group))
        .signed_in(routes!(show_group, edit_group, delete_group))
        .signed_in(routes!(add_group_resource, remove_group_resource))
        .signed_in(routes!(add_inner_group, remove_inner_group))
}

/// A new group.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroupBody {
    /// Its name, unique among those of its owner.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// What it is for.
    #[schema(max_length = 500)]
    #[serde(default)]
    description: String,
    /// The maximum age of passwords on its resources in days (1 to 3650), or
    /// `off`; left out: it says nothing.
    #[schema(value_type = Option<serde_json::Value>)]
    #[serde(default)]
    max_age_days: Option<Age>,
    /// What it takes in by itself, of what you own; left out: only what people
    /// put into it.
    #[schema(value_type = Option<CriteriaBody>)]
    #[serde(default)]
    criteria: Option<Criteria>,
}

/// What changes; what is left out stays, `null` removes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupChangeBody {
    /// Its name.
    #[schema(value_type = Option<String>, max_length = 100)]
    #[serde(default)]
    name: Option<Label>,
    /// What it is for.
    #[schema(max_length = 500)]
    #[serde(default)]
    description: Option<String>,
    /// The maximum age of passwords on its resources in days (1 to 3650), or
    /// `off`; `null`: it says nothing.
    #[schema(value_type = Option<serde_json::Value>)]
    #[serde(default, deserialize_with = "given")]
    max_age_days: Option<Option<Age>>,
    /// What it takes in by itself, of what its owner owns; `null`: only what
    /// people put into it.
    #[schema(value_type = Option<CriteriaBody>)]
    #[serde(default, deserialize_with = "given")]
    criteria: Option<Option<Criteria>>,
}

struct GroupSorts;

impl Sorts for GroupSorts {
    const WORDS: &'static [&'static str] = GROUP_SORTS;
}

/// List the resource groups one may see, by name or by `sort`: `name`,
/// `created_at`. What is in one is listed by `/resources?group=`.
#[utoipa::path(
    get, path = "/resource-groups", tag = "resource groups", params(ListQuery, SortQuery),
    responses((status = 200, description = "A page of groups", body = ItemList<GroupView>)),
)]
async fn list_groups(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter, GroupSorts>,
) -> Result<Json<ItemList<GroupView>>, Problem> {
    caller.decide(ListGroups, Facts::nothing())?.into_row();
    let seen_by = sharing::sight(&app, &caller).await?;
    let filter = GroupFilter { owner: None, seen_by, text: list.q };
    let found = app.store.read().resource_groups().list(&filter, &list.page).await?;
    let (groups, end) = found.into_parts();
    Ok(Json(ItemList::new(view::page(app.store.read(), &caller.subject, groups).await?, end)))
}

/// Create a resource group. Its creator owns it; nobody else sees it.
#[utoipa::path(
    post, path = "/resource-groups", tag = "resource groups", request_body = NewGroupBody,
    responses(
        (status = 201, description = "Created", body = GroupView),
        (status = 409, description = "`conflict`: you have a group of this name"),
    ),
)]
async fn create_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewGroupBody>,
) -> Result<Response, Problem> {
    let granted = caller.decide(CreateGroup, Facts::nothing())?;
    let new = NewGroup {
        name: new.name,
        description: new.description,
        max_age: new.max_age_days,
        criteria: new.criteria,
    };
    let group = super::create(&app, &caller.context(), granted, new).await?;
    Ok((StatusCode::CREATED, tagged(&app, &caller, group).await?).into_response())
}

/// See a resource group.
#[utoipa::path(
    get, path = "/resource-groups/{id}", tag = "resource groups",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The group", body = GroupView),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn show_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GroupKind>,
) -> Result<Tagged<GroupView>, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(ViewGroup, super::facts(&app, &caller, found).await?)?;
    tagged(&app, &caller, granted.into_row()).await
}

/// Change a resource group.
#[utoipa::path(
    patch, path = "/resource-groups/{id}", tag = "resource groups",
    request_body = GroupChangeBody,
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = GroupView),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: you have a group of this name"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn edit_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GroupKind>,
    read: IfMatch,
    Json(body): Json<GroupChangeBody>,
) -> Result<Tagged<GroupView>, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(EditGroup, super::facts(&app, &caller, found).await?)?;
    let change = GroupChange {
        name: body.name,
        description: body.description,
        max_age: body.max_age_days,
        criteria: body.criteria,
    };
    let group = super::edit(&app, &caller.context(), granted, read, change).await?;
    tagged(&app, &caller, group).await
}

/// Delete a resource group. Its resources stay.
#[utoipa::path(
    delete, path = "/resource-groups/{id}", tag = "resource groups",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`not_found`"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn delete_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GroupKind>,
    read: IfMatch,
) -> Result<StatusCode, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(EditGroup, super::facts(&app, &caller, found).await?)?;
    super::delete(&app, &caller.context(), granted, read).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a resource into a group. One needs to be allowed to change both.
#[utoipa::path(
    put, path = "/resource-groups/{id}/resources/{resource}", tag = "resource groups",
    params(
        ("id" = String, Path, description = "The group"),
        ("resource" = String, Path, description = "The resource"),
    ),
    responses(
        (status = 204, description = "It is in the group"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: it is in too many groups"),
    ),
)]
async fn add_group_resource(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathIds(id, resource): PathIds<GroupKind, ResourceKind>,
) -> Result<StatusCode, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let group = caller.decide(EditGroup, super::facts(&app, &caller, found).await?)?;
    let found = resources::find(app.store.read(), resource).await?;
    let resource = caller.decide(EditResource, resources::facts(&app, &caller, found).await?)?;
    super::join(&app, &caller.context(), group, resource).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a resource out of a group.
#[utoipa::path(
    delete, path = "/resource-groups/{id}/resources/{resource}", tag = "resource groups",
    params(
        ("id" = String, Path, description = "The group"),
        ("resource" = String, Path, description = "The resource"),
    ),
    responses(
        (status = 204, description = "It is not in the group any more"),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn remove_group_resource(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathIds(id, resource): PathIds<GroupKind, ResourceKind>,
) -> Result<StatusCode, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let group = caller.decide(EditGroup, super::facts(&app, &caller, found).await?)?;
    super::leave(&app, &caller.context(), group, resource).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a group into another one of the same owner: what is in it is in the
/// other one, too.
#[utoipa::path(
    put, path = "/resource-groups/{id}/groups/{inner}", tag = "resource groups",
    params(
        ("id" = String, Path, description = "The outer group"),
        ("inner" = String, Path, description = "The group to put into it"),
    ),
    responses(
        (status = 204, description = "It is in the group"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: it would close a circle, or is too deep"),
    ),
)]
async fn add_inner_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathIds(id, inner): PathIds<GroupKind, GroupKind>,
) -> Result<StatusCode, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let outer = caller.decide(EditGroup, super::facts(&app, &caller, found).await?)?;
    let found = super::find(app.store.read(), inner).await?;
    let inner = caller.decide(EditGroup, super::facts(&app, &caller, found).await?)?;
    nesting::nest(&app, &caller.context(), outer, inner).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a group out of another one.
#[utoipa::path(
    delete, path = "/resource-groups/{id}/groups/{inner}", tag = "resource groups",
    params(
        ("id" = String, Path, description = "The outer group"),
        ("inner" = String, Path, description = "The group to take out of it"),
    ),
    responses(
        (status = 204, description = "It is not in the group any more"),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn remove_inner_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathIds(id, inner): PathIds<GroupKind, GroupKind>,
) -> Result<StatusCode, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let outer = caller.decide(EditGroup, super::facts(&app, &caller, found).await?)?;
    nesting::unnest(&app, &caller.context(), outer, inner).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn tagged(
    app: &App,
    caller: &Authenticated,
    group: ResourceGroup,
) -> Result<Tagged<GroupView>, Problem> {
    let version = group.version;
    let mut views = view::page(app.store.read(), &caller.subject, vec![group]).await?;
    Ok(Tagged { version, body: views.remove(0) })
}
