//! `GET /tokens`.

use axum::extract::State;
use sekisho_policy::{Facts, action};
use sekisho_store::Access as _;

use super::TokenView;
use crate::app::SharedApp;
use crate::http::{Authenticated, ItemList, Json, List, ListQuery, NoFilter, Problem};

/// Lists the caller's API tokens, newest first.
#[utoipa::path(
    get, path = "/tokens", tag = "tokens", params(ListQuery),
    responses((status = 200, description = "One page of tokens", body = ItemList<TokenView>)),
)]
pub(super) async fn list_tokens(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter>,
) -> Result<Json<ItemList<TokenView>>, Problem> {
    caller.decide(action::ListTokens, Facts::nothing())?.into_row();
    list.no_search()?;
    let tokens = app.store.read().api_tokens().list(Some(caller.user.id), &list.page).await?;
    Ok(Json(ItemList::of(tokens, TokenView::from)))
}
