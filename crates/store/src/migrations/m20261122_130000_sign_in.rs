//! Second factors, sign-ins that wait for one, which roles need one, what a
//! session was opened with, and how people like the console.

use super::schema::{Extension, Table, blob, flag, index, int, text, uuid};
use crate::error::Unique;

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "totp_factors",
        key: &["id"],
        columns: &[
            uuid("id"),
            uuid("user").refers_to("users"),
            blob("sealed_secret"),
            int("vault_key_version").refers_to_key("vault_keys", "version"),
            int("created_at"),
            int("confirmed_at").null(),
            int("last_step"),
        ],
        indexes: &[
            index("totp_factors_user", &["user"]),
            index("totp_factors_confirmed", &["user"])
                .unique(Unique::SecondFactor)
                .only("confirmed_at IS NOT NULL"),
        ],
    },
    Table {
        name: "recovery_codes",
        key: &["id"],
        columns: &[
            uuid("id"),
            uuid("user").refers_to("users"),
            blob("code_hash"),
            int("created_at"),
            int("used_at").null(),
        ],
        indexes: &[index("recovery_codes_user", &["user"])],
    },
    Table {
        name: "pending_sign_ins",
        key: &["id"],
        columns: &[
            uuid("id"),
            uuid("user").refers_to("users"),
            blob("token_hash"),
            int("failures"),
            int("created_at"),
            int("expires_at"),
        ],
        indexes: &[
            index("pending_sign_ins_token", &["token_hash"]).unique(Unique::Token),
            index("pending_sign_ins_user", &["user"]),
            index("pending_sign_ins_expires", &["expires_at"]),
        ],
    },
    Table {
        name: "sign_in_rules",
        key: &["role"],
        columns: &[text("role"), flag("second_factor"), int("changed_at")],
        indexes: &[],
    },
    Table {
        name: "user_preferences",
        key: &["user"],
        columns: &[
            uuid("user").refers_to("users"),
            text("language").null(),
            text("theme"),
            text("density"),
            flag("shortcuts"),
            flag("start_dismissed"),
            int("changed_at"),
        ],
        indexes: &[],
    },
    Table {
        name: "saved_views",
        key: &["id"],
        columns: &[
            uuid("id"),
            uuid("owner").refers_to("users"),
            text("page"),
            text("name"),
            text("query"),
            text("shared_with").null(),
            int("created_at"),
            int("changed_at"),
        ],
        indexes: &[
            index("saved_views_name", &["owner", "page", "name"]).unique(Unique::ViewName),
            index("saved_views_shared", &["shared_with"]),
        ],
    },
];

pub(super) const EXTENSIONS: &[Extension] = &[Extension {
    table: "login_sessions",
    columns: &[
        text("address").null(),
        text("client").null(),
        text("methods").null(),
        int("proved_at").null(),
    ],
    indexes: &[],
}];
