//! What reports there are: their columns and parameters.

use sekisho_model::report::ReportName;
use sekisho_model::user::Language;
use serde::Serialize;

use crate::http::Columns;

/// A report of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its title, in English; the console has its own words.
    pub title: &'static str,
    /// Its columns: their names, and where the values are in a row.
    pub columns: Columns,
    /// What each column holds, in the same order.
    pub kinds: &'static [Holds],
    /// What can be asked of it.
    pub parameters: &'static [Parameter],
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Text.
    Text,
    /// An instant (RFC 3339).
    Time,
    /// One of few words.
    Word,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
}

/// Something that can be asked of a report.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What can be given.
    pub takes: Takes,
    /// What it does, in English.
    pub about: &'static str,
}

/// What can be given for a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// `true` or `false`.
    Flag,
    /// A number of days.
    Days,
    /// An instant (RFC 3339).
    Time,
    /// The name that somebody signs in with.
    User,
    /// One of these words.
    Word(&'static [&'static str]),
}

impl Takes {
    /// The fixed word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Days => "days",
            Self::Time => "time",
            Self::User => "user",
            Self::Word(_) => "word",
        }
    }

    /// The words that can be given, if they are few.
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Word(words) => words,
            Self::Flag | Self::Days | Self::Time | Self::User => &[],
        }
    }
}

macro_rules! entry {
    ($title:literal, [$($name:literal $kind:ident $pointer:literal,)*], $parameters:expr) => {
        Entry {
            title: $title,
            columns: &[$(($name, $pointer)),*],
            kinds: &[$(Holds::$kind),*],
            parameters: $parameters,
        }
    };
}

const STATE: Parameter = Parameter {
    name: "state",
    takes: Takes::Word(&["pending", "approved", "blocked"]),
    about: "only agents in this state",
};

const ACTIVE: Parameter = Parameter {
    name: "active",
    takes: Takes::Flag,
    about: "only agents heard of lately, or only silent ones",
};

const SOON: Parameter = Parameter {
    name: "soon",
    takes: Takes::Flag,
    about: "also passwords that will soon be too old",
};

const SPAN: [Parameter; 3] = [
    Parameter { name: "days", takes: Takes::Days, about: "of so many days until now; usually 30" },
    Parameter { name: "from", takes: Takes::Time, about: "instead of days: from this time on" },
    Parameter { name: "to", takes: Takes::Time, about: "before this time" },
];

const USER: Parameter =
    Parameter { name: "user", takes: Takes::User, about: "only what this person did" };

const WHOSE: Parameter =
    Parameter { name: "user", takes: Takes::User, about: "only what this person may do" };

const GROUND: Parameter = Parameter {
    name: "ground",
    takes: Takes::Word(&["owner", "sees_everything", "share"]),
    about: "only access that comes this way",
};

const WITHIN: &[Parameter] = &SPAN;

const BY_WITHIN: &[Parameter] = &[USER, SPAN[0], SPAN[1], SPAN[2]];

/// One report.
pub const fn of(report: ReportName) -> Entry {
    use ReportName as R;
    match report {
        R::InstalledAgents => agents("Installed agents", &[STATE, ACTIVE]),
        R::InactiveAgents => agents("Inactive agents", &[STATE]),
        R::PendingDevices => entry!(
            "Devices that wait for approval",
            [
                "host_name" Text "/host_name",
                "platform" Word "/platform",
                "agent_version" Text "/agent_version",
                "fingerprint" Text "/fingerprint",
                "resource" Text "/resource/name",
                "enrolled_with" Text "/enrolled_with/name",
                "waiting_since" Time "/created_at",
                "last_seen_at" Time "/last_seen_at",
            ],
            &[]
        ),
        R::AccountsOutOfSync => accounts("Accounts out of sync", &[]),
        R::AccountsUnknown => accounts("Accounts with an unknown password", &[]),
        R::AccountsNeverVerified => accounts("Accounts that were never verified", &[]),
        R::PasswordsPastAge => entry!(
            "Passwords past their maximum age",
            [
                "resource" Text "/resource/name",
                "account" Text "/name",
                "rotation" Word "/rotation/state",
                "due_at" Time "/rotation/due_at",
                "max_age_days" Number "/rotation/max_age_days",
                "rule_of" Word "/rotation/source",
                "held_by" Word "/rotation/held_by",
                "paused_until" Time "/rotation/paused_until",
                "password_since" Time "/current/since",
            ],
            &[SOON]
        ),
        R::FailedTasks => entry!(
            "Failed tasks",
            [
                "created_at" Time "/created_at",
                "operation" Word "/operation",
                "state" Word "/state",
                "resource" Text "/resource/name",
                "account" Text "/account/name",
                "asked_by" Text "/initiator/name",
                "reason" Text "/reason",
                "attempt" Number "/attempt",
                "finished_at" Time "/finished_at",
            ],
            &[SPAN[0]]
        ),
        R::UsersWithoutSecondFactor => entry!(
            "Users without a second factor",
            [
                "name" Text "/name",
                "display_name" Text "/display_name",
                "role" Word "/role_name",
                "required" Flag "/required",
                "created_at" Time "/created_at",
            ],
            &[]
        ),
        R::PasswordUses => entry!(
            "Who used which password",
            [
                "at" Time "/at",
                "by" Text "/by",
                "event" Text "/name",
                "account" Text "/account",
                "reason" Text "/event/reason",
                "address" Text "/origin/address",
                "request" Text "/origin/request",
            ],
            BY_WITHIN
        ),
        R::RefusedSignIns => entry!(
            "Refused sign-ins",
            [
                "at" Time "/at",
                "event" Text "/name",
                "user" Text "/who",
                "reason" Word "/event/reason",
                "address" Text "/origin/address",
            ],
            WITHIN
        ),
        R::RefusedAccess => entry!(
            "Refused access",
            [
                "at" Time "/at",
                "by" Text "/by",
                "action" Word "/event/action",
                "target" Text "/event/target",
                "reason" Text "/event/reason",
                "address" Text "/origin/address",
            ],
            BY_WITHIN
        ),
        R::Entitlements => entry!(
            "Who may do what, and why",
            [
                "resource" Text "/resource",
                "account" Text "/account",
                "owner" Text "/owner",
                "user" Text "/user",
                "display_name" Text "/display_name",
                "role" Word "/role",
                "user_state" Word "/user_state",
                "ground" Word "/ground",
                "level" Word "/level",
                "shared_kind" Word "/shared_kind",
                "shared" Text "/shared",
                "user_group" Text "/user_group",
                "until" Time "/until",
                "other_shares" Number "/other_shares",
                "may" Text "/may",
            ],
            &[WHOSE, GROUND]
        ),
        R::AccessChanges => entry!(
            "Changes of access",
            [
                "at" Time "/at",
                "by" Text "/by",
                "event" Text "/name",
                "details" Text "/details",
                "address" Text "/origin/address",
            ],
            BY_WITHIN
        ),
        R::Exports => entry!(
            "What left the server",
            [
                "at" Time "/at",
                "by" Text "/by",
                "event" Text "/name",
                "details" Text "/details",
                "address" Text "/origin/address",
            ],
            BY_WITHIN
        ),
    }
}

/// The title of a report, for mail.
pub const fn title(report: ReportName, language: Language) -> &'static str {
    use ReportName as R;
    if matches!(language, Language::En) {
        return of(report).title;
    }
    match report {
        R::InstalledAgents => "インストールされているエージェント",
        R::InactiveAgents => "停止中のエージェント",
        R::PendingDevices => "承認待ちのデバイス",
        R::AccountsOutOfSync => "パスワードが一致しないアカウント",
        R::AccountsUnknown => "パスワードが不明なアカウント",
        R::AccountsNeverVerified => "一度も検証していないアカウント",
        R::PasswordsPastAge => "最大有効期間を過ぎたパスワード",
        R::FailedTasks => "失敗したタスク",
        R::PasswordUses => "パスワードの利用記録",
        R::UsersWithoutSecondFactor => "二要素目のないユーザー",
        R::RefusedSignIns => "拒否したサインイン",
        R::RefusedAccess => "拒否した操作",
        R::Entitlements => "アクセス権の一覧",
        R::AccessChanges => "アクセス権の変更",
        R::Exports => "エクスポートの記録",
    }
}

/// agents per resource.
const fn agents(title: &'static str, parameters: &'static [Parameter]) -> Entry {
    let entry = entry!(
        "",
        [
            "resource" Text "/resource",
            "dns_name" Text "/dns_name",
            "owner" Text "/owner",
            "host_name" Text "/host_name",
            "platform" Word "/platform",
            "agent_version" Text "/agent_version",
            "state" Word "/state",
            "active" Flag "/active",
            "association" Word "/association",
            "installed_at" Time "/installed_at",
            "enrolled_with" Text "/enrolled_with",
            "last_seen_at" Time "/last_seen_at",
        ],
        &[]
    );
    Entry { title, parameters, ..entry }
}

const fn accounts(title: &'static str, parameters: &'static [Parameter]) -> Entry {
    let entry = entry!(
        "",
        [
            "resource" Text "/resource/name",
            "account" Text "/name",
            "knowledge" Word "/knowledge",
            "password_since" Time "/current/since",
            "password_origin" Word "/current/origin",
            "last_verify" Word "/last_verify/result",
            "last_verified_at" Time "/last_verify/at",
            "out_of_sync_since" Time "/rotation/out_of_sync_since",
            "rotation" Word "/rotation/state",
        ],
        &[]
    );
    Entry { title, parameters, ..entry }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_142_installed_agents_come_first_and_every_report_is_whole() {
        assert_eq!(ReportName::ALL[0], ReportName::InstalledAgents);
        for report in ReportName::ALL {
            let entry = of(*report);
            assert_eq!(entry.columns.len(), entry.kinds.len(), "{report}");
            let names: BTreeSet<&str> = entry.columns.iter().map(|(name, _)| *name).collect();
            assert_eq!(names.len(), entry.columns.len(), "{report}: a column twice");
            assert!(entry.columns.iter().all(|(_, at)| at.starts_with('/')), "{report}");
            // These belong to every list.
            let own = ["limit", "after", "count", "q", "sort", "bom"];
            assert!(entry.parameters.iter().all(|one| !own.contains(&one.name)), "{report}");
        }
    }
}
