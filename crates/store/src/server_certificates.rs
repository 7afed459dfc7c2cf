//! The certificate that the server shows to browsers and the command line.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::{ServerCertificateId, UserId};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, affected, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// What somebody chose: an uploaded certificate, or the site's own
    /// authority with further names.
    pub struct ServerCertificate in row "server_certificates" {
        /// Its id.
        [primary_key] id: ServerCertificateId,
        /// Names and addresses beside the server's own, with a blank between;
        /// what the site's authority is asked to certify.
        names: String,
        /// The uploaded certificate and what it hangs on, PEM; `None`: the
        /// site's own authority issues it.
        chain: Option<Blob>,
        /// Its private key (PKCS #8), sealed by the vault.
        sealed_key: Option<Blob>,
        /// The vault key that sealed it.
        vault_key_version: Option<i64>,
        /// Who chose it.
        user: UserId,
        /// When.
        created_at: Timestamp,
        /// People were told of its end so many days before; 0: that it is over,
        /// `None`: not yet.
        warned_days: Option<i64>,
    }
}

/// What was chosen; at most one.
pub struct ServerCertificates<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> ServerCertificates<'_, A> {
    /// What was chosen; `None` before anybody did.
    pub async fn find(&self) -> Result<Option<ServerCertificate>, StoreError> {
        one(&self.at.db(), row::Entity::find().order_by(row::Column::Id, Order::Desc)).await
    }
}

impl ServerCertificates<'_, UnitOfWork> {
    /// Puts a choice in the place of the one before.
    pub async fn put(&self, chosen: ServerCertificate) -> Result<(), StoreError> {
        row::Entity::delete_many().exec(&self.at.db()).await?;
        insert(&self.at.db(), chosen).await
    }

    /// Notes that people are told of its end `days` before. Returns whether nobody
    /// was told of that step, or of a later one.
    pub async fn warned(&self, id: ServerCertificateId, days: i64) -> Result<bool, StoreError> {
        use row::Column as C;
        let later = Condition::any().add(C::WarnedDays.is_null()).add(C::WarnedDays.gt(days));
        let update = row::Entity::update_many()
            .col_expr(C::WarnedDays, Expr::value(days))
            .filter(C::Id.eq(id.uuid()))
            .filter(later);
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Forgets the choice. Returns whether there was one.
    pub async fn forget(&self) -> Result<bool, StoreError> {
        let done = row::Entity::delete_many().exec(&self.at.db()).await?;
        Ok(done.rows_affected > 0)
    }
}
