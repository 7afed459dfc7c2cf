//! Naming one thing that can be shared: a resource, an account or a group.

use clap::Args;

use crate::api::Api;
use crate::api::shapes::{Group, Resource};
use crate::error::Result;
use crate::find::{self, find};

/// Exactly one of the three.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Object {
    /// Id or name of a resource
    #[arg(long, value_name = "RESOURCE")]
    resource: Option<String>,
    /// Id or resource/name of an account
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Id or name of a resource group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
}

impl Object {
    /// Where it is in the API.
    pub(crate) async fn path(&self, api: &mut Api) -> Result<String> {
        if let Some(resource) = &self.resource {
            return Ok(format!("/resources/{}", find::<Resource>(api, resource).await?));
        }
        if let Some(account) = &self.account {
            return Ok(format!("/accounts/{}", find::account(api, account).await?));
        }
        let group = self.group.as_deref().unwrap_or_default();
        Ok(format!("/resource-groups/{}", find::<Group>(api, group).await?))
    }
}
