//! How a resource is shown.

use sekisho_model::Timestamp;
use sekisho_model::device::{DeviceState, Platform};
use sekisho_model::id::{DeviceId, ResourceId};
use sekisho_model::name::{DnsName, ResourceName};
use sekisho_store::{Access as _, AccountTally, Resource, StoreError};
use serde::Serialize;

use super::refs::{Named, Names};
use crate::app::App;
use crate::devices;
use crate::http::Time;

/// A resource.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ResourceView {
    /// Its id.
    #[schema(value_type = String)]
    id: ResourceId,
    /// Its name for people; need not be unique.
    #[schema(value_type = String)]
    name: ResourceName,
    /// Its host name.
    #[schema(value_type = Option<String>)]
    dns_name: Option<DnsName>,
    /// What kind of agent it takes: `linux`, `windows`, `windows_domain`.
    #[schema(value_type = String)]
    platform: Platform,
    /// Who owns it.
    owner: Named,
    /// The policy of its accounts; `null`: the default one.
    policy: Option<Named>,
    /// When it was added.
    created_at: Time,
    /// The device that serves it.
    device: Option<ResourceDevice>,
    /// How many accounts it has.
    accounts: AccountCounts,
    /// Counts changes; the ETag.
    version: i64,
}

/// The device of a resource.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ResourceDevice {
    /// Its id.
    #[schema(value_type = String)]
    id: DeviceId,
    /// `pending`, `approved`, `blocked`.
    #[schema(value_type = String)]
    state: DeviceState,
    /// When it was last heard of.
    last_seen_at: Option<Time>,
    /// Whether that was not long ago.
    active: bool,
    /// Whether it is dissociated, so that it does nothing.
    dissociated: bool,
}

/// How many accounts a resource has, without those that are gone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AccountCounts {
    /// All of them.
    total: u64,
    /// Whose password is known.
    known: u64,
    /// Whose known password did not work.
    out_of_sync: u64,
}

impl From<AccountTally> for AccountCounts {
    fn from(tally: AccountTally) -> Self {
        Self { total: tally.total, known: tally.known, out_of_sync: tally.out_of_sync }
    }
}

/// Shows one resource.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn one(
    app: &App,
    now: Timestamp,
    resource: Resource,
) -> Result<ResourceView, StoreError> {
    let mut views = page(app, now, vec![resource]).await?;
    Ok(views.remove(0))
}

/// Shows a page of resources, in their order.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn page(
    app: &App,
    now: Timestamp,
    resources: Vec<Resource>,
) -> Result<Vec<ResourceView>, StoreError> {
    let reader = app.store.read();
    let mut names = Names::new(reader);
    let ids: Vec<ResourceId> = resources.iter().map(|resource| resource.id).collect();
    let tallies = reader.accounts().tally(&ids).await?;
    let mut views = Vec::with_capacity(resources.len());
    for resource in resources {
        let device = super::device_of(reader, resource.id).await?.map(|device| ResourceDevice {
            id: device.id,
            state: device.state,
            last_seen_at: device.last_seen_at.map(Time),
            active: devices::is_active(&device, now),
            dissociated: device.is_dissociated(),
        });
        let policy = match resource.policy {
            Some(id) => Some(names.policy(id).await?),
            None => None,
        };
        views.push(ResourceView {
            id: resource.id,
            owner: names.user(resource.owner).await?,
            accounts: tallies.get(&resource.id).copied().unwrap_or_default().into(),
            name: resource.name,
            dns_name: resource.dns_name,
            platform: resource.platform,
            policy,
            created_at: resource.created_at.into(),
            device,
            version: resource.version,
        });
    }
    Ok(views)
}
