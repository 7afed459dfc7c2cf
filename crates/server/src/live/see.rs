//! Who may know that something changed.
//!
//! The answer is no unless it is certain: the owner of the object is looked up
//! and the policy is asked for the action that shows it. What is not there any
//! more has no owner; only whoever removed it, and those who see everything,
//! are told.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::event::Actor;
use sekisho_model::id::{ResourceId, UserId};
use sekisho_model::touch::Touched;
use sekisho_policy::{ActionType, Facts, Subject, action, decide};
use sekisho_store::{Access, StoreError};

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

/// Whom it may concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Audience {
    /// Whoever may see this kind of thing at all.
    Site,
    /// The owner, if there is one, and who did it; and who sees everything.
    Owner(Option<UserId>, Option<UserId>),
    /// One person.
    Person(UserId),
}

/// What is told: a kind, and which one if it is one of many.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) id: Option<String>,
    pub(super) audience: Audience,
}

impl Message {
    /// Whether a caller may know.
    pub(super) fn is_for(&self, subject: &Subject) -> bool {
        let audience = self.audience;
        match self.kind {
            Kind::Accounts => may(subject, action::ViewAccount, audience),
            Kind::Resources => may(subject, action::ViewResource, audience),
            Kind::Orders => may(subject, action::ViewOrder, audience),
            Kind::Devices => may(subject, action::ViewDevice, audience),
            Kind::Agents => may(subject, action::ListAgents, audience),
            Kind::EnrolmentKeys if enrolment_keys::sees_all(subject) => {
                may(subject, action::ViewEnrolmentKey, Audience::Site)
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

fn may<A: ActionType>(subject: &Subject, action: A, audience: Audience) -> bool {
    let me = subject.user;
    let owned = |owner| decide(subject, action, Facts::owned_by(owner, ())).is_ok();
    match audience {
        Audience::Site => decide(subject, action, Facts::of_site(())).is_ok(),
        Audience::Person(person) => person == me && owned(me),
        Audience::Owner(owner, actor) => {
            owner.is_some_and(owned)
                || ((actor == Some(me) || subject.sees_everything()) && owned(me))
        }
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
                    Entry::Vacant(place) => place.insert(resolve(at, by, *touched).await?),
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

async fn resolve(
    at: &impl Access,
    by: Option<UserId>,
    touched: Touched,
) -> Result<Vec<Message>, StoreError> {
    let owned = |kind, id: String, owner| Message {
        kind,
        id: Some(id),
        audience: Audience::Owner(owner, by),
    };
    let person = |kind, user| Message { kind, id: None, audience: Audience::Person(user) };
    Ok(match touched {
        Touched::Resource(id) => {
            vec![owned(Kind::Resources, id.to_string(), owner_of(at, Some(id)).await?)]
        }
        Touched::Account(id) => {
            let resource = at.accounts().find(id).await?.map(|account| account.resource);
            let owner = owner_of(at, resource).await?;
            // A resource is shown with how many of its accounts are known.
            let there = resource.map(|id| owned(Kind::Resources, id.to_string(), owner));
            there.into_iter().chain([owned(Kind::Accounts, id.to_string(), owner)]).collect()
        }
        Touched::Order(id) => {
            let order = at.orders().find(id).await?;
            let owner = owner_of(at, order.as_ref().map(|order| order.resource)).await?;
            // An account is shown with its open order.
            let account = order.and_then(|order| order.account);
            let account = account.map(|id| owned(Kind::Accounts, id.to_string(), owner));
            account.into_iter().chain([owned(Kind::Orders, id.to_string(), owner)]).collect()
        }
        Touched::Device(id) => {
            let mut messages = vec![of_site(Kind::Devices, Some(id.to_string()))];
            if let Some(device) = at.devices().find(id).await? {
                let owner = agent_management::owner(at, &device).await?;
                messages.push(owned(Kind::Agents, id.to_string(), owner));
                if let Some(resource) = device.resource {
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
            vec![owned(Kind::Groups, id.to_string(), owner)]
        }
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

async fn owner_of(
    at: &impl Access,
    resource: Option<ResourceId>,
) -> Result<Option<UserId>, StoreError> {
    let Some(resource) = resource else { return Ok(None) };
    Ok(at.resources().find(resource).await?.map(|resource| resource.owner))
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
    fn a_key_is_told_to_its_owner_and_to_who_looks_after_devices() {
        let owner = subject("1", Role::PasswordAdministrator);
        let peer = subject("2", Role::PasswordAdministrator);
        let admin = subject("3", Role::Administrator);
        let key = of(Kind::EnrolmentKeys, Audience::Owner(Some(owner.user), None));
        assert!(key.is_for(&owner) && key.is_for(&admin) && !key.is_for(&peer));
    }
}
