//! Proposing, approving, rejecting and deleting custom roles.

use sekisho_model::event::Event;
use sekisho_model::id::CustomRoleId;
use sekisho_model::name::Label;
use sekisho_model::user::{Role, RoleRef};
use sekisho_policy::action::{ApproveRole, ProposeRole};
use sekisho_policy::{Granted, Permission};
use sekisho_store::{Access, CustomRole, CustomRoles, OperationContext, Proposal, UnitOfWork};

use super::RoleTable;
use crate::app::App;
use crate::http::{IfMatch, Problem};
use crate::users;

/// The longest description, in characters.
const MAX_DESCRIPTION_CHARS: usize = 500;

pub(super) const MISSING: Problem = Problem::NotFound { what: "custom role" };

/// A role as somebody wants it, not checked yet.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its name.
    pub(super) name: Label,
    /// What it is for.
    pub(super) description: String,
    /// The words of what it may do.
    pub(super) permissions: Vec<String>,
}

/// Checks a proposal; the words come out in the order of declaration, each
/// once.
///
/// # Errors
/// Names the field.
pub(super) fn check(wanted: Wanted) -> Result<Proposal, Problem> {
    let description = wanted.description.trim().to_owned();
    let length = description.chars().count();
    if length > MAX_DESCRIPTION_CHARS {
        let detail = format!(
            "'description' has {length} characters; at most {MAX_DESCRIPTION_CHARS} are allowed"
        );
        return Err(Problem::invalid("description", detail));
    }
    if description.chars().any(char::is_control) {
        let detail = "'description' has a control character; write it on one line";
        return Err(Problem::invalid("description", detail));
    }
    if wanted.name.as_str().parse::<Role>().is_ok() {
        let detail = format!("'name' is '{}', which is a built-in role", wanted.name);
        return Err(Problem::invalid("name", detail));
    }
    let mut permissions = Vec::with_capacity(wanted.permissions.len());
    for word in &wanted.permissions {
        let permission: Permission = word
            .parse()
            .map_err(|error| Problem::invalid("permissions", format!("'permissions': {error}")))?;
        if !permission.is_for_custom_roles() {
            let detail = format!("'permissions': {permission} is the Super Administrator's alone");
            return Err(Problem::invalid("permissions", detail));
        }
        permissions.push(permission);
    }
    if permissions.is_empty() {
        let detail = "'permissions' is empty; a role that may do nothing is of no use";
        return Err(Problem::invalid("permissions", detail));
    }
    permissions.sort();
    permissions.dedup();
    let permissions = permissions.into_iter().map(|one| one.to_string()).collect();
    Ok(Proposal { name: wanted.name, description, permissions })
}

/// Proposes a new role. Nobody can be given it before it is approved.
///
/// # Errors
/// A name that is taken, a proposal that is malformed, too many roles.
pub(super) async fn propose(
    app: &App,
    context: &OperationContext,
    granted: Granted<ProposeRole, ()>,
    wanted: Wanted,
) -> Result<CustomRole, Problem> {
    let proposal = check(wanted)?;
    let by = granted.by();
    granted.into_row();
    let role = CustomRole {
        id: CustomRoleId::at(context.now, app.rng.as_ref()),
        name: proposal.name.clone(),
        description: proposal.description.clone(),
        permissions: None,
        proposed: Some(proposal.clone()),
        proposed_by: Some(by),
        proposed_at: Some(context.now),
        approved_by: None,
        approved_at: None,
        created_at: context.now,
        version: 1,
    };
    let mut work = app.store.begin(context).await?;
    if work.custom_roles().list().await?.len() as u64 >= CustomRoles::<UnitOfWork>::MAX {
        return Err(Problem::conflict("there are too many custom roles; delete one first"));
    }
    work.custom_roles().insert(role.clone()).await?;
    record_proposal(&mut work, role.id, proposal);
    work.commit().await.map(drop)?;
    Ok(role)
}

/// Proposes a change of a role, in place of a proposal that waits. What is in
/// force stays so until it is approved.
///
/// # Errors
/// A stale version, a proposal that is malformed.
pub(super) async fn repropose(
    app: &App,
    context: &OperationContext,
    granted: Granted<ProposeRole, CustomRole>,
    read: IfMatch,
    wanted: Wanted,
) -> Result<CustomRole, Problem> {
    let proposal = check(wanted)?;
    let by = granted.by();
    let before = granted.into_row();
    read.check(before.version)?;
    let next = CustomRole {
        proposed: Some(proposal.clone()),
        proposed_by: Some(by),
        proposed_at: Some(context.now),
        ..before.clone()
    };
    let mut work = app.store.begin(context).await?;
    let role = work.custom_roles().update(next, before.version).await?;
    record_proposal(&mut work, role.id, proposal);
    work.commit().await.map(drop)?;
    Ok(role)
}

fn record_proposal(work: &mut UnitOfWork, role: CustomRoleId, proposal: Proposal) {
    let Proposal { name, permissions, .. } = proposal;
    work.record(Event::RoleProposed { role, name: name.to_string(), permissions });
}

/// Puts a proposal into force, exactly as the one who approves has read it.
/// It counts for everybody who has the role from their next request on.
///
/// # Errors
/// A conflict when nothing waits or when nobody would manage users any more;
/// a stale version.
pub(super) async fn approve(
    app: &App,
    context: &OperationContext,
    granted: Granted<ApproveRole, CustomRole>,
    read: IfMatch,
) -> Result<CustomRole, Problem> {
    let by = granted.by();
    let before = granted.into_row();
    read.check(before.version)?;
    let (Some(proposal), Some(proposed_by)) = (before.proposed.clone(), before.proposed_by) else {
        return Err(nothing_waits());
    };
    let next = CustomRole {
        name: proposal.name,
        description: proposal.description,
        permissions: Some(proposal.permissions.clone()),
        proposed: None,
        proposed_by: None,
        proposed_at: None,
        approved_by: Some(by),
        approved_at: Some(context.now),
        ..before.clone()
    };
    let mut work = app.store.begin(context).await?;
    // People before roles, as where a role is given to somebody.
    let then = RoleTable::load(&work).await?.with(next.clone());
    users::keep_managers(&work, &then).await?;
    let role = work.custom_roles().update(next, before.version).await?;
    work.record(Event::RoleApproved {
        role: role.id,
        name: role.name.to_string(),
        permissions: proposal.permissions,
        proposed_by,
    });
    work.commit().await.map(drop)?;
    Ok(role)
}

/// Takes a proposal away. A role that was never in force goes with it.
///
/// # Errors
/// A conflict when nothing waits; a stale version.
pub(super) async fn reject<P>(
    app: &App,
    context: &OperationContext,
    granted: Granted<P, CustomRole>,
    read: IfMatch,
    reason: String,
) -> Result<Option<CustomRole>, Problem>
where
    P: sekisho_policy::ActionType,
{
    let before = granted.into_row();
    read.check(before.version)?;
    let Some(proposal) = before.proposed.clone() else { return Err(nothing_waits()) };
    let mut work = app.store.begin(context).await?;
    let left = if before.permissions.is_some() {
        let next =
            CustomRole { proposed: None, proposed_by: None, proposed_at: None, ..before.clone() };
        Some(work.custom_roles().update(next, before.version).await?)
    } else {
        let locked = work.custom_roles().lock(before.id).await?.ok_or(MISSING)?;
        read.check(locked.version)?;
        work.custom_roles().delete(before.id).await?;
        None
    };
    work.record(Event::RoleRejected { role: before.id, name: proposal.name.to_string(), reason });
    work.commit().await.map(drop)?;
    Ok(left)
}

/// Deletes a role that nobody has.
///
/// # Errors
/// A conflict while somebody has it; a stale version.
pub(super) async fn delete(
    app: &App,
    context: &OperationContext,
    granted: Granted<ProposeRole, CustomRole>,
    read: IfMatch,
) -> Result<(), Problem> {
    let decided = granted.into_row();
    let mut work = app.store.begin(context).await?;
    let role = work.custom_roles().lock(decided.id).await?.ok_or(MISSING)?;
    read.check(role.version)?;
    let users = work.users().count_with(RoleRef::Custom(role.id)).await?;
    if users > 0 {
        return Err(Problem::conflict(format!(
            "{users} users have this role; give them another one first"
        )));
    }
    work.custom_roles().delete(role.id).await?;
    work.record(Event::RoleDeleted { role: role.id, name: role.name.to_string() });
    work.commit().await.map(drop)?;
    Ok(())
}

/// One role.
///
/// # Errors
/// [`Problem::NotFound`].
pub(super) async fn find<A: Access>(at: &A, id: CustomRoleId) -> Result<CustomRole, Problem> {
    at.custom_roles().find(id).await?.ok_or(MISSING)
}

fn nothing_waits() -> Problem {
    Problem::conflict("nothing of this role waits for approval")
}
