//! `/me/mail`: whether and where somebody gets mail.

use axum::extract::State;
use sekisho_model::event::Event;
use sekisho_model::mail::MailAddress;
use sekisho_policy::Facts;
use sekisho_policy::action::{ChangePreferences, ViewPreferences};
use sekisho_store::{Access as _, UserMail};
use serde::{Deserialize, Serialize};

use crate::app::SharedApp;
use crate::http::{Authenticated, Json, Problem};
use crate::notifications::Kind;

/// Whether and where somebody gets mail.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct OwnMailView {
    /// Whether this server sends mail at all.
    available: bool,
    /// Their address: scheduled reports go there, and what became of tasks.
    #[schema(value_type = Option<String>)]
    address: Option<MailAddress>,
    /// Whether they are told by mail what became of their tasks.
    tasks: bool,
    /// What they are told of: `reset_done`, `reset_failed`, `verify_done`,
    /// `verify_failed`.
    kinds: Vec<Kind>,
}

/// Whether and where somebody wants mail.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnMailChange {
    /// Their address; `null`: none, and no mail.
    #[schema(value_type = Option<String>, max_length = 254)]
    address: Option<MailAddress>,
    /// Whether they are told by mail what became of their tasks.
    tasks: bool,
    /// What they are told of: `reset_done`, `reset_failed`, `verify_done`,
    /// `verify_failed`.
    kinds: Vec<Kind>,
}

/// Failures are what somebody who is not at the console wants to know.
const USUAL: [Kind; 2] = [Kind::ResetFailed, Kind::VerifyFailed];

/// Shows whether and where the caller gets mail.
#[utoipa::path(
    get, path = "/me/mail", tag = "session",
    responses((status = 200, description = "Their mail", body = OwnMailView)),
)]
pub(super) async fn show_own_mail(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<OwnMailView>, Problem> {
    caller.decide(ViewPreferences, Facts::nothing())?.into_row();
    let found = app.store.read().user_mail().find(caller.user.id).await?;
    let available = app.config.mail.is_some();
    Ok(Json(match found {
        Some(mail) => shown(mail, available),
        None => OwnMailView { available, address: None, tasks: false, kinds: USUAL.to_vec() },
    }))
}

/// Says whether and where the caller gets mail. What ended before is not told.
#[utoipa::path(
    put, path = "/me/mail", tag = "session", request_body = OwnMailChange,
    responses((status = 200, description = "Their mail", body = OwnMailView)),
)]
pub(super) async fn put_own_mail(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(wanted): Json<OwnMailChange>,
) -> Result<Json<OwnMailView>, Problem> {
    caller.decide(ChangePreferences, Facts::nothing())?.into_row();
    let OwnMailChange { address, tasks, kinds } = wanted;
    if tasks && address.is_none() {
        let detail = "'tasks' is true, but there is no address; give 'address', too";
        return Err(Problem::invalid("tasks", detail));
    }
    let user = caller.user.id;
    let mut work = app.store.begin(&caller.context()).await?;
    let before = work.user_mail().find(user).await?;
    let was_told = before.as_ref().filter(|mail| mail.enabled && mail.address.is_some());
    let told_until = was_told.map_or(caller.now, |mail| mail.told_until);
    let mail = UserMail {
        user,
        address: address.clone(),
        enabled: tasks,
        kinds: Kind::ALL
            .into_iter()
            .filter(|kind| kinds.contains(kind))
            .map(|kind| kind.as_str().to_owned())
            .collect(),
        told_until,
        changed_at: caller.now,
    };
    work.user_mail().put(mail.clone()).await?;
    if before.and_then(|mail| mail.address) == address {
        work.commit_unaudited("what somebody is told by mail").await.map(drop)?;
    } else {
        work.record(Event::MailAddressChanged { user, address });
        work.commit().await.map(drop)?;
    }
    Ok(Json(shown(mail, app.config.mail.is_some())))
}

fn shown(mail: UserMail, available: bool) -> OwnMailView {
    OwnMailView {
        available,
        address: mail.address,
        tasks: mail.enabled,
        kinds: mail.kinds.iter().filter_map(|word| word.parse().ok()).collect(),
    }
}
