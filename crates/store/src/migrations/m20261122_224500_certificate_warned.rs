//! How far people were warned of the end of an uploaded certificate.

use super::schema::{Extension, int};

pub(super) const EXTENSIONS: &[Extension] = &[Extension {
    table: "server_certificates",
    columns: &[int("warned_days").null()],
    indexes: &[],
}];
