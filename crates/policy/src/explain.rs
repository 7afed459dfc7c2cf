//! Why somebody may or may not: the same judgement as [`decide`], with its
//! steps.
//!
//! [`decide`]: crate::decide

use crate::action::Action;
use crate::decide::{Facts, Ground, Reason, Subject, judge};
use crate::permission::Permission;
use crate::sharing::Held;

/// A decision with its steps. It proves nothing: only [`decide`] does.
///
/// [`decide`]: crate::decide
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What was asked for.
    pub action: Action,
    /// Whether they may.
    pub allowed: bool,
    /// Whether they may know that the object exists.
    pub visible: bool,
    /// Each permission it needs, and whether their role has it.
    pub permissions: Vec<(Permission, bool)>,
    /// What they have to do with the object.
    pub ground: Ground,
    /// The shares that reach them and hold, the one that counts first.
    pub shares: Vec<Held>,
    /// Every reason why not; empty when they may.
    pub reasons: Vec<Reason>,
}

/// Explains what [`decide`](crate::decide) would say.
pub fn explain<R>(subject: &Subject, action: Action, facts: &Facts<R>) -> Explanation {
    let judged = judge(subject, action, facts);
    Explanation {
        action,
        allowed: judged.reasons.is_empty(),
        visible: judged.visible,
        permissions: action.needs().map(|needed| (needed, subject.has(needed))).collect(),
        ground: judged.ground,
        shares: facts.shares(),
        reasons: judged.reasons,
    }
}
