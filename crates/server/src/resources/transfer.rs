//! Giving resources to another owner. The former owner keeps nothing, and the
//! agent goes with its resource, also to an administrator whom an agent
//! was re-homed to before.

use axum::extract::State;
use sekisho_model::event::Event;
use sekisho_model::id::{Resource as ResourceKind, ResourceId, UserId};
use sekisho_policy::action::TransferResource;
use sekisho_policy::{Facts, Granted};
use sekisho_store::{
    Access as _, MAX_PAGE, OperationContext, Page, Resource, ResourceFilter, UnitOfWork, User,
};
use serde::{Deserialize, Serialize};

use super::refs::{Named, reason};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, Json, PathId, Problem};
use crate::users;

/// To whom, and why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferBody {
    /// The id of the new owner: an active user whose role may add resources.
    #[schema(value_type = String)]
    to: UserId,
    /// Why, in a few words.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: String,
}

/// Which resources, to whom, and why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TransfersBody {
    /// The id of the new owner: an active user whose role may add resources.
    #[schema(value_type = String)]
    to: UserId,
    /// The ids of the resources: 1 to 200. Left out: give `from`.
    #[schema(value_type = Option<Vec<String>>, max_items = 200)]
    #[serde(default)]
    resources: Option<Vec<ResourceId>>,
    /// Instead of `resources`: the id of a user whose first 200 resources, by
    /// name, are meant.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    from: Option<UserId>,
    /// Why, in a few words.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: String,
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

/// What a transfer did.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TransferView {
    /// The resource.
    resource: Named,
    /// Who owned it.
    from: Named,
    /// Who owns it.
    to: Named,
    /// How many groups of other people it left.
    left_groups: u64,
    /// How many shares with the former owner ended.
    ended_shares: u64,
}

/// What became of each resource.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TransfersView {
    /// Whether nothing was changed.
    dry_run: bool,
    /// One row for each resource that was named, in that order.
    items: Vec<TransferRow>,
    /// Whether `from` owns more; ask again for the rest.
    more: bool,
}

/// What became of one resource.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TransferRow {
    /// The resource.
    #[schema(value_type = String)]
    id: ResourceId,
    /// Its name; `null` when there is none that you may see.
    name: Option<String>,
    /// What became of it.
    outcome: TransferOutcome,
    /// How many groups of other people it leaves.
    left_groups: u64,
    /// How many shares with the former owner end.
    ended_shares: u64,
    /// The code of the refusal, as in `problem+json`.
    code: Option<&'static str>,
    /// What is in the way, as a word, if it is refused with `conflict`.
    conflict: Option<&'static str>,
    /// Why not, as a sentence.
    detail: Option<String>,
}

/// What becomes of a resource.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum TransferOutcome {
    /// It has another owner now.
    Transferred,
    /// It would have another owner now.
    WouldTransfer,
    /// It stays as it was.
    Refused,
}

/// Give a resource to another owner. The former owner keeps nothing: shares
/// with them end, and the resource leaves the groups of everybody but the new
/// owner. Its agent goes with it.
#[utoipa::path(
    post, path = "/resources/{id}/transfer", tag = "resources", request_body = TransferBody,
    params(("id" = String, Path, description = "The resource")),
    responses(
        (status = 200, description = "Given", body = TransferView),
        (status = 404, description = "No such resource, or you may not see it"),
        (status = 409, description = "`conflict`: they own it already"),
    ),
)]
pub(super) async fn transfer_resource(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ResourceKind>,
    Json(body): Json<TransferBody>,
) -> Result<Json<TransferView>, Problem> {
    let granted = decided(&app, &caller, id).await?;
    let reason = reason(&body.reason)?;
    let to = new_owner(&app, body.to).await?;
    let reader = app.store.read();
    let resource = Named::new(id, granted.row().name.as_str());
    let former = granted.row().owner;
    let from = reader.users().find(former).await?.map(|user| user.name.to_string());
    let done = transfer(&app, &caller.context(), granted, &to, &reason, false).await?;
    Ok(Json(TransferView {
        resource,
        from: Named::new(former, from.unwrap_or_else(|| former.to_string())),
        to: Named::new(to.id, to.name.to_string()),
        left_groups: done.left_groups,
        ended_shares: done.ended_shares,
    }))
}

/// Give several resources to another owner, each by itself: one that cannot be
/// given does not keep the others back.
#[utoipa::path(
    post, path = "/resources/transfer", tag = "resources", request_body = TransfersBody,
    responses((status = 200, description = "What became of each", body = TransfersView)),
)]
pub(super) async fn transfer_resources(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(body): Json<TransfersBody>,
) -> Result<Json<TransfersView>, Problem> {
    caller.decide(TransferResource, Facts::nothing())?.into_row();
    let reason = reason(&body.reason)?;
    let to = new_owner(&app, body.to).await?;
    let (ids, more) = match (body.resources, body.from) {
        (Some(ids), None) if (1..=usize::from(MAX_PAGE)).contains(&ids.len()) => (ids, false),
        (Some(ids), None) => {
            let detail = format!("'resources' has {} ids; give 1 to {MAX_PAGE}", ids.len());
            return Err(Problem::invalid("resources", detail));
        }
        (None, Some(from)) => owned_by(&app, &caller, from).await?,
        (Some(_), Some(_)) | (None, None) => {
            let detail = "give either 'resources' or 'from'";
            return Err(Problem::invalid("resources", detail));
        }
    };
    let mut items = Vec::with_capacity(ids.len());
    for id in ids {
        items.push(row(&app, &caller, id, &to, &reason, body.dry_run).await?);
    }
    Ok(Json(TransfersView { dry_run: body.dry_run, items, more }))
}

/// The first resources of somebody, of those the caller may know of.
async fn owned_by(
    app: &App,
    caller: &Authenticated,
    from: UserId,
) -> Result<(Vec<ResourceId>, bool), Problem> {
    if from != caller.user.id && !caller.subject.sees_everything() {
        let detail = "'from' is somebody else; only who sees everything gives away what others own";
        return Err(Problem::invalid("from", detail));
    }
    let filter = ResourceFilter { owner: Some(from), ..ResourceFilter::default() };
    let found = app.store.read().resources().list(&filter, &Page::first(MAX_PAGE)).await?;
    let ids = found.items.into_iter().map(|resource| resource.id).collect();
    Ok((ids, found.next.is_some()))
}

async fn row(
    app: &App,
    caller: &Authenticated,
    id: ResourceId,
    to: &User,
    reason: &str,
    dry_run: bool,
) -> Result<TransferRow, Problem> {
    let mut name = None;
    let tried = async {
        let granted = decided(app, caller, id).await?;
        name = Some(granted.row().name.to_string());
        transfer(app, &caller.context(), granted, to, reason, dry_run).await
    };
    let tried = tried.await;
    let row = |outcome, effect: Effect, refusal: Option<&Problem>| TransferRow {
        id,
        name,
        outcome,
        left_groups: effect.left_groups,
        ended_shares: effect.ended_shares,
        code: refusal.map(|problem| problem.kind().0),
        conflict: refusal.and_then(Problem::conflict_word),
        detail: refusal.map(Problem::to_string),
    };
    match tried {
        Ok(effect) if dry_run => Ok(row(TransferOutcome::WouldTransfer, effect, None)),
        Ok(effect) => Ok(row(TransferOutcome::Transferred, effect, None)),
        // Not the row's fault: the rest would fare no better.
        Err(
            problem @ (Problem::Unavailable { .. }
            | Problem::AuditUnavailable { .. }
            | Problem::AuditHeld { .. }
            | Problem::Internal(_)),
        ) => Err(problem),
        Err(problem) => {
            let effect = Effect { left_groups: 0, ended_shares: 0 };
            Ok(row(TransferOutcome::Refused, effect, Some(&problem)))
        }
    }
}

async fn decided(
    app: &App,
    caller: &Authenticated,
    id: ResourceId,
) -> Result<Granted<TransferResource, Resource>, Problem> {
    let found = super::find(app.store.read(), id).await?;
    caller.decide(TransferResource, super::facts(app, caller, found).await?)
}

/// Somebody who may own resources.
async fn new_owner(app: &App, id: UserId) -> Result<User, Problem> {
    let found = app.store.read().users().find(id).await?;
    match found {
        Some(user) if users::may_own(app.store.read(), &user).await? => Ok(user),
        Some(_) | None => Err(not_an_owner()),
    }
}

fn not_an_owner() -> Problem {
    Problem::invalid("to", "'to' must be an active user whose role may own resources")
}

/// What changes beside the owner.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    /// How many groups of other people the resource leaves.
    pub left_groups: u64,
    /// How many shares with the former owner end.
    pub ended_shares: u64,
}

/// Gives a resource to another owner, or only finds out what that would do.
///
/// # Errors
/// A conflict when they own it already or its owner changed meanwhile.
pub async fn transfer(
    app: &App,
    context: &OperationContext,
    granted: Granted<TransferResource, Resource>,
    to: &User,
    reason: &str,
    dry_run: bool,
) -> Result<Effect, Problem> {
    let decided = granted.into_row();
    if decided.owner == to.id {
        return Err(Problem::conflict_of("owned_already", format!("{} owns it already", to.name)));
    }
    let mut work = app.store.begin(context).await?;
    let still = work.users().lock(to.id).await?;
    match still {
        Some(user) if users::may_own(&work, &user).await? => {}
        Some(_) | None => return Err(not_an_owner()),
    }
    work.resources().lock(decided.id).await?;
    let resource = super::find(&work, decided.id).await?;
    if resource.owner != decided.owner {
        return Err(Problem::conflict_of(
            "changed_meanwhile",
            "the resource was given to somebody else at this moment; look at it again",
        ));
    }
    let effect = give(&work, resource, to.id).await?;
    if dry_run {
        // Dropped, and with it whatever was written.
        return Ok(effect);
    }
    work.record(Event::ResourceTransferred {
        resource: decided.id,
        from: decided.owner,
        to: to.id,
        left_groups: effect.left_groups,
        ended_shares: effect.ended_shares,
        reason: reason.to_owned(),
    });
    work.commit().await.map(drop)?;
    Ok(effect)
}

async fn give(work: &UnitOfWork, resource: Resource, to: UserId) -> Result<Effect, Problem> {
    let (id, from, version) = (resource.id, resource.owner, resource.version);
    work.resources().update(Resource { owner: to, ..resource }, version).await?;
    let left_groups = work.resource_groups().leave_others(id, to).await?;
    let ended_shares = work.shares().delete_on_resource(id, from).await?;
    Ok(Effect { left_groups, ended_shares })
}
