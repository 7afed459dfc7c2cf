//! Which requests an enrolment key has been used with: a copy of one, that
//! somebody on the way has kept, is not a second use.

use super::schema::{Table, int, text, uuid};

pub(super) const TABLES: &[Table] = &[Table {
    name: "enrolment_uses",
    key: &["key", "request"],
    columns: &[uuid("key").refers_to("enrolment_keys"), text("request"), int("used_at")],
    indexes: &[],
}];
