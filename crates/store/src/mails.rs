//! Mail that is to be sent: a durable outbox, and what was given up.
//!
//! A mail is claimed before it is sent: one more attempt is counted, and
//! nobody else tries it for a while. So a crash in the middle loses none and
//! sends at most that one twice.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
};
use sekisho_model::Timestamp;
use sekisho_model::id::{MailId, UserId};
use sekisho_model::mail::{MailAddress, MailKind, MailState};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, sorted};
use crate::stored::{affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A mail.
    pub struct Mail in row "mails" {
        /// Its id; in the mail's `Message-ID`, the same for every attempt.
        [primary_key] id: MailId,
        /// Whom it is for; `None`: nobody of this site.
        user: Option<UserId>,
        /// Where it goes.
        address: MailAddress,
        /// What it is about.
        kind: MailKind,
        /// Its subject.
        subject: String,
        /// Its text; empty once it was sent.
        body: String,
        /// The name of the attached file.
        attachment_name: Option<String>,
        /// The attached file; `None` once it was sent.
        attachment: Option<String>,
        /// What becomes of it.
        state: MailState,
        /// How often it was tried.
        attempts: u32,
        /// Not tried before.
        next_try_at: Timestamp,
        /// When it was written.
        created_at: Timestamp,
        /// When it was sent or given up.
        finished_at: Option<Timestamp>,
        /// What the mail server said last.
        problem: Option<String>,
    }
}

/// What a list of mails can be sorted by.
pub const MAIL_SORTS: &[&str] = &["created_at"];

const SORTING: Sorting<Mail> = Sorting {
    by: &[SortBy { word: "created_at", key: Key::Id }],
    id: row::Column::Id,
    id_of: |mail| mail.id.uuid(),
    usual: Sort { by: "created_at", descending: true },
};

/// Mail that is to be sent.
pub struct Mails<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Mails<'_, A> {
    /// One mail.
    pub async fn find(&self, id: MailId) -> Result<Option<Mail>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// Mails, newest first, of a state if one is named.
    pub async fn list(
        &self,
        state: Option<MailState>,
        page: &Page,
    ) -> Result<Paged<Mail>, StoreError> {
        let condition =
            Condition::all().add_option(state.map(|state| row::Column::State.eq(state.as_str())));
        sorted(&self.at.db(), row::Entity::find().filter(condition), &SORTING, page).await
    }

    /// The mails that may be tried now, the longest due first; at most `limit`.
    pub async fn due(&self, now: Timestamp, limit: u64) -> Result<Vec<Mail>, StoreError> {
        let select = waiting()
            .filter(row::Column::NextTryAt.lte(now.as_millis()))
            .order_by(row::Column::NextTryAt, Order::Asc)
            .order_by(row::Column::Id, Order::Asc);
        all(&self.at.db(), select, limit).await
    }

    /// When the next mail may be tried; `None`: none waits.
    pub async fn next_try_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let select = waiting().order_by(row::Column::NextTryAt, Order::Asc);
        let next: Option<Mail> = one(&self.at.db(), select).await?;
        Ok(next.map(|mail| mail.next_try_at))
    }

    /// How many mails are in a state.
    pub async fn count(&self, state: MailState) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::State.eq(state.as_str()));
        Ok(select.count(&self.at.db()).await?)
    }
}

fn waiting() -> sea_orm::Select<row::Entity> {
    row::Entity::find().filter(row::Column::State.eq(MailState::Waiting.as_str()))
}

impl Mails<'_, UnitOfWork> {
    /// Adds a mail.
    pub async fn insert(&self, mail: Mail) -> Result<(), StoreError> {
        insert(&self.at.db(), mail).await
    }

    /// Takes a mail that is due: one attempt more, and not tried again for
    /// `lease` unless something is said of it. Returns whether nobody else did.
    pub async fn claim(&self, mail: &Mail, lease: Duration) -> Result<bool, StoreError> {
        use row::Column as C;
        let until = self.at.now().plus(lease);
        let update = row::Entity::update_many()
            .col_expr(C::Attempts, Expr::value(i64::from(mail.attempts) + 1))
            .col_expr(C::NextTryAt, Expr::value(until.as_millis()))
            .filter(C::Id.eq(mail.id.uuid()))
            .filter(C::State.eq(MailState::Waiting.as_str()))
            .filter(C::NextTryAt.eq(mail.next_try_at.as_millis()))
            .filter(C::Attempts.eq(i64::from(mail.attempts)));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// The mail server has taken it: its text is forgotten.
    pub async fn sent(&self, id: MailId) -> Result<bool, StoreError> {
        use row::Column as C;
        let update = row::Entity::update_many()
            .col_expr(C::State, Expr::value(MailState::Sent.as_str()))
            .col_expr(C::FinishedAt, Expr::value(self.at.now().as_millis()))
            .col_expr(C::Body, Expr::value(""))
            .col_expr(C::Attachment, Expr::value(None::<String>))
            .col_expr(C::Problem, Expr::value(None::<String>))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::State.eq(MailState::Waiting.as_str()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// It did not go out; it is tried again at `at`.
    pub async fn put_off(
        &self,
        id: MailId,
        at: Timestamp,
        problem: &str,
    ) -> Result<bool, StoreError> {
        use row::Column as C;
        let update = row::Entity::update_many()
            .col_expr(C::NextTryAt, Expr::value(at.as_millis()))
            .col_expr(C::Problem, Expr::value(problem))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::State.eq(MailState::Waiting.as_str()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// It is given up; it keeps its text, so that it can be sent again.
    pub async fn give_up(&self, id: MailId, problem: &str) -> Result<bool, StoreError> {
        use row::Column as C;
        let update = row::Entity::update_many()
            .col_expr(C::State, Expr::value(MailState::Dead.as_str()))
            .col_expr(C::FinishedAt, Expr::value(self.at.now().as_millis()))
            .col_expr(C::Problem, Expr::value(problem))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::State.eq(MailState::Waiting.as_str()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// A mail that was given up is to be sent after all, as if it were new.
    /// Returns whether it was one.
    pub async fn send_again(&self, id: MailId) -> Result<bool, StoreError> {
        use row::Column as C;
        let now = self.at.now().as_millis();
        let update = row::Entity::update_many()
            .col_expr(C::State, Expr::value(MailState::Waiting.as_str()))
            .col_expr(C::Attempts, Expr::value(0i64))
            .col_expr(C::NextTryAt, Expr::value(now))
            .col_expr(C::CreatedAt, Expr::value(now))
            .col_expr(C::FinishedAt, Expr::value(None::<i64>))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::State.eq(MailState::Dead.as_str()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Throws away a mail that was given up. Returns whether it was one.
    pub async fn discard(&self, id: MailId) -> Result<bool, StoreError> {
        let delete = row::Entity::delete_many()
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::State.eq(MailState::Dead.as_str()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected == 1)
    }

    /// Forgets mails of a state that were finished before an instant. Returns
    /// how many.
    pub async fn purge(&self, state: MailState, before: Timestamp) -> Result<u64, StoreError> {
        let delete = row::Entity::delete_many()
            .filter(row::Column::State.eq(state.as_str()))
            .filter(row::Column::FinishedAt.lt(before.as_millis()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }

    /// Forgets everything that waits: after a restore it has been sent long
    /// ago. Returns how many.
    pub async fn forget_waiting(&self) -> Result<u64, StoreError> {
        let delete =
            row::Entity::delete_many().filter(row::Column::State.eq(MailState::Waiting.as_str()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}
