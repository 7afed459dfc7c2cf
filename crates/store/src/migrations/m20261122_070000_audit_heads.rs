//! Signed heads of the audit chains, who has received how much of the audit
//! log, and the heads of other sites that this server witnesses.

use super::schema::{Table, blob, int, text, uuid};

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "audit_heads",
        key: &["chain", "seq"],
        columns: &[
            uuid("chain").refers_to("audit_chains"),
            int("seq"),
            blob("hash"),
            int("at"),
            blob("kid"),
            blob("signature"),
        ],
        indexes: &[],
    },
    Table {
        name: "audit_cursors",
        key: &["reader", "chain"],
        columns: &[
            text("reader"),
            uuid("chain").refers_to("audit_chains"),
            int("seq"),
            int("moved_at"),
        ],
        indexes: &[],
    },
    Table {
        name: "witnessed_sites",
        key: &["id"],
        columns: &[
            uuid("id"),
            text("name"),
            blob("public"),
            uuid("added_by").refers_to("users"),
            int("added_at"),
            int("removed_at").null(),
        ],
        indexes: &[],
    },
    Table {
        name: "witnessed_heads",
        key: &["site", "chain", "seq"],
        columns: &[
            uuid("site").refers_to("witnessed_sites"),
            uuid("chain"),
            int("seq"),
            blob("hash"),
            int("at"),
            blob("kid"),
            blob("signature"),
            int("received_at"),
        ],
        indexes: &[],
    },
];
