//! `/resources`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sekisho_model::device::{Platform, Served};
use sekisho_model::id::{PasswordPolicyId, Resource as ResourceKind, ResourceGroupId, UserId};
use sekisho_model::name::{DnsName, InvalidName, ResourceName};
use sekisho_policy::Facts;
use sekisho_policy::action::{
    CreateResource, DeleteResource, EditResource, ListResources, ViewResource,
};
use sekisho_store::{Access as _, Page, PageEnd, RESOURCE_SORTS, Resource, ResourceFilter};
use serde::Deserialize;
use utoipa_axum::routes;

use super::refs::given;
use super::view::{self, ResourceView};
use super::{NewResource, ResourceChange, transfer};
use crate::app::{App, SharedApp};
use crate::devices;
use crate::http::{
    Authenticated, CsvList, CsvQuery, Export, IfMatch, ItemList, Json, List, ListQuery, PathId,
    Problem, Routes, SortQuery, Sorts, Tagged, csv, from_text,
};
use crate::{groups, sharing};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_resources, create_resource))
        .signed_in(routes!(export_resources))
        .signed_in(routes!(transfer::transfer_resources))
        .signed_in(routes!(show_resource, edit_resource, delete_resource))
        .signed_in(routes!(transfer::transfer_resource))
}

/// Which resources are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ResourceQuery {
    /// Only those in this group, or in one inside it.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    group: Option<ResourceGroupId>,
    /// With `group` and `true`: only those that people put into the group
    /// itself, not those that its criteria take in or that are in a group
    /// inside it.
    #[serde(default, deserialize_with = "from_text")]
    direct: Option<bool>,
    /// Only those of this owner.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    owner: Option<UserId>,
    /// Only those for this kind of agent: `linux`, `windows`,
    /// `windows_domain`.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    platform: Option<Platform>,
    /// Only those whose agent is `active`, `inactive` (approved and silent for
    /// long), `pending`, `blocked`, or that have `none`.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    agent: Option<Served>,
    /// Only those with an account whose known password did not work.
    #[serde(default, deserialize_with = "from_text")]
    out_of_sync: Option<bool>,
}

struct ResourceSorts;

impl Sorts for ResourceSorts {
    const WORDS: &'static [&'static str] = RESOURCE_SORTS;
}

/// A new resource.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewResourceBody {
    /// Its name for people; need not be unique.
    #[schema(value_type = String, max_length = 200)]
    name: ResourceName,
    /// Its host name.
    #[schema(max_length = 253)]
    #[serde(default)]
    dns_name: Option<String>,
    /// What kind of agent it takes: `linux`, `windows`, `windows_domain`.
    #[schema(value_type = String)]
    platform: Platform,
    /// The id of the policy of its accounts; left out: the default one.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    policy: Option<PasswordPolicyId>,
}

/// What changes; what is left out stays, `null` removes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceChangeBody {
    /// Its name for people.
    #[schema(value_type = Option<String>, max_length = 200)]
    #[serde(default)]
    name: Option<ResourceName>,
    /// Its host name.
    #[schema(value_type = Option<String>, max_length = 253)]
    #[serde(default, deserialize_with = "given")]
    dns_name: Option<Option<String>>,
    /// The id of the policy of its accounts; `null`: the default one.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "given")]
    policy: Option<Option<PasswordPolicyId>>,
}

/// Host names are the same in any case; they are kept in lower case.
fn dns_name(text: Option<String>) -> Result<Option<DnsName>, Problem> {
    text.map(|text| text.to_ascii_lowercase().parse())
        .transpose()
        .map_err(|error: InvalidName| Problem::invalid("dns_name", error))
}

/// List the resources one may see by name, or by `sort`: `name`, `created_at`,
/// `dns_name`, `platform`. `q` is what names begin with.
#[utoipa::path(
    get,
    path = "/resources",
    tag = "resources",
    params(ListQuery, SortQuery, ResourceQuery),
    responses(
        (status = 200, description = "A page of resources", body = ItemList<ResourceView>),
    ),
)]
async fn list_resources(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<ResourceQuery, ResourceSorts>,
) -> Result<Json<ItemList<ResourceView>>, Problem> {
    caller.decide(ListResources, Facts::nothing())?.into_row();
    let rows = ResourceRows(wanted(&app, &caller, &list).await?);
    let (resources, end) = rows.page(&app, &caller, &list.page).await?;
    Ok(Json(ItemList::new(resources, end)))
}

/// Write the resources one may see as a file: everything of the list. On
/// record.
#[utoipa::path(
    get, path = "/resources.csv", tag = "resources", params(CsvQuery, SortQuery, ResourceQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")),
)]
async fn export_resources(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: CsvList<ResourceQuery, ResourceSorts>,
) -> Result<Response, Problem> {
    caller.decide(ListResources, Facts::nothing())?.into_row();
    let (list, file) = list.into_parts();
    let rows = ResourceRows(wanted(&app, &caller, &list).await?);
    csv(app, caller, rows, file).await
}

async fn wanted(
    app: &App,
    caller: &Authenticated,
    list: &List<ResourceQuery, ResourceSorts>,
) -> Result<ResourceFilter, Problem> {
    let groups = match list.filter.group {
        Some(group) => Some(groups::reach(app, caller, group).await?),
        None => None,
    };
    let put_into = match (list.filter.direct, list.filter.group) {
        (Some(true), Some(group)) => Some(group),
        (Some(true), None) => {
            return Err(Problem::invalid("direct", "'direct' is for one group; give 'group', too"));
        }
        (Some(false) | None, _) => None,
    };
    Ok(ResourceFilter {
        put_into,
        seen_by: sharing::sight(app, caller).await?,
        groups,
        prefix: list.q.clone(),
        owned_by: list.filter.owner,
        platform: list.filter.platform,
        agent: list.filter.agent.map(|agent| (agent, devices::activity(caller.now))),
        out_of_sync: list.filter.out_of_sync == Some(true),
        ..ResourceFilter::default()
    })
}

/// The resources of a filter.
struct ResourceRows(ResourceFilter);

impl Export for ResourceRows {
    type Row = ResourceView;

    const NAME: &'static str = "resources";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("id", "/id"),
        ("name", "/name"),
        ("dns_name", "/dns_name"),
        ("platform", "/platform"),
        ("owner", "/owner/name"),
        ("policy", "/policy/name"),
        ("agent", "/device/state"),
        ("agent_active", "/device/active"),
        ("agent_last_seen_at", "/device/last_seen_at"),
        ("accounts", "/accounts/total"),
        ("accounts_known", "/accounts/known"),
        ("accounts_out_of_sync", "/accounts/out_of_sync"),
        ("created_at", "/created_at"),
    ];

    async fn page(
        &self,
        app: &App,
        caller: &Authenticated,
        page: &Page,
    ) -> Result<(Vec<ResourceView>, PageEnd), Problem> {
        let found = app.store.read().resources().list(&self.0, page).await?;
        let (resources, end) = found.into_parts();
        Ok((view::page(app, caller.now, resources).await?, end))
    }
}

/// Create a resource. Its creator owns it; nobody else sees it.
#[utoipa::path(
    post,
    path = "/resources",
    tag = "resources",
    request_body = NewResourceBody,
    responses(
        (status = 201, description = "Created", body = ResourceView),
    ),
)]
async fn create_resource(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewResourceBody>,
) -> Result<Response, Problem> {
    let granted = caller.decide(CreateResource, Facts::nothing())?;
    let new = NewResource {
        name: new.name,
        dns_name: dns_name(new.dns_name)?,
        platform: new.platform,
        policy: new.policy,
    };
    let resource = super::create(&app, &caller.context(), granted, new).await?;
    Ok((StatusCode::CREATED, tagged(&app, &caller, resource).await?).into_response())
}

/// See a resource.
#[utoipa::path(
    get,
    path = "/resources/{id}",
    tag = "resources",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The resource", body = ResourceView),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn show_resource(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ResourceKind>,
) -> Result<Tagged<ResourceView>, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(ViewResource, super::facts(&app, &caller, found).await?)?;
    tagged(&app, &caller, granted.into_row()).await
}

/// Change a resource.
#[utoipa::path(
    patch,
    path = "/resources/{id}",
    tag = "resources",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    request_body = ResourceChangeBody,
    responses(
        (status = 200, description = "Changed", body = ResourceView),
        (status = 404, description = "`not_found`"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn edit_resource(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ResourceKind>,
    read: IfMatch,
    Json(body): Json<ResourceChangeBody>,
) -> Result<Tagged<ResourceView>, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(EditResource, super::facts(&app, &caller, found).await?)?;
    let change = ResourceChange {
        name: body.name,
        dns_name: body.dns_name.map(dns_name).transpose()?,
        policy: body.policy,
    };
    let resource = super::edit(&app, &caller.context(), granted, read, change).await?;
    tagged(&app, &caller, resource).await
}

/// Delete a resource. Its accounts are no longer shown; their passwords are
/// kept in the database.
#[utoipa::path(
    delete,
    path = "/resources/{id}",
    tag = "resources",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: a device has not answered an order yet"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn delete_resource(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ResourceKind>,
    read: IfMatch,
) -> Result<StatusCode, Problem> {
    let found = super::find(app.store.read(), id).await?;
    let granted = caller.decide(DeleteResource, super::facts(&app, &caller, found).await?)?;
    super::delete(&app, &caller.context(), granted, read).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn tagged(
    app: &App,
    caller: &Authenticated,
    resource: Resource,
) -> Result<Tagged<ResourceView>, Problem> {
    let version = resource.version;
    Ok(Tagged { version, body: view::one(app, caller.now, resource).await? })
}
