//! `POST /users/{id}/disable` and `/enable`.

use axum::extract::State;
use sekisho_model::event::Event;
use sekisho_model::id::{User as UserKind, UserId};
use sekisho_model::user::{Role, UserState};
use sekisho_policy::{Facts, Permission, action};
use sekisho_store::{Access as _, Page, UnitOfWork, User};

use super::{NO_SUCH_USER, UserView};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, PathId, Problem, Tagged};

/// Disables a user: they are signed out and may not sign in. What they own is
/// kept.
#[utoipa::path(
    post, path = "/users/{id}/disable", tag = "users", params(("id" = String, Path)),
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 404, description = "No such user, or you may not see them"),
        (status = 409, description = "They are the last administrator"),
    ),
)]
pub(super) async fn disable_user(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserKind>,
) -> Result<Tagged<UserView>, Problem> {
    Ok(set_state(&app, &caller, id, UserState::Disabled).await?.into())
}

/// Lets a disabled user sign in again.
#[utoipa::path(
    post, path = "/users/{id}/enable", tag = "users", params(("id" = String, Path)),
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 404, description = "No such user, or you may not see them"),
    ),
)]
pub(super) async fn enable_user(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserKind>,
) -> Result<Tagged<UserView>, Problem> {
    Ok(set_state(&app, &caller, id, UserState::Active).await?.into())
}

/// Disables or enables a user. Doing it twice changes nothing.
///
/// # Errors
/// See the endpoints.
pub async fn set_state(
    app: &App,
    caller: &Authenticated,
    id: UserId,
    state: UserState,
) -> Result<User, Problem> {
    let mut work = app.store.begin(&caller.context()).await?;
    let found = work.users().lock(id).await?.ok_or(NO_SUCH_USER)?;
    let before = caller.decide(action::DisableUser, Facts::of_site(found))?.into_row();
    if before.state == state {
        return Ok(before);
    }
    let after = User { state, ..before.clone() };
    keep_an_administrator(&work, &before, &after).await?;
    work.record(match state {
        UserState::Disabled => Event::UserDisabled { user: id },
        UserState::Active => Event::UserEnabled { user: id },
    });
    work.login_sessions().delete_of_user(id, None).await?;
    let after = work.users().update(after, before.version).await?;
    work.commit().await.map(drop)?;
    Ok(after)
}

/// Refuses a change that would leave nobody who manages users.
pub(super) async fn keep_an_administrator(
    work: &UnitOfWork,
    before: &User,
    after: &User,
) -> Result<(), Problem> {
    if !manages_users(before) || manages_users(after) {
        return Ok(());
    }
    // Every administrator is locked, so that two of them who demote each
    // other at the same time do not both succeed.
    let mut others = 0;
    for user in every_administrator(work).await? {
        let locked = work.users().lock(user).await?;
        if user != before.id && locked.as_ref().is_some_and(manages_users) {
            others += 1;
        }
    }
    if others == 0 {
        return Err(Problem::conflict_of(
            "last_administrator",
            "they are the last administrator; make somebody else an administrator first",
        ));
    }
    Ok(())
}

fn manages_users(user: &User) -> bool {
    user.state == UserState::Active && Permission::ManageUsers.is_of(user.role)
}

/// In the order of their ids, which is the order of locking.
async fn every_administrator(work: &UnitOfWork) -> Result<Vec<UserId>, Problem> {
    let mut found = Vec::new();
    let mut page = Page::first(sekisho_store::MAX_PAGE);
    loop {
        let users = work.users().list(&page).await?;
        let managers = users.items.iter().filter(|user| is_manager(user.role));
        found.extend(managers.map(|user| user.id));
        match users.next {
            Some(next) => page = Page::after(next, sekisho_store::MAX_PAGE),
            None => break,
        }
    }
    found.sort();
    Ok(found)
}

fn is_manager(role: Role) -> bool {
    Permission::ManageUsers.is_of(role)
}
