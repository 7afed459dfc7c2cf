//! The two endpoints that answer with a clear password.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::account::{Knowledge, SecretOrigin, SecretState};
use sekisho_model::id::{
    Account as AccountKind, SecretVersion as SecretVersionKind, SecretVersionId,
};
use sekisho_policy::action::{RevealFormer, RevealPassword};
use serde::{Deserialize, Serialize};

use super::Target;
use super::reveal::{Purpose, Revealed, RevealedValue, reveal, reveal_former};
use super::view::AccountRef;
use crate::app::SharedApp;
use crate::http::{Authenticated, Json, PathId, PathIds, Problem, SecretText, Time};
use crate::resources::refs::{SecretJson, required_reason};
use crate::sessions::require_recent_proof;

/// How long a value is shown, in seconds.
pub(crate) const HIDE_AFTER_S: u32 = 10;

/// Why a password is wanted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevealRequest {
    /// Why, in a few words; it goes into the audit log.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// What for.
    #[serde(default)]
    purpose: RevealPurpose,
}

/// What a password is wanted for.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum RevealPurpose {
    /// To be shown.
    #[default]
    Show,
    /// To be copied without being shown.
    Copy,
}

/// Why a former password is wanted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevealFormerRequest {
    /// Why, in a few words; it goes into the audit log.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Clear values of one account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RevealedView {
    /// The account.
    account: AccountRef,
    /// What is known of its password: `unverified`, `known`, `indeterminate`;
    /// `out_of_sync`: the newest check found that the current value does not
    /// work.
    #[schema(value_type = String)]
    knowledge: Knowledge,
    /// When the current value was last checked, whatever the check found.
    checked_at: Option<Time>,
    /// Normally one; while a reset's outcome is open every value that may
    /// work, the newest first.
    values: Vec<RevealedValueView>,
    /// Hide what is shown after so many seconds.
    hide_after_s: u32,
}

/// One clear value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RevealedValueView {
    /// Its id.
    #[schema(value_type = String)]
    version: SecretVersionId,
    /// Its number for people.
    number: i64,
    /// `current` or `indeterminate`; in the history also `superseded` or
    /// `rejected`.
    #[schema(value_type = String)]
    state: SecretState,
    /// `generated`, `typed`, `recovered`.
    #[schema(value_type = String)]
    origin: SecretOrigin,
    /// The value.
    value: SecretText,
    /// Why it has its state.
    evidence: String,
    /// Since when.
    since: Time,
}

impl From<RevealedValue> for RevealedValueView {
    fn from(value: RevealedValue) -> Self {
        Self {
            version: value.version,
            number: value.number,
            state: value.state,
            origin: value.origin,
            value: value.value,
            evidence: value.evidence,
            since: value.since.into(),
        }
    }
}

fn shown(revealed: Revealed) -> SecretJson<RevealedView> {
    let body = RevealedView {
        account: AccountRef::of(&revealed.target),
        knowledge: revealed.knowledge,
        checked_at: revealed.target.account.last_verified_at.map(Time),
        values: revealed.values.into_iter().map(RevealedValueView::from).collect(),
        hide_after_s: HIDE_AFTER_S,
    };
    SecretJson { status: StatusCode::OK, body }
}

/// Reveal the password of an account. On record before it is answered; an
/// API token needs the scope `reveal`.
#[utoipa::path(
    post, path = "/accounts/{id}/reveal", tag = "accounts", request_body = RevealRequest,
    params(("id" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "The value, or the values that may work", body = RevealedView),
        (status = 403, description = "Not allowed; `reauthentication_needed`: prove again who you \
            are"),
        (status = 404, description = "No such account, or you may not see it"),
        (status = 409, description = "`unknown_password`: reset it or store it first"),
    ),
)]
pub(super) async fn reveal_password(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<AccountKind>,
    Json(body): Json<RevealRequest>,
) -> Result<SecretJson<RevealedView>, Problem> {
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(RevealPassword, found.facts(&app, &caller).await?)?;
    require_recent_proof(&app, &caller).await?;
    let reason = required_reason(&body.reason)?;
    let purpose = match body.purpose {
        RevealPurpose::Show => Purpose::Show,
        RevealPurpose::Copy => Purpose::Copy,
    };
    reveal(&app, &caller.context(), granted, purpose, reason).await.map(shown)
}

/// Reveal one value of a password's history. On record before it is answered;
/// an API token needs the scope `reveal`.
#[utoipa::path(
    post, path = "/accounts/{id}/history/{version}/reveal", tag = "accounts",
    request_body = RevealFormerRequest,
    params(
        ("id" = String, Path, description = "The account"),
        ("version" = String, Path, description = "The version"),
    ),
    responses(
        (status = 200, description = "The value", body = RevealedView),
        (status = 403, description = "Not allowed; `reauthentication_needed`: prove again who you \
            are"),
        (status = 404, description = "No such version, or you may not see it"),
        (status = 409, description = "The reset it belongs to has no outcome yet"),
    ),
)]
pub(super) async fn reveal_former_password(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathIds(id, version): PathIds<AccountKind, SecretVersionKind>,
    Json(body): Json<RevealFormerRequest>,
) -> Result<SecretJson<RevealedView>, Problem> {
    let found = Target::find(app.store.read(), id).await?;
    let granted = caller.decide(RevealFormer, found.facts(&app, &caller).await?)?;
    require_recent_proof(&app, &caller).await?;
    let reason = required_reason(&body.reason)?;
    reveal_former(&app, &caller.context(), granted, version, reason).await.map(shown)
}
