//! `GET /tokens`.

use axum::extract::State;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, TOKEN_SORTS};

use super::TokenView;
use crate::app::SharedApp;
use crate::http::{
    Authenticated, ItemList, Json, List, ListQuery, NoFilter, Problem, SortQuery, Sorts,
};

pub(super) struct TokenSorts;

impl Sorts for TokenSorts {
    const WORDS: &'static [&'static str] = TOKEN_SORTS;
}

/// Lists the caller's API tokens, newest first, or by `sort`: `created_at`,
/// `name`, `expires_at`, `last_used_at`.
#[utoipa::path(
    get, path = "/tokens", tag = "tokens", params(ListQuery, SortQuery),
    responses((status = 200, description = "One page of tokens", body = ItemList<TokenView>)),
)]
pub(super) async fn list_tokens(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter, TokenSorts>,
) -> Result<Json<ItemList<TokenView>>, Problem> {
    caller.decide(action::ListTokens, Facts::nothing())?.into_row();
    let (reader, me) = (app.store.read(), Some(caller.user.id));
    let tokens = reader.api_tokens().search(me, list.q.as_deref(), &list.page).await?;
    Ok(Json(ItemList::of(tokens, TokenView::from)))
}
