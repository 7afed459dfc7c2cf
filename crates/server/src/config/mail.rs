//! Where mail is handed over: its settings.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sekisho_model::Secret;
use sekisho_model::mail::MailAddress;
use sekisho_model::user::Language;

use super::audit::{HostPort, file};
use super::read_secret_file;
use super::values::Values;
use super::vault_key::{Credential, read_credential};

/// Where mail is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailConfig {
    /// The mail server.
    pub server: HostPort,
    /// When TLS begins. Mail is never sent in the clear.
    pub tls: MailTls,
    /// The CA certificates (PEM) that count; `None`: the system's.
    pub ca: Option<PathBuf>,
    /// Whom mail is from.
    pub from: MailAddress,
    /// How we sign in; `None`: not at all.
    pub login: Option<MailLogin>,
    /// The language of mail to people who have chosen none.
    pub language: Language,
}

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// With the first byte (RFC 8314, section 3.3).
    Implicit,
    /// After STARTTLS (RFC 3207). A server that does not offer it gets nothing.
    StartTls,
}

/// How we sign in to the mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLogin {
    /// The user name.
    pub user: String,
    /// Where the password is. It is read for each connection, so that it can be
    /// changed while the server runs.
    pub password: MailPassword,
}

/// Where the password is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailPassword {
    /// In a file.
    File(PathBuf),
    /// In a systemd credential.
    Credential(Credential),
}

impl MailPassword {
    /// Reads it.
    ///
    /// # Errors
    /// When it cannot be read, or others can read it, too.
    pub fn read(&self) -> anyhow::Result<Secret> {
        match self {
            Self::File(path) => read_secret_file(path),
            Self::Credential(credential) => read_credential(&credential.path()?),
        }
        .context("the password of the mail server")
    }
}

/// What means nothing without `mail.server`.
const MORE: [&str; 5] =
    ["mail.ca", "mail.from", "mail.user", "mail.password_file", "mail.password_credential"];

pub(super) fn check(
    values: &mut Values,
    environment: &impl Fn(&str) -> Option<String>,
) -> Option<MailConfig> {
    let language = values.parse("mail.language", "ja or en", Language::Ja);
    let Some(text) = values.text("mail.server").map(str::to_owned) else {
        for key in MORE {
            if values.text(key).is_some() {
                values.problem(format!(
                    "'{key}' is given, but 'mail.server' is not: give it, e.g. \
                     starttls://mail.example.jp:587, or leave '{key}' out"
                ));
            }
        }
        return None;
    };
    let place = server(values, &text);
    let ca = file(values, "mail.ca");
    let from = from(values);
    let login = login(values, environment);
    let (tls, server) = place?;
    Some(MailConfig { server, tls, ca, from: from?, login: login?, language })
}

fn server(values: &mut Values, text: &str) -> Option<(MailTls, HostPort)> {
    let found = match text.split_once("://") {
        Some(("starttls", rest)) => Some((MailTls::StartTls, rest)),
        Some(("tls", rest)) => Some((MailTls::Implicit, rest)),
        Some(_) | None => None,
    };
    let found = found.and_then(|(tls, rest)| Some((tls, HostPort::parse(rest)?)));
    if found.is_none() {
        let source = values.source("mail.server");
        values.problem(format!(
            "{source}: 'mail.server' is '{text}', expected starttls:// or tls:// with host and \
             port, e.g. starttls://mail.example.jp:587 or tls://mail.example.jp:465; mail is not \
             sent in the clear"
        ));
    }
    found
}

fn from(values: &mut Values) -> Option<MailAddress> {
    let Some(text) = values.text("mail.from").map(str::to_owned) else {
        values.problem(
            "'mail.server' needs 'mail.from': the address that mail comes from, e.g. \
             sekisho@example.jp",
        );
        return None;
    };
    match text.parse() {
        Ok(address) => Some(address),
        Err(error) => {
            let source = values.source("mail.from");
            values.problem(format!("{source}: 'mail.from': {error}"));
            None
        }
    }
}

/// `None`: it is wrong; `Some(None)`: we do not sign in.
fn login(
    values: &mut Values,
    environment: &impl Fn(&str) -> Option<String>,
) -> Option<Option<MailLogin>> {
    let user = values.text("mail.user").map(str::to_owned);
    let file = file(values, "mail.password_file");
    let credential = values.text("mail.password_credential").map(str::to_owned);
    let password = match (file, credential) {
        (Some(file), None) => MailPassword::File(file),
        (None, Some(name)) => {
            if Path::new(&name).components().count() != 1 || name.starts_with('.') {
                values.problem(format!(
                    "'mail.password_credential' is '{name}', expected the name of a credential, \
                     without a folder"
                ));
                return None;
            }
            let folder = environment("CREDENTIALS_DIRECTORY").map(PathBuf::from);
            MailPassword::Credential(Credential { name, folder })
        }
        (None, None) if user.is_none() => return Some(None),
        (None, None) => {
            values.problem(
                "'mail.user' needs 'mail.password_file' or 'mail.password_credential': where its \
                 password is",
            );
            return None;
        }
        (Some(_), Some(_)) => {
            values.problem(
                "only one of 'mail.password_file' and 'mail.password_credential' may be given",
            );
            return None;
        }
    };
    match user {
        Some(user) if !user.is_empty() && !user.contains(char::is_control) => {
            Some(Some(MailLogin { user, password }))
        }
        Some(_) => {
            values.problem("'mail.user' is empty or has a control character; give a user name");
            None
        }
        None => {
            values.problem("a password for the mail server is given, but not 'mail.user'");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_set(set: &[&str]) -> (Option<MailConfig>, String) {
        let mut values = Values::default();
        let set: Vec<String> = set.iter().map(|pair| (*pair).to_owned()).collect();
        values.flags(&set);
        let config = check(&mut values, &|_| Some("/run/credentials".to_owned()));
        let problems: Vec<String> = values.problems.iter().map(ToString::to_string).collect();
        (config, problems.join("\n"))
    }

    #[test]
    fn no_mail_unless_asked_for() {
        assert_eq!(check_set(&[]), (None, String::new()));
    }

    #[test]
    fn every_setting_is_read() {
        let (config, problems) = check_set(&[
            "mail.server=starttls://mail.example.jp:587",
            "mail.ca=/etc/sekisho/mail-ca.pem",
            "mail.from=sekisho@example.jp",
            "mail.user=sekisho",
            "mail.password_credential=mail",
            "mail.language=en",
        ]);
        assert_eq!(problems, "");
        let config = config.expect("mail");
        assert_eq!((config.tls, config.server.port), (MailTls::StartTls, 587));
        assert_eq!(config.language, Language::En);
        let login = config.login.expect("a login");
        let MailPassword::Credential(credential) = login.password else { panic!("a credential") };
        assert_eq!(credential.folder.as_deref(), Some(Path::new("/run/credentials")));
        let (config, problems) =
            check_set(&["mail.server=tls://[2001:db8::1]:465", "mail.from=a@example.jp"]);
        assert_eq!(problems, "");
        let config = config.expect("mail");
        assert_eq!(
            (config.tls, config.login, config.language),
            (MailTls::Implicit, None, Language::Ja)
        );
    }

    #[test]
    fn what_cannot_work_is_refused() {
        const SERVER: &str = "mail.server=starttls://mail.example.jp:587";
        const FROM: &str = "mail.from=a@example.jp";
        for (set, expected) in [
            (&["mail.from=a@example.jp"][..], "'mail.server' is not"),
            (&["mail.user=x"], "'mail.server' is not"),
            (&["mail.server=smtp://mail:25", FROM], "not sent in the clear"),
            (&["mail.server=mail:25", FROM], "expected starttls:// or tls://"),
            (&["mail.server=starttls://mail", FROM], "with host and port"),
            (&[SERVER], "needs 'mail.from'"),
            (&[SERVER, "mail.from=a b@example.jp"], "'mail.from': mail address has"),
            (&[SERVER, FROM, "mail.user=x"], "needs 'mail.password_file'"),
            (&[SERVER, FROM, "mail.password_file=/p"], "but not 'mail.user'"),
            (&[SERVER, FROM, "mail.user=x", "mail.password_file=p"], "an absolute path"),
            (&[SERVER, FROM, "mail.user=", "mail.password_file=/p"], "'mail.user' is empty"),
            (&[SERVER, FROM, "mail.user=x", "mail.password_credential=../x"], "without a folder"),
            (
                &[
                    SERVER,
                    FROM,
                    "mail.user=x",
                    "mail.password_file=/p",
                    "mail.password_credential=m",
                ],
                "only one of",
            ),
            (&[SERVER, FROM, "mail.language=fr"], "expected ja or en"),
        ] {
            let (_, problems) = check_set(set);
            assert!(problems.contains(expected), "{set:?}: {problems}");
        }
    }
}
