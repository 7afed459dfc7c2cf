//! Whom OpenID providers know as which user.

use super::schema::{Table, index, int, text, uuid};
use crate::error::Unique;

pub(super) const TABLES: &[Table] = &[Table {
    name: "identities",
    key: &["id"],
    columns: &[
        uuid("id"),
        uuid("user").refers_to("users"),
        text("issuer"),
        text("subject"),
        int("created_at"),
        int("last_used_at").null(),
    ],
    indexes: &[
        index("identities_user", &["user"]),
        index("identities_subject", &["issuer", "subject"]).unique(Unique::Identity),
    ],
}];
