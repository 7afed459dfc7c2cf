//! Keys of authenticators (WebAuthn) that people sign in with.

use super::schema::{Table, blob, index, int, text, uuid};
use crate::error::Unique;

pub(super) const TABLES: &[Table] = &[Table {
    name: "passkeys",
    key: &["id"],
    columns: &[
        uuid("id"),
        uuid("user").refers_to("users"),
        text("name"),
        blob("credential_id"),
        text("credential"),
        int("created_at"),
        int("last_used_at").null(),
    ],
    indexes: &[
        index("passkeys_user", &["user"]),
        index("passkeys_credential", &["credential_id"]).unique(Unique::Passkey),
    ],
}];
