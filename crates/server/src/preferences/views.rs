//! `/me/views`: named addresses of lists.
//!
//! A view is a page and a query string of the console, nothing else: no host
//! and no script can be in it, so that a shared one leads nowhere else.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::{SavedView as ViewKind, SavedViewId, UserId};
use sekisho_model::name::Label;
use sekisho_model::user::RoleRef;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, DefaultView, SavedView, UnitOfWork};
use serde::{Deserialize, Serialize};

use crate::app::SharedApp;
use crate::http::{Authenticated, ItemList, Json, PathId, Problem, Query, Time};

/// A user saves at most so many views.
const MAX_OWN: usize = 100;
/// At most so many that others share are shown.
const MAX_SHARED: u64 = 200;
/// One a page; more pages than that have no list.
const MAX_DEFAULTS: u64 = 100;
const MAX_PAGE_CHARS: usize = 200;
const MAX_QUERY_CHARS: usize = 2000;

const NO_SUCH_VIEW: Problem = Problem::NotFound { what: "view" };

/// A saved view.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ViewView {
    /// Its id.
    #[schema(value_type = String)]
    id: SavedViewId,
    /// Whether the caller saved it; only then they can change it.
    own: bool,
    /// The path of the page: `/accounts`.
    page: String,
    /// Its name.
    name: String,
    /// The query string with its `?`; empty for the page as it is.
    query: String,
    /// The role whose people see it, too.
    #[schema(value_type = Option<String>)]
    shared_with: Option<RoleRef>,
    /// Whether the caller begins with it when they open the page.
    is_default: bool,
    /// When it was last changed.
    changed_at: Time,
}

/// A view to be saved.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewView {
    /// The path of the page: `/accounts`.
    #[schema(max_length = 200)]
    page: String,
    /// Its name.
    #[schema(value_type = String)]
    name: Label,
    /// The query string with its `?`; empty for the page as it is.
    #[schema(max_length = 2000)]
    query: String,
    /// The role whose people see it, too: one's own, or any for an
    /// administrator.
    #[schema(value_type = Option<String>)]
    shared_with: Option<RoleRef>,
}

/// The views of one page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ViewFilter {
    /// Only views of this page.
    page: Option<String>,
}

fn shown(view: SavedView, caller: UserId, defaults: &[DefaultView]) -> ViewView {
    ViewView {
        id: view.id,
        own: view.owner == caller,
        // The view may be of another page by now.
        is_default: defaults.iter().any(|first| first.view == view.id && first.page == view.page),
        page: view.page,
        name: view.name.to_string(),
        query: view.query,
        shared_with: view.shared_with,
        changed_at: view.changed_at.into(),
    }
}

/// Lists the caller's views, then those that others share with their role.
#[utoipa::path(
    get, path = "/me/views", tag = "session", params(ViewFilter),
    responses((status = 200, description = "The views", body = ItemList<ViewView>)),
)]
pub(super) async fn list_views(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Query(ViewFilter { page }): Query<ViewFilter>,
) -> Result<Json<ItemList<ViewView>>, Problem> {
    caller.decide(action::ListViews, Facts::nothing())?.into_row();
    let (user, role) = (caller.user.id, caller.user.role);
    let views = app.store.read().saved_views();
    let mut found = views.of_owner(user, MAX_OWN as u64).await?;
    found.extend(views.shared_with(role, user, MAX_SHARED).await?);
    let defaults = views.defaults_of(user, MAX_DEFAULTS).await?;
    let wanted = |view: &SavedView| page.as_ref().is_none_or(|page| view.page == *page);
    let items = found.into_iter().filter(wanted).map(|view| shown(view, user, &defaults));
    Ok(Json(ItemList::complete(items.collect())))
}

/// Saves a view.
#[utoipa::path(
    post, path = "/me/views", tag = "session", request_body = NewView,
    responses(
        (status = 201, description = "The view", body = ViewView),
        (status = 403, description = "You may not share it with that role"),
        (status = 409, description = "Another view of yours has this name, or you have 100"),
    ),
)]
pub(super) async fn save_view(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewView>,
) -> Result<(StatusCode, Json<ViewView>), Problem> {
    caller.decide(action::SaveView, Facts::nothing())?.into_row();
    check(&caller, &new, None)?;
    let view = SavedView {
        id: SavedViewId::at(caller.now, app.rng.as_ref()),
        owner: caller.user.id,
        page: new.page,
        name: new.name,
        query: new.query,
        shared_with: new.shared_with,
        created_at: caller.now,
        changed_at: caller.now,
    };
    let mut work = app.store.begin(&caller.context()).await?;
    // The user's row is the lock under which their views are counted.
    work.users().lock(caller.user.id).await?.ok_or(Problem::Stale)?;
    if work.saved_views().of_owner(caller.user.id, MAX_OWN as u64).await?.len() >= MAX_OWN {
        return Err(Problem::conflict_of(
            "too_many_views",
            format!("you have {MAX_OWN} views; delete one first"),
        ));
    }
    work.saved_views().insert(view.clone()).await?;
    work.record(saved(&view));
    work.commit().await.map(drop)?;
    Ok((StatusCode::CREATED, Json(shown(view, caller.user.id, &[]))))
}

/// Changes a view.
#[utoipa::path(
    put, path = "/me/views/{id}", tag = "session", request_body = NewView,
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The view", body = ViewView),
        (status = 403, description = "You may not share it with that role"),
        (status = 404, description = "No such view, or it is not yours"),
        (status = 409, description = "Another view of yours has this name"),
    ),
)]
pub(super) async fn put_view(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ViewKind>,
    Json(new): Json<NewView>,
) -> Result<Json<ViewView>, Problem> {
    let mut work = app.store.begin(&caller.context()).await?;
    let found = work.saved_views().find(id).await?.ok_or(NO_SUCH_VIEW)?;
    let found = caller.decide(action::EditView, Facts::owned_by(found.owner, found))?.into_row();
    check(&caller, &new, found.shared_with)?;
    let view = SavedView {
        page: new.page,
        name: new.name,
        query: new.query,
        shared_with: new.shared_with,
        changed_at: caller.now,
        ..found
    };
    work.saved_views().update(view.clone()).await?;
    work.record(saved(&view));
    work.commit().await.map(drop)?;
    let defaults = app.store.read().saved_views().defaults_of(caller.user.id, MAX_DEFAULTS).await?;
    Ok(Json(shown(view, caller.user.id, &defaults)))
}

/// Deletes a view.
#[utoipa::path(
    delete, path = "/me/views/{id}", tag = "session", params(("id" = String, Path)),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "No such view, or it is not yours"),
    ),
)]
pub(super) async fn delete_view(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ViewKind>,
) -> Result<StatusCode, Problem> {
    let mut work = app.store.begin(&caller.context()).await?;
    let found = work.saved_views().find(id).await?.ok_or(NO_SUCH_VIEW)?;
    let view = caller.decide(action::EditView, Facts::owned_by(found.owner, found))?.into_row();
    if work.saved_views().delete(id).await? {
        work.record(Event::ViewDeleted { view: id, name: view.name.to_string() });
        work.commit().await.map(drop)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Has the caller begin with a view when they open its page: their own, or one
/// that is shared with their role. Whichever it was before is not any more.
#[utoipa::path(
    put, path = "/me/views/{id}/default", tag = "session", params(("id" = String, Path)),
    responses(
        (status = 204, description = "They begin with it"),
        (status = 404, description = "No such view, or you do not see it"),
    ),
)]
pub(super) async fn put_default_view(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ViewKind>,
) -> Result<StatusCode, Problem> {
    caller.decide(action::ChangePreferences, Facts::nothing())?.into_row();
    let work = app.store.begin(&caller.context()).await?;
    let view = seen(&work, &caller, id).await?;
    let wanted = DefaultView { user: caller.user.id, page: view.page, view: view.id };
    work.saved_views().put_default(wanted).await?;
    work.commit_unaudited("with which view somebody begins").await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has the caller begin with the page as it is again.
#[utoipa::path(
    delete, path = "/me/views/{id}/default", tag = "session", params(("id" = String, Path)),
    responses(
        (status = 204, description = "They do not begin with this view"),
        (status = 404, description = "No such view, or you do not see it"),
    ),
)]
pub(super) async fn delete_default_view(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<ViewKind>,
) -> Result<StatusCode, Problem> {
    caller.decide(action::ChangePreferences, Facts::nothing())?.into_row();
    let work = app.store.begin(&caller.context()).await?;
    let view = seen(&work, &caller, id).await?;
    work.saved_views().delete_default(caller.user.id, view.id).await?;
    work.commit_unaudited("with which view somebody begins").await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A view that the caller sees: their own, or one shared with their role.
async fn seen(
    work: &UnitOfWork,
    caller: &Authenticated,
    id: SavedViewId,
) -> Result<SavedView, Problem> {
    let found = work.saved_views().find(id).await?.ok_or(NO_SUCH_VIEW)?;
    let is_seen = found.owner == caller.user.id || found.shared_with == Some(caller.user.role);
    if is_seen { Ok(found) } else { Err(NO_SUCH_VIEW) }
}

fn saved(view: &SavedView) -> Event {
    let (name, shared_with) = (view.name.to_string(), view.shared_with);
    Event::ViewSaved { view: view.id, name, shared_with }
}

/// `before`: whom it is shared with already, which may stay.
fn check(caller: &Authenticated, new: &NewView, before: Option<RoleRef>) -> Result<(), Problem> {
    if !is_page(&new.page) {
        return Err(Problem::invalid(
            "page",
            "'page' is not the path of a page; give one like /accounts, of a-z, 0-9, - and /",
        ));
    }
    if !is_query(&new.query) {
        return Err(Problem::invalid(
            "query",
            "'query' is not a query string; give one like ?state=active, percent-encoded, of at \
             most 2000 characters, or nothing",
        ));
    }
    let own = Some(caller.user.role);
    if new.shared_with.is_some() && new.shared_with != own && new.shared_with != before {
        caller.decide(action::ShareView, Facts::nothing())?.into_row();
    }
    Ok(())
}

fn is_page(text: &str) -> bool {
    let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '/');
    // `//host` would be another server.
    text.starts_with('/')
        && !text.contains("//")
        && text.len() <= MAX_PAGE_CHARS
        && text.chars().all(plain)
}

fn is_query(text: &str) -> bool {
    // RFC 3986, section 3.4, without what a page could take for a tag.
    let allowed =
        |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '<' | '>' | '"' | '\\' | '`');
    text.is_empty()
        || (text.starts_with('?') && text.len() <= MAX_QUERY_CHARS && text.chars().all(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_leads_to_a_page_of_the_console_and_nowhere_else() {
        for page in ["/", "/accounts", "/agents/keys"] {
            assert!(is_page(page), "{page}");
        }
        for page in ["", "accounts", "//evil.example", "/a//b", "/a?b", "/ä", "/A", "/\\evil"] {
            assert!(!is_page(page), "{page}");
        }
        for query in ["", "?", "?q=%E6%9D%B1&sort=-name", "?filter=state:active,os:linux"] {
            assert!(is_query(query), "{query}");
        }
        for query in ["q=x", "?q=<b>", "?a#b", "?a b", "?東", &format!("?{}", "a".repeat(2000))] {
            assert!(!is_query(query), "{query}");
        }
    }
}
