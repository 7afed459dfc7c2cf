//! The decision and its proof.

use std::marker::PhantomData;

use sekisho_model::id::UserId;
use sekisho_model::user::{Role, TokenScope};

use crate::action::{Action, ActionType};
use crate::permission::Permission;

/// Who asks. Made from a signed-in, active user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The person.
    pub user: UserId,
    /// Their role now.
    pub role: Role,
    /// What their API token may be used for; `None` for a person's own
    /// session, which is not narrowed.
    pub scopes: Option<Vec<TokenScope>>,
}

impl Subject {
    /// Whether the role has a permission.
    pub fn has(&self, permission: Permission) -> bool {
        permission.is_of(self.role)
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

#[derive(Clone, Copy, Debug)]
enum Target {
    /// A collection or something that does not exist yet.
    Nothing,
    /// Belongs to a person.
    Owned(UserId),
    /// Belongs to the site: whoever has the permission sees it.
    Site,
    /// Another person's way in: who, and their role.
    Person { user: UserId, role: Role },
    /// A role given to a person: to whom, which one before, which one after.
    Grant { to: Option<UserId>, from: Option<Role>, role: Role },
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

    /// A row that belongs to the site (a user, a device, a policy).
    pub fn of_site(row: R) -> Self {
        Self { row, target: Target::Site }
    }

    /// What proves who a person is: `user`, who has `role`.
    pub fn of_person(user: UserId, role: Role, row: R) -> Self {
        Self { row, target: Target::Person { user, role } }
    }

    /// A role for somebody who does not exist yet.
    pub fn first_role(role: Role, row: R) -> Self {
        Self { row, target: Target::Grant { to: None, from: None, role } }
    }

    /// Another role for `to`, who has `from` now.
    pub fn change_of_role(to: UserId, from: Role, role: Role, row: R) -> Self {
        Self { row, target: Target::Grant { to: Some(to), from: Some(from), role } }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The role lacks a permission.
    #[error("the role {role} lacks the permission {permission}")]
    Permission {
        /// What is needed.
        permission: Permission,
        /// The caller's role.
        role: Role,
    },
    /// The API token lacks a scope.
    #[error("the API token lacks the scope {0}")]
    Scope(TokenScope),
    /// Somebody else owns it.
    #[error("it belongs to somebody else")]
    NotOwner,
    /// Nobody makes himself Super Administrator.
    #[error("the role super_administrator is granted by another administrator, never to oneself")]
    GrantToSelf,
    /// One's own second factor is not taken away by this way, which asks for
    /// no code.
    #[error("it is your own; change it where your own sign-in is set up")]
    OwnFactor,
    /// An administrator does not weaken somebody who sees more.
    #[error("only a super_administrator does this to a super_administrator")]
    HigherRole,
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
    let mut reasons = Vec::new();
    let permission = action.permission();
    let lacks = permission.filter(|needed| !subject.has(*needed));
    if let Some(permission) = lacks {
        reasons.push(Reason::Permission { permission, role: subject.role });
    }
    if let Some(scopes) = &subject.scopes
        && !scopes.contains(&action.scope())
    {
        reasons.push(Reason::Scope(action.scope()));
    }
    let visible = match facts.target {
        Target::Nothing => true,
        Target::Owned(owner) => {
            let mine = owner == subject.user || subject.sees_everything();
            if !mine {
                reasons.push(Reason::NotOwner);
            }
            mine
        }
        Target::Site => action.seen_with().is_none_or(|needed| subject.has(needed)),
        Target::Person { user, role } => {
            if user == subject.user {
                reasons.push(Reason::OwnFactor);
            }
            if role == Role::SuperAdministrator && subject.role != role {
                reasons.push(Reason::HigherRole);
            }
            action.seen_with().is_none_or(|needed| subject.has(needed))
        }
        Target::Grant { to, from, role } => {
            let rises = role == Role::SuperAdministrator && from != Some(role);
            if rises && to == Some(subject.user) {
                reasons.push(Reason::GrantToSelf);
            }
            to.is_none() || lacks.is_none()
        }
    };
    if reasons.is_empty() {
        Ok(Granted { row: facts.row, by: subject.user, action: PhantomData })
    } else {
        Err(Denied { action, visible, reasons })
    }
}
