//! How a resource group is shown.

use sekisho_model::id::ResourceGroupId;
use sekisho_model::name::Label;
use sekisho_model::rotation::Age;
use sekisho_store::{Access as _, Reader, ResourceGroup, StoreError};
use serde::Serialize;

use crate::http::Time;
use crate::resources::refs::{Named, Names};

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
    /// How many resources are in it.
    resources: u64,
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
    groups: Vec<ResourceGroup>,
) -> Result<Vec<GroupView>, StoreError> {
    let mut names = Names::new(reader);
    let mut views = Vec::with_capacity(groups.len());
    for group in groups {
        views.push(GroupView {
            id: group.id,
            name: group.name,
            description: group.description,
            owner: names.user(group.owner).await?,
            max_age_days: group.max_age,
            resources: reader.resource_groups().size(group.id).await?,
            created_at: group.created_at.into(),
            version: group.version,
        });
    }
    Ok(views)
}
