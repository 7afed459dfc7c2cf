//! `/password-policies`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sekisho_model::id::{PasswordPolicy as PolicyKind, PasswordPolicyId};
use sekisho_model::name::Label;
use sekisho_model::password::PasswordRules;
use sekisho_model::rotation::{Age, Ageing};
use sekisho_policy::Facts;
use sekisho_policy::action::{ManagePolicies, ViewPolicies};
use sekisho_store::{Access as _, POLICY_SORTS};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::Shown;
use crate::app::SharedApp;
use crate::http::{
    Authenticated, IfMatch, ItemList, Json, List, ListQuery, NoFilter, PathId, Problem, Routes,
    SortQuery, Sorts, Tagged, Time,
};
use crate::resources::refs::given;

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
    /// How its passwords age.
    rotation: Rotation,
    /// Whether it holds where no other was chosen.
    is_default: bool,
    /// When it was made.
    created_at: Time,
    /// Counts changes; the ETag.
    version: i64,
}

impl From<Shown> for PolicyView {
    fn from((policy, rotation): Shown) -> Self {
        Self {
            id: policy.id,
            name: policy.name,
            rules: policy.rules.into(),
            rotation: rotation.into(),
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

/// How the passwords of a policy age. What is left out of a request is as
/// shown here.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rotation {
    /// The maximum age in days (1 to 3650), or `off`; `null`: the policy says
    /// nothing.
    #[schema(value_type = Option<serde_json::Value>)]
    max_age_days: Option<Age>,
    /// So many days before a reset it is announced; 0: not at all.
    #[schema(maximum = 365)]
    notice_days: u16,
    /// Whether passwords that nobody knows are reset without being asked.
    reset_unknown: bool,
    /// How often the host is asked whether the password still works, in days,
    /// or `off`.
    #[schema(value_type = serde_json::Value)]
    verify_every_days: Age,
    /// Whether a password that was found out of sync is set anew.
    auto_heal: bool,
}

impl Default for Rotation {
    fn default() -> Self {
        Ageing::default().into()
    }
}

impl From<Ageing> for Rotation {
    fn from(said: Ageing) -> Self {
        Self {
            max_age_days: said.max_age,
            notice_days: said.notice_days,
            reset_unknown: said.reset_unknown,
            verify_every_days: said.verify_every,
            auto_heal: said.auto_heal,
        }
    }
}

impl From<Rotation> for Ageing {
    fn from(body: Rotation) -> Self {
        Self {
            max_age: body.max_age_days,
            notice_days: body.notice_days,
            reset_unknown: body.reset_unknown,
            verify_every: body.verify_every_days,
            auto_heal: body.auto_heal,
        }
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
    /// How its passwords age.
    #[serde(default)]
    rotation: Option<Rotation>,
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
    /// How its passwords age; what is left out of it stays.
    #[serde(default)]
    rotation: Option<RotationChange>,
}

/// What changes of how passwords age; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RotationChange {
    /// The maximum age in days (1 to 3650), or `off`; `null`: the policy says
    /// nothing.
    #[schema(value_type = Option<serde_json::Value>)]
    #[serde(default, deserialize_with = "given")]
    max_age_days: Option<Option<Age>>,
    /// So many days before a reset it is announced; 0: not at all.
    #[schema(maximum = 365)]
    #[serde(default)]
    notice_days: Option<u16>,
    /// Whether passwords that nobody knows are reset without being asked.
    #[serde(default)]
    reset_unknown: Option<bool>,
    /// How often the host is asked whether the password still works, in days,
    /// or `off`.
    #[schema(value_type = Option<serde_json::Value>)]
    #[serde(default)]
    verify_every_days: Option<Age>,
    /// Whether a password that was found out of sync is set anew.
    #[serde(default)]
    auto_heal: Option<bool>,
}

impl RotationChange {
    fn apply(self, before: Ageing) -> Ageing {
        Ageing {
            max_age: self.max_age_days.unwrap_or(before.max_age),
            notice_days: self.notice_days.unwrap_or(before.notice_days),
            reset_unknown: self.reset_unknown.unwrap_or(before.reset_unknown),
            verify_every: self.verify_every_days.unwrap_or(before.verify_every),
            auto_heal: self.auto_heal.unwrap_or(before.auto_heal),
        }
    }
}

struct PolicySorts;

impl Sorts for PolicySorts {
    const WORDS: &'static [&'static str] = POLICY_SORTS;
}

/// List the password policies, by name or by `sort`: `name`, `created_at`.
#[utoipa::path(
    get,
    path = "/password-policies",
    tag = "policies",
    params(ListQuery, SortQuery),
    responses(
        (status = 200, description = "A page of policies", body = ItemList<PolicyView>),
    ),
)]
async fn list_policies(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter, PolicySorts>,
) -> Result<Json<ItemList<PolicyView>>, Problem> {
    caller.decide(ViewPolicies, Facts::nothing())?.into_row();
    let found = super::list(&app, list.q.as_deref(), &list.page).await?;
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
    let rotation = new.rotation.map(Ageing::from);
    let rules = new.rules.into();
    let policy = super::create(&app, &context, granted, new.name, rules, rotation).await?;
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
    let policy = caller.decide(ViewPolicies, Facts::of_site(found))?.into_row();
    let rotation = app.store.read().rotation().of_policy(policy.id).await?;
    Ok(tagged((policy, rotation)))
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
    // It changes with the policy's version only, which the edit checks.
    let before = app.store.read().rotation().of_policy(id).await?;
    let rotation = change.rotation.map(|change| change.apply(before));
    let context = caller.context();
    super::edit(&app, &context, granted, read, change.name, rules, rotation).await.map(tagged)
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

fn tagged(shown: Shown) -> Tagged<PolicyView> {
    Tagged { version: shown.0.version, body: shown.into() }
}
