//! Roles: the built-in ones, and custom ones made of named permissions. A
//! custom role, or a change of one, is proposed by one administrator and takes
//! effect when another one approves it.

mod change;
mod routes;
mod table;
mod view;

pub use routes::routes;
pub use table::RoleTable;
