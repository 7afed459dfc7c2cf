//! `/password-policies`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sekisho_model::id::{PasswordPolicy as PolicyKind, PasswordPolicyId};
use sekisho_model::name::Label;
use sekisho_model::password::PasswordRules;
use sekisho_policy::Facts;
use sekisho_policy::action::{ManagePolicies, ViewPolicies};
use sekisho_store::PasswordPolicy;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use crate::app::SharedApp;
use crate::http::{
    Authenticated, IfMatch, ItemList, Json, List, ListQuery, NoFilter, PathId, Problem, Routes,
    Tagged, Time,
};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new().signed_in(routes!(list_policies, create_policy)).signed_in(routes!(
        show_policy,
        edit_policy,
        delete_policy
    ))
}

/// A password policy.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PolicyView {
    /// Its id.
    #[schema(value_type = String)]
    id: PasswordPolicyId,
    /// Its name, unique.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// The rules.
    rules: Rules,
    /// Whether it holds where no other was chosen.
    is_default: bool,
    /// When it was made.
    created_at: Time,
    /// Counts changes; the ETag.
    version: i64,
}

impl From<PasswordPolicy> for PolicyView {
    fn from(policy: PasswordPolicy) -> Self {
        Self {
            id: policy.id,
            name: policy.name,
            rules: policy.rules.into(),
            is_default: policy.is_default,
            created_at: policy.created_at.into(),
            version: policy.version,
        }
    }
}

/// The rules for generated passwords. A rule that is left out of a request is
/// that of the built-in policy.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rules {
    /// Exact length in characters.
    #[schema(minimum = 8, maximum = 256)]
    length: u16,
    /// At least so many lower-case letters; `null`: none may occur.
    lower: Option<u16>,
    /// At least so many upper-case letters; `null`: none may occur.
    upper: Option<u16>,
    /// At least so many digits; `null`: none may occur.
    digit: Option<u16>,
    /// At least so many symbols; `null`: none may occur.
    symbol: Option<u16>,
    /// Characters that must not occur.
    #[schema(max_length = 128)]
    excluded: String,
    /// Whether the first character must be a letter.
    starts_with_letter: bool,
    /// So many previous passwords of an account may not come again.
    #[schema(maximum = 200)]
    history: u16,
}

impl Default for Rules {
    fn default() -> Self {
        PasswordRules::default().into()
    }
}

impl From<PasswordRules> for Rules {
    fn from(rules: PasswordRules) -> Self {
        let PasswordRules {
            length,
            lower,
            upper,
            digit,
            symbol,
            excluded,
            starts_with_letter,
            history,
        } = rules;
        Self { length, lower, upper, digit, symbol, excluded, starts_with_letter, history }
    }
}

impl From<Rules> for PasswordRules {
    fn from(rules: Rules) -> Self {
        let Rules { length, lower, upper, digit, symbol, excluded, starts_with_letter, history } =
            rules;
        Self { length, lower, upper, digit, symbol, excluded, starts_with_letter, history }
    }
}

/// A new policy.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPolicy {
    /// Its name, unique.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// The rules.
    rules: Rules,
}

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyChange {
    /// Its name, unique.
    #[schema(value_type = Option<String>, max_length = 100)]
    #[serde(default)]
    name: Option<Label>,
    /// All rules; those left out become those of the built-in policy.
    #[serde(default)]
    rules: Option<Rules>,
}

/// List the password policies, by name.
#[utoipa::path(
    get,
    path = "/password-policies",
    tag = "policies",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of policies", body = ItemList<PolicyView>),
    ),
)]
async fn list_policies(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter>,
) -> Result<Json<ItemList<PolicyView>>, Problem> {
    caller.decide(ViewPolicies, Facts::nothing())?.into_row();
    list.no_search()?;
    let found = super::list(&app, &list.page).await?;
    Ok(Json(ItemList::of(found, PolicyView::from)))
}

/// Create a password policy.
#[utoipa::path(
    post,
    path = "/password-policies",
    tag = "policies",
    request_body = NewPolicy,
    responses(
        (status = 201, description = "Created", body = PolicyView),
        (status = 409, description = "`conflict`: the name is taken"),
        (status = 422, description = "`invalid_input`: no generator can satisfy the rule in `field`"),
    ),
)]
async fn create_policy(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewPolicy>,
) -> Result<Response, Problem> {
    let granted = caller.decide(ManagePolicies, Facts::nothing())?;
    let context = caller.context();
    let policy = super::create(&app, &context, granted, new.name, new.rules.into()).await?;
    Ok((StatusCode::CREATED, tagged(policy)).into_response())
}

/// See a password policy.
#[utoipa::path(
    get,
    path = "/password-policies/{id}",
    tag = "policies",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The policy", body = PolicyView),
        (status = 404, description = "`not_found`"),
    ),
)]
async fn show_policy(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<PolicyKind>,
) -> Result<Tagged<PolicyView>, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(ViewPolicies, Facts::of_site(found))?;
    Ok(tagged(granted.into_row()))
}

/// Change a password policy. Existing passwords are not touched.
#[utoipa::path(
    patch,
    path = "/password-policies/{id}",
    tag = "policies",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    request_body = PolicyChange,
    responses(
        (status = 200, description = "Changed", body = PolicyView),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: the name is taken"),
        (status = 412, description = "`stale`"),
        (status = 422, description = "`invalid_input`: no generator can satisfy the rule in `field`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn edit_policy(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<PolicyKind>,
    read: IfMatch,
    Json(change): Json<PolicyChange>,
) -> Result<Tagged<PolicyView>, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(ManagePolicies, Facts::of_site(found))?;
    let rules = change.rules.map(PasswordRules::from);
    let context = caller.context();
    super::edit(&app, &context, granted, read, change.name, rules).await.map(tagged)
}

/// Delete a password policy that nothing uses.
#[utoipa::path(
    delete,
    path = "/password-policies/{id}",
    tag = "policies",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: it is the default policy, or in use"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
async fn delete_policy(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<PolicyKind>,
    read: IfMatch,
) -> Result<StatusCode, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(ManagePolicies, Facts::of_site(found))?;
    super::delete(&app, &caller.context(), granted, read).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(policy: PasswordPolicy) -> Tagged<PolicyView> {
    Tagged { version: policy.version, body: policy.into() }
}
