//! The registry of all settings: key, environment variable, default, unit,
//! meaning. The reference page is printed from it.

use std::fmt::Write as _;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in the configuration file, with dots for tables.
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
    "data_dir" "SEKISHO_DATA_DIR" "/var/lib/sekisho" "folder"
        "The database and the public CA certificate. Only the server's user may enter it.";
    "public_name" "SEKISHO_PUBLIC_NAME" "" "DNS name or address"
        "The name people and agents use; in the server's certificate. Default: the host name.";
    "database.path" "SEKISHO_DATABASE_PATH" "" "file"
        "The SQLite database. Default: sekisho.db in data_dir.";
    "database.url" "SEKISHO_DATABASE_URL" "" "URL"
        "A PostgreSQL database, without a password: postgres://user@host/sekisho. A primary and its \
         standbys: postgres://user@host1,host2/sekisho.";
    "database.url_file" "SEKISHO_DATABASE_URL_FILE" "" "file"
        "A file that holds the PostgreSQL URL with its password.";
    "database.max_connections" "SEKISHO_DATABASE_MAX_CONNECTIONS" "16" "connections"
        "At most so many connections to the database.";
    "listen.api" "SEKISHO_LISTEN_API" "[::]:8443" "address and port"
        "The REST API.";
    "listen.agents" "SEKISHO_LISTEN_AGENTS" "[::]:8383" "address and port"
        "The agents.";
    "listen.metrics" "SEKISHO_LISTEN_METRICS" "127.0.0.1:9464" "address and port"
        "Prometheus metrics, in clear; must be a loopback address. `off`: none.";
    "listen.control" "SEKISHO_LISTEN_CONTROL" "" "file"
        "The socket that `sekisho-server unseal` speaks to, for root and the server's user only. \
         Default: control.sock in data_dir.";
    "listen.keep_certificate" "SEKISHO_LISTEN_KEEP_CERTIFICATE" "true" "true or false"
        "Keep the listeners' certificate and its key (30 days) in data_dir, so that a sealed \
         server can show it. `false`: the key is only in memory, and what connects to a sealed \
         server sees a certificate it does not trust.";
    "tls.versions" "SEKISHO_TLS_VERSIONS" "1.3" "1.3, or 1.2 and 1.3 with a comma between"
        "The TLS versions for people and programs (listen.api). Agents speak 1.3 only, with the \
         server and with gateways.";
    "tls.suites" "SEKISHO_TLS_SUITES" "" "names, comma between"
        "The cipher suites of the listeners, preferred first, e.g. \
         TLS13_AES_128_GCM_SHA256. Default: all that the library holds for secure. Gateways have \
         the same.";
    "tls.groups" "SEKISHO_TLS_GROUPS" "" "names, comma between"
        "The key exchange groups of the listeners, preferred first, e.g. X25519MLKEM768. Default: \
         all that the library holds for secure. Gateways have the same.";
    "vault.kek_file" "SEKISHO_VAULT_KEK_FILE" "" "file"
        "The file with the key that encrypts the vault's keys. Must not lie inside data_dir: \
         whoever copies one must not have the other.";
    "vault.passphrase_file" "SEKISHO_VAULT_PASSPHRASE_FILE" "" "file"
        "Instead of kek_file: a file with a passphrase the key is derived from.";
    "audit.head_interval_s" "SEKISHO_AUDIT_HEAD_INTERVAL_S" "10" "seconds"
        "The end of the audit log is signed this often, if there are new lines.";
    "audit.head_lines" "SEKISHO_AUDIT_HEAD_LINES" "100" "lines"
        "And at the latest after so many lines.";
    "audit.witness.file" "SEKISHO_AUDIT_WITNESS_FILE" "" "file"
        "Signed heads are appended to this file; best on another mount.";
    "audit.witness.syslog" "SEKISHO_AUDIT_WITNESS_SYSLOG" "" "tls://host:port"
        "Signed heads are sent to this syslog server over TLS.";
    "audit.witness.syslog_ca" "SEKISHO_AUDIT_WITNESS_SYSLOG_CA" "" "file"
        "The CA certificates (PEM) that count for it.";
    "audit.witness.syslog_certificate" "SEKISHO_AUDIT_WITNESS_SYSLOG_CERTIFICATE" "" "file"
        "Our certificate (PEM), if it wants one.";
    "audit.witness.syslog_key" "SEKISHO_AUDIT_WITNESS_SYSLOG_KEY" "" "file"
        "The key of that certificate (PEM).";
    "audit.witness.server" "SEKISHO_AUDIT_WITNESS_SERVER" "" "https://host:port"
        "Signed heads are sent to this other Sekisho server.";
    "audit.witness.server_ca" "SEKISHO_AUDIT_WITNESS_SERVER_CA" "" "file"
        "The CA certificate of that server (its ca.pem).";
    "audit.witness.server_certificate" "SEKISHO_AUDIT_WITNESS_SERVER_CERTIFICATE" "" "file"
        "Our certificate (PEM), if something in between wants one.";
    "audit.witness.server_key" "SEKISHO_AUDIT_WITNESS_SERVER_KEY" "" "file"
        "The key of that certificate (PEM).";
    "audit.witness.server_token_file" "SEKISHO_AUDIT_WITNESS_SERVER_TOKEN_FILE" "" "file"
        "A file with an API token of the scope witness, made on that server.";
    "audit.witness.required" "SEKISHO_AUDIT_WITNESS_REQUIRED" "false" "true or false"
        "Whether secrets and changes wait while no witness has seen the log for max_lag_s.";
    "audit.witness.max_lag_s" "SEKISHO_AUDIT_WITNESS_MAX_LAG_S" "300" "seconds"
        "With required: how old the oldest line may be that no witness has seen.";
    "audit.export.file" "SEKISHO_AUDIT_EXPORT_FILE" "" "file"
        "Every line is appended to this file as JSON.";
    "audit.export.syslog" "SEKISHO_AUDIT_EXPORT_SYSLOG" "" "tls://, tcp:// or udp://host:port"
        "Every line is sent to this syslog server.";
    "audit.export.syslog_format" "SEKISHO_AUDIT_EXPORT_SYSLOG_FORMAT" "rfc5424" "rfc5424 or cef"
        "How the lines are written.";
    "audit.export.syslog_ca" "SEKISHO_AUDIT_EXPORT_SYSLOG_CA" "" "file"
        "With tls://: the CA certificates (PEM) that count.";
    "audit.export.syslog_certificate" "SEKISHO_AUDIT_EXPORT_SYSLOG_CERTIFICATE" "" "file"
        "With tls://: our certificate (PEM), if it wants one.";
    "audit.export.syslog_key" "SEKISHO_AUDIT_EXPORT_SYSLOG_KEY" "" "file"
        "The key of that certificate (PEM).";
    "vault.passphrase" "SEKISHO_VAULT_PASSPHRASE" "" "ask"
        "`ask`: the passphrase is kept nowhere. The server starts sealed and waits for \
         `sekisho-server unseal`. Never the passphrase itself.";
    "vault.credential" "SEKISHO_VAULT_CREDENTIAL" "" "name"
        "The name of a systemd credential (LoadCredential= or LoadCredentialEncrypted=) that \
         holds the same line as a key file.";
    "vault.pkcs11_module" "SEKISHO_VAULT_PKCS11_MODULE" "" "file"
        "The PKCS#11 library of a security module that holds the key. Nobody but root or the \
         server's user may be able to write to it.";
    "vault.pkcs11_token" "SEKISHO_VAULT_PKCS11_TOKEN" "" "label"
        "The label of the token.";
    "vault.pkcs11_key" "SEKISHO_VAULT_PKCS11_KEY" "sekisho" "label"
        "The label of the key in the token; init makes it if it is not there.";
    "vault.pkcs11_pin_file" "SEKISHO_VAULT_PKCS11_PIN_FILE" "" "file"
        "A file with the token's user PIN.";
    "vault.pkcs11_pin_credential" "SEKISHO_VAULT_PKCS11_PIN_CREDENTIAL" "" "name"
        "Instead of pkcs11_pin_file: the name of a systemd credential with the PIN.";
    "vault.reseal_rows_per_second" "SEKISHO_VAULT_RESEAL_ROWS_PER_SECOND" "1000" "rows a second"
        "After a rotation of the vault's data key, at most so many values are sealed anew in \
         a second.";
    "oidc.issuer" "SEKISHO_OIDC_ISSUER" "" "https://host"
        "An OpenID provider that people sign in through, as its issuer says it.";
    "oidc.client_id" "SEKISHO_OIDC_CLIENT_ID" "" "text"
        "What the provider knows this server as.";
    "oidc.client_secret_file" "SEKISHO_OIDC_CLIENT_SECRET_FILE" "" "file"
        "A file with the secret that the provider knows this server by.";
    "oidc.ca_file" "SEKISHO_OIDC_CA_FILE" "" "file"
        "The CA certificates (PEM) that count for the provider instead of the system's.";
    "oidc.public_url" "SEKISHO_OIDC_PUBLIC_URL" "" "https://host:port"
        "Where browsers reach this server; the provider sends them back to \
         /api/v1/session/oidc/callback below it. Default: public_name and the port of listen.api.";
    "oidc.name" "SEKISHO_OIDC_NAME" "OpenID" "text"
        "What the button on the sign-in page calls the provider.";
    "oidc.scopes" "SEKISHO_OIDC_SCOPES" "profile email groups" "words"
        "What is asked for besides openid.";
    "oidc.groups_claim" "SEKISHO_OIDC_GROUPS_CLAIM" "groups" "name"
        "The claim of the ID token, or of the UserInfo answer, that holds the groups.";
    "oidc.create_users" "SEKISHO_OIDC_CREATE_USERS" "true" "true or false"
        "Make a user for whoever comes the first time and has a role.";
    "oidc.roles.super_administrator" "SEKISHO_OIDC_ROLES_SUPER_ADMINISTRATOR" "" "groups, comma between"
        "The groups whose people are Super Administrators. Of several roles that somebody's groups \
         give, the first one in the order of these settings counts.";
    "oidc.roles.administrator" "SEKISHO_OIDC_ROLES_ADMINISTRATOR" "" "groups, comma between"
        "The groups whose people are administrators.";
    "oidc.roles.custom" "SEKISHO_OIDC_ROLES_CUSTOM" "" "ROLE=group, comma between"
        "The groups whose people have custom roles, each after the id of the role, the first one \
         that fits counts; `sekisho roles list` shows the ids.";
    "oidc.roles.password_administrator" "SEKISHO_OIDC_ROLES_PASSWORD_ADMINISTRATOR" "" "groups, comma between"
        "The groups whose people are password administrators.";
    "oidc.roles.password_auditor" "SEKISHO_OIDC_ROLES_PASSWORD_AUDITOR" "" "groups, comma between"
        "The groups whose people are password auditors.";
    "oidc.roles.password_user" "SEKISHO_OIDC_ROLES_PASSWORD_USER" "" "groups, comma between"
        "The groups whose people are password users.";
    "oidc.roles.connection_user" "SEKISHO_OIDC_ROLES_CONNECTION_USER" "" "groups, comma between"
        "The groups whose people are connection users.";
    "mail.server" "SEKISHO_MAIL_SERVER" "" "starttls:// or tls://host:port"
        "The mail server that mail is handed to: starttls://mail.example.jp:587, or \
         tls://mail.example.jp:465 where TLS begins at once. Mail is never sent in the clear. Not \
         given: no mail.";
    "mail.ca" "SEKISHO_MAIL_CA" "" "file"
        "The CA certificates (PEM) that count for it; only these. Default: the system's.";
    "mail.from" "SEKISHO_MAIL_FROM" "" "mail address"
        "The address that mail comes from.";
    "mail.user" "SEKISHO_MAIL_USER" "" "text"
        "The user name at the mail server, if it wants one.";
    "mail.password_file" "SEKISHO_MAIL_PASSWORD_FILE" "" "file"
        "A file with the password of that user. Read for each connection.";
    "mail.password_credential" "SEKISHO_MAIL_PASSWORD_CREDENTIAL" "" "name"
        "Instead of password_file: the name of a systemd credential with the password.";
    "mail.language" "SEKISHO_MAIL_LANGUAGE" "ja" "ja or en"
        "The language of mail to people who have chosen none in the console.";
    "log.level" "SEKISHO_LOG_LEVEL" "info" "error, warn, info, debug, trace, or a filter"
        "How much is logged (to stderr).";
    "log.format" "SEKISHO_LOG_FORMAT" "text" "text or json"
        "How log lines look.";
    "limits.session_hours" "SEKISHO_LIMITS_SESSION_HOURS" "12" "hours"
        "A sign-in ends after so long at the latest.";
    "limits.session_idle_minutes" "SEKISHO_LIMITS_SESSION_IDLE_MINUTES" "30" "minutes"
        "A sign-in ends after so long without a request.";
    "limits.proof_minutes" "SEKISHO_LIMITS_PROOF_MINUTES" "15" "minutes"
        "To reveal a password or change how somebody signs in, a person must have proved who they \
         are no longer ago. API tokens are not asked.";
    "limits.token_days" "SEKISHO_LIMITS_TOKEN_DAYS" "365" "days"
        "The longest life of an API token.";
    "limits.requests" "SEKISHO_LIMITS_REQUESTS" "1024" "requests"
        "At most so many API requests at once; more are told to try again.";
    "limits.password_hashes" "SEKISHO_LIMITS_PASSWORD_HASHES" "2" "computations"
        "At most so many password checks at once; each takes 32 MiB.";
}

/// The setting of a key.
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The reference page, in Markdown.
pub fn reference() -> String {
    let mut out = String::from(
        "# Settings of the server\n\n`server.toml`, by default in `/etc/sekisho/`. The \
         environment goes before the file, `--set key=value` before both.\n\n\
         | Setting | Default | Unit | Environment | Meaning |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for Setting { key, env, default, unit, meaning } in SETTINGS {
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        writeln!(out, "| `{key}` | {default} | {unit} | `{env}` | {meaning} |")
            .expect("a string takes all text");
    }
    out
}
