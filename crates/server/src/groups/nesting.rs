//! Groups inside each other: of one owner, without circles, and bounded.

use sekisho_model::event::Event;
use sekisho_model::id::ResourceGroupId;
use sekisho_policy::Granted;
use sekisho_policy::action::EditGroup;
use sekisho_store::{
    Access as _, MAX_INSIDE, MAX_NESTING, OperationContext, ResourceGroup, UnitOfWork,
};

use super::{MISSING, find};
use crate::app::App;
use crate::http::Problem;

/// Puts a group into another one. One that is in it stays in it.
///
/// # Errors
/// A conflict when the two have different owners, when it would close a circle
/// (which is named), or when there would be too many groups inside each other.
pub(super) async fn nest(
    app: &App,
    context: &OperationContext,
    outer: Granted<EditGroup, ResourceGroup>,
    inner: Granted<EditGroup, ResourceGroup>,
) -> Result<(), Problem> {
    let (outer, inner) = (outer.into_row(), inner.into_row());
    let mut work = app.store.begin(context).await?;
    // All groups inside each other have one owner: whoever holds the owner's
    // row is the only one who nests any of them.
    work.users().lock(outer.owner).await?;
    let (outer, inner) = (find(&work, outer.id).await?, find(&work, inner.id).await?);
    if outer.owner != inner.owner {
        return Err(Problem::conflict_of(
            "other_owner",
            "the two groups have different owners; only groups of one owner stand inside each other",
        ));
    }
    if let Some(way) = work.resource_groups().way(inner.id, outer.id).await? {
        return Err(circle(&work, &outer, way).await?);
    }
    let groups = work.resource_groups();
    let deep = groups.height(outer.id).await? + 1 + groups.depth(inner.id).await?;
    if deep > MAX_NESTING {
        return Err(Problem::conflict_of(
            "nested_too_deep",
            format!("{deep} groups would stand inside each other; at most {MAX_NESTING} may"),
        ));
    }
    if !groups.nest(outer.id, inner.id).await? {
        return Ok(());
    }
    let mut around = vec![outer.id];
    while let Some(group) = around.pop() {
        around.extend(groups.outside(group).await?);
        let inside = groups.reach(&[group]).await?.len() - 1;
        if inside > MAX_INSIDE {
            return Err(Problem::conflict_of(
                "nested_too_many",
                format!("{inside} groups would stand inside one; at most {MAX_INSIDE} may"),
            ));
        }
    }
    work.record(Event::ResourceGroupNested { group: outer.id, inner: inner.id });
    work.commit().await.map(drop)?;
    Ok(())
}

/// The refusal that names every group of the circle.
async fn circle(
    work: &UnitOfWork,
    outer: &ResourceGroup,
    way: Vec<ResourceGroupId>,
) -> Result<Problem, Problem> {
    let mut names = vec![outer.name.to_string()];
    for id in way {
        names.push(work.resource_groups().find(id).await?.ok_or(MISSING)?.name.to_string());
    }
    Ok(Problem::conflict_of("circle", format!("it would close a circle: {}", names.join(" > "))))
}

/// Takes a group out of another one.
///
/// # Errors
/// [`Problem::NotFound`] when it is not in it.
pub(super) async fn unnest(
    app: &App,
    context: &OperationContext,
    outer: Granted<EditGroup, ResourceGroup>,
    inner: ResourceGroupId,
) -> Result<(), Problem> {
    let outer = outer.into_row();
    let mut work = app.store.begin(context).await?;
    if !work.resource_groups().unnest(outer.id, inner).await? {
        return Err(Problem::NotFound { what: "group in this group" });
    }
    work.record(Event::ResourceGroupUnnested { group: outer.id, inner });
    work.commit().await.map(drop)?;
    Ok(())
}
