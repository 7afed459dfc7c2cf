//! `POST /tokens`: make an API token.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use sekisho_model::Secret;
use sekisho_model::event::Event;
use sekisho_model::id::ApiTokenId;
use sekisho_model::name::Label;
use sekisho_model::user::TokenScope;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, ApiToken, Hash};
use sekisho_vault::token;
use serde::{Deserialize, Serialize};

use super::{API_TOKEN_PREFIX, TokenView};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, How, Json, Problem, SecretText};
use crate::sessions::require_recent_proof;

/// A token nobody gives a life keeps it for 30 days.
const DEFAULT_LIFE_S: u64 = 30 * 24 * 3600;

/// A token to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is called.
    #[schema(value_type = String)]
    pub name: Label,
    /// What it may be used for: `read`, `write`, `reveal`, `witness`.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<TokenScope>,
    /// Its life in seconds; 30 days if not given.
    pub expires_in_s: Option<u64>,
}

/// A new token. Its secret is shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CreatedToken {
    #[serde(flatten)]
    view: TokenView,
    /// The token: `sekisho_pat_…`.
    token: SecretText,
}

/// Makes an API token for the caller. Its secret is shown this once.
#[utoipa::path(
    post, path = "/tokens", tag = "tokens", request_body = NewToken,
    responses(
        (status = 201, description = "The token with its secret", body = CreatedToken),
        (status = 403, description = "An API token makes no API tokens; \
            `reauthentication_needed`"),
    ),
)]
pub(super) async fn create_token(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewToken>,
) -> Result<impl axum::response::IntoResponse, Problem> {
    let (row, secret) = create(&app, &caller, new).await?;
    let body = CreatedToken { view: row.into(), token: SecretText(secret) };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Makes an API token for the caller and returns it with its secret.
///
/// # Errors
/// No scope, a life that is too long, or a caller who uses a token.
pub async fn create(
    app: &App,
    caller: &Authenticated,
    new: NewToken,
) -> Result<(ApiToken, Secret), Problem> {
    caller.decide(action::CreateToken, Facts::nothing())?.into_row();
    // Otherwise a token could give itself scopes and a longer life.
    if matches!(caller.how, How::Token(_)) {
        return Err(Problem::Forbidden {
            detail: "an API token cannot make API tokens; sign in".to_owned(),
        });
    }
    require_recent_proof(app, caller).await?;
    let mut scopes = new.scopes;
    scopes.sort();
    scopes.dedup();
    if scopes.is_empty() {
        let detail = "'scopes' is empty; give one or more of: read, write, reveal, witness";
        return Err(Problem::invalid("scopes", detail));
    }
    let life = Duration::from_secs(new.expires_in_s.unwrap_or(DEFAULT_LIFE_S));
    let longest = app.config.limits.token;
    if life < Duration::from_secs(60) || life > longest {
        let (found, longest) = (life.as_secs(), longest.as_secs());
        return Err(Problem::invalid(
            "expires_in_s",
            format!("'expires_in_s' is {found}; give 60 to {longest} seconds"),
        ));
    }
    let secret = token::generate(API_TOKEN_PREFIX, app.rng.as_ref());
    let row = ApiToken {
        id: ApiTokenId::at(caller.now, app.rng.as_ref()),
        user: caller.user.id,
        name: new.name,
        token_hash: Hash(token::hash(&secret)),
        scopes,
        created_at: caller.now,
        expires_at: caller.now.plus(life),
        last_used_at: None,
        revoked_at: None,
    };
    let mut work = app.store.begin(&caller.context()).await?;
    work.api_tokens().insert(row.clone()).await?;
    work.record(Event::TokenCreated {
        token: row.id,
        name: row.name.to_string(),
        scopes: row.scopes.clone(),
        sign_in: row.is_sign_in(),
    });
    work.commit().await.map(drop)?;
    Ok((row, secret))
}
