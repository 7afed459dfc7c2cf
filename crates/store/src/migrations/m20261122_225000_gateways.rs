//! Gateways, the offices behind them, and what holds for all of them; through
//! which gateway a device was last heard of, and for which office a key is.

use super::schema::{Extension, Table, blob, flag, index, int, text, uuid};
use crate::error::Unique;

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "gateways",
        key: &["id"],
        columns: &[
            uuid("id"),
            text("name"),
            text("folded_name"),
            text("state"),
            text("direction"),
            text("address"),
            text("agents"),
            text("public"),
            blob("key_sha256"),
            flag("pass_through"),
            text("pass_through_names"),
            flag("dry_run"),
            text("software"),
            int("link_major"),
            text("status").null(),
            int("last_contact_at").null(),
            uuid("paired_by").refers_to("users"),
            int("paired_at"),
            uuid("revoked_by").null().refers_to("users"),
            int("revoked_at").null(),
            text("revoked_reason").null(),
            int("version"),
        ],
        indexes: &[
            index("gateways_name", &["folded_name"])
                .unique(Unique::GatewayName)
                .only("state = 'active'"),
            index("gateways_key", &["key_sha256"])
                .unique(Unique::GatewayKey)
                .only("state = 'active'"),
        ],
    },
    Table {
        name: "offices",
        key: &["id"],
        columns: &[
            uuid("id"),
            text("name"),
            text("folded_name"),
            text("networks"),
            text("gateways"),
            text("limits"),
            text("remarks"),
            int("created_at"),
            int("version"),
        ],
        indexes: &[index("offices_name", &["folded_name"]).unique(Unique::OfficeName)],
    },
    Table {
        name: "gateway_settings",
        key: &["only"],
        columns: &[
            int("only"),
            text("limits").null(),
            text("public_name").null(),
            int("changed_at"),
            int("version"),
        ],
        indexes: &[],
    },
];

pub(super) const EXTENSIONS: &[Extension] = &[
    Extension {
        table: "devices",
        columns: &[uuid("last_gateway").null().refers_to("gateways")],
        indexes: &[],
    },
    Extension {
        table: "enrolment_keys",
        columns: &[uuid("office").null().refers_to("offices")],
        indexes: &[index("enrolment_keys_office", &["office"])],
    },
];
