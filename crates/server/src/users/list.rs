//! `GET /users` and `GET /users/{id}`.

use axum::extract::State;
use axum::response::Response;
use sekisho_model::id::{User as UserKind, UserId};
use sekisho_model::user::{RoleRef, UserState};
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, Page, PageEnd, USER_SORTS, User, UserFilter};
use serde::Deserialize;

use super::UserView;
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, CsvList, CsvQuery, Export, ItemList, Json, List, ListQuery, PathId, Problem,
    SortQuery, Sorts, Tagged, csv, from_text,
};

/// Which users are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UserQuery {
    /// Only those of this role.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    role: Option<RoleRef>,
    /// Only `active` or `disabled` ones.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    state: Option<UserState>,
}

pub(super) struct UserSorts;

impl Sorts for UserSorts {
    const WORDS: &'static [&'static str] = USER_SORTS;
}

/// Lists users by name, or by `sort`: `name`, `display_name`, `role`, `state`,
/// `created_at`. `q` searches in both names.
#[utoipa::path(
    get, path = "/users", tag = "users", params(ListQuery, SortQuery, UserQuery),
    responses(
        (status = 200, description = "One page of users", body = ItemList<UserView>),
        (status = 403, description = "Only administrators list users"),
    ),
)]
pub(super) async fn list_users(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<UserQuery, UserSorts>,
) -> Result<Json<ItemList<UserView>>, Problem> {
    caller.decide(action::ListUsers, Facts::nothing())?.into_row();
    let rows = UserRows(wanted(&list));
    let (users, end) = rows.page(&app, &caller, &list.page).await?;
    Ok(Json(ItemList::new(users, end)))
}

/// Writes users as a file: everything of the list. On record.
#[utoipa::path(
    get, path = "/users.csv", tag = "users", params(CsvQuery, SortQuery, UserQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")),
)]
pub(super) async fn export_users(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: CsvList<UserQuery, UserSorts>,
) -> Result<Response, Problem> {
    caller.decide(action::ListUsers, Facts::nothing())?.into_row();
    let (list, file) = list.into_parts();
    let rows = UserRows(wanted(&list));
    csv(app, caller, rows, file).await
}

fn wanted(list: &List<UserQuery, UserSorts>) -> UserFilter {
    let UserQuery { role, state } = list.filter;
    UserFilter { text: list.q.clone(), role, state, ..UserFilter::default() }
}

/// The users of a filter.
struct UserRows(UserFilter);

impl Export for UserRows {
    type Row = UserView;

    const NAME: &'static str = "users";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("id", "/id"),
        ("name", "/name"),
        ("display_name", "/display_name"),
        ("role", "/role"),
        ("state", "/state"),
        ("created_at", "/created_at"),
    ];

    async fn page(
        &self,
        app: &App,
        _: &Authenticated,
        page: &Page,
    ) -> Result<(Vec<UserView>, PageEnd), Problem> {
        let found = app.store.read().users().search(&self.0, page).await?;
        let (users, end) = found.into_parts();
        Ok((users.into_iter().map(UserView::from).collect(), end))
    }
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
