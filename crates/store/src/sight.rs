//! What somebody may see: the conditions that lists are made with. Single
//! objects are decided by `sekisho-policy` from the same facts.

use sea_orm::sea_query::{ExprTrait as _, SelectStatement};
use sea_orm::{ColumnTrait, Condition};
use sekisho_model::Timestamp;
use sekisho_model::criteria::{Criteria, Field, Matching, Operator, Rule};
use sekisho_model::id::{ResourceGroupId, UserId};
use sekisho_model::share::Principal;

use crate::page::{begins_with, contains, ends_with};
use crate::resource_groups::members_of;
use crate::resources::ResourceColumn as C;
use crate::shares::live_objects;
use crate::words::ObjectKind;

/// A group that is reached from another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The group that was begun with.
    pub root: ResourceGroupId,
    /// The group.
    pub group: ResourceGroupId,
    /// How many groups lie between: 0 for the one that was begun with.
    pub depth: u16,
    /// Who owns it.
    pub owner: UserId,
    /// What it takes in by itself.
    pub criteria: Option<Criteria>,
}

/// What somebody may see at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Who.
    pub(crate) user: UserId,
    /// Whom a share must be with to reach them; empty when nothing is shared
    /// with them, so that the common case stays a simple question.
    pub(crate) with: Vec<Principal>,
    pub(crate) now: Timestamp,
    /// The groups that are shared with them, and those inside.
    pub(crate) groups: Vec<Reached>,
}

impl Sight {
    /// A condition on resources: theirs, and those shared with them.
    pub(crate) fn resources(&self) -> Condition {
        let mut seen = Condition::any().add(C::Owner.eq(self.user.uuid()));
        if !self.with.is_empty() {
            let direct = live_objects(ObjectKind::Resource, &self.with, self.now);
            seen = seen.add(C::Id.in_subquery(direct));
        }
        for owner in owners(&self.groups) {
            let inside = self.groups.iter().filter(|reached| reached.owner == owner);
            let inside: Vec<&Reached> = inside.collect();
            // A shared group reaches what its owner owns, and nothing else.
            seen = seen.add(Condition::all().add(C::Owner.eq(owner.uuid())).add(any_of(&inside)));
        }
        seen
    }

    /// A subquery: the accounts that are shared with them alone.
    pub(crate) fn accounts(&self) -> SelectStatement {
        live_objects(ObjectKind::Account, &self.with, self.now)
    }

    /// A subquery: the resource groups that are shared with them.
    pub(crate) fn groups(&self) -> SelectStatement {
        live_objects(ObjectKind::ResourceGroup, &self.with, self.now)
    }

    /// Whether they see nothing but what they own.
    pub(crate) fn is_own_only(&self) -> bool {
        self.with.is_empty()
    }

    /// Who sees it.
    pub(crate) fn user(&self) -> UserId {
        self.user
    }
}

fn owners(groups: &[Reached]) -> Vec<UserId> {
    let mut owners: Vec<UserId> = groups.iter().map(|reached| reached.owner).collect();
    owners.sort();
    owners.dedup();
    owners
}

/// A condition on resources: those in a group or in one inside it. What people
/// put into it counts whoever owns it; criteria only see what the group's
/// owner owns.
pub(crate) fn inside(groups: &[Reached]) -> Condition {
    let ids: Vec<ResourceGroupId> = groups.iter().map(|reached| reached.group).collect();
    let mut found = Condition::any().add(C::Id.in_subquery(members_of(&ids)));
    for reached in groups {
        if let Some(criteria) = &reached.criteria {
            let own = Condition::all().add(C::Owner.eq(reached.owner.uuid()));
            found = found.add(own.add(matching(criteria)));
        }
    }
    found
}

fn any_of(groups: &[&Reached]) -> Condition {
    let ids: Vec<ResourceGroupId> = groups.iter().map(|reached| reached.group).collect();
    groups
        .iter()
        .filter_map(|reached| reached.criteria.as_ref())
        .fold(Condition::any().add(C::Id.in_subquery(members_of(&ids))), |any, criteria| {
            any.add(matching(criteria))
        })
}

/// Criteria as a condition on resources; says what
/// [`Criteria::matches`] says.
pub(crate) fn matching(criteria: &Criteria) -> Condition {
    let none = match criteria.matching() {
        Matching::All => Condition::all(),
        Matching::Any => Condition::any(),
    };
    criteria.rules().iter().fold(none, |joined, rule| joined.add(row(rule)))
}

fn row(rule: &Rule) -> Condition {
    let text = rule.folded();
    let column = match rule.field {
        // In lower case, as the value is.
        Field::Name => C::FoldedName,
        Field::Address => C::DnsName,
        Field::Platform => C::Platform,
    };
    let compared = match rule.operator {
        Operator::Contains => contains(column, &text),
        Operator::NotContains => contains(column, &text).not(),
        Operator::Equals => column.eq(text.as_str()),
        Operator::NotEquals => column.ne(text.as_str()),
        Operator::BeginsWith => begins_with(column, &text),
        Operator::EndsWith => ends_with(column, &text),
    };
    // What is NULL is neither: no row about it is true.
    Condition::all().add(column.is_not_null()).add(compared)
}
