//! `/system/recovery-key`.

use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_policy::{Facts, action};
use sekisho_seal::recovery_key;
use sekisho_store::{Access as _, RecoveryProof};
use serde::{Deserialize, Serialize};

use super::challenges::{LIFE, Waiting};
use super::{kid, newest};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, Json, Problem, SecretText, Time};
use crate::resources::refs::{Named, Names};

/// The recovery key, as far as the server knows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RecoveryKeyView {
    /// Its short id, as in the trust bundles.
    kid: String,
    /// When somebody last showed that they hold it; `null`: nobody has.
    proved_at: Option<Time>,
    /// Who that was.
    proved_by: Option<Named>,
}

/// What the holder of the recovery key is asked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RecoveryKeyChallenge {
    /// What the answer names.
    challenge: String,
    /// The encapsulated key (RFC 9180), base64url.
    enc: String,
    /// Until when the answer is waited for.
    expires_at: Time,
}

/// The answer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecoveryKeyProof {
    /// What the question answered as `challenge`.
    challenge: String,
    /// The exported secret (RFC 9180 §5.3) with the info `sekisho recovery key
    /// proof v1` and the exporter context `proof`, 32 bytes in base64url.
    proof: SecretText,
}

async fn view(app: &App) -> Result<RecoveryKeyView, Problem> {
    let reader = app.store.read();
    let kid = kid(&newest(app)?);
    let proof = reader.recovery_proofs().find(&kid).await?;
    let proved_by = match &proof {
        Some(proof) => Some(Names::new(reader).user(proof.user).await?),
        None => None,
    };
    Ok(RecoveryKeyView { kid, proved_at: proof.map(|proof| proof.proved_at.into()), proved_by })
}

/// Shows which recovery key backups are sealed to, and whether somebody has
/// shown that they hold it. The server never has its private half.
#[utoipa::path(
    get, path = "/system/recovery-key", tag = "system",
    responses(
        (status = 200, description = "The key", body = RecoveryKeyView),
        (status = 403, description = "Only administrators and auditors see it"),
    ),
)]
pub(super) async fn show_recovery_key(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<RecoveryKeyView>, Problem> {
    caller.decide(action::ViewSystem, Facts::nothing())?.into_row();
    Ok(Json(view(&app).await?))
}

/// Asks the holder of the recovery key to show it: only its private half answers
/// this, and it does not leave the caller.
#[utoipa::path(
    post, path = "/system/recovery-key/challenge", tag = "system",
    responses(
        (status = 201, description = "The question", body = RecoveryKeyChallenge),
        (status = 403, description = "Only administrators are asked"),
    ),
)]
pub(super) async fn ask_for_recovery_key(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<(StatusCode, Json<RecoveryKeyChallenge>), Problem> {
    caller.decide(action::ProveRecoveryKey, Facts::nothing())?.into_row();
    let key = newest(&app)?;
    let asked = recovery_key::challenge(&key.key, app.rng.as_ref()).map_err(Problem::internal)?;
    let waiting = Waiting { user: caller.user.id, kid: kid(&key), expected: asked.expected };
    let challenge = app.recovery_challenges.keep(waiting, caller.now, app.rng.as_ref());
    let enc = BASE64URL_NOPAD.encode(&asked.enc);
    let expires_at = caller.now.plus(LIFE).into();
    Ok((StatusCode::CREATED, Json(RecoveryKeyChallenge { challenge, enc, expires_at })))
}

/// Shows that the caller holds the recovery key.
#[utoipa::path(
    post, path = "/system/recovery-key/proof", tag = "system", request_body = RecoveryKeyProof,
    responses(
        (status = 200, description = "It is the right one", body = RecoveryKeyView),
        (status = 400, description = "It is another key (`field: proof`)"),
        (status = 403, description = "Only administrators are asked"),
        (status = 409, description = "The challenge is over; begin again"),
    ),
)]
pub(super) async fn prove_recovery_key(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(answer): Json<RecoveryKeyProof>,
) -> Result<Json<RecoveryKeyView>, Problem> {
    caller.decide(action::ProveRecoveryKey, Facts::nothing())?.into_row();
    let user = caller.user.id;
    let waiting = app
        .recovery_challenges
        .take(&answer.challenge, caller.now)
        .filter(|waiting| waiting.user == user)
        .ok_or_else(|| {
            Problem::conflict("this challenge is over, or was answered before; begin again")
        })?;
    // Compared as a whole, once per challenge: time tells nothing of use.
    let given = BASE64URL_NOPAD.decode(answer.proof.0.expose()).ok();
    if given.as_deref() != Some(&waiting.expected[..]) {
        return Err(Problem::invalid(
            "proof",
            format!("'proof' is not by the recovery key {} of this site", waiting.kid),
        ));
    }
    let mut work = app.store.begin(&caller.context()).await?;
    let kid = waiting.kid;
    let proof = RecoveryProof { kid: kid.clone(), user, proved_at: caller.now };
    work.recovery_proofs().put(proof).await?;
    work.record(Event::RecoveryKeyProved { user, kid });
    work.commit().await.map(drop)?;
    Ok(Json(view(&app).await?))
}
