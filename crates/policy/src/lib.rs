//! Pure decisions: who may do what.
//!
//! [`decide`] is the only place that says yes. It takes who asks
//! ([`Subject`]), what they want (a type of [`action`]) and the facts that the
//! use-case loaded ([`Facts`]), and gives the facts' row back inside a
//! [`Granted`] proof, or every reason why not ([`Denied`]). A function that
//! needs an allowed caller takes the proof instead of the row.
//!
//! What each role may do is one table: [`Permission::of`].

pub mod action;
mod decide;
mod permission;

pub use action::{Action, ActionType};
pub use decide::{Denied, Facts, Granted, Reason, Subject, decide};
pub use permission::{Permission, UnknownPermission};
