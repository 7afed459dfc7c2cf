//! What a site is asked for at its beginning: how long the set-up token counts,
//! whether somebody has shown the recovery key, and which certificate browsers
//! see.

use super::schema::{Extension, Table, blob, int, text, uuid};

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "recovery_proofs",
        key: &["kid"],
        columns: &[text("kid"), uuid("user").refers_to("users"), int("proved_at")],
        indexes: &[],
    },
    Table {
        name: "server_certificates",
        key: &["id"],
        columns: &[
            uuid("id"),
            text("names"),
            blob("chain").null(),
            blob("sealed_key").null(),
            int("vault_key_version").null().refers_to_key("vault_keys", "version"),
            uuid("user").refers_to("users"),
            int("created_at"),
        ],
        indexes: &[],
    },
];

pub(super) const EXTENSIONS: &[Extension] =
    &[Extension { table: "site", columns: &[int("setup_token_expires_at").null()], indexes: &[] }];
