//! A key-encryption key that is to come, beside the one in use.

use super::schema::{Table, blob, int, text};

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "next_kek",
        key: &["only"],
        columns: &[int("only"), text("provider"), text("params"), int("created_at")],
        indexes: &[],
    },
    Table {
        name: "next_vault_keys",
        key: &["version"],
        columns: &[int("version").refers_to_key("vault_keys", "version"), blob("wrapped")],
        indexes: &[],
    },
];
