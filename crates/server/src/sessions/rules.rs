//! Which roles need a second factor, and taking away somebody's who lost it.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::User as UserKind;
use sekisho_model::user::RoleRef;
use sekisho_policy::{Facts, action};
use sekisho_store::Access as _;
use serde::{Deserialize, Serialize};

use super::factors::second_factors;
use super::prove::require_recent_proof;
use super::second_factor::{SecondFactorView, view_of};
use crate::app::SharedApp;
use crate::http::{Authenticated, Json, PathId, Problem};
use crate::roles::RoleTable;

const NO_SUCH_USER: Problem = Problem::NotFound { what: "user" };

/// What is needed to sign in.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInRules {
    /// The roles whose people need a second factor.
    #[schema(value_type = Vec<String>)]
    second_factor_roles: Vec<RoleRef>,
}

/// Shows which roles need a second factor.
#[utoipa::path(
    get, path = "/sign-in/rules", tag = "users",
    responses((status = 200, description = "The rules", body = SignInRules)),
)]
pub(super) async fn show_rules(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<SignInRules>, Problem> {
    caller.decide(action::ViewSignInRules, Facts::nothing())?.into_row();
    let second_factor_roles = app.store.read().sign_in_rules().roles_with_second_factor().await?;
    Ok(Json(SignInRules { second_factor_roles }))
}

/// Says which roles need a second factor.
///
/// Who has none and is signed in can do nothing from then on but set one up.
/// API tokens go on working. Whoever wants it of their own role sets up their
/// own first.
#[utoipa::path(
    put, path = "/sign-in/rules", tag = "users", request_body = SignInRules,
    responses(
        (status = 200, description = "The rules", body = SignInRules),
        (status = 403, description = "Not allowed; `reauthentication_needed`"),
        (status = 409, description = "The caller's own role is among them, and they have no \
            second factor yet"),
    ),
)]
pub(super) async fn put_rules(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(SignInRules { mut second_factor_roles }): Json<SignInRules>,
) -> Result<Json<SignInRules>, Problem> {
    caller.decide(action::ChangeSignInRules, Facts::nothing())?.into_row();
    require_recent_proof(&app, &caller).await?;
    second_factor_roles.sort_by_key(RoleRef::to_string);
    second_factor_roles.dedup();
    let mut work = app.store.begin(&caller.context()).await?;
    if second_factor_roles.contains(&caller.user.role)
        && second_factors(&work, caller.user.id).await?.is_empty()
    {
        return Err(Problem::conflict_of(
            "own_factor_missing",
            "your own role is among them, and you have no second factor; set yours up first",
        ));
    }
    let before = work.sign_in_rules().roles_with_second_factor().await?;
    let table = RoleTable::load(&work).await?;
    for role in second_factor_roles.iter().filter(|role| !before.contains(role)) {
        if !table.can_be_granted(*role) {
            let detail = format!("'{role}' is no role that is in force; see GET /roles");
            return Err(Problem::invalid("second_factor_roles", detail));
        }
        work.sign_in_rules().set_second_factor(*role, true).await?;
    }
    for role in before.iter().filter(|role| !second_factor_roles.contains(role)) {
        work.sign_in_rules().set_second_factor(*role, false).await?;
    }
    if before != second_factor_roles {
        let roles = second_factor_roles.clone();
        work.record(Event::SecondFactorRuleChanged { roles });
        work.commit().await.map(drop)?;
    }
    Ok(Json(SignInRules { second_factor_roles }))
}

/// Shows whether a user has a second factor.
#[utoipa::path(
    get, path = "/users/{id}/second-factor", tag = "users", params(("id" = String, Path)),
    responses(
        (status = 200, description = "Their second factors", body = SecondFactorView),
        (status = 404, description = "No such user, or you may not see them"),
    ),
)]
pub(super) async fn show_users_second_factor(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserKind>,
) -> Result<Json<SecondFactorView>, Problem> {
    let user = app.store.read().users().find(id).await?.ok_or(NO_SUCH_USER)?;
    let user = caller.decide(action::ViewUser, Facts::of_site(user))?.into_row();
    Ok(Json(view_of(app.store.read(), user.id, user.role).await?))
}

/// Takes away the second factors of somebody who lost them, and ends their
/// sessions. If their role needs one, they set up another when they sign in.
///
/// Nobody does this to themselves, and only a Super Administrator to one.
#[utoipa::path(
    delete, path = "/users/{id}/second-factor", tag = "users", params(("id" = String, Path)),
    responses(
        (status = 204, description = "Taken away, or there was none"),
        (status = 403, description = "It is your own, or theirs is the higher role; \
            `reauthentication_needed`"),
        (status = 404, description = "No such user, or you may not see them"),
    ),
)]
pub(super) async fn reset_second_factor(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserKind>,
) -> Result<StatusCode, Problem> {
    let mut work = app.store.begin(&caller.context()).await?;
    let found = work.users().lock(id).await?.ok_or(NO_SUCH_USER)?;
    let facts = Facts::of_person(found.id, found.role, found);
    let user = caller.decide(action::ResetSecondFactor, facts)?.into_row().id;
    require_recent_proof(&app, &caller).await?;
    let factors = work.totp_factors().delete_of_user(user).await?;
    let passkeys = work.passkeys().delete_of_user(user).await?;
    let codes = work.recovery_codes().delete_of_user(user).await?;
    if factors + passkeys + codes > 0 {
        work.login_sessions().delete_of_user(user, None).await?;
        work.pending_sign_ins().delete_of_user(user).await?;
        work.record(Event::SecondFactorReset { user });
        work.commit().await.map(drop)?;
    }
    Ok(StatusCode::NO_CONTENT)
}
