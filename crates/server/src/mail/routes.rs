//! `/mail`: what waits, what was given up, and what to do about it.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::{Mail as MailName, MailId};
use sekisho_model::mail::{MailAddress, MailKind, MailState};
use sekisho_policy::Facts;
use sekisho_policy::action::{ManageMail, ViewMail};
use sekisho_store::{Access as _, MAIL_SORTS, Mail};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::own;
use crate::app::SharedApp;
use crate::http::{
    Authenticated, ItemList, Json, List, ListQuery, PathId, Problem, Routes, SortQuery, Sorts,
    Time, from_text,
};
use crate::resources::refs::{Named, Names};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(mail_status))
        .signed_in(routes!(list_mail))
        .signed_in(routes!(discard_mail))
        .signed_in(routes!(send_mail_again))
        .signed_in(routes!(own::show_own_mail, own::put_own_mail))
}

/// How mail is doing.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MailStatus {
    /// The mail server, host and port; `null`: none is set, no mail is sent.
    server: Option<String>,
    /// Whom mail is from.
    #[schema(value_type = Option<String>)]
    from: Option<MailAddress>,
    /// Mails that wait to be sent.
    waiting: u64,
    /// Mails that were given up.
    dead: u64,
    /// Why no mail goes out; `null`: it does, as far as is known.
    problem: Option<String>,
    /// Since when.
    problem_since: Option<Time>,
}

/// A mail, without its text.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MailView {
    /// Its id.
    #[schema(value_type = String)]
    id: MailId,
    /// What it is about: `report`, `tasks`, `certificate`.
    #[schema(value_type = String)]
    kind: MailKind,
    /// `waiting`, `sent`, `dead`.
    #[schema(value_type = String)]
    state: MailState,
    /// Whom it is for.
    user: Option<Named>,
    /// Where it goes.
    #[schema(value_type = String)]
    address: MailAddress,
    /// Its subject.
    subject: String,
    /// The name of the attached file.
    attachment: Option<String>,
    /// How often it was tried.
    attempts: u32,
    /// What the mail server said last.
    problem: Option<String>,
    /// When it was written.
    created_at: Time,
    /// While it waits: when it is tried next.
    next_try_at: Option<Time>,
    /// When it was sent or given up.
    finished_at: Option<Time>,
}

/// Which mails are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MailQuery {
    /// Only those that are `waiting`, `sent` or `dead`.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    state: Option<MailState>,
}

struct MailSorts;

impl Sorts for MailSorts {
    const WORDS: &'static [&'static str] = MAIL_SORTS;
}

/// See how mail is doing. For administrators and auditors.
#[utoipa::path(
    get, path = "/mail/status", tag = "mail",
    responses((status = 200, description = "How mail is doing", body = MailStatus)),
)]
async fn mail_status(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<MailStatus>, Problem> {
    caller.decide(ViewMail, Facts::nothing())?.into_row();
    let mails = app.store.read().mails();
    let (since, problem) = app.mail.problem().unzip();
    Ok(Json(MailStatus {
        server: app.config.mail.as_ref().map(|mail| mail.server.to_string()),
        from: app.config.mail.as_ref().map(|mail| mail.from.clone()),
        waiting: mails.count(MailState::Waiting).await?,
        dead: mails.count(MailState::Dead).await?,
        problem,
        problem_since: since.map(Time),
    }))
}

/// List mails, newest first, or by `sort`: `created_at`; without their texts.
/// For administrators and auditors.
#[utoipa::path(
    get, path = "/mail", tag = "mail", params(ListQuery, SortQuery, MailQuery),
    responses((status = 200, description = "A page of mails", body = ItemList<MailView>)),
)]
async fn list_mail(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<MailQuery, MailSorts>,
) -> Result<Json<ItemList<MailView>>, Problem> {
    caller.decide(ViewMail, Facts::nothing())?.into_row();
    list.no_search()?;
    let reader = app.store.read();
    let found = reader.mails().list(list.filter.state, &list.page).await?;
    let (mails, end) = found.into_parts();
    let mut names = Names::new(reader);
    let mut items = Vec::with_capacity(mails.len());
    for mail in mails {
        let user = match mail.user {
            Some(user) => Some(names.user(user).await?),
            None => None,
        };
        items.push(view(mail, user));
    }
    Ok(Json(ItemList::new(items, end)))
}

fn view(mail: Mail, user: Option<Named>) -> MailView {
    let waits = mail.state == MailState::Waiting;
    MailView {
        id: mail.id,
        kind: mail.kind,
        state: mail.state,
        user,
        address: mail.address,
        subject: mail.subject,
        attachment: mail.attachment_name,
        attempts: mail.attempts,
        problem: mail.problem,
        created_at: mail.created_at.into(),
        next_try_at: waits.then(|| mail.next_try_at.into()),
        finished_at: mail.finished_at.map(Time),
    }
}

const MISSING: Problem = Problem::NotFound { what: "mail that was given up" };

/// Send a mail that was given up after all. For administrators.
#[utoipa::path(
    post, path = "/mail/{id}/send-again", tag = "mail",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "It waits to be sent"),
        (status = 404, description = "No mail of this id was given up"),
    ),
)]
async fn send_mail_again(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<MailName>,
) -> Result<StatusCode, Problem> {
    caller.decide(ManageMail, Facts::of_site(()))?.into_row();
    let mut work = app.store.begin(&caller.context()).await?;
    if !work.mails().send_again(id).await? {
        return Err(MISSING);
    }
    work.record(Event::MailSentAgain { mail: id });
    work.commit().await.map(drop)?;
    app.mail.wake();
    Ok(StatusCode::NO_CONTENT)
}

/// Throw away a mail that was given up. For administrators.
#[utoipa::path(
    delete, path = "/mail/{id}", tag = "mail",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "No mail of this id was given up"),
    ),
)]
async fn discard_mail(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<MailName>,
) -> Result<StatusCode, Problem> {
    caller.decide(ManageMail, Facts::of_site(()))?.into_row();
    let mut work = app.store.begin(&caller.context()).await?;
    if !work.mails().discard(id).await? {
        return Err(MISSING);
    }
    work.record(Event::MailDiscarded { mail: id });
    work.commit().await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}
