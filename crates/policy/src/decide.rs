//! The decision and its proof.

use std::marker::PhantomData;

use sekisho_model::Timestamp;
use sekisho_model::id::UserId;
use sekisho_model::share::Level;
use sekisho_model::user::{Role, RoleRef, TokenScope};

use crate::action::{Action, ActionType};
use crate::permission::{Permission, Permissions};
use crate::sharing::{Held, in_order, prevailing};

/// Who asks. Made from a signed-in, active user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The person.
    pub user: UserId,
    /// The name of their role now: the word of a built-in one.
    pub role: String,
    /// What it may do.
    pub permissions: Permissions,
    /// What their API token may be used for; `None` for a person's own
    /// session, which is not narrowed.
    pub scopes: Option<Vec<TokenScope>>,
}

impl Subject {
    /// Somebody with a built-in role, in a session of their own.
    pub fn with_role(user: UserId, role: Role) -> Self {
        Self { user, role: role.to_string(), permissions: role.into(), scopes: None }
    }

    /// Whether the role has a permission.
    pub fn has(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// Whether lists show what others own, too.
    pub fn sees_everything(&self) -> bool {
        self.has(Permission::SeeEverything)
    }
}

/// What a decision depends on, with the row it is about.
#[derive(Clone, Debug)]
pub struct Facts<R> {
    row: R,
    target: Target,
}

#[derive(Clone, Debug)]
enum Target {
    /// A collection or something that does not exist yet.
    Nothing,
    /// Belongs to a person.
    Owned(UserId),
    /// Belongs to a person, and may be shared.
    Shared {
        owner: UserId,
        /// What reaches the one who asks.
        held: Vec<Held>,
        now: Timestamp,
    },
    /// Belongs to the site: whoever has the permission sees it.
    Site,
    /// Another person's way in: who, and their role.
    Person { user: UserId, role: RoleRef },
    /// A role given to a person.
    Grant(Given),
    /// A custom role that somebody proposed.
    Proposal {
        /// Who proposed it.
        by: UserId,
        /// Whether the one who asks has this role.
        mine: bool,
    },
}

/// A role that is given to somebody.
#[derive(Clone, Debug)]
pub struct Given {
    /// To whom; `None`: to somebody who does not exist yet.
    pub to: Option<UserId>,
    /// What they may do now.
    pub before: Permissions,
    /// What they may do then.
    pub after: Permissions,
}

impl Facts<()> {
    /// A collection, or something that does not exist yet.
    pub fn nothing() -> Self {
        Self { row: (), target: Target::Nothing }
    }
}

impl<R> Facts<R> {
    /// A row that belongs to a person. Strangers do not even see it.
    pub fn owned_by(owner: UserId, row: R) -> Self {
        Self { row, target: Target::Owned(owner) }
    }

    /// A row that belongs to a person and may be shared: `held` are the shares
    /// that reach the one who asks, `now` is when they ask.
    pub fn shared(owner: UserId, held: Vec<Held>, now: Timestamp, row: R) -> Self {
        Self { row, target: Target::Shared { owner, held, now } }
    }

    /// The shares that hold, the one that counts first.
    pub(crate) fn shares(&self) -> Vec<Held> {
        match &self.target {
            Target::Shared { held, now, .. } => in_order(held, *now),
            Target::Nothing
            | Target::Owned(_)
            | Target::Site
            | Target::Person { .. }
            | Target::Grant(_)
            | Target::Proposal { .. } => Vec::new(),
        }
    }

    /// A row that belongs to the site (a user, a device, a policy).
    pub fn of_site(row: R) -> Self {
        Self { row, target: Target::Site }
    }

    /// A role for somebody.
    pub fn grant(given: Given, row: R) -> Self {
        Self { row, target: Target::Grant(given) }
    }

    /// What proves who a person is: `user`, who has `role`.
    pub fn of_person(user: UserId, role: impl Into<RoleRef>, row: R) -> Self {
        Self { row, target: Target::Person { user, role: role.into() } }
    }

    /// A custom role that `by` proposed; `mine`: the one who asks has it.
    pub fn proposal(by: UserId, mine: bool, row: R) -> Self {
        Self { row, target: Target::Proposal { by, mine } }
    }
}

/// Proof that a decision was made for action `A`; carries the row it was made
/// for. Only [`decide`] makes one.
#[must_use = "a proof that is not spent allowed nothing"]
#[derive(Debug)]
pub struct Granted<A, R> {
    row: R,
    by: UserId,
    action: PhantomData<fn() -> A>,
}

impl<A: ActionType, R> Granted<A, R> {
    /// The row the decision was made for.
    pub fn row(&self) -> &R {
        &self.row
    }

    /// Spends the proof.
    pub fn into_row(self) -> R {
        self.row
    }

    /// Whom it was granted to.
    pub fn by(&self) -> UserId {
        self.by
    }

    /// What was granted.
    pub fn action(&self) -> Action {
        A::ACTION
    }
}

/// Why somebody may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// What was asked for.
    pub action: Action,
    /// Whether the object may be seen. If not, the answer is that it does not
    /// exist.
    pub visible: bool,
    /// Every reason, never empty.
    pub reasons: Vec<Reason>,
}

impl std::fmt::Display for Denied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, reason) in self.reasons.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Denied {}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The role lacks a permission.
    #[error("the role {role} lacks the permission {permission}")]
    Permission {
        /// What is needed.
        permission: Permission,
        /// The name of the caller's role.
        role: String,
    },
    /// The API token lacks a scope.
    #[error("the API token lacks the scope {0}")]
    Scope(TokenScope),
    /// Somebody else owns it.
    #[error("it belongs to somebody else")]
    NotOwner,
    /// What was shared does not go that far.
    #[error("it is shared to {has}; this needs {needed}")]
    Level {
        /// What is needed.
        needed: Level,
        /// What the share that counts allows.
        has: Level,
    },
    /// Nobody makes himself Super Administrator, or anything else that may do
    /// more than he may now.
    #[error("a role that may do more is granted by another administrator, never to oneself")]
    GrantToSelf,
    /// Nobody grants what he has not.
    #[error("the role has the permission {permission}, which you have not yourself")]
    GrantBeyond {
        /// Which one.
        permission: Permission,
    },
    /// Whoever proposed a role does not approve it.
    #[error("you proposed it yourself; another administrator must approve it")]
    OwnProposal,
    /// Nobody approves a change of the role he has.
    #[error("it is the role you have yourself; an administrator with another role must approve it")]
    OwnRole,
    /// What one signs in with oneself is not taken away by this way, which
    /// asks for no code.
    #[error(
        "it is your own; change it where your own sign-in is set up, or ask another administrator"
    )]
    OwnFactor,
    /// An administrator does not weaken somebody who sees more.
    #[error("only a super_administrator does this to a super_administrator")]
    HigherRole,
}

impl Reason {
    /// The fixed word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Permission { .. } => "permission",
            Self::Scope(_) => "scope",
            Self::NotOwner => "not_owner",
            Self::Level { .. } => "level",
            Self::GrantToSelf => "grant_to_self",
            Self::GrantBeyond { .. } => "grant_beyond",
            Self::OwnProposal => "own_proposal",
            Self::OwnRole => "own_role",
            Self::OwnFactor => "own_factor",
            Self::HigherRole => "higher_role",
        }
    }
}

/// What somebody has to do with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// It is nobody's in particular: the role alone decides.
    Role,
    /// They own it.
    Owner,
    /// Their role sees what others own.
    SeesEverything,
    /// It is shared with them.
    Share(Held),
    /// Nothing at all.
    Stranger,
}

pub(crate) struct Judgement {
    pub(crate) visible: bool,
    pub(crate) ground: Ground,
    pub(crate) reasons: Vec<Reason>,
}

/// The one judgement behind [`decide`] and every explanation.
pub(crate) fn judge<R>(subject: &Subject, action: Action, facts: &Facts<R>) -> Judgement {
    let mut reasons: Vec<Reason> = action
        .needs()
        .filter(|needed| !subject.has(*needed))
        .map(|permission| Reason::Permission { permission, role: subject.role.clone() })
        .collect();
    let lacks = !reasons.is_empty();
    if let Some(scopes) = &subject.scopes
        && !scopes.contains(&action.scope())
    {
        reasons.push(Reason::Scope(action.scope()));
    }
    let owns = |owner: UserId| {
        if owner == subject.user {
            Some(Ground::Owner)
        } else {
            subject.sees_everything().then_some(Ground::SeesEverything)
        }
    };
    let (visible, ground) = match &facts.target {
        Target::Nothing => (true, Ground::Role),
        Target::Owned(owner) => match owns(*owner) {
            Some(ground) => (true, ground),
            None => {
                reasons.push(Reason::NotOwner);
                (false, Ground::Stranger)
            }
        },
        Target::Shared { owner, held, now } => match (owns(*owner), prevailing(held, *now)) {
            (Some(ground), _) => (true, ground),
            (None, Some(share)) => {
                match action.level() {
                    None => reasons.push(Reason::NotOwner),
                    Some(needed) if share.level() < needed => {
                        reasons.push(Reason::Level { needed, has: share.level() });
                    }
                    Some(_) => {}
                }
                (true, Ground::Share(share))
            }
            (None, None) => {
                reasons.push(Reason::NotOwner);
                (false, Ground::Stranger)
            }
        },
        Target::Site => (action.seen_with().is_none_or(|needed| subject.has(needed)), Ground::Role),
        Target::Person { user, role } => {
            if *user == subject.user {
                reasons.push(Reason::OwnFactor);
            }
            if *role == Role::SuperAdministrator && !subject.sees_everything() {
                reasons.push(Reason::HigherRole);
            }
            (action.seen_with().is_none_or(|needed| subject.has(needed)), Ground::Role)
        }
        Target::Grant(given) => {
            let rises = given.after.beyond(&given.before).next().is_some();
            if rises && given.to == Some(subject.user) {
                reasons.push(Reason::GrantToSelf);
            }
            // An administrator makes another one Super Administrator; beyond
            // that nobody gives what he has not.
            let beyond = given.after.beyond(&subject.permissions);
            reasons.extend(
                beyond
                    .filter(|one| rises && *one != Permission::SeeEverything)
                    .map(|permission| Reason::GrantBeyond { permission }),
            );
            (given.to.is_none() || !lacks, Ground::Role)
        }
        Target::Proposal { by, mine } => {
            if *by == subject.user {
                reasons.push(Reason::OwnProposal);
            }
            if *mine {
                reasons.push(Reason::OwnRole);
            }
            (!lacks, Ground::Role)
        }
    };
    Judgement { visible, ground, reasons }
}

/// Decides.
///
/// # Errors
/// Every reason why not, and whether the object may be seen.
pub fn decide<A: ActionType, R>(
    subject: &Subject,
    _action: A,
    facts: Facts<R>,
) -> Result<Granted<A, R>, Denied> {
    let action = A::ACTION;
    let Judgement { visible, reasons, .. } = judge(subject, action, &facts);
    if reasons.is_empty() {
        Ok(Granted { row: facts.row, by: subject.user, action: PhantomData })
    } else {
        Err(Denied { action, visible, reasons })
    }
}
