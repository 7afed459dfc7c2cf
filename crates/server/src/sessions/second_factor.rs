//! `/me/second-factor`: one's own authenticator app and recovery codes.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::TotpFactorId;
use sekisho_model::user::ProofMethod;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access, TotpFactor};
use serde::{Deserialize, Serialize};

use super::factors::give_recovery_codes;
use super::prove::{own_session, require_recent_proof};
use super::second_step::wrong_code;
use super::throttle::Throttle;
use super::{codes, factors};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, Json, Problem, SecretText, Time};
use crate::secrets;

/// How long a shown secret waits for the first code of its app.
pub const ENROLMENT_LIFE: Duration = Duration::from_secs(10 * 60);

/// The second factors of a user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SecondFactorView {
    /// Since when an authenticator app counts.
    pub(crate) totp_since: Option<Time>,
    /// How many passkeys there are.
    pub(crate) passkeys: u64,
    /// How many recovery codes are left.
    pub(crate) recovery_codes_left: u64,
    /// Whether the user's role needs a second factor.
    pub(crate) required: bool,
}

/// A secret for an authenticator app. It is shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NewTotp {
    /// The secret in base32, for typing.
    secret: SecretText,
    /// The same as `otpauth://…`, for a picture that the app reads.
    url: SecretText,
    /// Until when the first code is waited for.
    expires_at: Time,
}

/// The first code of an app.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstCode {
    /// The code.
    code: SecretText,
}

/// New recovery codes. They are shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NewRecoveryCodes {
    /// Each stands in for a second factor once.
    recovery_codes: Vec<SecretText>,
}

/// The second factors of a user, for them or for an administrator.
///
/// # Errors
/// When the database fails.
pub(crate) async fn view_of(
    at: &impl Access,
    user: sekisho_model::id::UserId,
    role: sekisho_model::user::RoleRef,
) -> Result<SecondFactorView, Problem> {
    let totp = at.totp_factors().confirmed(user).await?;
    Ok(SecondFactorView {
        totp_since: totp.and_then(|totp| totp.confirmed_at).map(Time),
        passkeys: at.passkeys().count_of_user(user).await?,
        recovery_codes_left: at.recovery_codes().left(user).await?,
        required: at.sign_in_rules().needs_second_factor(role).await?,
    })
}

/// Shows the caller's second factors.
#[utoipa::path(
    get, path = "/me/second-factor", tag = "session",
    responses((status = 200, description = "The second factors", body = SecondFactorView)),
)]
pub(super) async fn show_second_factor(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<SecondFactorView>, Problem> {
    caller.decide(action::ViewOwnSignIn, Facts::owned_by(caller.user.id, ()))?.into_row();
    Ok(Json(view_of(app.store.read(), caller.user.id, caller.user.role).await?))
}

/// Begins to set up an authenticator app: makes its secret.
///
/// It counts once its first code has proved that the app has it. One that
/// counts already does so until then.
#[utoipa::path(
    post, path = "/me/second-factor/totp", tag = "session",
    responses(
        (status = 201, description = "The secret, shown this once", body = NewTotp),
        (status = 403, description = "An API token sets up no second factor; \
            `reauthentication_needed`"),
    ),
)]
pub(super) async fn start_totp(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<(StatusCode, Json<NewTotp>), Problem> {
    may_change(&app, &caller).await?;
    let secret = codes::new_secret(app.rng.as_ref());
    let id = TotpFactorId::at(caller.now, app.rng.as_ref());
    let (sealed_secret, vault_key_version) =
        secrets::seal(&app, secrets::totp_place(&id), &secret)?;
    let factor = TotpFactor {
        id,
        user: caller.user.id,
        sealed_secret,
        vault_key_version,
        created_at: caller.now,
        confirmed_at: None,
        last_step: 0,
    };
    let work = app.store.begin(&caller.context()).await?;
    work.totp_factors().start(factor).await?;
    work.commit_unaudited("a secret that opens nothing until its first code").await.map(drop)?;
    let site = app.config.public_name.to_string();
    let url = codes::otpauth_url(&secret, &site, caller.user.name.as_str());
    let body = NewTotp {
        secret: SecretText(codes::base32(&secret)),
        url: SecretText(url),
        expires_at: caller.now.plus(ENROLMENT_LIFE).into(),
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Finishes setting up an authenticator app with its first code, gives new
/// recovery codes and ends the caller's other sessions.
#[utoipa::path(
    post, path = "/me/second-factor/totp/confirm", tag = "session", request_body = FirstCode,
    responses(
        (status = 200, description = "It counts; the recovery codes, shown this once",
            body = NewRecoveryCodes),
        (status = 400, description = "The code is wrong (`field: code`)"),
        (status = 409, description = "No app waits for its first code; begin again"),
        (status = 429, description = "Too many wrong codes"),
    ),
)]
pub(super) async fn confirm_totp(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(FirstCode { code }): Json<FirstCode>,
) -> Result<Json<NewRecoveryCodes>, Problem> {
    may_change(&app, &caller).await?;
    let session = own_session(&caller)?;
    let context = caller.context();
    let user = caller.user.id;
    let throttled = format!("first code of {user}");
    let attempt = Throttle::new(&throttled, caller.origin.address).admit(&app, &context).await?;
    let mut work = app.store.begin(&context).await?;
    work.users().lock(user).await?.ok_or(Problem::Stale)?;
    let waiting = work.totp_factors().unconfirmed(user).await?;
    let waiting =
        waiting.filter(|factor| caller.now < factor.created_at.plus(ENROLMENT_LIFE)).ok_or_else(
            || Problem::conflict("no authenticator app waits for its first code; begin again"),
        )?;
    let secret = secrets::open(&app, secrets::totp_place(&waiting.id), &waiting.sealed_secret)?;
    let Some(step) = codes::matching_step(&secret, &code, caller.now)? else {
        attempt.failed(&work).await?;
        work.commit_unaudited("a wrong first code is counted").await.map(drop)?;
        return Err(wrong_code());
    };
    if !work.totp_factors().confirm(user, waiting.id, step).await? {
        return Err(Problem::Stale);
    }
    work.record(Event::SecondFactorAdded { user, method: ProofMethod::Totp });
    let recovery_codes = give_recovery_codes(&app, &mut work, user).await?;
    let mut methods = session.methods.clone().unwrap_or_default();
    if !methods.contains(&ProofMethod::Totp) {
        methods.push(ProofMethod::Totp);
    }
    work.login_sessions().prove(session.id, methods).await?;
    work.login_sessions().delete_of_user(user, Some(session.id)).await?;
    attempt.succeeded(&work).await?;
    work.commit().await.map(drop)?;
    Ok(Json(NewRecoveryCodes { recovery_codes }))
}

/// Removes the caller's authenticator app. With the last second factor the
/// recovery codes go, too.
#[utoipa::path(
    delete, path = "/me/second-factor/totp", tag = "session",
    responses(
        (status = 204, description = "Removed, or there was none"),
        (status = 403, description = "`reauthentication_needed`"),
        (status = 409, description = "It is the last second factor, and the role needs one"),
    ),
)]
pub(super) async fn remove_totp(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<StatusCode, Problem> {
    may_change(&app, &caller).await?;
    let mut work = app.store.begin(&caller.context()).await?;
    let user = work.users().lock(caller.user.id).await?.ok_or(Problem::Stale)?;
    if work.totp_factors().delete_of_user(user.id).await? > 0 {
        let method = ProofMethod::Totp;
        work.record(Event::SecondFactorRemoved { user: user.id, method });
    }
    if factors::second_factors(&work, user.id).await?.is_empty() {
        if work.sign_in_rules().needs_second_factor(user.role).await? {
            return Err(Problem::conflict(
                "your role needs a second factor, and there is no other; set up another app, which \
                 takes the place of this one",
            ));
        }
        work.recovery_codes().delete_of_user(user.id).await?;
    }
    if work.has_events() {
        work.commit().await.map(drop)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Gives the caller new recovery codes; the former ones are void.
#[utoipa::path(
    post, path = "/me/second-factor/recovery-codes", tag = "session",
    responses(
        (status = 200, description = "The codes, shown this once", body = NewRecoveryCodes),
        (status = 403, description = "`reauthentication_needed`"),
        (status = 409, description = "There is no second factor they could stand in for"),
    ),
)]
pub(super) async fn new_recovery_codes(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<NewRecoveryCodes>, Problem> {
    may_change(&app, &caller).await?;
    let mut work = app.store.begin(&caller.context()).await?;
    let user = work.users().lock(caller.user.id).await?.ok_or(Problem::Stale)?.id;
    if factors::second_factors(&work, user).await?.is_empty() {
        return Err(Problem::conflict("there is no second factor yet; set one up first"));
    }
    let recovery_codes = give_recovery_codes(&app, &mut work, user).await?;
    work.commit().await.map(drop)?;
    Ok(Json(NewRecoveryCodes { recovery_codes }))
}

/// Lets a person change how they sign in who has lately proved to be them,
/// with the second factor if they have one.
///
/// # Errors
/// [`Problem::Forbidden`] for an API token, [`Problem::ReauthenticationNeeded`].
pub(crate) async fn may_change(app: &App, caller: &Authenticated) -> Result<(), Problem> {
    caller.decide(action::ChangeOwnSignIn, Facts::owned_by(caller.user.id, ()))?.into_row();
    let session = own_session(caller)?;
    let methods = factors::factors_to_show(app.store.read(), session).await?;
    if !methods.is_empty() {
        return Err(Problem::ReauthenticationNeeded { methods });
    }
    require_recent_proof(app, caller).await
}
