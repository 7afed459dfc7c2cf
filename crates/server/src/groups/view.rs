//! How a resource group is shown.

use sekisho_model::criteria::Criteria;
use sekisho_model::id::ResourceGroupId;
use sekisho_model::name::Label;
use sekisho_model::rotation::Age;
use sekisho_policy::Subject;
use sekisho_store::{Access as _, Reader, ResourceGroup, StoreError};
use serde::Serialize;

use crate::http::Time;
use crate::resources::refs::{Named, Names};

/// Resources in a group are counted up to here.
pub(super) const MAX_COUNT: u64 = 10_000;

/// Criteria, for the description of the API.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "only described; the values are sekisho_model::criteria")]
pub(super) struct CriteriaBody {
    /// `all` or `any` of the rules must be true.
    r#match: String,
    /// 1 to 16 rules.
    #[schema(min_items = 1, max_items = 16)]
    rules: Vec<RuleBody>,
}

/// One rule.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "only described; the values are sekisho_model::criteria")]
pub(super) struct RuleBody {
    /// `name`, `address`, `platform`.
    field: String,
    /// `contains`, `not_contains`, `equals`, `not_equals`, `begins_with`,
    /// `ends_with`; a platform is compared by `equals` or `not_equals`.
    operator: String,
    /// With what, in any case.
    #[schema(min_length = 1, max_length = 200)]
    text: String,
}

/// Resources that share a rule.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct GroupView {
    /// Its id.
    #[schema(value_type = String)]
    id: ResourceGroupId,
    /// Its name, unique among those of its owner.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// What it is for.
    description: String,
    /// Who owns it.
    owner: Named,
    /// The maximum age of passwords on its resources in days, or `off`;
    /// `null`: it says nothing.
    #[schema(value_type = Option<serde_json::Value>)]
    max_age_days: Option<Age>,
    /// What it takes in by itself, of what its owner owns; `null`: only what
    /// people put into it.
    #[schema(value_type = Option<CriteriaBody>)]
    criteria: Option<Criteria>,
    /// How many resources are in it and in the groups inside it, counted up to
    /// 10,000.
    resources: u64,
    /// The groups directly inside it.
    inner: Vec<Named>,
    /// The groups it stands in directly; only for its owner.
    outer: Vec<Named>,
    /// When it was made.
    created_at: Time,
    /// Counts changes; the ETag.
    version: i64,
}

/// Shows groups, in their order.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn page(
    reader: &Reader,
    subject: &Subject,
    groups: Vec<ResourceGroup>,
) -> Result<Vec<GroupView>, StoreError> {
    let mut names = Names::new(reader);
    let mut views = Vec::with_capacity(groups.len());
    for group in groups {
        let groups = reader.resource_groups();
        let (mut inner, mut outer) = (Vec::new(), Vec::new());
        for id in groups.inside(group.id).await? {
            inner.push(names.resource_group(id).await?);
        }
        // What is around a group was not shared with it.
        if group.owner == subject.user || subject.sees_everything() {
            for id in groups.outside(group.id).await? {
                outer.push(names.resource_group(id).await?);
            }
        }
        views.push(GroupView {
            id: group.id,
            name: group.name,
            description: group.description,
            owner: names.user(group.owner).await?,
            max_age_days: group.max_age,
            criteria: group.criteria,
            resources: groups.size(group.id, MAX_COUNT).await?,
            inner,
            outer,
            created_at: group.created_at.into(),
            version: group.version,
        });
    }
    Ok(views)
}
