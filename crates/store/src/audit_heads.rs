//! Heads of audit chains: our own, signed, and those of other sites that this
//! server witnesses; and how far each reader of our own has come.

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::{AuditChainId, SiteId, UserId};
use sekisho_model::name::Label;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Blob, Hash, Stored as _, affected, all, insert, one, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A signed head of one of this site's chains.
    pub struct StoredHead in head_row "audit_heads" {
        /// The chain.
        [primary_key] chain: AuditChainId,
        /// The line that was its last.
        [primary_key] seq: u64,
        /// The hash of that line.
        hash: Hash,
        /// When it was signed.
        at: Timestamp,
        /// The id of the key that signed.
        kid: Blob,
        /// The signature.
        signature: Blob,
    }
}

record! {
    /// How far somebody who is sent the audit log, or its heads, has come.
    pub struct AuditCursor in cursor_row "audit_cursors" {
        /// Who, by a fixed name: `witness.file`, `export.syslog`.
        [primary_key] reader: String,
        /// The chain.
        [primary_key] chain: AuditChainId,
        /// The last line, or head, that surely arrived.
        seq: u64,
        /// When that was noted.
        moved_at: Timestamp,
    }
}

record! {
    /// Another site whose heads this server witnesses.
    pub struct WitnessedSite in site_row "witnessed_sites" {
        /// The other site.
        [primary_key] id: SiteId,
        /// What people call it.
        name: Label,
        /// The public half of its audit key, pinned.
        public: Blob,
        /// Who added it.
        added_by: UserId,
        /// When.
        added_at: Timestamp,
        /// Set once its heads are no longer taken; what was taken is kept.
        removed_at: Option<Timestamp>,
    }
}

record! {
    /// A head of another site, as it was received.
    pub struct WitnessedHead in foreign_row "witnessed_heads" {
        /// The other site.
        [primary_key] site: SiteId,
        /// Its chain.
        [primary_key] chain: AuditChainId,
        /// The line that was its last.
        [primary_key] seq: u64,
        /// The hash of that line.
        hash: Hash,
        /// When it was signed.
        at: Timestamp,
        /// The id of the key that signed.
        kid: Blob,
        /// The signature.
        signature: Blob,
        /// When it was received.
        received_at: Timestamp,
    }
}

/// Heads of audit chains.
pub struct AuditHeads<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> AuditHeads<'_, A> {
    /// The newest signed head of a chain.
    pub async fn newest(&self, chain: AuditChainId) -> Result<Option<StoredHead>, StoreError> {
        let newest_first = head_row::Entity::find()
            .filter(head_row::Column::Chain.eq(chain.uuid()))
            .order_by(head_row::Column::Seq, Order::Desc);
        one(&self.at.db(), newest_first).await
    }

    /// The signed heads of a chain after a line, oldest first; at most `limit`.
    pub async fn after(
        &self,
        chain: AuditChainId,
        seq: u64,
        limit: u64,
    ) -> Result<Vec<StoredHead>, StoreError> {
        let select = head_row::Entity::find()
            .filter(head_row::Column::Chain.eq(chain.uuid()))
            .filter(head_row::Column::Seq.gt(seq.into_raw()))
            .order_by(head_row::Column::Seq, Order::Asc);
        all(&self.at.db(), select, limit).await
    }

    /// How many signed heads of a chain come after a line.
    pub async fn count_after(&self, chain: AuditChainId, seq: u64) -> Result<u64, StoreError> {
        use sea_orm::PaginatorTrait as _;
        let select = head_row::Entity::find()
            .filter(head_row::Column::Chain.eq(chain.uuid()))
            .filter(head_row::Column::Seq.gt(seq.into_raw()));
        Ok(select.count(&self.at.db()).await?)
    }

    /// How far a reader has come in a chain; 0 at the beginning.
    pub async fn cursor(&self, reader: &str, chain: AuditChainId) -> Result<u64, StoreError> {
        let key = (reader.to_owned(), chain.uuid());
        let found: Option<AuditCursor> =
            one(&self.at.db(), cursor_row::Entity::find_by_id(key)).await?;
        Ok(found.map_or(0, |cursor| cursor.seq))
    }

    /// Another site.
    pub async fn witnessed_site(&self, id: SiteId) -> Result<Option<WitnessedSite>, StoreError> {
        one(&self.at.db(), site_row::Entity::find_by_id(id.uuid())).await
    }

    /// Every other site, also removed ones; at most 1,000.
    pub async fn witnessed_sites(&self) -> Result<Vec<WitnessedSite>, StoreError> {
        let select = site_row::Entity::find().order_by(site_row::Column::Id, Order::Asc);
        all(&self.at.db(), select, 1_000).await
    }

    /// One head of another site.
    pub async fn witnessed(
        &self,
        site: SiteId,
        chain: AuditChainId,
        seq: u64,
    ) -> Result<Option<WitnessedHead>, StoreError> {
        let key = (site.uuid(), chain.uuid(), seq.into_raw());
        one(&self.at.db(), foreign_row::Entity::find_by_id(key)).await
    }

    /// The heads of another site after (chain, line), in that order; at most
    /// `limit`.
    pub async fn witnessed_after(
        &self,
        site: SiteId,
        after: Option<(AuditChainId, u64)>,
        limit: u64,
    ) -> Result<Vec<WitnessedHead>, StoreError> {
        use foreign_row::Column as C;
        let after = after.map(|(chain, seq)| {
            let in_chain = C::Chain.eq(chain.uuid()).and(C::Seq.gt(seq.into_raw()));
            C::Chain.gt(chain.uuid()).or(in_chain)
        });
        let select = foreign_row::Entity::find()
            .filter(sea_orm::Condition::all().add(C::Site.eq(site.uuid())).add_option(after))
            .order_by(C::Chain, Order::Asc)
            .order_by(C::Seq, Order::Asc);
        all(&self.at.db(), select, limit).await
    }
}

impl AuditHeads<'_, UnitOfWork> {
    /// Keeps a signed head.
    ///
    /// # Errors
    /// A conflict on [`Unique::Key`](crate::Unique::Key) when this line was
    /// signed as a head before.
    pub async fn insert(&self, head: StoredHead) -> Result<(), StoreError> {
        insert(&self.at.db(), head).await
    }

    /// Notes how far a reader has come.
    pub async fn move_cursor(
        &self,
        reader: &str,
        chain: AuditChainId,
        seq: u64,
    ) -> Result<(), StoreError> {
        use cursor_row::Column as C;
        let moved_at = self.at.now();
        let cursor = AuditCursor { reader: reader.to_owned(), chain, seq, moved_at };
        upsert(&self.at.db(), cursor, [C::Seq, C::MovedAt]).await
    }

    /// Begins to witness another site; one that was removed comes back with
    /// the key and name given now.
    pub async fn put_witnessed_site(&self, site: WitnessedSite) -> Result<(), StoreError> {
        use site_row::Column as C;
        let columns = [C::Name, C::Public, C::AddedBy, C::AddedAt, C::RemovedAt];
        upsert(&self.at.db(), site, columns).await
    }

    /// Ends it. Returns whether it was witnessed.
    pub async fn remove_witnessed_site(&self, id: SiteId) -> Result<bool, StoreError> {
        use site_row::Column as C;
        let update = site_row::Entity::update_many()
            .col_expr(C::RemovedAt, Expr::value(self.at.now().as_millis()))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::RemovedAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Keeps a head of another site.
    ///
    /// # Errors
    /// A conflict on [`Unique::Key`](crate::Unique::Key) when there is one of
    /// that line.
    pub async fn keep_witnessed(&self, head: WitnessedHead) -> Result<(), StoreError> {
        insert(&self.at.db(), head).await
    }
}
