//! Signed-in browsers and command lines.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::{LoginSessionId, UserId};
use sekisho_model::user::ProofMethod;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::stored::{Hash, Stored, affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A signed-in browser or command line.
    pub struct LoginSession in row "login_sessions" {
        /// Its id.
        [primary_key] id: LoginSessionId,
        /// Who signed in.
        user: UserId,
        /// Hash of the token the client holds.
        token_hash: Hash,
        /// When they signed in.
        created_at: Timestamp,
        /// When a request last came, not exact to the second.
        last_seen_at: Timestamp,
        /// When it ends at the latest.
        expires_at: Timestamp,
        /// The address they signed in from.
        address: Option<String>,
        /// What kind of program signed in, e.g. `Firefox on Linux`.
        client: Option<String>,
        /// What they proved who they are with, in this session.
        methods: Option<Vec<ProofMethod>>,
        /// When they last did.
        proved_at: Option<Timestamp>,
    }
}

impl LoginSession {
    /// Whether they showed more than knowledge of the password.
    pub fn has_second_factor(&self) -> bool {
        self.methods.iter().flatten().any(|method| method.is_second_factor())
    }
}

/// Signed-in browsers and command lines.
pub struct LoginSessions<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> LoginSessions<'_, A> {
    /// The session of a token. Whether it has expired is the caller's to judge.
    pub async fn find_by_token(&self, hash: Hash) -> Result<Option<LoginSession>, StoreError> {
        let select = row::Entity::find().filter(row::Column::TokenHash.eq(hash.into_raw()));
        one(&self.at.db(), select).await
    }

    /// The sessions of a user, newest first; at most 200.
    pub async fn of_user(&self, user: UserId) -> Result<Vec<LoginSession>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::User.eq(user.uuid()))
            .order_by(row::Column::Id, Order::Desc);
        all(&self.at.db(), select, 200).await
    }
}

impl LoginSessions<'_, UnitOfWork> {
    /// Adds a session.
    pub async fn insert(&self, session: LoginSession) -> Result<(), StoreError> {
        insert(&self.at.db(), session).await
    }

    /// Notes that a request came.
    pub async fn touch(&self, id: LoginSessionId, at: Timestamp) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::LastSeenAt, Expr::value(at.as_millis()))
            .filter(row::Column::Id.eq(id.uuid()));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Notes that they proved again who they are, and all they proved it with
    /// in this session.
    pub async fn prove(
        &self,
        id: LoginSessionId,
        methods: Vec<ProofMethod>,
    ) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::ProvedAt, Expr::value(self.at.now().as_millis()))
            .col_expr(row::Column::Methods, Expr::value(methods.into_raw()))
            .filter(row::Column::Id.eq(id.uuid()));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Ends a session. Returns whether it was there.
    pub async fn delete(&self, id: LoginSessionId) -> Result<bool, StoreError> {
        let done = row::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }

    /// Ends the sessions of a user, except one, and returns how many.
    pub async fn delete_of_user(
        &self,
        user: UserId,
        except: Option<LoginSessionId>,
    ) -> Result<u64, StoreError> {
        let mut delete = row::Entity::delete_many().filter(row::Column::User.eq(user.uuid()));
        if let Some(kept) = except {
            delete = delete.filter(row::Column::Id.ne(kept.uuid()));
        }
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }

    /// Removes sessions that expired before an instant, and returns how many.
    pub async fn purge(&self, expired_before: Timestamp) -> Result<u64, StoreError> {
        let delete = row::Entity::delete_many()
            .filter(row::Column::ExpiresAt.lt(expired_before.as_millis()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }
}
