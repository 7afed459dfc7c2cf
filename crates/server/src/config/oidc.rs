//! `[oidc]`: an OpenID provider that people sign in through.

use std::path::PathBuf;

use sekisho_model::name::Label;
use sekisho_model::user::{Role, RoleRef};

use super::settings::SETTINGS;
use super::values::{Source, Values};
use super::{read_secret_file, settings};

/// An OpenID provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcConfig {
    /// Its issuer, exactly as it says itself.
    pub issuer: String,
    /// What it knows this server as.
    pub client_id: String,
    /// A file with the secret it knows this server by.
    pub client_secret_file: PathBuf,
    /// The authorities that count for it instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Where browsers reach this server: `https://host:port`.
    pub public_url: Option<String>,
    /// What the button says.
    pub name: String,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// The claim that holds the groups.
    pub groups_claim: String,
    /// Whether a user is made for whoever comes first time.
    pub create_users: bool,
    /// The groups that give a role, in the order in which they are asked.
    pub roles: Vec<(RoleRef, Vec<String>)>,
}

impl OidcConfig {
    /// The roles that the groups give, the one that counts first.
    pub fn roles_of(&self, groups: &[String]) -> Vec<RoleRef> {
        let gives = |of: &Vec<String>| of.iter().any(|group| groups.contains(group));
        self.roles.iter().filter(|(_, of)| gives(of)).map(|(role, _)| *role).collect()
    }
}

/// The settings that give roles, in the order in which they are asked; `None`:
/// custom roles, which may do less than an administrator.
const ROLES: [(&str, Option<Role>); 7] = [
    ("oidc.roles.super_administrator", Some(Role::SuperAdministrator)),
    ("oidc.roles.administrator", Some(Role::Administrator)),
    ("oidc.roles.custom", None),
    ("oidc.roles.password_administrator", Some(Role::PasswordAdministrator)),
    ("oidc.roles.password_auditor", Some(Role::PasswordAuditor)),
    ("oidc.roles.password_user", Some(Role::PasswordUser)),
    ("oidc.roles.connection_user", Some(Role::ConnectionUser)),
];

pub(super) fn check(values: &mut Values) -> Option<OidcConfig> {
    let text = |values: &Values, key: &str| values.text(key).map(str::to_owned);
    let Some(issuer) = text(values, "oidc.issuer") else {
        without_issuer(values);
        return None;
    };
    if !is_issuer(&issuer) {
        values.problem(format!(
            "'oidc.issuer' is '{issuer}', expected https://host, or http:// on this machine only, \
             without a question mark"
        ));
    }
    let public_url = text(values, "oidc.public_url");
    if let Some(url) = &public_url
        && !is_origin(url)
    {
        values.problem(format!(
            "'oidc.public_url' is '{url}', expected https://host:port without a slash at the end"
        ));
    }
    let client_id = text(values, "oidc.client_id").unwrap_or_else(|| {
        values.problem("'oidc.issuer' is given; give 'oidc.client_id', too");
        String::new()
    });
    let name = text(values, "oidc.name").unwrap_or_default();
    if let Err(error) = name.parse::<Label>() {
        values.problem(format!("'oidc.name' {}", error.problem));
    }
    let client_secret_file = client_secret_file(values);
    let roles = roles(values);
    let scopes = values.text("oidc.scopes").unwrap_or_default();
    let scopes = scopes.split_whitespace().map(str::to_owned).collect();
    let create_users = values.parse("oidc.create_users", "true or false", true);
    Some(OidcConfig {
        issuer,
        client_id,
        client_secret_file,
        ca_file: values.path("oidc.ca_file"),
        public_url,
        name,
        scopes,
        groups_claim: text(values, "oidc.groups_claim").unwrap_or_default(),
        create_users,
        roles,
    })
}

/// Settings of a provider that is not named are not passed over in silence.
fn without_issuer(values: &mut Values) {
    let is_given = |setting: &&settings::Setting| {
        setting.key.starts_with("oidc.") && values.source(setting.key) != Source::Default
    };
    if let Some(setting) = SETTINGS.iter().find(is_given) {
        let (source, key) = (values.source(setting.key), setting.key);
        values.problem(format!("{source}: '{key}' is given; give 'oidc.issuer', too"));
    }
}

/// It is read again for each sign-in; that it can be read is checked now.
fn client_secret_file(values: &mut Values) -> PathBuf {
    let Some(path) = values.path("oidc.client_secret_file") else {
        values.problem(
            "'oidc.issuer' is given; give 'oidc.client_secret_file', too: a file with the secret \
             that only the server can read",
        );
        return PathBuf::new();
    };
    match read_secret_file(&path) {
        Ok(secret) if secret.expose_str().is_none_or(|text| text.trim().is_empty()) => {
            values.problem("'oidc.client_secret_file' holds no text");
        }
        Ok(_) => {}
        Err(error) => values.problem(format!("'oidc.client_secret_file': {error:#}")),
    }
    path
}

fn roles(values: &mut Values) -> Vec<(RoleRef, Vec<String>)> {
    let mut roles = Vec::new();
    for (key, role) in ROLES {
        let parts = values.text(key).unwrap_or_default().split(',').map(str::trim);
        let parts = parts.filter(|part| !part.is_empty()).map(str::to_owned);
        let parts: Vec<String> = parts.collect();
        match role {
            Some(_) if parts.is_empty() => {}
            Some(role) => roles.push((role.into(), parts)),
            None => {
                for part in parts {
                    match custom(&part) {
                        Some(role) => roles.push(role),
                        None => values.problem(format!(
                            "'{key}' has '{part}', expected the id of a custom role, =, and a group"
                        )),
                    }
                }
            }
        }
    }
    if roles.is_empty() {
        values.problem(
            "'oidc.issuer' is given, but no group gives a role; give for example \
             oidc.roles.administrator = \"pam-admins\"",
        );
    }
    roles
}

/// `ID=group`.
fn custom(text: &str) -> Option<(RoleRef, Vec<String>)> {
    let (id, group) = text.split_once('=')?;
    let role = RoleRef::Custom(id.trim().parse().ok()?);
    let group = group.trim();
    (!group.is_empty()).then(|| (role, vec![group.to_owned()]))
}

/// Whether a text can be an issuer (OpenID Connect Discovery 1.0, section 3):
/// https, or a loopback address, without query and without user.
fn is_issuer(text: &str) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else { return false };
    crate::oidc::is_secure(&uri).is_some() && uri.query().is_none() && !text.contains('#')
}

fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else { return false };
    crate::oidc::is_secure(&uri) == Some(true)
        && uri.path() == "/"
        && !text.ends_with('/')
        && uri.query().is_none()
        && !text.contains('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(pairs: &[(&str, &str)]) -> (Option<OidcConfig>, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "s3cret\n").expect("written");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&secret, private).expect("set");
        let pairs = pairs.iter().map(|(key, text)| match *text {
            "FILE" => format!("{key}={}", secret.display()),
            text => format!("{key}={text}"),
        });
        let mut values = Values::default();
        values.flags(&pairs.collect::<Vec<_>>());
        let config = check(&mut values);
        let problems: Vec<String> = values.problems.iter().map(ToString::to_string).collect();
        (config, problems.join("\n"))
    }

    const ID: &str = "019a0000-0000-7000-8000-000000000001";

    const GOOD: [(&str, &str); 4] = [
        ("oidc.issuer", "https://id.example.jp/realms/a"),
        ("oidc.client_id", "sekisho"),
        ("oidc.client_secret_file", "FILE"),
        ("oidc.roles.administrator", "pam-admins, pam others"),
    ];

    #[test]
    fn groups_give_roles_in_order() {
        let custom = format!("{ID}=helpdesk");
        let mut pairs = GOOD.to_vec();
        pairs.extend([("oidc.roles.custom", custom.as_str()), ("oidc.roles.password_user", "all")]);
        let (config, problems) = checked(&pairs);
        assert_eq!(problems, "");
        let config = config.expect("usable");
        let of = |groups: &[&str]| {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            config.roles_of(&groups).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of(&["all", "helpdesk", "pam others"]), ["administrator", ID, "password_user"]);
        assert_eq!(of(&["all"]), ["password_user"]);
        assert!(of(&["pam", "ALL", ""]).is_empty());
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (key, text, expected) in [
            ("oidc.issuer", "http://id.example.jp", "'oidc.issuer' is"),
            ("oidc.issuer", "https://id.example.jp/?a=b", "'oidc.issuer' is"),
            ("oidc.issuer", "https://me@id.example.jp", "'oidc.issuer' is"),
            ("oidc.public_url", "https://vault.example.jp/", "without a slash at the end"),
            ("oidc.public_url", "http://127.0.0.1:8443", "without a slash at the end"),
            ("oidc.client_secret_file", "/nowhere", "'oidc.client_secret_file': the secret file"),
            ("oidc.roles.custom", "helpdesk=all", "expected the id of a custom role"),
            ("oidc.create_users", "perhaps", "expected true or false"),
        ] {
            let mut pairs = GOOD.to_vec();
            pairs.push((key, text));
            let (_, problems) = checked(&pairs);
            assert!(problems.contains(expected), "{key}={text}: {problems}");
            assert!(!problems.contains("s3cret"), "{problems}");
        }
        let (config, problems) = checked(&GOOD[..3]);
        assert!(config.is_some() && problems.contains("no group gives a role"), "{problems}");
        let (config, problems) = checked(&GOOD[1..]);
        assert!(config.is_none() && problems.contains("give 'oidc.issuer', too"), "{problems}");
    }
}
