//! Indexes for two questions about orders that are asked all day: which of a
//! resource are open (at each fetch), and which of all are (at each round of
//! the sweeper). Without them both read every order there ever was.

use super::schema::{Extension, index};

pub(super) const EXTENSIONS: &[Extension] = &[Extension {
    table: "orders",
    columns: &[],
    indexes: &[
        index("orders_resource", &["resource", "state", "id"]),
        index("orders_state", &["state", "id"]),
    ],
}];
