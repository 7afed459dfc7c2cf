//! Maximum ages, pauses and checks of passwords, static resource groups, and
//! when accounts were last listed.
//!
//! What belongs to a policy or an account has a table of its own: a row is
//! there once somebody or something said more than the defaults.

use super::schema::{Table, flag, index, int, text, uuid};
use crate::error::Unique;

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "resource_groups",
        key: &["id"],
        columns: &[
            uuid("id"),
            text("name"),
            text("description"),
            uuid("owner").refers_to("users"),
            int("max_age").null(),
            int("created_at"),
            int("version"),
        ],
        indexes: &[index("resource_groups_name", &["owner", "name"]).unique(Unique::GroupName)],
    },
    Table {
        name: "resource_group_members",
        key: &["group", "resource"],
        columns: &[
            uuid("group").refers_to("resource_groups"),
            uuid("resource").refers_to("resources"),
            int("added_at"),
        ],
        indexes: &[index("resource_group_members_resource", &["resource"])],
    },
    Table {
        name: "policy_rotation",
        key: &["policy"],
        columns: &[
            uuid("policy").refers_to("password_policies"),
            int("max_age").null(),
            int("notice_days"),
            flag("reset_unknown"),
            int("verify_every"),
            flag("auto_heal"),
        ],
        indexes: &[],
    },
    Table {
        name: "account_rotation",
        key: &["account"],
        columns: &[
            uuid("account").refers_to("accounts"),
            int("max_age").null(),
            int("paused_until").null(),
            text("pause_reason").null(),
            uuid("announced_for").null(),
            uuid("failed_order").null(),
            int("retry_at").null(),
            text("verify_method").null(),
            text("verify_agent").null(),
            int("out_of_sync_since").null(),
            int("out_of_sync_seen"),
            flag("out_of_sync_told"),
        ],
        indexes: &[],
    },
    Table {
        name: "resource_upkeep",
        key: &["resource"],
        columns: &[
            uuid("resource").refers_to("resources"),
            int("asked_at").null(),
            int("changed_at").null(),
        ],
        indexes: &[],
    },
];
