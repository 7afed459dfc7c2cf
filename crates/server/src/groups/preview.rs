//! What criteria would take in, before a group has them.

use axum::extract::State;
use sekisho_model::criteria::Criteria;
use sekisho_model::device::Platform;
use sekisho_model::id::ResourceId;
use sekisho_model::name::{DnsName, ResourceName};
use sekisho_policy::Facts;
use sekisho_policy::action::CreateGroup;
use sekisho_store::{Access as _, Page, ResourceFilter};
use serde::{Deserialize, Serialize};

use super::view::{CriteriaBody, MAX_COUNT};
use crate::app::SharedApp;
use crate::http::{Authenticated, Json, Problem};

/// How many resources are shown.
const SHOWN: u16 = 20;

/// Criteria that nobody has yet.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewBody {
    /// What a group would take in by itself.
    #[schema(value_type = CriteriaBody)]
    criteria: Criteria,
}

/// What they match now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PreviewView {
    /// How many of your resources they match, counted up to 10,000.
    count: u64,
    /// Whether there are more than were counted.
    capped: bool,
    /// The first of them, by name.
    items: Vec<PreviewItem>,
}

/// A resource that criteria match.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PreviewItem {
    /// Its id.
    #[schema(value_type = String)]
    id: ResourceId,
    /// Its name.
    #[schema(value_type = String)]
    name: ResourceName,
    /// Its host name.
    #[schema(value_type = Option<String>)]
    dns_name: Option<DnsName>,
    /// What kind of agent it takes.
    #[schema(value_type = String)]
    platform: Platform,
}

/// Show what criteria match of what you own, before a group has them: how many,
/// and the first 20 by name.
#[utoipa::path(
    post, path = "/resource-groups/preview", tag = "resource groups", request_body = PreviewBody,
    responses((status = 200, description = "What they match now", body = PreviewView)),
)]
pub(super) async fn preview_group(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(body): Json<PreviewBody>,
) -> Result<Json<PreviewView>, Problem> {
    let by = caller.decide(CreateGroup, Facts::nothing())?.by();
    let filter = ResourceFilter {
        owner: Some(by),
        criteria: Some(body.criteria),
        ..ResourceFilter::default()
    };
    let resources = app.store.read().resources();
    let count = resources.count(&filter, MAX_COUNT + 1).await?;
    let found = resources.list(&filter, &Page::first(SHOWN)).await?;
    let items = found.items.into_iter().map(|resource| PreviewItem {
        id: resource.id,
        name: resource.name,
        dns_name: resource.dns_name,
        platform: resource.platform,
    });
    Ok(Json(PreviewView {
        count: count.min(MAX_COUNT),
        capped: count > MAX_COUNT,
        items: items.collect(),
    }))
}
