//! `DELETE /tokens/{id}`: revoke an API token.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::ApiToken as TokenKind;
use sekisho_policy::{Facts, action};
use sekisho_store::Access as _;

use crate::app::SharedApp;
use crate::http::{Authenticated, PathId, Problem};

/// Revokes an API token at once. Doing it twice changes nothing.
#[utoipa::path(
    delete, path = "/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses(
        (status = 204, description = "Revoked"),
        (status = 404, description = "No such token, or it is not yours"),
    ),
)]
pub(super) async fn revoke_token(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<TokenKind>,
) -> Result<StatusCode, Problem> {
    let mut work = app.store.begin(&caller.context()).await?;
    let token = work.api_tokens().find(id).await?.ok_or(Problem::NotFound { what: "token" })?;
    let facts = Facts::owned_by(token.user, token);
    let token = caller.decide(action::RevokeToken, facts)?.into_row();
    if work.api_tokens().revoke(id, caller.now).await? {
        work.record(Event::TokenRevoked { token: id, sign_in: token.is_sign_in() });
        work.commit().await.map(drop)?;
    }
    Ok(StatusCode::NO_CONTENT)
}
