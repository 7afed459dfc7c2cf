//! Resource groups: resources that share a rule. People say what is in them, or
//! criteria do, over what the group's owner owns; groups may stand inside
//! others. Their owner sees them, and whom they are shared with.

mod nesting;
mod preview;
mod routes;
mod view;

use sekisho_model::criteria::Criteria;
use sekisho_model::event::Event;
use sekisho_model::id::{ResourceGroupId, ResourceId};
use sekisho_model::name::Label;
use sekisho_model::rotation::Age;
use sekisho_model::share::Shareable;
use sekisho_policy::action::{CreateGroup, EditGroup, EditResource, ViewGroup};
use sekisho_policy::{Facts, Granted};
use sekisho_store::{
    Access, MAX_CRITERIA_GROUPS, MAX_PAGE, OperationContext, Page, Reached, Resource,
    ResourceGroup, ShareFilter, UnitOfWork,
};

use crate::app::App;
use crate::http::{Authenticated, IfMatch, Problem};
use crate::{resources, sharing};

pub use routes::routes;

/// The most groups a resource is in.
const MAX_GROUPS: u64 = 32;

/// The longest description, in characters.
const MAX_DESCRIPTION_CHARS: usize = 500;

const MISSING: Problem = Problem::NotFound { what: "resource group" };

/// What is said of a group.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// Its name.
    pub name: Label,
    /// What it is for.
    pub description: String,
    /// The maximum age of passwords on its resources.
    pub max_age: Option<Age>,
    /// What it takes in by itself.
    pub criteria: Option<Criteria>,
}

/// What changes; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct GroupChange {
    /// Another name.
    pub name: Option<Label>,
    /// Another description.
    pub description: Option<String>,
    /// Another maximum age, or none.
    pub max_age: Option<Option<Age>>,
    /// Other criteria, or none.
    pub criteria: Option<Option<Criteria>>,
}

/// One group.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn find<A: Access>(at: &A, id: ResourceGroupId) -> Result<ResourceGroup, Problem> {
    at.resource_groups().find(id).await?.ok_or(MISSING)
}

/// The facts for a decision about a group.
///
/// # Errors
/// When the database does not answer.
pub async fn facts(
    app: &App,
    caller: &Authenticated,
    group: ResourceGroup,
) -> Result<Facts<ResourceGroup>, Problem> {
    let reader = app.store.read();
    Ok(sharing::group_facts(reader, &caller.subject, group, caller.now).await?)
}

/// A group and those inside it, for lists of what is in it.
///
/// # Errors
/// [`Problem::NotFound`] when there is none that the caller may see.
pub async fn reach(
    app: &App,
    caller: &Authenticated,
    id: ResourceGroupId,
) -> Result<Vec<Reached>, Problem> {
    let found = find(app.store.read(), id).await?;
    let granted = caller.decide(ViewGroup, facts(app, caller, found).await?)?;
    Ok(app.store.read().resource_groups().reach(&[granted.into_row().id]).await?)
}

/// Creates a group; its creator owns it.
///
/// # Errors
/// A name that is taken, a description that is too long.
pub async fn create(
    app: &App,
    context: &OperationContext,
    granted: Granted<CreateGroup, ()>,
    new: NewGroup,
) -> Result<ResourceGroup, Problem> {
    let group = ResourceGroup {
        id: ResourceGroupId::at(context.now, app.rng.as_ref()),
        name: new.name,
        description: description(&new.description)?,
        owner: granted.by(),
        max_age: new.max_age,
        criteria: new.criteria,
        created_at: context.now,
        version: 1,
    };
    granted.into_row();
    let mut work = app.store.begin(context).await?;
    check_criteria_count(&work, group.criteria.is_some()).await?;
    work.resource_groups().insert(group.clone()).await?;
    work.record(Event::ResourceGroupCreated { group: group.id, name: group.name.to_string() });
    work.commit().await.map(drop)?;
    Ok(group)
}

/// Changes a group.
///
/// # Errors
/// A name that is taken, a description that is too long, a stale version.
pub async fn edit(
    app: &App,
    context: &OperationContext,
    granted: Granted<EditGroup, ResourceGroup>,
    read: IfMatch,
    change: GroupChange,
) -> Result<ResourceGroup, Problem> {
    let before = granted.into_row();
    read.check(before.version)?;
    let mut next = before.clone();
    next.name = change.name.unwrap_or(next.name);
    if let Some(text) = change.description {
        next.description = description(&text)?;
    }
    next.max_age = change.max_age.unwrap_or(next.max_age);
    next.criteria = change.criteria.unwrap_or(next.criteria);
    let fields: Vec<String> = [
        ("name", next.name != before.name),
        ("description", next.description != before.description),
        ("max_age_days", next.max_age != before.max_age),
        ("criteria", next.criteria != before.criteria),
    ]
    .into_iter()
    .filter(|(_, changed)| *changed)
    .map(|(field, _)| field.to_owned())
    .collect();
    if fields.is_empty() {
        return Ok(before);
    }
    let mut work = app.store.begin(context).await?;
    check_criteria_count(&work, next.criteria.is_some() && before.criteria.is_none()).await?;
    let group = work.resource_groups().update(next, before.version).await?;
    work.record(Event::ResourceGroupChanged { group: group.id, fields });
    work.commit().await.map(drop)?;
    Ok(group)
}

/// Deletes a group, and its shares. Its resources and the groups inside it
/// stay.
///
/// # Errors
/// A stale version.
pub async fn delete(
    app: &App,
    context: &OperationContext,
    granted: Granted<EditGroup, ResourceGroup>,
    read: IfMatch,
) -> Result<(), Problem> {
    let decided = granted.into_row();
    let mut work = app.store.begin(context).await?;
    let group = locked(&work, &decided).await?;
    read.check(group.version)?;
    end_shares(&mut work, group.id).await?;
    work.resource_groups().delete(group.id).await?;
    work.record(Event::ResourceGroupDeleted { group: group.id, name: group.name.to_string() });
    work.commit().await.map(drop)?;
    Ok(())
}

/// Puts a resource into a group: whoever may change both may. One that is in
/// it stays in it.
///
/// # Errors
/// A conflict when the resource is in too many groups.
pub async fn join(
    app: &App,
    context: &OperationContext,
    group: Granted<EditGroup, ResourceGroup>,
    resource: Granted<EditResource, Resource>,
) -> Result<(), Problem> {
    let (decided, resource) = (group.into_row(), resource.into_row());
    let mut work = app.store.begin(context).await?;
    let group = locked(&work, &decided).await?;
    work.resources().lock(resource.id).await?;
    let now = resources::find(&work, resource.id).await?;
    if now.owner != resource.owner {
        return Err(Problem::conflict_of(
            "changed_meanwhile",
            "the resource was given to somebody else at this moment; look at it again",
        ));
    }
    let full = work.resource_groups().count_of(now.id).await? >= MAX_GROUPS;
    if !work.resource_groups().join(group.id, now.id).await? {
        return Ok(());
    }
    if full {
        return Err(Problem::conflict_of(
            "too_many_groups",
            format!(
                "the resource is in {MAX_GROUPS} groups, which is the most; take it out of one first"
            ),
        ));
    }
    work.record(Event::ResourceGroupJoined { group: group.id, resource: now.id });
    work.commit().await.map(drop)?;
    Ok(())
}

/// Takes a resource out of a group.
///
/// # Errors
/// [`Problem::NotFound`] when it is not in it.
pub async fn leave(
    app: &App,
    context: &OperationContext,
    granted: Granted<EditGroup, ResourceGroup>,
    resource: ResourceId,
) -> Result<(), Problem> {
    let decided = granted.into_row();
    let mut work = app.store.begin(context).await?;
    let group = locked(&work, &decided).await?;
    if !work.resource_groups().leave(group.id, resource).await? {
        return Err(Problem::NotFound { what: "resource in this group" });
    }
    work.record(Event::ResourceGroupLeft { group: group.id, resource });
    work.commit().await.map(drop)?;
    Ok(())
}

/// Locks a group that a decision was made about.
async fn locked(work: &UnitOfWork, decided: &ResourceGroup) -> Result<ResourceGroup, Problem> {
    let group = work.resource_groups().lock(decided.id).await?.ok_or(MISSING)?;
    if group.owner != decided.owner {
        return Err(Problem::conflict_of(
            "changed_meanwhile",
            "the group was given to somebody else at this moment; look at it again",
        ));
    }
    Ok(group)
}

/// Every decision about a shared group, and every plan of a rotation, looks at
/// all criteria.
async fn check_criteria_count(work: &UnitOfWork, one_more: bool) -> Result<(), Problem> {
    if one_more && work.resource_groups().count_with_criteria().await? >= MAX_CRITERIA_GROUPS {
        return Err(Problem::conflict_of(
            "too_many_criteria",
            format!("{MAX_CRITERIA_GROUPS} groups have criteria, which is the most"),
        ));
    }
    Ok(())
}

/// What is deleted is shared with nobody.
async fn end_shares(work: &mut UnitOfWork, id: ResourceGroupId) -> Result<(), Problem> {
    let object = Shareable::ResourceGroup(id);
    let filter = ShareFilter { object: Some(object), ..ShareFilter::default() };
    loop {
        let shares = work.shares().list(&filter, &Page::first(MAX_PAGE)).await?.items;
        if shares.is_empty() {
            return Ok(());
        }
        for share in shares {
            work.shares().delete(share.id).await?;
            work.record(Event::ShareEnded { share: share.id, object, with: share.with });
        }
    }
}

/// Checks what somebody says a group is for.
///
/// # Errors
/// Names the field `description`.
pub(crate) fn description(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let length = text.chars().count();
    if length > MAX_DESCRIPTION_CHARS {
        let detail = format!(
            "'description' has {length} characters; at most {MAX_DESCRIPTION_CHARS} are allowed"
        );
        return Err(Problem::invalid("description", detail));
    }
    if let Some(found) = text.chars().find(|c| c.is_control()) {
        let detail = format!(
            "'description' has the control character U+{:04X}; write it on one line",
            u32::from(found)
        );
        return Err(Problem::invalid("description", detail));
    }
    Ok(text.to_owned())
}
