//! Pure decisions: who may do what.
//!
//! [`decide`] is the only place that says yes. It takes who asks
//! ([`Subject`]), what they want (a type of [`action`]) and the facts that the
//! use-case loaded ([`Facts`]), and gives the facts' row back inside a
//! [`Granted`] proof, or every reason why not ([`Denied`]). A function that
//! needs an allowed caller takes the proof instead of the row.
//!
//! What each role may do is one table: [`Permission::of`]. Where shares reach
//! somebody, [`sharing`] says which one counts; [`explain`] shows the steps of
//! a decision.

pub mod action;
mod decide;
mod explain;
mod permission;
pub mod sharing;

pub use action::{Action, ActionType};
pub use decide::{Denied, Facts, Given, Granted, Ground, Reason, Subject, decide};
pub use explain::{Explanation, explain};
pub use permission::{Permission, Permissions, UnknownPermission};
pub use sharing::Held;
