//! The answer of an authenticator: whose passkey it is, and whether it is
//! right.

use sekisho_model::id::UserId;
use sekisho_store::{Access as _, Passkey as Row};
use serde::Deserialize;
use webauthn_rs::prelude::{Passkey, PublicKeyCredential, WebauthnError};

use super::challenges::Waiting;
use crate::app::App;
use crate::http::Problem;

/// The answer of an authenticator.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Assertion {
    /// What `start` answered as `challenge`.
    pub(super) challenge: String,
    /// The `PublicKeyCredential` of the browser, as JSON (WebAuthn,
    /// `toJSON`).
    #[schema(value_type = Object)]
    pub(super) credential: PublicKeyCredential,
}

/// What became of an answer.
pub(super) enum Checked {
    /// It is right: whose passkey, and how it stands now.
    Right(Row),
    /// It is wrong, or belongs to no passkey here.
    Wrong,
    /// The signature is right but its counter went back: there is a copy.
    Copied(Row),
}

/// Checks an answer. Takes its challenge, so that no answer is looked at twice.
///
/// # Errors
/// When the challenge is over, or the database fails.
pub(super) async fn check(
    app: &App,
    now: sekisho_model::Timestamp,
    answer: &Assertion,
) -> Result<Checked, Problem> {
    let webauthn = app.passkeys.webauthn()?;
    let Some(Waiting::Authentication(state)) = app.passkeys.challenges.take(&answer.challenge, now)
    else {
        return Err(Problem::Unauthenticated {
            detail: "this challenge is over, or was answered before; begin again",
        });
    };
    let Ok((user, credential)) = webauthn.identify_discoverable_authentication(&answer.credential)
    else {
        return Ok(Checked::Wrong);
    };
    let found = app.store.read().passkeys().find_by_credential(credential).await?;
    let Some(mut row) = found.filter(|row| row.user == UserId::from_uuid(user)) else {
        return Ok(Checked::Wrong);
    };
    let mut passkey: Passkey = read(&row)?;
    match webauthn.finish_discoverable_authentication_v2(&answer.credential, *state, &passkey) {
        Ok(result) => {
            passkey.update_credential(&result);
            row.credential = serde_json::to_value(&passkey).map_err(Problem::internal)?;
            Ok(Checked::Right(row))
        }
        Err(WebauthnError::CredentialPossibleCompromise) => Ok(Checked::Copied(row)),
        Err(error) => {
            tracing::debug!(%error, "an answer of an authenticator was refused");
            Ok(Checked::Wrong)
        }
    }
}

/// A passkey as the library knows it.
///
/// # Errors
/// When the stored one is none.
pub(super) fn read(row: &Row) -> Result<Passkey, Problem> {
    serde_json::from_value(row.credential.clone()).map_err(Problem::internal)
}
