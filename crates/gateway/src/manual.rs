//! What the man page says beyond the command line.

use sekisho_manual::About;

/// Files and further pages.
pub(crate) const ABOUT: About = About {
    section: "8",
    files: &[
        (
            "/etc/sekisho/gateway.toml",
            "The settings. A change takes effect with `systemctl reload sekisho-gateway`, which drops no connection.",
        ),
        (
            "/var/lib/sekisho-gateway",
            "The gateway's memory: the key of its link, its certificates, whom it belongs to. \
             Nothing in it opens a password or gives an order. It must not be copied to another \
             machine.",
        ),
        (
            "/var/backups/sekisho-gateway",
            "Backups of program, settings and memory that `upgrade` makes; the newest three.",
        ),
    ],
    see_also: &["sekisho(1)", "sekisho-server(8)", "sekisho-agent(8)"],
};
