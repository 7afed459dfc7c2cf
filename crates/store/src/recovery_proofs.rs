//! Who has shown that they hold the recovery key.

use sea_orm::EntityTrait;
use sekisho_model::Timestamp;
use sekisho_model::id::UserId;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{one, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// The newest proof that somebody holds a recovery key. Holds nothing of it.
    pub struct RecoveryProof in row "recovery_proofs" {
        /// The short id of the key, as in the trust bundles, in hexadecimal.
        [primary_key] kid: String,
        /// Who has shown it.
        user: UserId,
        /// When.
        proved_at: Timestamp,
    }
}

/// Proofs that somebody holds the recovery key.
pub struct RecoveryProofs<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> RecoveryProofs<'_, A> {
    /// The newest proof for the key of this short id.
    pub async fn find(&self, kid: &str) -> Result<Option<RecoveryProof>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(kid)).await
    }
}

impl RecoveryProofs<'_, UnitOfWork> {
    /// Notes a proof, in place of an earlier one.
    pub async fn put(&self, proof: RecoveryProof) -> Result<(), StoreError> {
        let columns = [row::Column::User, row::Column::ProvedAt];
        upsert(&self.at.db(), proof, columns).await
    }
}
