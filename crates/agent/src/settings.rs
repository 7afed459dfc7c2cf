//! The registry of settings: the one place that lists them, from which the
//! reference page is generated.

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in `agent.toml`.
    pub name: &'static str,
    /// Its default.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// The parameter of the old product, and its requirement.
    pub old: &'static str,
}

const fn setting(
    name: &'static str,
    default: &'static str,
    old: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { name, default, meaning, old }
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    setting(
        "server",
        "as at enrolment",
        "`ServerName`, `ServerPort` (A-061, A-062)",
        "Where to dial: the server or a gateway, `host:port`. The port is 8383 unless given. The \
         other ways are learnt from the trust bundle.",
    ),
    setting(
        "interval_s",
        "60",
        "`ScheduleInterval` (A-063)",
        "Seconds between plain polls, 5 to 86400. Used only where long polls do not get through.",
    ),
    setting(
        "owner",
        "none",
        "`UserName` (A-066)",
        "The user who should own the resource. May only confirm the owner of the enrolment key.",
    ),
    setting(
        "trust",
        "`site`",
        "`TrustedCertifcate` (A-065)",
        "How the server's certificate is checked: `site` (as the trust bundle says) or \
         `sha256:` and the digest of its public key. It cannot be switched off.",
    ),
    setting(
        "proxy",
        "none",
        "–",
        "An HTTP proxy on the way to the server: `http://host:port` or `https://host:port`. TLS \
         with the server stays end to end. Environment variables are not read.",
    ),
    setting(
        "proxy_credentials_file",
        "none",
        "–",
        "A file with `user:password` for the proxy (Basic), readable only by its owner.",
    ),
    setting(
        "no_proxy",
        "none",
        "–",
        "A list of servers that are reached without the proxy: names (with the names below them), \
         addresses, networks like `10.0.0.0/8`, or `*`.",
    ),
    setting(
        "accounts.names",
        "all",
        "`UserQuery`, `accountFilter` (A-067, A-068)",
        "A regular expression that account names must match. Never run by a shell.",
    ),
    setting("accounts.uid_min", "none", "`UserQuery` (A-067)", "The smallest uid that is listed."),
    setting("accounts.uid_max", "none", "`UserQuery` (A-067)", "The largest uid that is listed."),
    setting(
        "accounts.groups",
        "none",
        "–",
        "Only members of one of these groups are listed, by primary or further group.",
    ),
    setting(
        "accounts.include_disabled",
        "`false`",
        "`fetchDisabledAccount` (A-070)",
        "Also list accounts that are locked, have no usable password or may not log in.",
    ),
    setting(
        "accounts.include_directory",
        "`true`",
        "–",
        "Also list accounts that come from a directory (LDAP, SSSD); they are marked *not local*.",
    ),
    setting("state_dir", "`/var/lib/sekisho-agent`", "–", "Where the agent keeps its memory."),
    setting("log", "`info`", "–", "How much is logged: `error`, `warn`, `info`, `debug`, `trace`."),
];

/// The parameters of the old product and what to write instead.
pub const OLD_NAMES: &[(&str, &str)] = &[
    ("AgentType", "leave it out: this program is only ever an agent (A-060)"),
    ("ServerName", "write server = \"host:port\" (A-061)"),
    ("ServerPort", "write server = \"host:port\" (A-062)"),
    ("ScheduleInterval", "write interval_s (A-063)"),
    ("OSType", "leave it out: the agent knows its system (A-064)"),
    (
        "TrustedCertifcate",
        "write trust = \"site\" or a pin; checking cannot be switched off (A-065)",
    ),
    (
        "TrustedCertificate",
        "write trust = \"site\" or a pin; checking cannot be switched off (A-065)",
    ),
    ("UserName", "write owner (A-066)"),
    ("UserQuery", "write names, uid_min, uid_max or groups under [accounts] (A-067)"),
    ("accountFilter", "write names under [accounts] (A-068)"),
    ("fetchDisabledAccount", "write include_disabled under [accounts] (A-070)"),
];

/// The reference page, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Settings of the agent\n\n`agent.toml`, by default in `/etc/sekisho/`. A change takes \
         effect without a restart.\n\n| Setting | Default | Old name | Meaning |\n| --- | --- | --- | --- |\n",
    );
    for setting in SETTINGS {
        page.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            setting.name, setting.default, setting.old, setting.meaning
        ));
    }
    page.push_str("\n## From the old product's `agent.conf`\n\n| Old | Now |\n| --- | --- |\n");
    for (old, new) in OLD_NAMES {
        page.push_str(&format!("| `{old}` | {new} |\n"));
    }
    page
}
