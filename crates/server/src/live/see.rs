//! Who may know that something changed.
//!
//! The answer is no unless it is certain: the owner of the object is looked up
//! and the policy is asked for the action that shows it. What is not there any
//! more has no owner; only whoever removed it, and those who see everything,
//! are told. Those with whom it is shared are told its kind, without an id.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::Timestamp;
use sekisho_model::event::Actor;
use sekisho_model::id::{AccountId, ResourceId, UserId};
use sekisho_model::share::Principal;
use sekisho_model::touch::Touched;
use sekisho_policy::{ActionType, Facts, Subject, action, decide};
use sekisho_store::{Access, Resource, StoreError};

use super::reach::{self, With};
use super::ring::Commit;
use crate::{agent_management, enrolment_keys};

/// What changed, as the lists and pages of the API are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Accounts,
    Resources,
    Orders,
    Devices,
    Agents,
    EnrolmentKeys,
    Users,
    Me,
    Tokens,
    Policies,
    Groups,
    UserGroups,
    Roles,
    Packages,
    Gateways,
    Audit,
    System,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Resources => "resources",
            Self::Orders => "orders",
            Self::Devices => "devices",
            Self::Agents => "agents",
            Self::EnrolmentKeys => "enrolment-keys",
            Self::Users => "users",
            Self::Me => "me",
            Self::Tokens => "tokens",
            Self::Policies => "policies",
            Self::Groups => "groups",
            Self::UserGroups => "user-groups",
            Self::Roles => "roles",
            Self::Packages => "packages",
            Self::Gateways => "gateways",
            Self::Audit => "audit",
            Self::System => "system",
        }
    }
}

/// The lists in which other rows stand when access is given or taken away.
const SHARED: [Kind; 4] = [Kind::Accounts, Kind::Resources, Kind::Orders, Kind::Groups];

/// Whom it may concern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Audience {
    /// Whoever may see this kind of thing at all.
    Site,
    /// The owner, if there is one, and who did it; and who sees everything.
    Owner(Option<UserId>, Option<UserId>),
    /// One person.
    Person(UserId),
    /// With whom it is shared. Only a kind is told.
    With(With),
    /// Whoever may own such a thing. Only a kind is told.
    Everybody,
}

/// What is told: a kind, and which one if it is one of many.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) id: Option<String>,
    pub(super) audience: Audience,
}

impl Message {
    /// Whether it depends on who the caller is for those who share.
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self.audience, Audience::With(_))
    }

    /// Whether a caller may know, whom shares reach that are with one of `mine`.
    pub(super) fn reaches(&self, subject: &Subject, mine: &BTreeSet<Principal>) -> bool {
        let is_mine = match &self.audience {
            Audience::With(with) => !with.is_disjoint(mine),
            Audience::Site | Audience::Owner(..) | Audience::Person(_) | Audience::Everybody => {
                true
            }
        };
        is_mine && self.is_for(subject)
    }

    /// Whether the role and the scopes of a caller let them know.
    fn is_for(&self, subject: &Subject) -> bool {
        let audience = &self.audience;
        match self.kind {
            Kind::Accounts => may(subject, action::ViewAccount, audience),
            Kind::Resources => may(subject, action::ViewResource, audience),
            Kind::Orders => may(subject, action::ViewOrder, audience),
            Kind::Devices => may(subject, action::ViewDevice, audience),
            Kind::Agents => may(subject, action::ListAgents, audience),
            Kind::EnrolmentKeys if enrolment_keys::sees_all(subject) => {
                may(subject, action::ViewEnrolmentKey, &Audience::Site)
            }
            Kind::EnrolmentKeys => may(subject, action::ViewEnrolmentKey, audience),
            Kind::Users => may(subject, action::ViewUser, audience),
            Kind::Me => may(subject, action::WatchEvents, audience),
            Kind::Tokens => may(subject, action::ListTokens, audience),
            Kind::Policies => may(subject, action::ViewPolicies, audience),
            Kind::Groups => may(subject, action::ViewGroup, audience),
            Kind::UserGroups => may(subject, action::ViewUserGroup, audience),
            Kind::Roles => may(subject, action::ViewRoles, audience),
            Kind::Packages => may(subject, action::ViewPackages, audience),
            Kind::Gateways => may(subject, action::ViewGateways, audience),
            Kind::Audit => may(subject, action::ViewAudit, audience),
            Kind::System => may(subject, action::ViewSystem, audience),
        }
    }
}

fn may<A: ActionType>(subject: &Subject, action: A, audience: &Audience) -> bool {
    let me = subject.user;
    let owned = |owner| decide(subject, action, Facts::owned_by(owner, ())).is_ok();
    match audience {
        Audience::Site => decide(subject, action, Facts::of_site(())).is_ok(),
        Audience::Person(person) => *person == me && owned(me),
        Audience::Owner(owner, actor) => {
            owner.is_some_and(owned)
                || ((*actor == Some(me) || subject.sees_everything()) && owned(me))
        }
        Audience::With(_) | Audience::Everybody => owned(me),
    }
}

/// What was found out in one go, so that a storm of changes of one thing is
/// one look at it.
pub(super) type Known = BTreeMap<(Option<UserId>, Touched), Vec<Message>>;

impl Commit {
    /// What is told of it. Looked up once, whoever asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn messages(
        &self,
        at: &impl Access,
        known: &mut Known,
        now: Timestamp,
    ) -> Result<&[Message], StoreError> {
        let found = self.messages.get_or_try_init(async || {
            let mut messages = BTreeSet::new();
            for (actor, touched) in &self.touched {
                let by = match actor {
                    Actor::User(user) => Some(*user),
                    Actor::Device(_) | Actor::System | Actor::Anonymous => None,
                };
                let found = match known.entry((by, *touched)) {
                    Entry::Occupied(found) => found.into_mut(),
                    Entry::Vacant(place) => place.insert(resolve(at, by, *touched, now).await?),
                };
                messages.extend(found.iter().cloned());
            }
            if self.audit {
                messages.insert(of_site(Kind::Audit, None));
            }
            Ok::<_, StoreError>(messages.into_iter().collect())
        });
        Ok(found.await?)
    }
}

fn of_site(kind: Kind, id: Option<String>) -> Message {
    Message { kind, id, audience: Audience::Site }
}

/// Nothing, if it is shared with nobody.
fn shared(kinds: &[Kind], with: &With) -> Vec<Message> {
    if with.is_empty() {
        return Vec::new();
    }
    of_kinds(kinds, &Audience::With(with.clone()))
}

fn of_kinds(kinds: &[Kind], audience: &Audience) -> Vec<Message> {
    let one = |kind: &Kind| Message { kind: *kind, id: None, audience: audience.clone() };
    kinds.iter().map(one).collect()
}

async fn resolve(
    at: &impl Access,
    by: Option<UserId>,
    touched: Touched,
    now: Timestamp,
) -> Result<Vec<Message>, StoreError> {
    let owned = |kind, id: String, owner| Message {
        kind,
        id: Some(id),
        audience: Audience::Owner(owner, by),
    };
    let person = |kind, user| Message { kind, id: None, audience: Audience::Person(user) };
    Ok(match touched {
        Touched::Resource(id) => {
            let (owner, with) = seen_by(at, Some(id), None, now).await?;
            let mut messages = shared(&[Kind::Resources], &with);
            messages.push(owned(Kind::Resources, id.to_string(), owner));
            messages
        }
        Touched::Account(id) => {
            let resource = at.accounts().find(id).await?.map(|account| account.resource);
            let (owner, with) = seen_by(at, resource, Some(id), now).await?;
            let mut messages = shared(&[Kind::Resources, Kind::Accounts], &with);
            // A resource is shown with how many of its accounts are known.
            messages.extend(resource.map(|id| owned(Kind::Resources, id.to_string(), owner)));
            messages.push(owned(Kind::Accounts, id.to_string(), owner));
            messages
        }
        Touched::Order(id) => {
            let order = at.orders().find(id).await?;
            let account = order.as_ref().and_then(|order| order.account);
            let resource = order.map(|order| order.resource);
            let (owner, with) = seen_by(at, resource, account, now).await?;
            let mut messages = shared(&[Kind::Accounts, Kind::Orders], &with);
            // An account is shown with its open order.
            messages.extend(account.map(|id| owned(Kind::Accounts, id.to_string(), owner)));
            messages.push(owned(Kind::Orders, id.to_string(), owner));
            messages
        }
        Touched::Device(id) => {
            let mut messages = vec![of_site(Kind::Devices, Some(id.to_string()))];
            if let Some(device) = at.devices().find(id).await? {
                let owner = agent_management::owner(at, &device).await?;
                messages.push(owned(Kind::Agents, id.to_string(), owner));
                if let Some(resource) = device.resource {
                    let (_, with) = seen_by(at, Some(resource), None, now).await?;
                    messages.extend(shared(&[Kind::Resources], &with));
                    messages.push(owned(Kind::Resources, resource.to_string(), owner));
                }
            }
            messages
        }
        Touched::EnrolmentKey(id) => {
            let owner = at.enrolment_keys().find(id).await?.map(|key| key.owner);
            vec![owned(Kind::EnrolmentKeys, id.to_string(), owner)]
        }
        Touched::Group(id) => {
            let owner = at.resource_groups().find(id).await?.map(|group| group.owner);
            // What is put into it or taken out is seen by other people.
            let mut messages = shared(&SHARED, &reach::of_group(at, id, now).await?);
            messages.push(owned(Kind::Groups, id.to_string(), owner));
            messages
        }
        Touched::Placing(id) => match at.resources().find(id).await? {
            Some(Resource { owner, .. }) => {
                shared(&SHARED, &reach::of_groups_of(at, owner, now).await?)
            }
            None => Vec::new(),
        },
        Touched::GroupsOf(owner) => shared(&SHARED, &reach::of_groups_of(at, owner, now).await?),
        Touched::Access(with) => shared(&SHARED, &With::new(BTreeSet::from([with]))),
        Touched::AccessOfSome => of_kinds(&SHARED, &Audience::Everybody),
        // The streams of these people are told to read everything.
        Touched::Rights(_) | Touched::RightsOf(_) => Vec::new(),
        Touched::UserGroup(id) => vec![of_site(Kind::UserGroups, Some(id.to_string()))],
        Touched::Packages => vec![of_site(Kind::Packages, None)],
        Touched::Gateways => vec![of_site(Kind::Gateways, None)],
        Touched::Role(id) => vec![of_site(Kind::Roles, Some(id.to_string()))],
        Touched::User(id) => vec![of_site(Kind::Users, Some(id.to_string()))],
        Touched::Own(user) => vec![person(Kind::Me, user)],
        Touched::Tokens(user) => vec![person(Kind::Tokens, user)],
        Touched::Policy(id) => vec![of_site(Kind::Policies, Some(id.to_string()))],
        Touched::System => vec![of_site(Kind::System, None)],
    })
}

/// Who owns a resource, and with whom it or an account on it is shared.
async fn seen_by(
    at: &impl Access,
    resource: Option<ResourceId>,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<(Option<UserId>, With), StoreError> {
    let Some(resource) = resource else { return Ok((None, With::default())) };
    let Some(resource) = at.resources().find(resource).await? else {
        return Ok((None, With::default()));
    };
    let with = reach::of_resource(at, &resource, account, now).await?;
    Ok((Some(resource.owner), with))
}

#[cfg(test)]
mod tests {
    use sekisho_model::user::{Role, TokenScope};

    use super::*;

    fn subject(id: &str, role: Role) -> Subject {
        let user = format!("01a2015a-c083-78b9-bf67-2b24cdb8412{id}").parse().expect("an id");
        Subject { scopes: None, ..Subject::with_role(user, role) }
    }

    fn of(kind: Kind, audience: Audience) -> Message {
        Message { kind, id: Some("x".to_owned()), audience }
    }

    #[test]
    fn only_the_owner_and_who_sees_everything_are_told() {
        let owner = subject("1", Role::PasswordAdministrator);
        let peer = subject("2", Role::PasswordAdministrator);
        let admin = subject("3", Role::Administrator);
        let root = subject("4", Role::SuperAdministrator);
        let told = of(Kind::Resources, Audience::Owner(Some(owner.user), None));
        assert!(told.is_for(&owner) && told.is_for(&root));
        assert!(!told.is_for(&peer) && !told.is_for(&admin));
        // What is gone: who removed it, and who sees everything.
        let gone = of(Kind::Groups, Audience::Owner(None, Some(peer.user)));
        assert!(gone.is_for(&peer) && gone.is_for(&root));
        assert!(!gone.is_for(&owner) && !gone.is_for(&admin));
    }

    #[test]
    fn a_role_or_a_scope_that_does_not_show_it_is_not_told() {
        let auditor = subject("1", Role::PasswordAuditor);
        let connects = subject("2", Role::ConnectionUser);
        let admin = subject("3", Role::Administrator);
        assert!(of(Kind::Audit, Audience::Site).is_for(&auditor));
        assert!(!of(Kind::Devices, Audience::Site).is_for(&auditor));
        assert!(of(Kind::Devices, Audience::Site).is_for(&admin));
        for kind in [Kind::Audit, Kind::System, Kind::Users, Kind::Policies, Kind::Devices] {
            assert!(!of(kind, Audience::Site).is_for(&connects), "{kind:?}");
        }
        let own = of(Kind::Me, Audience::Person(connects.user));
        assert!(own.is_for(&connects) && !own.is_for(&admin));
        let orders = of(Kind::Orders, Audience::Owner(Some(connects.user), None));
        assert!(!orders.is_for(&connects), "the role sees no orders");
        let narrow = Subject { scopes: Some(vec![TokenScope::Write]), ..admin };
        assert!(!of(Kind::Devices, Audience::Site).is_for(&narrow));
    }

    #[test]
    fn who_shares_it_is_told_by_themselves_or_by_a_group_of_theirs() {
        let user = subject("1", Role::PasswordUser);
        let connects = subject("2", Role::ConnectionUser);
        let group =
            Principal::UserGroup("01a2015a-c083-78b9-bf67-2b24cdb84129".parse().expect("an id"));
        let mine = BTreeSet::from([Principal::User(user.user), group]);
        let nobody = BTreeSet::from([Principal::User(connects.user)]);
        for with in [Principal::User(user.user), group] {
            let told = of(Kind::Accounts, Audience::With(With::new(BTreeSet::from([with]))));
            assert!(told.is_shared() && told.reaches(&user, &mine));
            assert!(!told.reaches(&user, &nobody), "not with them");
        }
        let theirs = Audience::With(With::new(nobody.clone()));
        assert!(!of(Kind::Orders, theirs).reaches(&connects, &nobody), "the role sees no orders");
        let some = of(Kind::Accounts, Audience::Everybody);
        assert!(some.reaches(&user, &nobody) && !some.is_shared());
    }

    #[test]
    fn a_key_is_told_to_its_owner_and_to_who_looks_after_devices() {
        let owner = subject("1", Role::PasswordAdministrator);
        let peer = subject("2", Role::PasswordAdministrator);
        let admin = subject("3", Role::Administrator);
        let key = of(Kind::EnrolmentKeys, Audience::Owner(Some(owner.user), None));
        assert!(key.is_for(&owner) && key.is_for(&admin) && !key.is_for(&peer));
    }
}
