//! `/me/sessions`: where one is signed in, and ending it.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::{LoginSession as SessionKind, LoginSessionId};
use sekisho_model::user::ProofMethod;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, LoginSession};
use serde::Serialize;

use crate::app::SharedApp;
use crate::http::{Authenticated, How, ItemList, Json, PathId, Problem, Time};

/// Where somebody is signed in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct OwnSession {
    /// Its id.
    #[schema(value_type = String)]
    id: LoginSessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// When they signed in.
    created_at: Time,
    /// When a request last came, to the minute.
    last_seen_at: Time,
    /// When it ends at the latest.
    expires_at: Time,
    /// The address they signed in from.
    address: Option<String>,
    /// What kind of program signed in, as far as it said: `Firefox on Linux`.
    client: Option<String>,
    /// What they proved who they are with: `password`, `totp`, `recovery_code`.
    #[schema(value_type = Vec<String>)]
    methods: Vec<ProofMethod>,
}

/// How many sessions were ended.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Ended {
    /// How many.
    ended: u64,
}

/// Lists where the caller is signed in, newest first.
#[utoipa::path(
    get, path = "/me/sessions", tag = "session",
    responses((status = 200, description = "All sessions", body = ItemList<OwnSession>)),
)]
pub(super) async fn list_sessions(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<ItemList<OwnSession>>, Problem> {
    caller.decide(action::ViewOwnSignIn, Facts::owned_by(caller.user.id, ()))?.into_row();
    let sessions = app.store.read().login_sessions().of_user(caller.user.id).await?;
    let idle = app.config.limits.session_idle;
    let lives = |session: &LoginSession| {
        caller.now < session.expires_at && caller.now < session.last_seen_at.plus(idle)
    };
    let current = current(&caller);
    let shown = sessions.into_iter().filter(lives).map(|session| OwnSession {
        id: session.id,
        current: Some(session.id) == current,
        created_at: session.created_at.into(),
        last_seen_at: session.last_seen_at.into(),
        expires_at: session.expires_at.into(),
        address: session.address,
        client: session.client,
        methods: session.methods.unwrap_or_default(),
    });
    Ok(Json(ItemList::complete(shown.collect())))
}

/// Ends one of the caller's sessions.
#[utoipa::path(
    delete, path = "/me/sessions/{id}", tag = "session", params(("id" = String, Path)),
    responses(
        (status = 204, description = "Ended"),
        (status = 404, description = "No such session, or it is not yours"),
    ),
)]
pub(super) async fn end_session(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<SessionKind>,
) -> Result<StatusCode, Problem> {
    let user = caller.user.id;
    caller.decide(action::ChangeOwnSignIn, Facts::owned_by(user, ()))?.into_row();
    let mut work = app.store.begin(&caller.context()).await?;
    // Somebody else's looks like one that has ended.
    let own = work.login_sessions().of_user(user).await?.iter().any(|session| session.id == id);
    if !own || !work.login_sessions().delete(id).await? {
        return Err(Problem::NotFound { what: "session" });
    }
    work.record(Event::SessionsEnded { user, count: 1 });
    work.commit().await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of the caller's sessions but the one that asks. An API token ends
/// all of them.
#[utoipa::path(
    delete, path = "/me/sessions", tag = "session",
    responses((status = 200, description = "How many were ended", body = Ended)),
)]
pub(super) async fn end_other_sessions(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<Ended>, Problem> {
    let user = caller.user.id;
    caller.decide(action::ChangeOwnSignIn, Facts::owned_by(user, ()))?.into_row();
    let mut work = app.store.begin(&caller.context()).await?;
    let ended = work.login_sessions().delete_of_user(user, current(&caller)).await?;
    work.pending_sign_ins().delete_of_user(user).await?;
    if ended > 0 {
        let count = u32::try_from(ended).unwrap_or(u32::MAX);
        work.record(Event::SessionsEnded { user, count });
        work.commit().await.map(drop)?;
    }
    Ok(Json(Ended { ended }))
}

fn current(caller: &Authenticated) -> Option<LoginSessionId> {
    match &caller.how {
        How::Session(session) => Some(session.id),
        How::Token(_) => None,
    }
}
