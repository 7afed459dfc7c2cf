//! Who may: user groups, shares, resource groups by criteria and inside each
//! other, custom roles.
//!
//! What is shared, and with whom, is of several kinds, so that the two ids of a
//! share refer to no one table; what is deleted takes its shares with it.

use super::schema::{Extension, Table, index, int, text, uuid};
use crate::error::Unique;

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "user_groups",
        key: &["id"],
        columns: &[
            uuid("id"),
            text("name"),
            text("folded_name"),
            text("description"),
            int("created_at"),
            int("version"),
        ],
        indexes: &[index("user_groups_name", &["folded_name"]).unique(Unique::UserGroupName)],
    },
    Table {
        name: "user_group_members",
        key: &["group", "user"],
        columns: &[
            uuid("group").refers_to("user_groups"),
            uuid("user").refers_to("users"),
            int("added_at"),
        ],
        indexes: &[index("user_group_members_user", &["user"])],
    },
    Table {
        name: "shares",
        key: &["id"],
        columns: &[
            uuid("id"),
            text("object_kind"),
            uuid("object"),
            text("principal_kind"),
            uuid("principal"),
            text("level"),
            int("expires_at").null(),
            uuid("created_by").refers_to("users"),
            int("created_at"),
            int("version"),
        ],
        indexes: &[
            index("shares_pair", &["object", "principal"]).unique(Unique::Share),
            index("shares_principal", &["principal", "object_kind"]),
        ],
    },
    Table {
        name: "resource_group_nests",
        key: &["outer_group", "inner_group"],
        columns: &[
            uuid("outer_group").refers_to("resource_groups"),
            uuid("inner_group").refers_to("resource_groups"),
            int("added_at"),
        ],
        indexes: &[index("resource_group_nests_inner", &["inner_group"])],
    },
    Table {
        name: "custom_roles",
        key: &["id"],
        columns: &[
            uuid("id"),
            text("name"),
            text("folded_name"),
            text("description"),
            text("permissions").null(),
            text("proposed").null(),
            uuid("proposed_by").null().refers_to("users"),
            int("proposed_at").null(),
            uuid("approved_by").null().refers_to("users"),
            int("approved_at").null(),
            int("created_at"),
            int("version"),
        ],
        indexes: &[index("custom_roles_name", &["folded_name"]).unique(Unique::RoleName)],
    },
];

pub(super) const EXTENSIONS: &[Extension] =
    &[Extension { table: "resource_groups", columns: &[text("criteria").null()], indexes: &[] }];
