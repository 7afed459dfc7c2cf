//! `/accounts` and `/resources/{id}/accounts`, without clear passwords.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use sekisho_model::account::{Knowledge, Presence};
use sekisho_model::event::Event;
use sekisho_model::id::{
    Account as AccountKind, PasswordPolicyId, Resource as ResourceKind, ResourceId,
};
use sekisho_model::name::AccountName;
use sekisho_model::rotation::Age;
use sekisho_model::word::UnknownWord;
use sekisho_policy::Facts;
use sekisho_policy::action::{
    AddAccount, EditAccount, ListAccounts, StorePassword, ViewAccount, ViewHistory,
};
use sekisho_store::{ACCOUNT_SORTS, Access as _, AccountFilter, Page, PageEnd};
use serde::Deserialize;
use utoipa_axum::routes;

use super::view::{self, AccountView, VersionView};
use super::{Target, reveal_routes, typed};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, CsvList, CsvQuery, Export, IfMatch, ItemList, Json, List, ListQuery, NoFilter,
    PathId, Problem, Routes, SecretText, SortQuery, Sorts, Tagged, csv, from_text,
};
use crate::resources::refs::{given, reason};
use crate::{resources, sharing};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_accounts))
        .signed_in(routes!(export_accounts))
        .signed_in(routes!(add_account))
        .signed_in(routes!(show_account, edit_account))
        .signed_in(routes!(store_password))
        .signed_in(routes!(list_password_history))
        .reveal(routes!(reveal_routes::reveal_password))
        .reveal(routes!(reveal_routes::reveal_former_password))
}

/// Which accounts are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AccountQuery {
    /// Only those on this resource.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    resource: Option<ResourceId>,
    /// `present` (the default), `gone`, or `all`.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    presence: Option<WantedPresence>,
    /// Only those of whose password this is known: `unknown`, `unverified`,
    /// `known`, `indeterminate`, `out_of_sync`.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    knowledge: Option<Knowledge>,
    /// Only those with this policy of their own, or from their resource.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    policy: Option<PasswordPolicyId>,
}

struct AccountSorts;

impl Sorts for AccountSorts {
    const WORDS: &'static [&'static str] = ACCOUNT_SORTS;
}

#[derive(Clone, Copy, Debug)]
struct WantedPresence(Option<Presence>);

impl std::str::FromStr for WantedPresence {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text == "all" {
            return Ok(Self(None));
        }
        text.parse().map(Some).map(Self).map_err(|error: UnknownWord| UnknownWord {
            expected: format!("{}, all", error.expected),
            ..error
        })
    }
}

/// A new account.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccount {
    /// Its name on the host, exactly as the host spells it.
    #[schema(value_type = String, max_length = 256)]
    name: AccountName,
}

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountChange {
    /// The id of its policy; `null`: that of its resource.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "given")]
    policy: Option<Option<PasswordPolicyId>>,
    /// The account's own maximum age in days (1 to 3650), or `off`; `null`:
    /// that of its groups or its policy.
    #[schema(value_type = Option<serde_json::Value>)]
    #[serde(default, deserialize_with = "given")]
    max_age_days: Option<Option<Age>>,
}

/// A password somebody typed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedPassword {
    /// The password.
    #[schema(max_length = 256)]
    value: SecretText,
    /// Why, in a few words.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

/// List the accounts one may see, by name or by `sort`: `name`, `created_at`,
/// `last_verified_at`.
#[utoipa::path(
    get, path = "/accounts", tag = "accounts", params(ListQuery, SortQuery, AccountQuery),
    responses((status = 200, description = "A page of accounts", body = ItemList<AccountView>)),
)]
async fn list_accounts(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<AccountQuery, AccountSorts>,
) -> Result<Json<ItemList<AccountView>>, Problem> {
    caller.decide(ListAccounts, Facts::nothing())?.into_row();
    let rows = AccountRows(wanted(&app, &caller, &list).await?);
    let (accounts, end) = rows.page(&app, &caller, &list.page).await?;
    Ok(Json(ItemList::new(accounts, end)))
}

/// Write the accounts one may see as a file: everything of the list, without
/// passwords. On record.
#[utoipa::path(
    get, path = "/accounts.csv", tag = "accounts", params(CsvQuery, SortQuery, AccountQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")),
)]
async fn export_accounts(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: CsvList<AccountQuery, AccountSorts>,
) -> Result<Response, Problem> {
    caller.decide(ListAccounts, Facts::nothing())?.into_row();
    let (list, file) = list.into_parts();
    let rows = AccountRows(wanted(&app, &caller, &list).await?);
    csv(app, caller, rows, file).await
}

async fn wanted(
    app: &App,
    caller: &Authenticated,
    list: &List<AccountQuery, AccountSorts>,
) -> Result<AccountFilter, Problem> {
    Ok(AccountFilter {
        resource: list.filter.resource,
        owner: None,
        seen_by: sharing::sight(app, caller).await?,
        text: list.q.clone(),
        presence: list.filter.presence.unwrap_or(WantedPresence(Some(Presence::Present))).0,
        knowledge: list.filter.knowledge,
        policy: list.filter.policy,
        verified: None,
    })
}

/// The accounts of a filter.
struct AccountRows(AccountFilter);

impl Export for AccountRows {
    type Row = AccountView;

    const NAME: &'static str = "accounts";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("id", "/id"),
        ("resource", "/resource/name"),
        ("account", "/name"),
        ("native_id", "/native_id"),
        ("presence", "/presence"),
        ("source", "/source"),
        ("knowledge", "/knowledge"),
        ("password_since", "/current/since"),
        ("password_origin", "/current/origin"),
        ("last_verify", "/last_verify/result"),
        ("last_verified_at", "/last_verify/at"),
        ("rotation", "/rotation/state"),
        ("rotation_due_at", "/rotation/due_at"),
        ("policy", "/policy/name"),
        ("resource_id", "/resource/id"),
    ];

    async fn page(
        &self,
        app: &App,
        _: &Authenticated,
        page: &Page,
    ) -> Result<(Vec<AccountView>, PageEnd), Problem> {
        let found = app.store.read().accounts().search(&self.0, page).await?;
        let (accounts, end) = found.into_parts();
        Ok((view::page(app, accounts).await?, end))
    }
}

/// Add an account by hand. Its password is not known until it is reset or
/// stored.
#[utoipa::path(
    post, path = "/resources/{id}/accounts", tag = "accounts", request_body = NewAccount,
    params(("id" = String, Path, description = "The resource")),
    responses(
        (status = 201, description = "Added", body = AccountView),
        (status = 404, description = "No such resource, or you may not see it"),
        (status = 409, description = "The resource has an account of this name"),
    ),
)]
async fn add_account(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ResourceKind>,
    Json(new): Json<NewAccount>,
) -> Result<(StatusCode, Tagged<AccountView>), Problem> {
    let found = resources::find(app.store.read(), id).await?;
    let granted = caller.decide(AddAccount, resources::facts(&app, &caller, found).await?)?;
    let target = super::add(&app, &caller.context(), granted, new.name).await?;
    Ok((StatusCode::CREATED, tagged(&app, target).await?))
}

/// See an account, without its password.
#[utoipa::path(
    get, path = "/accounts/{id}", tag = "accounts",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = 404, description = "No such account, or you may not see it"),
    ),
)]
async fn show_account(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
) -> Result<Tagged<AccountView>, Problem> {
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(ViewAccount, found.facts(&app, &caller).await?)?;
    tagged(&app, granted.into_row()).await
}

/// Change the policy or the maximum age of an account.
#[utoipa::path(
    patch, path = "/accounts/{id}", tag = "accounts", request_body = AccountChange,
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = AccountView),
        (status = 404, description = "No such account, or you may not see it"),
        (status = 412, description = "Changed since it was read"),
        (status = 428, description = "If-Match is missing"),
    ),
)]
async fn edit_account(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    read: IfMatch,
    Json(change): Json<AccountChange>,
) -> Result<Tagged<AccountView>, Problem> {
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(EditAccount, found.facts(&app, &caller).await?)?;
    let change = super::AccountChange { policy: change.policy, max_age: change.max_age_days };
    let target = super::edit(&app, &caller.context(), granted, read, change).await?;
    tagged(&app, target).await
}

/// Store a password that was set by hand on the host. It stays *unverified*
/// until a verify succeeds; nothing is changed on the host.
#[utoipa::path(
    put, path = "/accounts/{id}/password", tag = "accounts", request_body = TypedPassword,
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "Stored", body = AccountView),
        (status = 404, description = "No such account, or you may not see it"),
        (status = 409, description = "`in_progress`: a reset is open; `conflict`: it is gone"),
    ),
)]
async fn store_password(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    Json(body): Json<TypedPassword>,
) -> Result<Tagged<AccountView>, Problem> {
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(StorePassword, found.facts(&app, &caller).await?)?;
    let reason = reason(body.reason.as_deref().unwrap_or_default())?;
    let context = caller.context();
    let target = typed::store_typed(&app, &context, granted, &body.value.0, &reason).await?;
    tagged(&app, target).await
}

/// List the values a password has had, newest first, without the values.
#[utoipa::path(
    get, path = "/accounts/{id}/history", tag = "accounts",
    params(("id" = String, Path, description = "The account"), ListQuery),
    responses(
        (status = 200, description = "A page of versions", body = ItemList<VersionView>),
        (status = 404, description = "No such account, or you may not see it"),
    ),
)]
async fn list_password_history(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    list: List<NoFilter>,
) -> Result<Json<ItemList<VersionView>>, Problem> {
    list.no_search()?;
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(ViewHistory, found.facts(&app, &caller).await?)?;
    let account = granted.into_row().account.id;
    let versions = app.store.read().secret_versions().list(account, &list.page).await?;
    // One look is one event, however many pages it has.
    if list.page.after.is_none() {
        let mut work = app.store.begin(&caller.context()).await?;
        work.record(Event::PasswordHistoryViewed { account });
        work.commit().await.map(drop)?;
    }
    Ok(Json(ItemList::of(versions, VersionView::from)))
}

async fn tagged(app: &App, target: Target) -> Result<Tagged<AccountView>, Problem> {
    let version = target.account.version;
    Ok(Tagged { version, body: view::one(app, target.account).await? })
}
