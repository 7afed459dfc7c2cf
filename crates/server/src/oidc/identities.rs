//! Who somebody is at providers: for themselves, and for administrators.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::{Identity as IdentityKind, IdentityId, User as UserKind, UserId};
use sekisho_policy::{Facts, action};
use sekisho_store::{Access, Identity};
use serde::Serialize;

use crate::app::SharedApp;
use crate::http::{Authenticated, ItemList, Json, PathId, PathIds, Problem, Time};
use crate::sessions::require_recent_proof;

const NO_SUCH_USER: Problem = Problem::NotFound { what: "user" };
const NO_SUCH_IDENTITY: Problem = Problem::NotFound { what: "identity" };

/// Somebody as an OpenID provider knows them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct IdentityView {
    /// Its id.
    #[schema(value_type = String)]
    id: IdentityId,
    /// The provider.
    issuer: String,
    /// Who they are there.
    subject: String,
    /// Whether it is the provider that people sign in through now.
    current: bool,
    /// Since when they are linked.
    created_at: Time,
    /// When they last signed in with it, or proved who they are.
    last_used_at: Option<Time>,
}

async fn of_user(app: &SharedApp, user: UserId) -> Result<Json<ItemList<IdentityView>>, Problem> {
    let issuer = app.oidc.config().map(|config| config.issuer.as_str());
    let shown = |row: Identity| IdentityView {
        id: row.id,
        current: issuer == Some(row.issuer.as_str()),
        issuer: row.issuer,
        subject: row.subject,
        created_at: row.created_at.into(),
        last_used_at: row.last_used_at.map(Time),
    };
    let rows = app.store.read().identities().of_user(user).await?;
    Ok(Json(ItemList::complete(rows.into_iter().map(shown).collect())))
}

/// Lists who the caller is at OpenID providers, oldest first.
#[utoipa::path(
    get, path = "/me/identities", tag = "session",
    responses((status = 200, description = "All identities", body = ItemList<IdentityView>)),
)]
pub(super) async fn list_own_identities(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<ItemList<IdentityView>>, Problem> {
    caller.decide(action::ViewOwnSignIn, Facts::owned_by(caller.user.id, ()))?.into_row();
    of_user(&app, caller.user.id).await
}

/// Lists who a user is at OpenID providers, oldest first.
#[utoipa::path(
    get, path = "/users/{id}/identities", tag = "users", params(("id" = String, Path)),
    responses(
        (status = 200, description = "All identities", body = ItemList<IdentityView>),
        (status = 404, description = "No such user, or you may not see them"),
    ),
)]
pub(super) async fn list_identities(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<UserKind>,
) -> Result<Json<ItemList<IdentityView>>, Problem> {
    let user = app.store.read().users().find(id).await?.ok_or(NO_SUCH_USER)?;
    let user = caller.decide(action::ViewUser, Facts::of_site(user))?.into_row();
    of_user(&app, user.id).await
}

/// Takes an identity away from a user and ends their sessions: they no longer
/// sign in with it. If they have no other way in, they have none.
///
/// Nobody does this to themselves, and only a Super Administrator to one.
#[utoipa::path(
    delete, path = "/users/{id}/identities/{identity}", tag = "users",
    params(("id" = String, Path), ("identity" = String, Path)),
    responses(
        (status = 204, description = "Taken away"),
        (status = 403, description = "It is your own, or theirs is the higher role; \
            `reauthentication_needed`"),
        (status = 404, description = "No such user or identity, or you may not see them"),
    ),
)]
pub(super) async fn unlink_identity(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathIds(id, identity): PathIds<UserKind, IdentityKind>,
) -> Result<StatusCode, Problem> {
    let mut work = app.store.begin(&caller.context()).await?;
    let found = work.users().lock(id).await?.ok_or(NO_SUCH_USER)?;
    let facts = Facts::of_person(found.id, found.role, found);
    let user = caller.decide(action::UnlinkIdentity, facts)?.into_row().id;
    require_recent_proof(&app, &caller).await?;
    let found = work.identities().find_by_id(identity).await?;
    let found = found.filter(|found| found.user == user).ok_or(NO_SUCH_IDENTITY)?;
    work.identities().delete(found.id).await?;
    work.login_sessions().delete_of_user(user, None).await?;
    let Identity { issuer, subject, .. } = found;
    work.record(Event::IdentityUnlinked { user, issuer, subject });
    work.commit().await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}
