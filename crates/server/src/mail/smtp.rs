//! Handing one mail to the mail server, and telling whose fault it is when that
//! fails: the server's (then no mail goes), or the mail's.

use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use sekisho_model::mail::{MailAddress, MailKind};
use sekisho_model::{Clock, Rng};
use sekisho_pki::SubjectName;
use sekisho_store::Mail;

use super::message::{self, Draft};
use super::{secured, text};
use crate::config::{Config, MailConfig};

/// Until the server has let us in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// For one mail, from `MAIL` to the answer to its end.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest text of a mail server that is kept, in characters.
const MAX_SHOWN_CHARS: usize = 300;

/// Why a mail did not go out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// The mail server cannot be reached, is not who it should be, or does not
    /// take mail from us: no mail goes.
    #[error("{0}")]
    Server(String),
    /// The server does not take this mail now (4xx).
    #[error("{0}")]
    Later(String),
    /// The server will never take this mail (5xx).
    #[error("{0}")]
    Never(String),
}

/// A mail server that has let us in.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
    tls: String,
}

impl Session {
    /// Connects, over TLS only, and signs in.
    pub(super) async fn open(config: &MailConfig, host: &SubjectName) -> Result<Self, Failed> {
        let server = &config.server;
        match tokio::time::timeout(CONNECT_TIMEOUT, Self::let_in(config, host)).await {
            Ok(done) => done.map_err(Failed::Server),
            Err(_) => {
                let s = CONNECT_TIMEOUT.as_secs();
                Err(Failed::Server(format!("{server} did not let us in within {s} s")))
            }
        }
    }

    async fn let_in(config: &MailConfig, host: &SubjectName) -> Result<Self, String> {
        let server = &config.server;
        let us = client_id(host);
        let secured = secured::connect(config, &us).await?;
        let tls = secured.version();
        let connection = AsyncSmtpConnection::connect_with_transport(Box::new(secured), &us).await;
        let mut connection =
            connection.map_err(|error| format!("{server} did not greet us: {}", said(&error)))?;
        if let Some(login) = &config.login {
            let password = login.password.read().map_err(|error| format!("{error:#}"))?;
            let password = password.expose_str().ok_or("the mail server's password is no text")?;
            let credentials = Credentials::new(login.user.clone(), password.to_owned());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, &credentials).await.map_err(|error| {
                format!("{server} does not let '{}' in: {}", login.user, said(&error))
            })?;
        }
        Ok(Self { connection, tls })
    }

    /// Hands over one mail. After a failure the session is of no use any more.
    pub(super) async fn send(
        &mut self,
        mail: &Mail,
        from: &MailAddress,
        host: &SubjectName,
    ) -> Result<(), Failed> {
        let never = |error: anyhow::Error| Failed::Never(format!("{error:#}"));
        let host = client_id(host).to_string();
        let bytes = message::bytes(mail, from, host.trim_matches(['[', ']'])).map_err(never)?;
        let to = message::address(&mail.address).map_err(never)?;
        let from = message::address(from).map_err(never)?;
        let connection = &mut self.connection;
        let send = async {
            // A refused sender is nothing that this mail could change.
            let sender = connection.command(MailFrom::new(Some(from), Vec::new())).await;
            sender.map_err(|error| {
                Failed::Server(format!("the sender is refused: {}", said(&error)))
            })?;
            connection.command(Rcpt::new(to, Vec::new())).await.map_err(of_mail)?;
            connection.command(Data).await.map_err(of_mail)?;
            connection.message(&bytes).await.map(drop).map_err(of_mail)
        };
        match tokio::time::timeout(SEND_TIMEOUT, send).await {
            Ok(done) => done,
            Err(_) => {
                let s = SEND_TIMEOUT.as_secs();
                Err(Failed::Server(format!("the mail server did not answer within {s} s")))
            }
        }
    }

    /// Says goodbye; that nobody answers changes nothing.
    pub(super) async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(5), self.connection.quit()).await;
    }
}

/// Sends a mail at once, without the outbox, so that an operator sees what the
/// mail server says. Returns what was done, for people.
///
/// # Errors
/// [`Failed`], with what the mail server said; when no mail server is set.
pub async fn test(
    config: &Config,
    to: MailAddress,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> Result<String, Failed> {
    let Some(mail) = &config.mail else {
        return Err(Failed::Server(
            "no mail server is set: give 'mail.server' and 'mail.from' in the configuration"
                .to_owned(),
        ));
    };
    let (subject, body) = text::test(mail.language, &config.public_name.to_string());
    let kind = MailKind::Tasks;
    let draft = Draft { user: None, address: to.clone(), kind, subject, body, attachment: None };
    let draft = draft.into_mail(clock.now(), rng);
    let mut session = Session::open(mail, &config.public_name).await?;
    session.send(&draft, &mail.from, &config.public_name).await?;
    let tls = session.tls.clone();
    session.close().await;
    let who = match &mail.login {
        Some(login) => format!("signed in as '{}'", login.user),
        None => "not signed in".to_owned(),
    };
    Ok(format!("{} took a mail for {to} ({tls}, {who})", mail.server))
}

/// What our server calls itself (RFC 5321, section 4.1.3).
fn client_id(host: &SubjectName) -> ClientId {
    match host {
        SubjectName::Dns(name) => ClientId::Domain(name.to_string()),
        SubjectName::Ip(std::net::IpAddr::V4(address)) => ClientId::Ipv4(*address),
        SubjectName::Ip(std::net::IpAddr::V6(address)) => ClientId::Ipv6(*address),
    }
}

fn of_mail(error: lettre::transport::smtp::Error) -> Failed {
    let closing = error.status().is_some_and(|code| u16::from(code) == 421);
    if error.is_permanent() {
        Failed::Never(said(&error))
    } else if error.is_transient() && !closing {
        Failed::Later(said(&error))
    } else {
        Failed::Server(said(&error))
    }
}

fn said(error: &lettre::transport::smtp::Error) -> String {
    shown(&error.to_string())
}

/// What a foreign server said, on one line and not too long.
pub(super) fn shown(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MAX_SHOWN_CHARS).collect::<String>().trim().to_owned()
}
