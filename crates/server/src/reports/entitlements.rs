//! Who may do what with which resource and account, and why.
//!
//! The facts are those of every decision: the owner, who sees everything, and
//! the shares that reach an object; what a row says is what
//! [`explain`](sekisho_policy::explain) says of one person and one object. Resources come
//! by name, each with itself first and then its accounts; people by name. A
//! bounded number of people and objects is looked at for one page, and no more
//! than that is in memory.

use std::ops::ControlFlow;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use sekisho_model::account::Presence;
use sekisho_model::id::{AccountId, ResourceId, UserId};
use sekisho_model::share::{Principal, Shareable};
use sekisho_model::user::{Role, UserState};
use sekisho_policy::{Action, Explanation, Facts, Ground, Held, action, decide, explain};
use sekisho_store::{
    Access as _, Account, Cursor, InvalidCursor, Page, PageEnd, Reader, Resource, ResourceFilter,
    ResourceGroup, StoreError, User,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rows::{MAX_LOOKED_AT, Rows, not_counted, person};
use super::{Viewer, Wanted};
use crate::app::App;
use crate::http::{Problem, Time};
use crate::resources::refs::Names;
use crate::roles::RoleTable;
use crate::sharing;

/// So many resources are read at a time.
const RESOURCES: u16 = 20;

/// So many accounts of one resource are read at a time.
const ACCOUNTS: u16 = 50;

/// So many people are read at a time.
const PEOPLE: usize = 200;

/// One page of the report.
pub(super) async fn page(app: &App, viewer: &Viewer, wanted: &Wanted, page: &Page) -> Rows {
    not_counted(page)?;
    let reader = app.store.read();
    let mut walk = Walk::begin(app, viewer, wanted, page).await?;
    let mut after = None;
    if let Some(cursor) = &page.after {
        let place = Place::read(cursor)?;
        after = Some(place.after_resource.parse()?);
        let resource = reader.resources().find(place.resource).await?;
        if let Some(resource) = resource.filter(|resource| resource.deleted_at.is_none()) {
            let one = std::slice::from_ref(&resource);
            let mut groups = reader.resource_groups().of_resources(one).await?;
            let groups = groups.remove(&resource.id).unwrap_or_default();
            if let ControlFlow::Break(end) = walk.resource(&resource, &groups, Some(place)).await? {
                return walk.end(Some(end));
            }
        }
    }
    // Who reads the audit log sees whom everything is shared with; others what
    // they may ask about.
    let mut filter = ResourceFilter::default();
    if !walk.sees_all {
        filter.seen_by = sharing::sight_of(app, &viewer.subject, viewer.now).await?;
    }
    loop {
        let some = Page { after, ..Page::first(RESOURCES) };
        let (found, end) = reader.resources().list(&filter, &some).await?.into_parts();
        let mut groups = reader.resource_groups().of_resources(&found).await?;
        for resource in &found {
            let groups = groups.remove(&resource.id).unwrap_or_default();
            if let ControlFlow::Break(end) = walk.resource(resource, &groups, None).await? {
                return walk.end(Some(end));
            }
        }
        match end.next {
            Some(next) => after = Some(next),
            None => return walk.end(None),
        }
    }
}

/// What was looked at last.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    resource: ResourceId,
    /// Its place in the list of resources.
    after_resource: String,
    /// The account, and its place in the list of its resource's accounts;
    /// `None`: the resource itself.
    account: Option<(AccountId, String)>,
    /// The name of the person; `None`: all people were looked at.
    user: Option<String>,
}

impl Place {
    /// As a cursor, whose text can stand in a query string as it is.
    fn write(&self) -> Result<Cursor, Problem> {
        let text = serde_json::to_vec(self).map_err(Problem::internal)?;
        let id = self.resource.uuid().simple();
        Ok(format!("{id}{}", BASE64URL_NOPAD.encode(&text)).parse()?)
    }

    fn read(cursor: &Cursor) -> Result<Self, InvalidCursor> {
        let text = cursor.to_string();
        // The id stands once more before it.
        let (_, text) = text.split_at_checked(32).ok_or(InvalidCursor)?;
        let text = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvalidCursor)?;
        serde_json::from_slice(&text).map_err(|_| InvalidCursor)
    }
}

/// The way through the objects and people of one page.
struct Walk<'a> {
    reader: &'a Reader,
    viewer: &'a Viewer,
    /// Whether the viewer may ask about every object.
    sees_all: bool,
    /// By whom a share must be held to reach the viewer.
    viewers: Vec<Principal>,
    roles: RoleTable,
    names: Names<'a>,
    /// Only this person.
    only: Option<Arc<[Person]>>,
    /// Only access that comes this way.
    ground: Option<&'a str>,
    rows: Vec<Value>,
    limit: usize,
    looked_at: usize,
    /// Who is reached by the same shares as the object before: all of them.
    known: Option<(Vec<Principal>, Arc<[Person]>)>,
}

/// Somebody with what a share must be with to reach them.
struct Person {
    user: User,
    with: Vec<Principal>,
}

/// A resource, or an account on it.
#[derive(Clone, Copy)]
struct Object<'a> {
    resource: &'a Resource,
    account: Option<&'a Account>,
}

impl Object<'_> {
    fn shareable(self) -> Shareable {
        match self.account {
            Some(account) => Shareable::Account(account.id),
            None => Shareable::Resource(self.resource.id),
        }
    }

    /// Seeing it at all.
    fn view(self) -> Action {
        match self.account {
            Some(_) => Action::ViewAccount,
            None => Action::ViewResource,
        }
    }

    fn place(self, user: Option<String>) -> Place {
        Place {
            resource: self.resource.id,
            after_resource: self.resource.place().to_string(),
            account: self.account.map(|account| (account.id, account.place().to_string())),
            user,
        }
    }
}

impl<'a> Walk<'a> {
    async fn begin(
        app: &'a App,
        viewer: &'a Viewer,
        wanted: &'a Wanted,
        page: &Page,
    ) -> Result<Self, Problem> {
        let reader = app.store.read();
        let only = match wanted.asked.text("user") {
            Some(name) => {
                let user = person(app, name).await?;
                let with = reader.shares().principals(user.id).await?;
                Some(Arc::from([Person { user, with }]))
            }
            None => None,
        };
        Ok(Self {
            reader,
            viewer,
            sees_all: viewer.reads_whole_audit(),
            viewers: reader.shares().principals(viewer.subject.user).await?,
            roles: RoleTable::load(reader).await?,
            names: Names::new(reader),
            only,
            ground: wanted.asked.text("ground"),
            rows: Vec::new(),
            limit: usize::from(page.limit).max(1),
            looked_at: 0,
            known: None,
        })
    }

    fn end(self, place: Option<Place>) -> Rows {
        let next = place.map(|place| place.write()).transpose()?;
        Ok((self.rows, PageEnd { next, count: None }))
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= self.limit || self.looked_at >= MAX_LOOKED_AT
    }

    /// A resource and its accounts, or what is left of them after a place.
    async fn resource(
        &mut self,
        resource: &Resource,
        groups: &[ResourceGroup],
        place: Option<Place>,
    ) -> Result<ControlFlow<Place>, Problem> {
        let (reader, now) = (self.reader, self.viewer.now);
        let held = sharing::all_on_resource(reader, resource, groups, now).await?;
        let (account, user) = match place {
            None => (None, Some(None)),
            Some(Place { account, user, .. }) => (account, user.map(Some)),
        };
        if account.is_none()
            && let Some(user) = &user
        {
            let object = Object { resource, account: None };
            let done = self.object(object, &held, user.as_deref()).await?;
            if done.is_break() {
                return Ok(done);
            }
        } else if let (Some((id, _)), Some(user)) = (&account, &user) {
            let found = reader.accounts().find(*id).await?.filter(|account| {
                account.resource == resource.id && account.presence == Presence::Present
            });
            let some: Vec<Account> = found.into_iter().collect();
            let done = self.accounts(resource, &some, &held, user.as_deref()).await?;
            if done.is_break() {
                return Ok(done);
            }
        }
        let mut after: Option<Cursor> = account.map(|(_, place)| place.parse()).transpose()?;
        loop {
            let some = Page { after, ..Page::first(ACCOUNTS) };
            let found = reader.accounts().list(resource.id, false, &some).await?;
            let (found, end) = found.into_parts();
            let done = self.accounts(resource, &found, &held, None).await?;
            if done.is_break() {
                return Ok(done);
            }
            match end.next {
                Some(next) => after = Some(next),
                None => return Ok(ControlFlow::Continue(())),
            }
        }
    }

    /// Some accounts of a resource; `after` is the person after whom the first
    /// one goes on.
    async fn accounts(
        &mut self,
        resource: &Resource,
        accounts: &[Account],
        on_resource: &[Held],
        after: Option<&str>,
    ) -> Result<ControlFlow<Place>, Problem> {
        let now = self.viewer.now;
        let mut own = sharing::all_on_accounts(self.reader, accounts, now).await?;
        let mut after = after;
        for account in accounts {
            let mut held = own.remove(&account.id).unwrap_or_default();
            held.extend_from_slice(on_resource);
            let object = Object { resource, account: Some(account) };
            let done = self.object(object, &held, after.take()).await?;
            if done.is_break() {
                return Ok(done);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Everybody who has something to do with an object, after a name.
    async fn object(
        &mut self,
        object: Object<'_>,
        held: &[Held],
        after: Option<&str>,
    ) -> Result<ControlFlow<Place>, Problem> {
        self.looked_at += 1;
        let owner = object.resource.owner;
        if self.may_ask(owner, held) {
            let mut reached = vec![Principal::User(owner)];
            reached.extend(held.iter().map(|share| share.with));
            reached.sort();
            reached.dedup();
            let mut after = after.map(str::to_owned);
            loop {
                let people = self.people(&reached, after.as_deref()).await?;
                for one in people.iter() {
                    self.looked_at += 1;
                    if let Some(row) = self.row(object, held, one).await? {
                        self.rows.push(row);
                    }
                    if self.is_full() {
                        let name = one.user.name.to_string();
                        return Ok(ControlFlow::Break(object.place(Some(name))));
                    }
                }
                match people.last() {
                    Some(last) if people.len() == PEOPLE => {
                        after = Some(last.user.name.to_string())
                    }
                    Some(_) | None => break,
                }
            }
        }
        if self.is_full() {
            return Ok(ControlFlow::Break(object.place(None)));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether the viewer may ask who may do something with an object.
    fn may_ask(&self, owner: UserId, held: &[Held]) -> bool {
        let mine = held.iter().filter(|share| self.viewers.contains(&share.with));
        let facts = Facts::shared(owner, mine.copied().collect(), self.viewer.now, ());
        self.sees_all || decide(&self.viewer.subject, action::ExplainOthers, facts).is_ok()
    }

    /// The next people that are reached, or see everything, at most [`PEOPLE`].
    async fn people(
        &mut self,
        reached: &[Principal],
        after: Option<&str>,
    ) -> Result<Arc<[Person]>, StoreError> {
        if let Some(only) = &self.only {
            // There is nobody else after them.
            return Ok(if after.is_none() { only.clone() } else { Arc::from([]) });
        }
        if let (None, Some((with, people))) = (after, &self.known)
            && with == reached
        {
            return Ok(people.clone());
        }
        let (role, limit) = (Role::SuperAdministrator.into(), PEOPLE as u64);
        let users = self.reader.users().among(reached, role, after, limit).await?;
        let groups: Vec<_> = reached
            .iter()
            .filter_map(|one| match one {
                Principal::UserGroup(group) => Some(*group),
                Principal::User(_) => None,
            })
            .collect();
        let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
        let mut groups = self.reader.user_groups().memberships(&groups, &ids).await?;
        let people = users.into_iter().map(|user| {
            let groups = groups.remove(&user.id).unwrap_or_default();
            let with = std::iter::once(Principal::User(user.id))
                .chain(groups.into_iter().map(Principal::UserGroup))
                .collect();
            Person { user, with }
        });
        let people: Arc<[Person]> = people.collect();
        let is_whole = after.is_none() && people.len() < PEOPLE;
        self.known = is_whole.then(|| (reached.to_vec(), people.clone()));
        Ok(people)
    }

    /// What one person may do with an object, and why; `None` when they have
    /// nothing to do with it, or it is not asked for.
    async fn row(
        &mut self,
        object: Object<'_>,
        held: &[Held],
        one: &Person,
    ) -> Result<Option<Value>, Problem> {
        let Object { resource, account } = object;
        let subject = self.roles.subject(&one.user);
        let theirs = held.iter().filter(|share| one.with.contains(&share.with)).copied();
        let facts = Facts::shared(resource.owner, theirs.collect(), self.viewer.now, ());
        let Explanation { ground, shares, .. } = explain(&subject, object.view(), &facts);
        let way = sharing::ground_word(&ground);
        if ground == Ground::Stranger || self.ground.is_some_and(|wanted| wanted != way) {
            return Ok(None);
        }
        let is_active = one.user.state == UserState::Active;
        let may: Vec<&str> = sharing::actions_of(object.shareable())
            .iter()
            .filter(|action| is_active && explain(&subject, **action, &facts).allowed)
            .map(|action| action.as_str())
            .collect();
        let counts = match ground {
            Ground::Share(counts) => Some(counts),
            Ground::Role | Ground::Owner | Ground::SeesEverything | Ground::Stranger => None,
        };
        let (mut shared, mut user_group) = (None, None);
        if let Some(counts) = counts {
            shared = match counts.on {
                Shareable::ResourceGroup(id) => Some(self.names.resource_group(id).await?.name),
                Shareable::Resource(_) => Some(resource.name.to_string()),
                Shareable::Account(_) => account.map(|account| account.name.to_string()),
            };
            if let Principal::UserGroup(id) = counts.with {
                user_group = Some(self.names.user_group(id).await?.name);
            }
        }
        Ok(Some(json!({
            "resource": resource.name.as_str(),
            "account": account.map(|account| account.name.as_str()),
            "owner": self.names.user(resource.owner).await?.name,
            "user": one.user.name.as_str(),
            "display_name": one.user.display_name,
            "role": subject.role,
            "user_state": one.user.state,
            "ground": way,
            "level": counts.map(|counts| counts.level()),
            "shared_kind": counts.map(|counts| counts.on.kind()),
            "shared": shared,
            "user_group": user_group,
            "until": counts.and_then(|counts| counts.expires_at).map(Time),
            "other_shares": shares.len().saturating_sub(usize::from(counts.is_some())),
            "may": may.join(" "),
        })))
    }
}
