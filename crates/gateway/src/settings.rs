//! The registry of settings: the one place that lists them, from which the
//! reference page is generated.

use std::fmt::Write as _;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in `gateway.toml`, with dots for tables.
    pub key: &'static str,
    /// The environment variable that overrides the file.
    pub env: &'static str,
    /// What holds if it is not given; empty: nothing.
    pub default: &'static str,
    /// The unit of a number, or what kind of value it is.
    pub unit: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

macro_rules! settings {
    ($($key:literal $env:literal $default:literal $unit:literal $meaning:literal;)*) => {
        /// Every setting.
        pub const SETTINGS: &[Setting] = &[
            $(Setting {
                key: $key, env: $env, default: $default, unit: $unit, meaning: $meaning,
            },)*
        ];
    };
}

settings! {
    "listen.private" "SEKISHO_GATEWAY_LISTEN_PRIVATE" "" "address and port"
        "The server's side: link, pairing and `/getstatus`. Must be given, as the very address of \
         an inner network, like 10.0.1.5:8363: it is never open to everybody.";
    "listen.agents" "SEKISHO_GATEWAY_LISTEN_AGENTS" "0.0.0.0:8383" "addresses and ports"
        "The agents. Several with commas between them.";
    "listen.pass_through" "SEKISHO_GATEWAY_LISTEN_PASS_THROUGH" "0.0.0.0:8443" "address and port"
        "Console and sessions, passed through unopened to the server. The port is open only while \
         the server says so. `off`: never.";
    "pairing.address" "SEKISHO_GATEWAY_PAIRING_ADDRESS" "" "host:port"
        "What the server dials, where that is another address than listen.private: behind an \
         address translation, for example. Default: listen.private.";
    "state_dir" "SEKISHO_GATEWAY_STATE_DIR" "/var/lib/sekisho-gateway" "folder"
        "The gateway's two keys, its certificates and its trust in the site. Only its own user \
         may enter it.";
    "workers" "SEKISHO_GATEWAY_WORKERS" "0" "threads"
        "Threads that carry connections; as many, but at most 4, receive them. 0: one for each core.";
    "drain_s" "SEKISHO_GATEWAY_DRAIN_S" "60" "seconds"
        "So long the former process of an upgrade, or one that stops, finishes what it has begun.";
    "log.level" "SEKISHO_GATEWAY_LOG_LEVEL" "info" "level or filter"
        "error, warn, info, debug, trace, or a filter like info,sekisho_gateway=debug.";
    "log.format" "SEKISHO_GATEWAY_LOG_FORMAT" "text" "text or json"
        "How log lines look.";
}

/// The setting of this key.
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The reference page, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Settings of the gateway\n\n`gateway.toml`, by default in `/etc/sekisho/`. The \
         environment goes before the file, `--set key=value` before both. What is relayed, the \
         limits and the TLS settings are not here: they come from the server, signed.\n\n\
         | Setting | Environment variable | Default | Unit | Meaning |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for Setting { key, env, default, unit, meaning } in SETTINGS {
        let default = if default.is_empty() { "–".to_owned() } else { format!("`{default}`") };
        writeln!(page, "| `{key}` | `{env}` | {default} | {unit} | {meaning} |")
            .expect("a string takes all text");
    }
    page
}
