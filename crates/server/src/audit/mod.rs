//! Reading and verifying the audit log.

mod lines;
mod list;
mod verify;

pub use verify::{Verdict, verify};

use sekisho_model::audit::LineHash;
use sekisho_model::id::AuditChainId;
use sekisho_store::AuditChain;
use serde::Serialize;
use utoipa_axum::routes;

use crate::http::Routes;

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list::list_audit))
        .signed_in(routes!(lines::list_audit_lines))
        .signed_in(routes!(verify::verify_audit))
}

/// Where a chain ends.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HeadView {
    /// The chain.
    #[schema(value_type = String)]
    pub chain: AuditChainId,
    /// The number of its last line.
    pub seq: u64,
    /// The hash of its last line, in hexadecimal digits.
    #[schema(value_type = String)]
    pub hash: LineHash,
}

impl From<&AuditChain> for HeadView {
    fn from(chain: &AuditChain) -> Self {
        Self { chain: chain.id, seq: chain.head_seq, hash: LineHash(chain.head_hash.0) }
    }
}
