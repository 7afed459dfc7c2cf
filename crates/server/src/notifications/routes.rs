//! `/notifications`.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::account::VerifyResult;
use sekisho_model::id::{Order as OrderKind, OrderId};
use sekisho_model::order::{Operation, OrderState};
use sekisho_policy::Facts;
use sekisho_policy::action::{ListNotifications, MarkNotifications};
use sekisho_store::{Access as _, NotificationMark, NotificationSettings, StoreError};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::{Counts, Kind, Told};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, ItemList, Json, List, ListQuery, NoFilter, PathId, Problem, Routes, Time,
};
use crate::resources::refs::{Named, Names};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_notifications))
        .signed_in(routes!(count_notifications))
        .signed_in(routes!(read_all_notifications))
        .signed_in(routes!(notification_settings, change_notification_settings))
        .signed_in(routes!(read_notification))
        .signed_in(routes!(unread_notification))
}

/// A task that the caller asked for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct NotificationView {
    /// The id of the task.
    #[schema(value_type = String)]
    order: OrderId,
    /// `reset` or `verify`.
    #[schema(value_type = String)]
    operation: Operation,
    /// The state of the task.
    #[schema(value_type = String)]
    state: OrderState,
    /// How it ended: `reset_done`, `reset_failed`, `verify_done`,
    /// `verify_failed`; `null` while it waits, and when it is tried again.
    kind: Option<Kind>,
    /// What a check found: `in_sync`, `out_of_sync`, …
    #[schema(value_type = Option<String>)]
    verified: Option<VerifyResult>,
    /// It failed for now and is tried again, as another task.
    retried: bool,
    /// The account.
    account: Option<Named>,
    /// Its resource.
    resource: Named,
    /// When it was asked for.
    created_at: Time,
    /// When it ended.
    ended_at: Option<Time>,
    /// Whether the caller has read of its end.
    read: bool,
}

/// How much there is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct NotificationCounts {
    /// Resets that are not finished.
    waiting_resets: u64,
    /// Checks that are not finished.
    waiting_verifies: u64,
    /// Tasks that ended and were not read of, without the muted kinds.
    unread: u64,
}

impl From<Counts> for NotificationCounts {
    fn from(counts: Counts) -> Self {
        let Counts { waiting_resets, waiting_verifies, unread } = counts;
        Self { waiting_resets, waiting_verifies, unread }
    }
}

/// What the caller wants to be told.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NotificationSettingsView {
    /// The kinds that are not counted: `reset_done`, `reset_failed`,
    /// `verify_done`, `verify_failed`.
    muted: Vec<Kind>,
}

/// List the resets and checks that one has asked for, newest first: those of
/// the last 30 days.
#[utoipa::path(
    get, path = "/notifications", tag = "notifications", params(ListQuery),
    responses((status = 200, description = "A page of tasks", body = ItemList<NotificationView>)),
)]
async fn list_notifications(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter>,
) -> Result<Json<ItemList<NotificationView>>, Problem> {
    caller.decide(ListNotifications, Facts::nothing())?.into_row();
    list.no_search()?;
    let reader = app.store.read();
    let (found, end) = super::feed(reader, caller.user.id, caller.now, &list.page).await?;
    let mut names = Names::new(reader);
    let mut items = Vec::with_capacity(found.len());
    for told in found {
        items.push(view(&mut names, told).await?);
    }
    Ok(Json(ItemList::new(items, end)))
}

/// Count the tasks that wait, and those that ended and were not read of.
#[utoipa::path(
    get, path = "/notifications/counts", tag = "notifications",
    responses((status = 200, description = "How much there is", body = NotificationCounts)),
)]
async fn count_notifications(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<NotificationCounts>, Problem> {
    caller.decide(ListNotifications, Facts::nothing())?.into_row();
    let counts = super::counts(app.store.read(), caller.user.id, caller.now).await?;
    Ok(Json(counts.into()))
}

/// Mark everything as read.
#[utoipa::path(
    post, path = "/notifications/read-all", tag = "notifications",
    responses((status = 204, description = "Everything counts as read")),
)]
async fn read_all_notifications(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<StatusCode, Problem> {
    caller.decide(MarkNotifications, Facts::nothing())?.into_row();
    let work = app.store.begin(&caller.context()).await?;
    let settings = work.notifications().settings(caller.user.id).await?;
    let settings = NotificationSettings { read_until: caller.now, ..settings };
    work.notifications().put_settings(settings).await?;
    work.notifications().forget_marks(caller.user.id).await?;
    work.commit_unaudited("somebody has read what became of their tasks").await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}

/// See which kinds are muted.
#[utoipa::path(
    get, path = "/notifications/settings", tag = "notifications",
    responses((status = 200, description = "What is muted", body = NotificationSettingsView)),
)]
async fn notification_settings(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<NotificationSettingsView>, Problem> {
    caller.decide(ListNotifications, Facts::nothing())?.into_row();
    let settings = app.store.read().notifications().settings(caller.user.id).await?;
    let muted = settings.muted.iter().filter_map(|word| word.parse().ok()).collect();
    Ok(Json(NotificationSettingsView { muted }))
}

/// Choose which kinds are muted.
#[utoipa::path(
    put, path = "/notifications/settings", tag = "notifications",
    request_body = NotificationSettingsView,
    responses((status = 200, description = "What is muted now", body = NotificationSettingsView)),
)]
async fn change_notification_settings(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(body): Json<NotificationSettingsView>,
) -> Result<Json<NotificationSettingsView>, Problem> {
    caller.decide(MarkNotifications, Facts::nothing())?.into_row();
    let mut muted: Vec<Kind> = Vec::new();
    for kind in body.muted {
        if !muted.contains(&kind) {
            muted.push(kind);
        }
    }
    let work = app.store.begin(&caller.context()).await?;
    let settings = work.notifications().settings(caller.user.id).await?;
    let words = muted.iter().map(|kind| kind.as_str().to_owned()).collect();
    let settings = NotificationSettings { muted: words, ..settings };
    work.notifications().put_settings(settings).await?;
    work.commit_unaudited("somebody chose what they are told").await.map(drop)?;
    Ok(Json(NotificationSettingsView { muted }))
}

/// Mark one task as read.
#[utoipa::path(
    post, path = "/notifications/{id}/read", tag = "notifications",
    params(("id" = String, Path, description = "The id of the task")),
    responses(
        (status = 204, description = "It counts as read"),
        (status = 404, description = "You have not asked for such a task"),
    ),
)]
async fn read_notification(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<OrderKind>,
) -> Result<StatusCode, Problem> {
    mark(&app, &caller, id, true).await
}

/// Mark one task as unread again.
#[utoipa::path(
    post, path = "/notifications/{id}/unread", tag = "notifications",
    params(("id" = String, Path, description = "The id of the task")),
    responses(
        (status = 204, description = "It counts as unread"),
        (status = 404, description = "You have not asked for such a task"),
    ),
)]
async fn unread_notification(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<OrderKind>,
) -> Result<StatusCode, Problem> {
    mark(&app, &caller, id, false).await
}

async fn mark(
    app: &App,
    caller: &Authenticated,
    id: OrderId,
    is_read: bool,
) -> Result<StatusCode, Problem> {
    caller.decide(MarkNotifications, Facts::nothing())?.into_row();
    let order = app.store.read().orders().find(id).await?;
    // Somebody else's task looks like none.
    order
        .filter(|order| order.initiator == Some(caller.user.id))
        .ok_or(Problem::NotFound { what: "task" })?;
    let work = app.store.begin(&caller.context()).await?;
    let mark = NotificationMark { user: caller.user.id, order: id, is_read, at: caller.now };
    work.notifications().mark(mark).await?;
    work.commit_unaudited("somebody has read what became of a task").await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn view(names: &mut Names<'_>, told: Told) -> Result<NotificationView, StoreError> {
    let Told { order, kind, verified, retried, read } = told;
    let account = match order.account {
        Some(id) => Some(names.account(id).await?),
        None => None,
    };
    Ok(NotificationView {
        order: order.id,
        operation: order.operation,
        state: order.state,
        kind,
        verified,
        retried,
        account,
        resource: names.resource(order.resource).await?,
        created_at: order.created_at.into(),
        ended_at: order.finished_at.map(Time),
        read,
    })
}
