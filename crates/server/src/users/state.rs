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
use crate::roles::RoleTable;

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

/// Refuses a change that would leave nobody who manages users, or take the
/// last Super Administrator away, who alone reaches what people left behind.
pub(crate) async fn keep_an_administrator(
    work: &UnitOfWork,
    before: &User,
    after: &User,
) -> Result<(), Problem> {
    let table = RoleTable::load(work).await?;
    let manages = |user: &User| table.allows(user, Permission::ManageUsers);
    let is_super =
        |user: &User| user.state == UserState::Active && user.role == Role::SuperAdministrator;
    let loses_manager = manages(before) && !manages(after);
    let loses_super = is_super(before) && !is_super(after);
    if !loses_manager && !loses_super {
        return Ok(());
    }
    let (table, mut others) = lock_managers(work).await?;
    others.retain(|user| user.id != before.id);
    if loses_super && !others.iter().any(is_super) {
        return Err(Problem::conflict_of(
            "last_administrator",
            "they are the last Super Administrator; make somebody else one first",
        ));
    }
    if !others.iter().any(|user| table.allows(user, Permission::ManageUsers)) {
        return Err(Problem::conflict_of(
            "last_administrator",
            "they are the last administrator; make somebody else an administrator first",
        ));
    }
    Ok(())
}

/// Refuses a change of roles after which nobody would manage users.
///
/// # Errors
/// A conflict.
pub async fn keep_managers(work: &UnitOfWork, then: &RoleTable) -> Result<(), Problem> {
    let (_, managers) = lock_managers(work).await?;
    if managers.iter().any(|user| then.allows(user, Permission::ManageUsers)) {
        return Ok(());
    }
    // The role that changes may be the one that makes them managers.
    let mut page = Page::first(sekisho_store::MAX_PAGE);
    loop {
        let users = work.users().list(&page).await?;
        if users.items.iter().any(|user| then.allows(user, Permission::ManageUsers)) {
            return Ok(());
        }
        match users.next {
            Some(next) => page = Page::after(next, sekisho_store::MAX_PAGE),
            None => {
                return Err(Problem::conflict(
                    "nobody would manage users any more; make somebody an administrator first",
                ));
            }
        }
    }
}

/// Locks everybody who manages users, in the order of their ids, so that two
/// of them who demote each other at the same time do not both succeed; then
/// reads what the roles may do.
async fn lock_managers(work: &UnitOfWork) -> Result<(RoleTable, Vec<User>), Problem> {
    let table = RoleTable::load(work).await?;
    let mut ids: Vec<UserId> = Vec::new();
    let mut page = Page::first(sekisho_store::MAX_PAGE);
    loop {
        let users = work.users().list(&page).await?;
        let managers = users
            .items
            .iter()
            .filter(|user| table.permissions(user.role).has(Permission::ManageUsers));
        ids.extend(managers.map(|user| user.id));
        match users.next {
            Some(next) => page = Page::after(next, sekisho_store::MAX_PAGE),
            None => break,
        }
    }
    ids.sort();
    let mut locked = Vec::with_capacity(ids.len());
    for id in ids {
        locked.extend(work.users().lock(id).await?);
    }
    Ok((RoleTable::load(work).await?, locked))
}
