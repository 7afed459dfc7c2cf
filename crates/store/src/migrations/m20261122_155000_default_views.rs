//! Which saved view of a page somebody begins with.

use super::schema::{Table, index, text, uuid};

pub(super) const TABLES: &[Table] = &[Table {
    name: "default_views",
    key: &["user", "page"],
    columns: &[
        uuid("user").refers_to("users"),
        text("page"),
        uuid("view").refers_to("saved_views"),
    ],
    indexes: &[index("default_views_view", &["view"])],
}];
