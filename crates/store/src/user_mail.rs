//! Whether and where people get mail.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::UserId;
use sekisho_model::mail::MailAddress;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{affected, all, one, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// Whether and where somebody gets mail.
    pub struct UserMail in row "user_mail" {
        /// Who.
        [primary_key] user: UserId,
        /// Their address; `None`: they have given none.
        address: Option<MailAddress>,
        /// Whether they are told by mail what became of their tasks.
        enabled: bool,
        /// The kinds they are told of.
        kinds: Vec<String>,
        /// They were told of everything that ended until then.
        told_until: Timestamp,
        /// When this was last changed.
        changed_at: Timestamp,
    }
}

/// Whether and where people get mail.
pub struct UserMails<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> UserMails<'_, A> {
    /// Somebody's; `None` when they never said.
    pub async fn find(&self, user: UserId) -> Result<Option<UserMail>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(user.uuid())).await
    }

    /// Those who are told by mail, in the order of their ids, after one; at
    /// most `limit`.
    pub async fn told(
        &self,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<UserMail>, StoreError> {
        use row::Column as C;
        let condition = Condition::all()
            .add(C::Enabled.eq(true))
            .add(C::Address.is_not_null())
            .add_option(after.map(|after| C::User.gt(after.uuid())));
        let select = row::Entity::find().filter(condition).order_by(C::User, Order::Asc);
        all(&self.at.db(), select, limit).await
    }
}

impl UserMails<'_, UnitOfWork> {
    /// Writes what somebody said.
    pub async fn put(&self, mail: UserMail) -> Result<(), StoreError> {
        use row::Column as C;
        let columns = [C::Address, C::Enabled, C::Kinds, C::ToldUntil, C::ChangedAt];
        upsert(&self.at.db(), mail, columns).await
    }

    /// Moves somebody's cursor forward. Returns whether it was still at `from`.
    pub async fn told_until(
        &self,
        user: UserId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<bool, StoreError> {
        use row::Column as C;
        let update = row::Entity::update_many()
            .col_expr(C::ToldUntil, Expr::value(to.as_millis()))
            .filter(C::User.eq(user.uuid()))
            .filter(C::ToldUntil.eq(from.as_millis()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }
}
