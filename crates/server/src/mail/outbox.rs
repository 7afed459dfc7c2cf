//! Putting mail into the outbox.

use sekisho_model::Rng;
use sekisho_model::id::MailId;
use sekisho_model::mail::MailState;
use sekisho_store::{Access as _, StoreError, UnitOfWork};

use super::message::Draft;

/// So many mails wait at most. Whoever would write another one waits, too.
pub const MAX_WAITING: u64 = 10_000;

/// The outbox has no room.
#[derive(Debug, thiserror::Error)]
pub enum OutboxFull {
    /// Too many mails wait.
    #[error("{MAX_WAITING} mails wait to be sent; the mail server has not taken them")]
    Full,
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes a mail in the transaction of what it tells of. After the commit,
/// [`MailState::wake`](super::MailState::wake) has it sent at once.
///
/// # Errors
/// [`OutboxFull::Full`]: nothing was written.
pub async fn queue(work: &UnitOfWork, rng: &dyn Rng, draft: Draft) -> Result<MailId, OutboxFull> {
    if work.mails().count(MailState::Waiting).await? >= MAX_WAITING {
        return Err(OutboxFull::Full);
    }
    let mail = draft.into_mail(work.now(), rng);
    let id = mail.id;
    work.mails().insert(mail).await?;
    Ok(id)
}
