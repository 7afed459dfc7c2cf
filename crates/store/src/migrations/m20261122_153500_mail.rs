//! Mail that is to be sent, whom it may be sent to, and reports that are sent
//! again and again.

use super::schema::{Table, flag, index, int, text, uuid};

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "mails",
        key: &["id"],
        columns: &[
            uuid("id"),
            uuid("user").null().refers_to("users"),
            text("address"),
            text("kind"),
            text("subject"),
            text("body"),
            text("attachment_name").null(),
            text("attachment").null(),
            text("state"),
            int("attempts"),
            int("next_try_at"),
            int("created_at"),
            int("finished_at").null(),
            text("problem").null(),
        ],
        indexes: &[
            index("mails_waiting", &["next_try_at"]).only("state = 'waiting'"),
            index("mails_state", &["state", "id"]),
            index("mails_finished", &["finished_at"]),
        ],
    },
    Table {
        name: "user_mail",
        key: &["user"],
        columns: &[
            uuid("user").refers_to("users"),
            text("address").null(),
            flag("enabled"),
            text("kinds"),
            int("told_until"),
            int("changed_at"),
        ],
        indexes: &[],
    },
    Table {
        name: "report_schedules",
        key: &["id"],
        columns: &[
            uuid("id"),
            uuid("owner").refers_to("users"),
            text("report"),
            text("name"),
            text("parameters"),
            text("every"),
            int("day").null(),
            int("minute"),
            text("zone"),
            flag("active"),
            int("next_run_at"),
            int("last_run_at").null(),
            text("last_result").null(),
            int("created_at"),
            int("version"),
        ],
        indexes: &[
            index("report_schedules_owner", &["owner", "id"]),
            index("report_schedules_due", &["active", "next_run_at"]),
        ],
    },
];
