//! Keys that admit new devices.

use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait as _};
use sekisho_model::Timestamp;
use sekisho_model::device::{KeyState, KeyUse, Platform};
use sekisho_model::id::{DeviceId, EnrolmentKeyId, OfficeId, UserId};
use sekisho_model::name::Label;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, contains_in_any_case, sorted};
use crate::stored::{Blob, Hash, Stored, affected, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A key that admits new devices.
    pub struct EnrolmentKey in row "enrolment_keys" {
        /// Its id, part of the text a person copies.
        [primary_key] id: EnrolmentKeyId,
        /// Its secret, sealed by the vault; `None` once it was purged.
        sealed_secret: Option<Blob>,
        /// The vault key that sealed it.
        vault_key_version: i64,
        /// How often it may be used.
        use_kind: KeyUse,
        /// For what kind of agent.
        platform: Platform,
        /// Who will own the resources of its devices.
        owner: UserId,
        /// What it is called.
        label: Label,
        /// Whether its devices need no approval.
        pre_approved: bool,
        /// Who issued it.
        created_by: UserId,
        /// When.
        created_at: Timestamp,
        /// Until when it may be used.
        expires_at: Timestamp,
        /// How often it was used.
        uses: u32,
        /// When it was last used.
        last_used_at: Option<Timestamp>,
        /// By which device.
        last_used_by: Option<DeviceId>,
        /// Hash of the identity key of its first device: the same one may ask
        /// again for an hour after its answer was lost.
        identity_hash: Option<Hash>,
        /// When it was revoked.
        revoked_at: Option<Timestamp>,
        /// For the endpoints of which office it was made.
        office: Option<OfficeId>,
    }
}

record! {
    /// A request that a key was used with.
    struct Use in use_row "enrolment_uses" {
        [primary_key] key: EnrolmentKeyId,
        /// The hash of its nonce, in hexadecimal.
        [primary_key] request: String,
        used_at: Timestamp,
    }
}

/// A query for the office that a key was made for.
pub(crate) fn office_of(key: EnrolmentKeyId) -> SelectStatement {
    let key = row::Entity::find_by_id(key.uuid()).filter(row::Column::Office.is_not_null());
    key.select_only().column(row::Column::Office).into_query()
}

/// Which keys are wanted; `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnrolmentKeyFilter {
    /// Of an owner.
    pub owner: Option<UserId>,
    /// Whose label contains this text, in any case.
    pub text: Option<String>,
    /// Made for an office.
    pub office: Option<OfficeId>,
    /// In a state at an instant.
    pub state: Option<(KeyState, Timestamp)>,
}

/// What a list of enrolment keys can be sorted by.
pub const ENROLMENT_KEY_SORTS: &[&str] = &["created_at", "label", "expires_at", "last_used_at"];

const SORTING: Sorting<EnrolmentKey> = Sorting {
    by: &[
        SortBy { word: "created_at", key: Key::Id },
        SortBy { word: "label", key: Key::Text(row::Column::Label, |k| k.label.to_string()) },
        SortBy { word: "expires_at", key: Key::Time(row::Column::ExpiresAt, |k| k.expires_at) },
        SortBy {
            word: "last_used_at",
            key: Key::TimeOrNone(row::Column::LastUsedAt, |k| k.last_used_at),
        },
    ],
    id: row::Column::Id,
    id_of: |key| key.id.uuid(),
    usual: Sort { by: "created_at", descending: true },
};

/// Keys that admit devices.
pub struct EnrolmentKeys<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> EnrolmentKeys<'_, A> {
    /// One key.
    pub async fn find(&self, id: EnrolmentKeyId) -> Result<Option<EnrolmentKey>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The keys of an owner, or everybody's, newest first.
    pub async fn list(
        &self,
        owner: Option<UserId>,
        page: &Page,
    ) -> Result<Paged<EnrolmentKey>, StoreError> {
        let filter = EnrolmentKeyFilter { owner, ..EnrolmentKeyFilter::default() };
        self.search(&filter, page).await
    }

    /// Keys of a filter, newest first unless the page says otherwise.
    pub async fn search(
        &self,
        filter: &EnrolmentKeyFilter,
        page: &Page,
    ) -> Result<Paged<EnrolmentKey>, StoreError> {
        use row::Column as C;
        let condition = Condition::all()
            .add_option(filter.owner.map(|owner| C::Owner.eq(owner.uuid())))
            .add_option(filter.office.map(|office| C::Office.eq(office.uuid())))
            .add_option(filter.text.as_ref().map(|text| contains_in_any_case(C::Label, text)))
            .add_option(filter.state.map(|(state, now)| in_state(state, now)));
        sorted(&self.at.db(), row::Entity::find().filter(condition), &SORTING, page).await
    }
}

/// What [`KeyState`] says, as a condition.
fn in_state(state: KeyState, now: Timestamp) -> Condition {
    use row::Column as C;
    let kept = || Condition::all().add(C::RevokedAt.is_null());
    let used = || C::UseKind.eq(KeyUse::Once.as_str()).and(C::Uses.gt(0i64));
    let over = || C::ExpiresAt.lte(now.as_millis());
    match state {
        KeyState::Revoked => Condition::all().add(C::RevokedAt.is_not_null()),
        KeyState::Used => kept().add(used()),
        KeyState::Expired => kept().add(used().not()).add(over()),
        KeyState::Active => kept().add(used().not()).add(over().not()),
    }
}

/// A subquery: the ids of the keys of an owner.
pub(crate) fn key_ids(owner: UserId) -> SelectStatement {
    let mut select = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Owner.eq(owner.uuid()));
    QuerySelect::query(&mut select).take()
}

impl EnrolmentKeys<'_, UnitOfWork> {
    /// One key, locked until this unit of work ends.
    pub async fn lock(&self, id: EnrolmentKeyId) -> Result<Option<EnrolmentKey>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds a key.
    pub async fn insert(&self, key: EnrolmentKey) -> Result<(), StoreError> {
        insert(&self.at.db(), key).await
    }

    /// Uses a key for a device, in the transaction that creates the device.
    /// Returns whether it could be used: not revoked, not expired and, for a
    /// one-time key, not used before. Of two concurrent uses of a one-time
    /// key exactly one succeeds.
    pub async fn consume(
        &self,
        id: EnrolmentKeyId,
        device: DeviceId,
        identity: Hash,
    ) -> Result<bool, StoreError> {
        use row::Column as C;
        let now = self.at.now().as_millis();
        let identity = Expr::col(C::IdentityHash).if_null(Expr::value(identity.into_raw()));
        let update = row::Entity::update_many()
            .col_expr(C::Uses, Expr::col(C::Uses).add(1i64))
            .col_expr(C::LastUsedAt, Expr::value(now))
            .col_expr(C::LastUsedBy, Expr::value(device.uuid()))
            .col_expr(C::IdentityHash, identity)
            .filter(C::Id.eq(id.uuid()))
            .filter(C::RevokedAt.is_null())
            .filter(C::ExpiresAt.gt(now))
            .filter(
                Condition::any().add(C::UseKind.eq(KeyUse::Window.as_str())).add(C::Uses.eq(0i64)),
            );
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Remembers a request that came with a key, by the hash of its nonce. Returns
    /// whether it is the first time: anybody on the way can keep a request and
    /// bring it again. The key is locked by the caller.
    pub async fn remember_request(
        &self,
        id: EnrolmentKeyId,
        nonce_hash: Hash,
    ) -> Result<bool, StoreError> {
        let request: String = nonce_hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
        let known = use_row::Entity::find_by_id((id.uuid(), request.clone()));
        if one::<Use>(&self.at.db(), known).await?.is_some() {
            return Ok(false);
        }
        insert(&self.at.db(), Use { key: id, request, used_at: self.at.now() }).await?;
        Ok(true)
    }

    /// Revokes a key. Returns whether it was not revoked yet.
    pub async fn revoke(&self, id: EnrolmentKeyId) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::RevokedAt, Expr::value(self.at.now().as_millis()))
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::RevokedAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// The keys of an office that is removed are nobody's in particular.
    pub(crate) async fn forget_office(&self, office: OfficeId) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::Office, Expr::value(None::<uuid::Uuid>))
            .filter(row::Column::Office.eq(office.uuid()));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Forgets the secrets of keys that expired before an instant, and
    /// returns how many. The rows are kept. What was remembered of their requests
    /// goes, too: nobody can open a copy any more.
    pub async fn forget_secrets(&self, expired_before: Timestamp) -> Result<u64, StoreError> {
        let mut over = row::Entity::find()
            .select_only()
            .column(row::Column::Id)
            .filter(row::Column::ExpiresAt.lt(expired_before.as_millis()));
        let over = QuerySelect::query(&mut over).take();
        let uses = use_row::Entity::delete_many().filter(use_row::Column::Key.in_subquery(over));
        uses.exec(&self.at.db()).await?;
        let update = row::Entity::update_many()
            .col_expr(row::Column::SealedSecret, Expr::value(None::<Vec<u8>>))
            .filter(row::Column::SealedSecret.is_not_null())
            .filter(row::Column::ExpiresAt.lt(expired_before.as_millis()));
        affected(&self.at.db(), update).await
    }
}
