//! User groups: people who are shared with as one. Administrators say who is
//! in one; what changes counts from the next request on.

mod routes;

use sekisho_model::event::Event;
use sekisho_model::id::{UserGroupId, UserId};
use sekisho_model::name::Label;
use sekisho_model::share::Principal;
use sekisho_policy::Granted;
use sekisho_policy::action::{CreateUserGroup, EditUserGroup};
use sekisho_store::{Access, MAX_GROUPS_OF_USER, OperationContext, UserGroup};

use crate::app::App;
use crate::groups::description;
use crate::http::{IfMatch, Problem};

pub use routes::routes;

/// The most users in a group.
const MAX_MEMBERS: u64 = 10_000;

const MISSING: Problem = Problem::NotFound { what: "user group" };

/// What changes; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UserGroupChange {
    /// Another name.
    pub name: Option<Label>,
    /// Another description.
    pub description: Option<String>,
}

/// One group.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn find<A: Access>(at: &A, id: UserGroupId) -> Result<UserGroup, Problem> {
    at.user_groups().find(id).await?.ok_or(MISSING)
}

/// Creates a group with nobody in it.
///
/// # Errors
/// A name that is taken, a description that is too long.
pub async fn create(
    app: &App,
    context: &OperationContext,
    granted: Granted<CreateUserGroup, ()>,
    name: Label,
    text: &str,
) -> Result<UserGroup, Problem> {
    granted.into_row();
    let group = UserGroup {
        id: UserGroupId::at(context.now, app.rng.as_ref()),
        name,
        description: description(text)?,
        created_at: context.now,
        version: 1,
    };
    let mut work = app.store.begin(context).await?;
    work.user_groups().insert(group.clone()).await?;
    work.record(Event::UserGroupCreated { user_group: group.id, name: group.name.to_string() });
    work.commit().await.map(drop)?;
    Ok(group)
}

/// Changes name or description.
///
/// # Errors
/// A name that is taken, a description that is too long, a stale version.
pub async fn edit(
    app: &App,
    context: &OperationContext,
    granted: Granted<EditUserGroup, UserGroup>,
    read: IfMatch,
    change: UserGroupChange,
) -> Result<UserGroup, Problem> {
    let before = granted.into_row();
    read.check(before.version)?;
    let mut next = before.clone();
    next.name = change.name.unwrap_or(next.name);
    if let Some(text) = change.description {
        next.description = description(&text)?;
    }
    let fields: Vec<String> = [
        ("name", next.name != before.name),
        ("description", next.description != before.description),
    ]
    .into_iter()
    .filter(|(_, changed)| *changed)
    .map(|(field, _)| field.to_owned())
    .collect();
    if fields.is_empty() {
        return Ok(before);
    }
    let mut work = app.store.begin(context).await?;
    let group = work.user_groups().update(next, before.version).await?;
    work.record(Event::UserGroupChanged { user_group: group.id, fields });
    work.commit().await.map(drop)?;
    Ok(group)
}

/// Deletes a group, and what was shared with it. Its users stay.
///
/// # Errors
/// A stale version.
pub async fn delete(
    app: &App,
    context: &OperationContext,
    granted: Granted<EditUserGroup, UserGroup>,
    read: IfMatch,
) -> Result<(), Problem> {
    let decided = granted.into_row();
    let mut work = app.store.begin(context).await?;
    let group = work.user_groups().lock(decided.id).await?.ok_or(MISSING)?;
    read.check(group.version)?;
    let ended_shares = work.shares().delete_of_principal(Principal::UserGroup(group.id)).await?;
    work.user_groups().delete(group.id).await?;
    work.record(Event::UserGroupDeleted {
        user_group: group.id,
        name: group.name.to_string(),
        ended_shares,
    });
    work.commit().await.map(drop)?;
    Ok(())
}

/// Puts a user into a group; one who is in it stays in it.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such user; a conflict when they are
/// in too many groups or the group is full.
pub async fn join(
    app: &App,
    context: &OperationContext,
    granted: Granted<EditUserGroup, UserGroup>,
    user: UserId,
) -> Result<(), Problem> {
    let decided = granted.into_row();
    let mut work = app.store.begin(context).await?;
    let group = work.user_groups().lock(decided.id).await?.ok_or(MISSING)?;
    work.users().lock(user).await?.ok_or(Problem::NotFound { what: "user" })?;
    let of_user = work.user_groups().of_user(user).await?;
    if of_user.contains(&group.id) {
        return Ok(());
    }
    if of_user.len() as u64 >= MAX_GROUPS_OF_USER {
        return Err(Problem::conflict_of(
            "too_many_groups",
            format!(
                "the user is in {MAX_GROUPS_OF_USER} groups, which is the most; take them out of \
                 one first"
            ),
        ));
    }
    if work.user_groups().size(group.id).await? >= MAX_MEMBERS {
        return Err(Problem::conflict_of(
            "too_many_members",
            format!("the group has {MAX_MEMBERS} users, which is the most"),
        ));
    }
    work.user_groups().join(group.id, user).await?;
    work.record(Event::UserGroupJoined { user_group: group.id, user });
    work.commit().await.map(drop)?;
    Ok(())
}

/// Takes a user out of a group.
///
/// # Errors
/// [`Problem::NotFound`] when they are not in it.
pub async fn leave(
    app: &App,
    context: &OperationContext,
    granted: Granted<EditUserGroup, UserGroup>,
    user: UserId,
) -> Result<(), Problem> {
    let decided = granted.into_row();
    let mut work = app.store.begin(context).await?;
    let group = work.user_groups().lock(decided.id).await?.ok_or(MISSING)?;
    if !work.user_groups().leave(group.id, user).await? {
        return Err(Problem::NotFound { what: "user in this group" });
    }
    work.record(Event::UserGroupLeft { user_group: group.id, user });
    work.commit().await.map(drop)?;
    Ok(())
}
