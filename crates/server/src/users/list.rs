//! `GET /users` and `GET /users/{id}`.

use axum::extract::State;
use sekisho_model::id::{User as UserKind, UserId};
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, User};

use super::UserView;
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, ItemList, Json, List, ListQuery, NoFilter, PathId, Problem, Tagged,
};

/// Lists users by name.
#[utoipa::path(
    get, path = "/users", tag = "users", params(ListQuery),
    responses(
        (status = 200, description = "One page of users", body = ItemList<UserView>),
        (status = 403, description = "Only administrators list users"),
    ),
)]
pub(super) async fn list_users(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter>,
) -> Result<Json<ItemList<UserView>>, Problem> {
    caller.decide(action::ListUsers, Facts::nothing())?.into_row();
    list.no_search()?;
    let users = app.store.read().users().list(&list.page).await?;
    Ok(Json(ItemList::of(users, UserView::from)))
}

/// Shows a user.
#[utoipa::path(
    get, path = "/users/{id}", tag = "users", params(("id" = String, Path)),
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 404, description = "No such user, or you may not see them"),
    ),
)]
pub(super) async fn show_user(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserKind>,
) -> Result<Tagged<UserView>, Problem> {
    Ok(find(&app, &caller, id).await?.into())
}

async fn find(app: &App, caller: &Authenticated, id: UserId) -> Result<User, Problem> {
    let user = app.store.read().users().find(id).await?.ok_or(super::NO_SUCH_USER)?;
    Ok(caller.decide(action::ViewUser, Facts::of_site(user))?.into_row())
}
