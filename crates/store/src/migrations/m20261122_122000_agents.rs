//! Agents that are dissociated or were taken from a resource, packages of the
//! agent and links to them, and what people have read of their tasks.

use super::schema::{Extension, Table, blob, flag, index, int, text, uuid};
use crate::error::Unique;

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "packages",
        key: &["id"],
        columns: &[
            uuid("id"),
            text("file"),
            text("format"),
            text("platform"),
            text("architecture"),
            text("agent_version"),
            int("bytes"),
            blob("sha256"),
            int("added_at"),
        ],
        indexes: &[index("packages_file", &["file"]).unique(Unique::PackageFile)],
    },
    Table {
        name: "package_links",
        key: &["id"],
        columns: &[
            uuid("id"),
            uuid("package").refers_to("packages"),
            blob("token_hash"),
            uuid("created_by").refers_to("users"),
            int("created_at"),
            int("expires_at"),
            int("revoked_at").null(),
        ],
        indexes: &[
            index("package_links_token", &["token_hash"]).unique(Unique::Token),
            index("package_links_package", &["package", "id"]),
            index("package_links_created_by", &["created_by", "id"]),
        ],
    },
    Table {
        name: "notification_marks",
        key: &["user", "order"],
        columns: &[
            uuid("user").refers_to("users"),
            uuid("order").refers_to("orders"),
            flag("is_read"),
            int("at"),
        ],
        indexes: &[index("notification_marks_at", &["at"])],
    },
    Table {
        name: "notification_settings",
        key: &["user"],
        columns: &[uuid("user").refers_to("users"), int("read_until"), text("muted")],
        indexes: &[],
    },
];

pub(super) const EXTENSIONS: &[Extension] = &[Extension {
    table: "devices",
    columns: &[
        uuid("former_resource").null().refers_to("resources"),
        int("look_every_s").null(),
        int("dissociated_at").null(),
        uuid("dissociated_by").null().refers_to("users"),
    ],
    indexes: &[index("devices_former_resource", &["former_resource"])],
}];
