//! How an account is shown, without its password.

use std::collections::BTreeMap;

use sekisho_model::account::{
    AccountSource, DiscoveredAccount, Knowledge, PasswordField, Presence, SecretOrigin,
    SecretState, VerifyResult,
};
use sekisho_model::id::{AccountId, OrderId, ResourceId, SecretVersionId};
use sekisho_model::name::AccountName;
use sekisho_model::order::OrderState;
use sekisho_store::{Access as _, Account, SecretVersion, StoreError};
use serde::Serialize;

use crate::app::App;
use crate::http::Time;
use crate::resources::refs::{Named, Names};
use crate::rotation::view::{self as rotation, RotationView};

/// An account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AccountView {
    /// Its id.
    #[schema(value_type = String)]
    id: AccountId,
    /// Where it is.
    resource: Named,
    /// Its name there.
    #[schema(value_type = String)]
    name: AccountName,
    /// Its stable id on the host (uid, SID); `null` until discovered.
    native_id: Option<String>,
    /// `present` or `gone`.
    #[schema(value_type = String)]
    presence: Presence,
    /// `local`, or `directory` (listed only).
    #[schema(value_type = String)]
    source: AccountSource,
    /// What is known of its password: `unknown`, `unverified`, `known`,
    /// `indeterminate`, `out_of_sync`.
    #[schema(value_type = String)]
    knowledge: Knowledge,
    /// The password field as discovered: `set`, `locked`, `unusable`,
    /// `empty`, `hidden`.
    #[schema(value_type = Option<String>)]
    password_field: Option<PasswordField>,
    /// What the newest discovery said.
    #[schema(value_type = Option<Object>)]
    facts: Option<DiscoveredAccount>,
    /// Its own policy; `null`: that of its resource.
    policy: Option<Named>,
    /// The value that works, as far as the server knows.
    current: Option<CurrentView>,
    /// What the newest verify of that value found.
    last_verify: Option<VerifyView>,
    /// When it is reset by itself, and which rule says so.
    rotation: RotationView,
    /// The reset that is not finished.
    open_order: Option<OpenOrderView>,
    /// Counts changes; the ETag.
    version: i64,
}

/// The current value, without the value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CurrentView {
    /// Its id.
    #[schema(value_type = String)]
    version: SecretVersionId,
    /// Its number for people.
    number: i64,
    /// `current`.
    #[schema(value_type = String)]
    state: SecretState,
    /// `generated`, `typed`, `recovered`.
    #[schema(value_type = String)]
    origin: SecretOrigin,
    /// Since when.
    since: Time,
}

/// What a verify found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct VerifyView {
    /// `in_sync`, `out_of_sync`, `unreachable`, `locked`, `disabled`,
    /// `expired`, `unknown`.
    #[schema(value_type = String)]
    result: VerifyResult,
    /// When.
    at: Time,
    /// How it was made: `agent`, on the host itself and without a login.
    method: Option<String>,
    /// The version of the agent that made it.
    agent_version: Option<String>,
}

/// A reset that is not finished.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct OpenOrderView {
    /// Its id.
    #[schema(value_type = String)]
    id: OrderId,
    /// Its state.
    #[schema(value_type = String)]
    state: OrderState,
}

/// One value a password has had, without the value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct VersionView {
    /// Its id.
    #[schema(value_type = String)]
    version: SecretVersionId,
    /// Its number for people.
    number: i64,
    /// `candidate`, `current`, `superseded`, `rejected`, `indeterminate`.
    #[schema(value_type = String)]
    state: SecretState,
    /// `generated`, `typed`, `recovered`.
    #[schema(value_type = String)]
    origin: SecretOrigin,
    /// When it was made.
    created_at: Time,
    /// When its state last changed.
    state_changed_at: Time,
    /// Why it has its state.
    evidence: String,
}

impl From<SecretVersion> for VersionView {
    fn from(version: SecretVersion) -> Self {
        Self {
            version: version.id,
            number: version.number,
            state: version.state,
            origin: version.origin,
            created_at: version.created_at.into(),
            state_changed_at: version.state_changed_at.into(),
            evidence: version.evidence,
        }
    }
}

/// Shows one account.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn one(app: &App, account: Account) -> Result<AccountView, StoreError> {
    let mut views = page(app, vec![account]).await?;
    Ok(views.remove(0))
}

/// Shows a page of accounts, in their order.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn page(
    app: &App,
    accounts: Vec<Account>,
) -> Result<Vec<AccountView>, StoreError> {
    let reader = app.store.read();
    let mut names = Names::new(reader);
    let knowledge = reader.accounts().knowledge(&accounts).await?;
    let current = accounts.iter().filter_map(|account| account.current_version);
    let mut current: BTreeMap<SecretVersionId, SecretVersion> = reader
        .secret_versions()
        .find_many(current)
        .await?
        .into_iter()
        .map(|version| (version.id, version))
        .collect();
    let open = reader.orders().open_resets(accounts.iter().map(|account| account.id)).await?;
    let mut rotations = rotation::page(reader, &mut names, &accounts, app.clock.now()).await?;
    let mut views = Vec::with_capacity(accounts.len());
    for account in accounts {
        let Some((rotation, check)) = rotations.remove(&account.id) else { continue };
        let policy = match account.policy {
            Some(id) => Some(names.policy(id).await?),
            None => None,
        };
        let open_order = open.iter().find(|order| order.account == Some(account.id));
        views.push(AccountView {
            id: account.id,
            resource: names.resource(account.resource).await?,
            native_id: account.native_id,
            presence: account.presence,
            source: account.source,
            knowledge: knowledge.get(&account.id).copied().unwrap_or(Knowledge::Unknown),
            password_field: account.facts.as_ref().map(|facts| facts.password),
            facts: account.facts,
            policy,
            current: account
                .current_version
                .and_then(|id| current.remove(&id))
                .map(CurrentView::of),
            last_verify: account.last_verify_result.zip(account.last_verified_at).map(
                |(result, at)| VerifyView {
                    result,
                    at: at.into(),
                    method: check.method,
                    agent_version: check.agent_version,
                },
            ),
            rotation,
            open_order: open_order.map(|order| OpenOrderView { id: order.id, state: order.state }),
            name: account.name,
            version: account.version,
        });
    }
    Ok(views)
}

impl CurrentView {
    fn of(version: SecretVersion) -> Self {
        Self {
            version: version.id,
            number: version.number,
            state: version.state,
            origin: version.origin,
            since: version.state_changed_at.into(),
        }
    }
}

/// Which account a secret answer is about.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AccountRef {
    /// Its id.
    #[schema(value_type = String)]
    pub(super) id: AccountId,
    /// Its name.
    #[schema(value_type = String)]
    pub(super) name: AccountName,
    /// Where it is.
    pub(super) resource: Named,
}

impl AccountRef {
    pub(super) fn of(target: &super::Target) -> Self {
        let (account, resource) = (&target.account, &target.resource);
        let id: ResourceId = resource.id;
        Self {
            id: account.id,
            name: account.name.clone(),
            resource: Named::new(id, resource.name.as_str()),
        }
    }
}
