//! `POST /session/prove`: a signed-in person proves again that it is them.
//!
//! What matters most (a password is revealed, somebody's way in is changed)
//! is not done by whoever sits down at an unlocked desk: the last proof must
//! be younger than the setting `limits.proof_minutes`. An API token is a key
//! of its own with its own scopes, held by a program that nobody can ask; it
//! is not asked.

use axum::extract::State;
use sekisho_model::Timestamp;
use sekisho_model::event::Event;
use sekisho_model::user::ProofMethod;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, LoginSession};
use serde::{Deserialize, Serialize};

use super::factors::{second_factors, take_code};
use super::throttle::Throttle;
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, How, Json, Problem, SecretText, Time};

/// A proof.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Proof {
    /// `password`, `totp` or `recovery_code`.
    #[schema(value_type = String)]
    method: ProofMethod,
    /// The password or the code.
    proof: SecretText,
}

/// What a proof gives.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Proved {
    /// Until when it is enough.
    valid_until: Time,
}

impl Proved {
    /// Enough until an instant.
    pub(crate) fn until(at: Timestamp) -> Self {
        Self { valid_until: at.into() }
    }
}

/// Proves again who the caller is.
#[utoipa::path(
    post, path = "/session/prove", tag = "session", request_body = Proof,
    responses(
        (status = 200, description = "Proved", body = Proved),
        (status = 400, description = "The proof is wrong (`field: proof`)"),
        (status = 403, description = "An API token is not asked for a proof"),
        (status = 429, description = "Too many wrong proofs"),
    ),
)]
pub(super) async fn post_proof(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(proof): Json<Proof>,
) -> Result<Json<Proved>, Problem> {
    prove(&app, &caller, proof).await?;
    Ok(Json(Proved::until(caller.now.plus(app.config.limits.proof))))
}

async fn prove(app: &App, caller: &Authenticated, given: Proof) -> Result<(), Problem> {
    caller.decide(action::ChangeOwnSignIn, Facts::owned_by(caller.user.id, ()))?.into_row();
    let session = own_session(caller)?;
    let context = caller.context();
    let user = caller.user.id;
    let throttled = format!("proof of {user}");
    let attempt = Throttle::new(&throttled, caller.origin.address).admit(app, &context).await?;
    let Proof { method, proof } = given;
    let password = match method {
        ProofMethod::Password => {
            let hash = caller.user.password_hash.clone();
            app.hasher.verify(proof.0.clone(), Some(hash)).await?
        }
        ProofMethod::Totp
        | ProofMethod::RecoveryCode
        | ProofMethod::Passkey
        | ProofMethod::Provider
        | ProofMethod::ProviderMfa => false,
    };
    let mut work = app.store.begin(&context).await?;
    work.users().lock(user).await?.ok_or(Problem::Stale)?;
    if !password && !take_code(app, &mut work, user, method, &proof).await? {
        attempt.failed(&work).await?;
        work.record(Event::IdentityNotProved { user, method });
        work.commit().await.map(drop)?;
        return Err(Problem::invalid("proof", "'proof' is wrong, or was used before"));
    }
    let mut methods = session.methods.clone().unwrap_or_default();
    if !methods.contains(&method) {
        methods.push(method);
    }
    work.login_sessions().prove(session.id, methods).await?;
    attempt.succeeded(&work).await?;
    work.record(Event::IdentityProved { user, method });
    Ok(work.commit().await.map(drop)?)
}

/// Refuses a session whose last proof is too old. An API token passes.
///
/// # Errors
/// [`Problem::ReauthenticationNeeded`].
pub async fn require_recent_proof(app: &App, caller: &Authenticated) -> Result<(), Problem> {
    let How::Session(session) = &caller.how else { return Ok(()) };
    let life = app.config.limits.proof;
    if session.proved_at.is_some_and(|at| caller.now < at.plus(life)) {
        return Ok(());
    }
    let mut methods = vec![ProofMethod::Password];
    methods.extend(second_factors(app.store.read(), caller.user.id).await?);
    if app.oidc.knows(app.store.read(), caller.user.id).await? {
        // Whoever came that way may know no password: it goes first.
        let came_so = session.methods.iter().flatten().any(|method| method.is_by_provider());
        methods.insert(if came_so { 0 } else { methods.len() }, ProofMethod::Provider);
    }
    Err(Problem::ReauthenticationNeeded { methods })
}

/// The session of a caller who has one: some things a person does themselves.
///
/// # Errors
/// [`Problem::Forbidden`] for an API token.
pub(crate) fn own_session(caller: &Authenticated) -> Result<&LoginSession, Problem> {
    match &caller.how {
        How::Session(session) => Ok(session),
        How::Token(_) => Err(Problem::Forbidden {
            detail: "an API token does not change how its user signs in; sign in".to_owned(),
        }),
    }
}
