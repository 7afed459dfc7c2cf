//! Registering a passkey.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::PasskeyId;
use sekisho_model::name::Label;
use sekisho_model::user::ProofMethod;
use sekisho_store::{Access as _, Blob, Passkey as Row};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{CreationChallengeResponse, RegisterPublicKeyCredential};
use webauthn_rs_proto::ResidentKeyRequirement;

use super::ceremony::read;
use super::challenges::{LIFE, Waiting};
use super::own::{PasskeyView, shown};
use crate::app::SharedApp;
use crate::http::{Authenticated, Json, Problem, SecretText, Time};
use crate::sessions::{give_recovery_codes, may_change, own_session};

/// A user has at most so many passkeys.
pub(super) const MAX_PASSKEYS: u64 = 20;

/// What the browser makes a passkey from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RegistrationStart {
    /// What the answer names.
    challenge: String,
    /// The argument of `navigator.credentials.create`, as JSON (WebAuthn,
    /// `parseCreationOptionsFromJSON`).
    #[schema(value_type = Object)]
    options: CreationChallengeResponse,
    /// Until when the answer is waited for.
    expires_at: Time,
}

/// A new passkey.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPasskey {
    /// What `start` answered as `challenge`.
    challenge: String,
    /// What to call it: the device, for example.
    #[schema(value_type = String)]
    name: Label,
    /// The `PublicKeyCredential` of the browser, as JSON (WebAuthn,
    /// `toJSON`).
    #[schema(value_type = Object)]
    credential: RegisterPublicKeyCredential,
}

/// A registered passkey.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RegisteredPasskey {
    #[serde(flatten)]
    view: PasskeyView,
    /// With the first second factor: codes that stand in for it, shown this
    /// once.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<SecretText>>,
}

/// Begins to register a passkey.
#[utoipa::path(
    post, path = "/me/passkeys/start", tag = "session",
    responses(
        (status = 201, description = "What the browser needs", body = RegistrationStart),
        (status = 403, description = "An API token registers no passkey; \
            `reauthentication_needed`"),
        (status = 409, description = "The server has no name to bind it to, or there are 20"),
    ),
)]
pub(super) async fn start_registration(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<(StatusCode, Json<RegistrationStart>), Problem> {
    may_change(&app, &caller).await?;
    let user = &caller.user;
    let there = app.store.read().passkeys().of_user(user.id, MAX_PASSKEYS).await?;
    if there.len() as u64 >= MAX_PASSKEYS {
        return Err(too_many());
    }
    let mut known = Vec::with_capacity(there.len());
    for row in &there {
        known.push(read(row)?.cred_id().clone());
    }
    let (mut options, state) = app
        .passkeys
        .webauthn()?
        .start_passkey_registration(
            user.id.uuid(),
            user.name.as_str(),
            &user.display_name,
            Some(known),
        )
        .map_err(|error| Problem::internal(anyhow::anyhow!("a registration: {error}")))?;
    // The authenticator remembers whose it is, so that nobody types a name.
    if let Some(selection) = options.public_key.authenticator_selection.as_mut() {
        selection.resident_key = Some(ResidentKeyRequirement::Required);
        selection.require_resident_key = true;
    }
    let waiting = Waiting::Registration(user.id, Box::new(state));
    let challenge = app.passkeys.challenges.keep(waiting, caller.now, app.rng.as_ref());
    let expires_at = caller.now.plus(LIFE).into();
    Ok((StatusCode::CREATED, Json(RegistrationStart { challenge, options, expires_at })))
}

/// Registers a passkey.
#[utoipa::path(
    post, path = "/me/passkeys", tag = "session", request_body = NewPasskey,
    responses(
        (status = 201, description = "The passkey", body = RegisteredPasskey),
        (status = 400, description = "The answer does not fit (`field: credential`)"),
        (status = 403, description = "`reauthentication_needed`"),
        (status = 409, description = "The challenge is over; begin again"),
    ),
)]
pub(super) async fn finish_registration(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewPasskey>,
) -> Result<(StatusCode, Json<RegisteredPasskey>), Problem> {
    may_change(&app, &caller).await?;
    let session = own_session(&caller)?;
    let user = caller.user.id;
    let state = match app.passkeys.challenges.take(&new.challenge, caller.now) {
        Some(Waiting::Registration(whose, state)) if whose == user => state,
        _ => {
            return Err(Problem::conflict(
                "this challenge is over, or was answered before; begin again",
            ));
        }
    };
    let checked = app.passkeys.webauthn()?.finish_passkey_registration(&new.credential, &state);
    let passkey = checked.map_err(|error| {
        Problem::invalid("credential", format!("'credential' is not accepted: {error}"))
    })?;
    let row = Row {
        id: PasskeyId::at(caller.now, app.rng.as_ref()),
        user,
        name: new.name,
        credential_id: Blob(passkey.cred_id().to_vec()),
        credential: serde_json::to_value(&passkey).map_err(Problem::internal)?,
        created_at: caller.now,
        last_used_at: None,
    };
    let mut work = app.store.begin(&caller.context()).await?;
    // The user's row is the lock under which their passkeys are counted.
    work.users().lock(user).await?.ok_or(Problem::Stale)?;
    if work.passkeys().count_of_user(user).await? >= MAX_PASSKEYS {
        return Err(too_many());
    }
    work.passkeys().insert(row.clone()).await?;
    work.record(Event::PasskeyAdded { user, passkey: row.id, name: row.name.to_string() });
    let recovery_codes = if work.recovery_codes().left(user).await? == 0 {
        Some(give_recovery_codes(&app, &mut work, user).await?)
    } else {
        None
    };
    // Whoever has just used the authenticator has shown it.
    let mut methods = session.methods.clone().unwrap_or_default();
    if !methods.contains(&ProofMethod::Passkey) {
        methods.push(ProofMethod::Passkey);
    }
    work.login_sessions().prove(session.id, methods).await?;
    work.login_sessions().delete_of_user(user, Some(session.id)).await?;
    work.commit().await.map(drop)?;
    Ok((StatusCode::CREATED, Json(RegisteredPasskey { view: shown(row), recovery_codes })))
}

fn too_many() -> Problem {
    Problem::conflict(format!("you have {MAX_PASSKEYS} passkeys; remove one first"))
}
