//! The OpenID provider of the server's tests, for a demo that shows how one signs
//! in through one.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::random_password;
use super::server::{stop, write_secret};

/// What the provider knows the server as.
const CLIENT: &str = "pam";

/// Its people, and what their groups give them here.
const PEOPLE: [(&str, &str); 3] = [
    ("alice", "becomes an administrator"),
    ("bob", "becomes a password user"),
    ("carol", "is in no group and does not come in"),
];

/// What runs the provider; it is found before the demo becomes root.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    /// Node.
    pub(super) node: PathBuf,
    /// The folder with the provider's packages.
    pub(super) packages: PathBuf,
    /// The provider's script.
    pub(super) script: PathBuf,
}

impl Tools {
    /// In a workspace whose programs lie in `programs`, as `setup` leaves them.
    ///
    /// # Errors
    /// When they are not there.
    pub(super) fn find(programs: &Path) -> Result<Self> {
        let tools = programs.parent().context("a target folder")?.join("tools");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("a workspace")?;
        let brought = tools.join("node/node_modules/.bin/node");
        let found = Self {
            node: if brought.exists() { brought } else { PathBuf::from("node") },
            packages: tools.join("oidc-provider"),
            script: root.join("crates/server/tests/oidc-provider/provider.mjs"),
        };
        if !found.packages.join("node_modules/oidc-provider").is_dir() {
            bail!("{} is missing; `cargo xtask setup` brings it", found.packages.display());
        }
        Ok(found)
    }
}

/// A running provider.
pub(super) struct Provider {
    child: Child,
    /// Its port on this machine's loopback; the server must reach it under the same.
    pub(super) port: u16,
    /// The settings of a server that people sign in to through it, as TOML.
    pub(super) settings: String,
    /// A file with the people and their passwords.
    pub(super) people_file: PathBuf,
}

impl Provider {
    /// Starts it for the server that browsers reach at `public_url`. Its secrets
    /// are in files of `folder` that only their owner reads.
    pub(super) fn start(tools: &Tools, folder: &Path, public_url: &str) -> Result<Self> {
        let client_secret = random_password();
        let people: BTreeMap<&str, String> =
            PEOPLE.iter().map(|(login, _)| (*login, random_password())).collect();
        let (secrets, client_file) = (folder.join("provider-secrets"), folder.join("oidc-secret"));
        let told = json!({ "client": client_secret, "people": people });
        write_secret(&secrets, &told.to_string())?;
        write_secret(&client_file, &client_secret)?;
        let people_file = folder.join("provider-people");
        write_secret(&people_file, &listed(&people))?;

        let mut child = Command::new(&tools.node)
            .current_dir(&tools.packages)
            .arg(&tools.script)
            .env("REDIRECT", format!("{public_url}/api/v1/session/oidc/callback"))
            .env("SECRETS", &secrets)
            // It ends with this pipe, however we end.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} could not be started", tools.node.display()))?;
        let issuer = match child.stdout.take().map(issuer_in) {
            Some(Ok(issuer)) => issuer,
            Some(Err(error)) => {
                stop(&mut child);
                return Err(error);
            }
            None => bail!("the provider has no output"),
        };
        let port = port_of(&issuer);
        let settings = settings(&issuer, &client_file, public_url);
        let provider = Self { child, port: port.unwrap_or_default(), settings, people_file };
        match port {
            Some(_) => Ok(provider),
            None => bail!("the OpenID provider is at {issuer}, which names no port"),
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// Where it says it is, once it is ready.
fn issuer_in(output: impl std::io::Read) -> Result<String> {
    for line in BufReader::new(output).lines() {
        if let Some(issuer) = line?.strip_prefix("ready ") {
            return Ok(issuer.trim().to_owned());
        }
    }
    bail!("the OpenID provider ended before it was ready")
}

/// The port at the end of a URL without a path.
fn port_of(url: &str) -> Option<u16> {
    url.rsplit_once(':')?.1.parse().ok()
}

/// The people, one a line.
fn listed(people: &BTreeMap<&str, String>) -> String {
    let line = |(login, what): &(&str, &str)| {
        let password = people.get(login).map(String::as_str).unwrap_or_default();
        format!("{login}  {password}  {what}\n")
    };
    PEOPLE.iter().map(line).collect()
}

fn settings(issuer: &str, client_file: &Path, public_url: &str) -> String {
    // Debug quoting is TOML's: both escape `"` and `\`.
    format!(
        "[oidc]\n\
         issuer = {issuer:?}\n\
         client_id = {CLIENT:?}\n\
         client_secret_file = {client_file:?}\n\
         name = \"Demo ID\"\n\
         public_url = {public_url:?}\n\n\
         [oidc.roles]\n\
         administrator = \"pam-admins\"\n\
         password_user = \"pam-users\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_those_of_a_server_with_a_provider() {
        let text = settings("http://127.0.0.1:9", Path::new("/t/secret"), "https://localhost:8");
        let config: toml::Table = text.parse().expect("valid TOML");
        assert_eq!(config["oidc"]["client_secret_file"].as_str(), Some("/t/secret"));
        assert_eq!(config["oidc"]["public_url"].as_str(), Some("https://localhost:8"));
        assert_eq!(config["oidc"]["roles"]["administrator"].as_str(), Some("pam-admins"));
    }

    #[test]
    fn it_is_ready_when_it_says_where_it_is() {
        let said = b"(node) a warning\nready http://127.0.0.1:9\n";
        assert_eq!(issuer_in(&said[..]).expect("an issuer"), "http://127.0.0.1:9");
        assert!(issuer_in(&b"no\n"[..]).is_err());
        assert_eq!(port_of("http://127.0.0.1:9"), Some(9));
        assert_eq!(port_of("https://id.example"), None);
    }

    #[test]
    fn everybody_is_listed_with_a_password() {
        let people = PEOPLE.iter().map(|(login, _)| (*login, format!("Pw-{login}"))).collect();
        let text = listed(&people);
        for (login, _) in PEOPLE {
            assert!(text.contains(&format!("{login}  Pw-{login}  ")), "{text}");
        }
    }
}
