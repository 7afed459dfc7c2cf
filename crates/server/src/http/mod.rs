//! The scaffolding of the REST API: routes with an access class, errors,
//! extractors, idempotency, the listener.
//!
//! A feature declares its endpoints with [`Routes`] and lists them in
//! [`api::features`]; everything else (authentication, origin check, request
//! id, headers, limits, idempotency, audit of refusals) happens around it.

mod actor;
pub mod api;
mod console;
mod csv;
mod dto;
mod envelope;
mod etag;
mod guard;
mod idempotency;
mod json;
mod path;
mod problem;
mod query;
mod route;
pub mod serve;

pub(crate) use actor::is_alive;
pub use actor::{Anonymous, Authenticated, How, SESSION_COOKIE};
pub use api::{openapi, router, routes};
pub use csv::{Columns, CsvList, CsvQuery, Export, File, csv, file_name, write_head, write_rows};
pub use dto::{ItemList, SecretText, Time};
pub use envelope::Peer;
pub use etag::{IfMatch, Tagged};
pub(crate) use idempotency::forgotten_before;
pub use json::{Json, MAX_BODY_BYTES};
pub use path::{PathId, PathIds, PathText};
pub(crate) use problem::sealed_answer;
pub use problem::{NotReady, Problem, ProblemBody};
pub use query::{List, ListQuery, NoFilter, Query, SortQuery, Sorts, Unsorted, from_text};
pub use route::{Access, RouteInfo, Routes};
