//! Scoped, expiring keys to the REST API.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use sekisho_model::Timestamp;
use sekisho_model::id::{ApiTokenId, UserId};
use sekisho_model::name::Label;
use sekisho_model::user::TokenScope;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, contains_in_any_case, sorted};
use crate::stored::{Hash, Stored, affected, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A key to the REST API.
    pub struct ApiToken in row "api_tokens" {
        /// Its id.
        [primary_key] id: ApiTokenId,
        /// Whose rights it has, at most.
        user: UserId,
        /// What it is called.
        name: Label,
        /// Hash of the token the client holds.
        token_hash: Hash,
        /// What it may be used for.
        scopes: Vec<TokenScope>,
        /// When it was made.
        created_at: Timestamp,
        /// When it stops working.
        expires_at: Timestamp,
        /// When it was last used, not exact to the second.
        last_used_at: Option<Timestamp>,
        /// When it was revoked.
        revoked_at: Option<Timestamp>,
    }
}

/// What a list of API tokens can be sorted by.
pub const TOKEN_SORTS: &[&str] = &["created_at", "name", "expires_at", "last_used_at"];

const SORTING: Sorting<ApiToken> = Sorting {
    by: &[
        SortBy { word: "created_at", key: Key::Id },
        SortBy { word: "name", key: Key::Text(row::Column::Name, |t| t.name.to_string()) },
        SortBy { word: "expires_at", key: Key::Time(row::Column::ExpiresAt, |t| t.expires_at) },
        SortBy {
            word: "last_used_at",
            key: Key::TimeOrNone(row::Column::LastUsedAt, |t| t.last_used_at),
        },
    ],
    id: row::Column::Id,
    id_of: |token| token.id.uuid(),
    usual: Sort { by: "created_at", descending: true },
};

/// A token that is made for so long at most is a sign-in: `sekisho login` makes
/// one for a working day. It ends with the sign-ins, and is no change that waits
/// for a witness.
pub const SIGN_IN_LIFE: Duration = Duration::from_secs(24 * 3600);

impl ApiToken {
    /// Whether it is a sign-in rather than the key of a program: see
    /// [`SIGN_IN_LIFE`].
    pub fn is_sign_in(&self) -> bool {
        self.expires_at.since(self.created_at) <= SIGN_IN_LIFE
    }
}

/// Keys to the REST API.
pub struct ApiTokens<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> ApiTokens<'_, A> {
    /// One token.
    pub async fn find(&self, id: ApiTokenId) -> Result<Option<ApiToken>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The token of a hash, also when it is expired or revoked.
    pub async fn find_by_token(&self, hash: Hash) -> Result<Option<ApiToken>, StoreError> {
        let select = row::Entity::find().filter(row::Column::TokenHash.eq(hash.into_raw()));
        one(&self.at.db(), select).await
    }

    /// The tokens of a user, or everybody's, newest first.
    pub async fn list(
        &self,
        user: Option<UserId>,
        page: &Page,
    ) -> Result<Paged<ApiToken>, StoreError> {
        self.search(user, None, page).await
    }

    /// The tokens of a user, or everybody's, whose name contains a text,
    /// newest first unless the page says otherwise.
    pub async fn search(
        &self,
        user: Option<UserId>,
        text: Option<&str>,
        page: &Page,
    ) -> Result<Paged<ApiToken>, StoreError> {
        let condition = Condition::all()
            .add_option(user.map(|user| row::Column::User.eq(user.uuid())))
            .add_option(text.map(|text| contains_in_any_case(row::Column::Name, text)));
        sorted(&self.at.db(), row::Entity::find().filter(condition), &SORTING, page).await
    }
}

impl ApiTokens<'_, UnitOfWork> {
    /// Adds a token.
    pub async fn insert(&self, token: ApiToken) -> Result<(), StoreError> {
        insert(&self.at.db(), token).await
    }

    /// Revokes a token. Returns whether it was not revoked yet.
    pub async fn revoke(&self, id: ApiTokenId, at: Timestamp) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::RevokedAt, Expr::value(at.as_millis()))
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::RevokedAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Revokes everybody's tokens that are sign-ins, and returns how many.
    pub async fn revoke_sign_ins(&self, at: Timestamp) -> Result<u64, StoreError> {
        let life = Expr::col(row::Column::ExpiresAt).sub(Expr::col(row::Column::CreatedAt));
        let longest = i64::try_from(SIGN_IN_LIFE.as_millis()).unwrap_or(i64::MAX);
        let update = row::Entity::update_many()
            .col_expr(row::Column::RevokedAt, Expr::value(at.as_millis()))
            .filter(life.lte(longest))
            .filter(row::Column::RevokedAt.is_null());
        affected(&self.at.db(), update).await
    }

    /// Notes that it was used.
    pub async fn touch(&self, id: ApiTokenId, at: Timestamp) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::LastUsedAt, Expr::value(at.as_millis()))
            .filter(row::Column::Id.eq(id.uuid()));
        affected(&self.at.db(), update).await.map(drop)
    }
}
