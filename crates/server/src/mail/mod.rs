//! Mail: a durable outbox ([`outbox`]), the one who empties it ([`sender`]), and
//! what a mail looks like ([`message`], [`text`]).
//!
//! A mail is a row that is written in the transaction of what it tells of. It
//! goes out over TLS or not at all. A crash loses none: a mail that was being
//! sent is tried again, with the same `Message-ID`, and so may arrive twice.
//! What the mail server refuses for good, and what could not be handed over
//! for three days, is given up, stays visible, and can be sent again.

mod message;
mod outbox;
mod own;
mod routes;
mod secured;
mod sender;
mod smtp;
pub mod tasks;
pub mod text;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::user::Language;
use sekisho_store::{Access, Preferences, StoreError};
use tokio::sync::Notify;

use crate::app::App;

pub use message::Draft;
pub use outbox::{MAX_WAITING, OutboxFull, queue};
pub use routes::routes;
pub use sender::{Round, round, run};
pub use smtp::{Failed, test};

/// That a mail was sent is kept for so long, without its text.
pub const KEPT_SENT: Duration = Duration::from_secs(30 * 24 * 3600);

/// A mail that was given up is kept for so long.
pub const KEPT_DEAD: Duration = Duration::from_secs(90 * 24 * 3600);

/// What the server knows of its mail.
#[derive(Debug, Default)]
pub struct MailState {
    /// Somebody put a mail into the outbox.
    queued: Notify,
    /// Why no mail goes out, and since when.
    problem: Mutex<Option<(Timestamp, String)>>,
}

impl MailState {
    /// Says that there is a mail to send.
    pub fn wake(&self) {
        self.queued.notify_one();
    }

    /// Why no mail goes out, and since when.
    pub fn problem(&self) -> Option<(Timestamp, String)> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps the first time of a problem that goes on.
    fn set_problem(&self, at: Timestamp, problem: Option<String>) {
        let mut now = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        *now = problem.map(|problem| (now.as_ref().map_or(at, |(since, _)| *since), problem));
    }
}

/// The language of mail to somebody.
///
/// # Errors
/// When the database does not answer.
pub async fn language_of<A: Access>(
    at: &A,
    app: &App,
    user: sekisho_model::id::UserId,
) -> Result<Language, StoreError> {
    let chosen: Option<Preferences> = at.preferences().find(user).await?;
    let usual = app.config.mail.as_ref().map_or(Language::Ja, |mail| mail.language);
    Ok(chosen.and_then(|preferences| preferences.language).unwrap_or(usual))
}

/// Where the console is, for links in mail.
pub fn console(app: &App, path: &str) -> String {
    let port = match app.config.listen.api.port() {
        443 => String::new(),
        port => format!(":{port}"),
    };
    let name = match &app.config.public_name {
        sekisho_pki::SubjectName::Ip(std::net::IpAddr::V6(address)) => format!("[{address}]"),
        other => other.to_string(),
    };
    format!("https://{name}{port}{path}")
}
