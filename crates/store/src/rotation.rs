//! How passwords age: what policies and accounts say, and what was seen.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Iterable, QueryFilter};
use sekisho_model::Timestamp;
use sekisho_model::id::{AccountId, OrderId, PasswordPolicyId, SecretVersionId};
use sekisho_model::rotation::{Age, Ageing};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::MAX_PAGE;
use crate::stored::{affected, all, one, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    struct PolicyRow in policy_row "policy_rotation" {
        [primary_key] policy: PasswordPolicyId,
        max_age: Option<Age>,
        notice_days: u16,
        reset_unknown: bool,
        verify_every: Age,
        auto_heal: bool,
    }
}

impl From<PolicyRow> for Ageing {
    fn from(row: PolicyRow) -> Self {
        let PolicyRow { max_age, notice_days, reset_unknown, verify_every, auto_heal, .. } = row;
        Self { max_age, notice_days, reset_unknown, verify_every, auto_heal }
    }
}

record! {
    /// How the password of an account ages, and what checks of it found.
    pub struct AccountRotation in account_row "account_rotation" {
        /// The account.
        [primary_key] account: AccountId,
        /// Its own maximum age; `None`: that of its groups or its policy.
        max_age: Option<Age>,
        /// Nothing is reset by itself before.
        paused_until: Option<Timestamp>,
        /// Why, in somebody's words.
        pause_reason: Option<String>,
        /// The value whose reset was announced.
        announced_for: Option<SecretVersionId>,
        /// The newest reset that failed for good.
        failed_order: Option<OrderId>,
        /// Not tried again before, after a failure.
        retry_at: Option<Timestamp>,
        /// How the newest check was made.
        verify_method: Option<String>,
        /// The version of the agent that made it.
        verify_agent: Option<String>,
        /// When a check first found that the current value does not work.
        out_of_sync_since: Option<Timestamp>,
        /// How many checks in a row have found that.
        out_of_sync_seen: u32,
        /// Whether it was told that the password is out of sync: once per
        /// episode.
        out_of_sync_told: bool,
    }
}

impl AccountRotation {
    /// An account of which nothing was said or seen.
    pub const fn silent(account: AccountId) -> Self {
        Self {
            account,
            max_age: None,
            paused_until: None,
            pause_reason: None,
            announced_for: None,
            failed_order: None,
            retry_at: None,
            verify_method: None,
            verify_agent: None,
            out_of_sync_since: None,
            out_of_sync_seen: 0,
            out_of_sync_told: false,
        }
    }
}

/// How passwords age.
pub struct Rotation<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Rotation<'_, A> {
    /// What a policy says.
    pub async fn of_policy(&self, policy: PasswordPolicyId) -> Result<Ageing, StoreError> {
        let select = policy_row::Entity::find_by_id(policy.uuid());
        let found = one::<PolicyRow>(&self.at.db(), select).await?;
        Ok(found.map_or_else(Ageing::default, Ageing::from))
    }

    /// What some policies (a page of them) say; those that say nothing are
    /// left out.
    pub async fn of_policies(
        &self,
        policies: impl IntoIterator<Item = PasswordPolicyId>,
    ) -> Result<BTreeMap<PasswordPolicyId, Ageing>, StoreError> {
        let ids = policies.into_iter().map(|id| id.uuid());
        let select = policy_row::Entity::find().filter(policy_row::Column::Policy.is_in(ids));
        let found = all::<PolicyRow>(&self.at.db(), select, u64::from(MAX_PAGE)).await?;
        Ok(found.into_iter().map(|row| (row.policy, row.into())).collect())
    }

    /// What is said and was seen of an account.
    pub async fn of_account(&self, account: AccountId) -> Result<AccountRotation, StoreError> {
        let found = one(&self.at.db(), account_row::Entity::find_by_id(account.uuid())).await?;
        Ok(found.unwrap_or_else(|| AccountRotation::silent(account)))
    }

    /// The same of some accounts (a page of them); those of which nothing was
    /// said or seen are left out.
    pub async fn of_accounts(
        &self,
        accounts: impl IntoIterator<Item = AccountId>,
    ) -> Result<BTreeMap<AccountId, AccountRotation>, StoreError> {
        let ids = accounts.into_iter().map(|id| id.uuid());
        let select = account_row::Entity::find().filter(account_row::Column::Account.is_in(ids));
        let found: Vec<AccountRotation> = all(&self.at.db(), select, u64::from(MAX_PAGE)).await?;
        Ok(found.into_iter().map(|said| (said.account, said)).collect())
    }
}

impl Rotation<'_, UnitOfWork> {
    /// Writes what a policy says. The caller has written the policy itself in
    /// this unit of work, so that nobody else writes this at the same time.
    pub async fn put_policy(
        &self,
        policy: PasswordPolicyId,
        said: Ageing,
    ) -> Result<(), StoreError> {
        use policy_row::Column as C;
        let Ageing { max_age, notice_days, reset_unknown, verify_every, auto_heal } = said;
        let row =
            PolicyRow { policy, max_age, notice_days, reset_unknown, verify_every, auto_heal };
        upsert(&self.at.db(), row, C::iter().filter(|column| !matches!(column, C::Policy))).await
    }

    /// Writes what is said and was seen of an account. Read it through the
    /// same unit of work after [`Accounts::lock`](crate::Accounts::lock), so
    /// that nobody else writes it at the same time.
    pub async fn put_account(&self, said: AccountRotation) -> Result<(), StoreError> {
        use account_row::Column as C;
        upsert(&self.at.db(), said, C::iter().filter(|column| !matches!(column, C::Account))).await
    }

    /// What checks found was true of a value that is no longer the current
    /// one; a failure to replace it is over, too.
    pub(crate) async fn forget_checks(&self, account: AccountId) -> Result<(), StoreError> {
        use account_row::Column as C;
        let update = account_row::Entity::update_many()
            .col_expr(C::RetryAt, Expr::value(None::<i64>))
            .col_expr(C::OutOfSyncSince, Expr::value(None::<i64>))
            .col_expr(C::OutOfSyncSeen, Expr::value(0i64))
            .col_expr(C::OutOfSyncTold, Expr::value(false))
            .filter(C::Account.eq(account.uuid()));
        affected(&self.at.db(), update).await.map(drop)
    }

    pub(crate) async fn forget_policy(&self, policy: PasswordPolicyId) -> Result<(), StoreError> {
        policy_row::Entity::delete_by_id(policy.uuid()).exec(&self.at.db()).await?;
        Ok(())
    }
}
