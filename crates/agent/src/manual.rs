//! What the man page says beyond the command line.

use sekisho_manual::About;

/// Files and further pages.
pub(crate) const ABOUT: About = About {
    section: "8",
    files: &[
        ("/etc/sekisho/agent.toml", "The settings. A change takes effect without a restart."),
        (
            "/var/lib/sekisho-agent",
            "The agent's memory: its identity key, the journal of orders, escrows of passwords \
             sealed to the site's recovery key. It must not be copied to another host.",
        ),
    ],
    see_also: &["sekisho(1)", "sekisho-server(8)", "chpasswd(8)", "unix_chkpwd(8)"],
};
