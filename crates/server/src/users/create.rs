//! `POST /users`: create a user.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::Timestamp;
use sekisho_model::event::Event;
use sekisho_model::id::UserId;
use sekisho_model::name::{Label, LoginName};
use sekisho_model::user::{RoleRef, UserState};
use sekisho_policy::{Facts, Given, Permissions, action};
use sekisho_store::{Access, PasswordHash, UnitOfWork, User};
use serde::Deserialize;

use super::{UserView, check_password};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, Json, Problem, SecretText, Tagged};
use crate::roles::RoleTable;

/// A user to be created.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name they sign in with: a-z, 0-9 and `. _ - @`.
    #[schema(value_type = String)]
    pub name: LoginName,
    /// Their name for other people.
    pub display_name: String,
    /// Their first password: at least 12 characters.
    pub password: SecretText,
    /// What they may do: the word of a built-in role, the id of a custom one.
    #[schema(value_type = String)]
    pub role: RoleRef,
}

/// Creates a user.
#[utoipa::path(
    post, path = "/users", tag = "users", request_body = NewUser,
    responses(
        (status = 201, description = "The user", body = UserView),
        (status = 403, description = "Only administrators create users"),
        (status = 409, description = "Another user has this name"),
    ),
)]
pub(super) async fn create_user(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Tagged<UserView>), Problem> {
    Ok((StatusCode::CREATED, create(&app, &caller, new).await?.into()))
}

/// Creates a user.
///
/// # Errors
/// A name that is taken, a weak password, or no permission.
pub async fn create(app: &App, caller: &Authenticated, new: NewUser) -> Result<User, Problem> {
    caller.decide(action::CreateUser, Facts::nothing())?.into_row();
    let after = granted_role(app.store.read(), new.role).await?;
    let given = Given { to: None, before: Permissions::default(), after };
    let new = caller.decide(action::GrantRole, Facts::grant(given, new))?.into_row();
    check_password("password", &new.name, &new.password)?;
    let display_name = display_name(&new.display_name)?;
    let hash = app.hasher.hash(new.password.0).await?;
    let mut work = app.store.begin(&caller.context()).await?;
    keep_role(&work, new.role).await?;
    let id = UserId::at(caller.now, app.rng.as_ref());
    let user = insert(&mut work, id, (new.name, display_name), new.role, hash).await?;
    work.commit().await.map(drop)?;
    Ok(user)
}

/// Adds a user, with the audit event.
///
/// # Errors
/// A name that is taken.
pub async fn insert(
    work: &mut UnitOfWork,
    id: UserId,
    (name, display_name): (LoginName, String),
    role: RoleRef,
    password_hash: PasswordHash,
) -> Result<User, Problem> {
    let now: Timestamp = work.now();
    let user = User {
        id,
        name,
        display_name,
        password_hash,
        role,
        state: UserState::Active,
        created_at: now,
        password_changed_at: now,
        version: 1,
    };
    work.users().insert(user.clone()).await?;
    work.record(Event::UserCreated { user: id, name: user.name.to_string(), role });
    Ok(user)
}

/// What a role that is to be granted may do.
///
/// # Errors
/// Names the field when there is no such role, or none in force.
pub(super) async fn granted_role<A: Access>(at: &A, role: RoleRef) -> Result<Permissions, Problem> {
    let table = RoleTable::of(at, role).await?;
    if !table.can_be_granted(role) {
        let detail = format!("'role' is '{role}', which is no role that is in force");
        return Err(Problem::invalid("role", detail));
    }
    Ok(table.permissions(role))
}

/// Keeps a custom role from being deleted until this unit of work ends.
///
/// # Errors
/// Names the field when it is gone.
pub(super) async fn keep_role(work: &UnitOfWork, role: RoleRef) -> Result<(), Problem> {
    if let RoleRef::Custom(id) = role
        && work.custom_roles().lock(id).await?.is_none()
    {
        return Err(Problem::invalid("role", format!("'role' is '{role}', which is gone")));
    }
    Ok(())
}

/// Checks a name for other people.
///
/// # Errors
/// Names the field.
pub fn display_name(text: &str) -> Result<String, Problem> {
    match text.parse::<Label>() {
        Ok(label) => Ok(label.to_string()),
        Err(error) => {
            Err(Problem::invalid("display_name", format!("'display_name' {}", error.problem)))
        }
    }
}
