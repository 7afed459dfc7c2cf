//! Privileged accounts on resources.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use sekisho_model::Timestamp;
use sekisho_model::account::{
    AccountSource, DiscoveredAccount, Knowledge, Presence, SecretOrigin, SecretState, VerifyResult,
};
use sekisho_model::id::{AccountId, PasswordPolicyId, ResourceId, SecretVersionId, UserId};
use sekisho_model::name::AccountName;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{
    By, Count, Cursor, Key, MAX_PAGE, Page, Paged, Sort, SortBy, Sorting, contains, count, paged,
    sorted,
};
use crate::resources::{live_ids, seen_ids, with_policy};
use crate::secret_versions::{accounts_in_state, came_from};
use crate::sight::Sight;
use crate::stored::{affected, all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// An account on a resource.
    pub struct Account in row "accounts" {
        /// Its id.
        [primary_key] id: AccountId,
        /// Where it is.
        resource: ResourceId,
        /// Its name there; unique among the present ones of the resource.
        name: AccountName,
        /// Its stable id on the host (uid, SID); `None` until discovered.
        native_id: Option<String>,
        /// Whether it is still there.
        presence: Presence,
        /// Where it is defined.
        source: AccountSource,
        /// What the newest discovery said.
        facts: Option<DiscoveredAccount>,
        /// Its policy; `None`: the resource's.
        policy: Option<PasswordPolicyId>,
        /// The value that works, as far as the server knows.
        current_version: Option<SecretVersionId>,
        /// What the newest verify of the current value found.
        last_verify_result: Option<VerifyResult>,
        /// When that was.
        last_verified_at: Option<Timestamp>,
        /// When it was added.
        created_at: Timestamp,
        /// Counts changes, for optimistic concurrency.
        version: i64,
    }
}

impl Account {
    /// Its place in the [`list`](Accounts::list) of its resource.
    pub fn place(&self) -> Cursor {
        Cursor { id: self.id.uuid(), text: self.name.to_string() }
    }

    /// What is known of the password: derived, never stored.
    ///
    /// `origin` is where the current value came from; `indeterminate` whether
    /// any value of the account is [`SecretState::Indeterminate`].
    ///
    /// [`SecretState::Indeterminate`]: sekisho_model::account::SecretState::Indeterminate
    pub fn knowledge(&self, origin: Option<SecretOrigin>, indeterminate: bool) -> Knowledge {
        if indeterminate {
            return Knowledge::Indeterminate;
        }
        let Some(origin) = origin else {
            return Knowledge::Unknown;
        };
        let confirmed = match self.last_verify_result {
            Some(VerifyResult::OutOfSync) => return Knowledge::OutOfSync,
            Some(VerifyResult::InSync | VerifyResult::Expired) => true,
            Some(
                VerifyResult::Unreachable
                | VerifyResult::Locked
                | VerifyResult::Disabled
                | VerifyResult::Unknown,
            )
            | None => false,
        };
        match origin {
            // An agent set it and reported so.
            SecretOrigin::Generated => Knowledge::Known,
            SecretOrigin::Typed | SecretOrigin::Recovered if confirmed => Knowledge::Known,
            SecretOrigin::Typed | SecretOrigin::Recovered => Knowledge::Unverified,
        }
    }
}

/// So many accounts are tallied at a time.
const TALLY_STEP: u64 = 1_000;

/// Which accounts are wanted, on resources that are not deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Only those on a resource.
    pub resource: Option<ResourceId>,
    /// Only those on the resources of an owner; `None`: everybody's.
    pub owner: Option<UserId>,
    /// Only those somebody may see; `None`: everybody's.
    pub seen_by: Option<Sight>,
    /// Only those whose name contains this text.
    pub text: Option<String>,
    /// Only present or only gone ones; `None`: both.
    pub presence: Option<Presence>,
    /// Only those of whose password this is known.
    pub knowledge: Option<Knowledge>,
    /// Only those whose own policy, or that of their resource if they have
    /// none, is this one.
    pub policy: Option<PasswordPolicyId>,
    /// Only those that were checked at least once, or only those that never
    /// were.
    pub verified: Option<bool>,
}

/// What a list of accounts can be sorted by.
pub const ACCOUNT_SORTS: &[&str] = &["name", "created_at", "last_verified_at"];

const SORTING: Sorting<Account> = Sorting {
    by: &[
        SortBy { word: "name", key: Key::Text(row::Column::Name, |a| a.name.to_string()) },
        SortBy { word: "created_at", key: Key::Id },
        SortBy {
            word: "last_verified_at",
            key: Key::TimeOrNone(row::Column::LastVerifiedAt, |a| a.last_verified_at),
        },
    ],
    id: row::Column::Id,
    id_of: |account| account.id.uuid(),
    usual: Sort { by: "name", descending: false },
};

/// A condition for what [`Account::knowledge`] derives.
fn known_as(wanted: Knowledge) -> Condition {
    use row::Column as C;
    let open = || C::Id.in_subquery(accounts_in_state(SecretState::Indeterminate));
    let settled = || Condition::all().add(open().not());
    let valued = || settled().add(C::CurrentVersion.is_not_null());
    // NULL would make the whole condition unknown.
    let result = |words: &[VerifyResult]| {
        let words = words.iter().map(|word| word.as_str());
        Condition::all()
            .add(C::LastVerifyResult.is_not_null())
            .add(C::LastVerifyResult.is_in(words))
    };
    let works = || result(&[VerifyResult::InSync, VerifyResult::Expired]);
    let fails = || result(&[VerifyResult::OutOfSync]);
    let generated = || came_from(C::CurrentVersion.into_expr(), SecretOrigin::Generated);
    match wanted {
        Knowledge::Indeterminate => Condition::all().add(open()),
        Knowledge::Unknown => settled().add(C::CurrentVersion.is_null()),
        Knowledge::OutOfSync => valued().add(fails()),
        Knowledge::Known => {
            valued().add(fails().not()).add(Condition::any().add(generated()).add(works()))
        }
        Knowledge::Unverified => {
            valued().add(fails().not()).add(works().not()).add(generated().not())
        }
    }
}

/// A subquery: the resources with a present account whose known password did
/// not work.
pub(crate) fn out_of_sync_resources() -> SelectStatement {
    let mut select = row::Entity::find()
        .select_only()
        .column(row::Column::Resource)
        .filter(row::Column::Presence.eq(Presence::Present.as_str()))
        .filter(known_as(Knowledge::OutOfSync));
    QuerySelect::query(&mut select).take()
}

/// A subquery: the ids of the accounts of a name.
pub(crate) fn called(name: &str) -> SelectStatement {
    let mut select = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Name.eq(name));
    QuerySelect::query(&mut select).take()
}

impl AccountFilter {
    fn condition(&self) -> Condition {
        use row::Column as C;
        let policy = |id: PasswordPolicyId| {
            let inherited = C::Resource.in_subquery(with_policy(id));
            C::Policy.eq(id.uuid()).or(C::Policy.is_null().and(inherited))
        };
        Condition::all()
            .add(C::Resource.in_subquery(live_ids(self.owner)))
            .add_option(self.seen_by.as_ref().map(seen))
            .add_option(self.resource.map(|id| C::Resource.eq(id.uuid())))
            .add_option(self.text.as_ref().map(|text| contains(C::Name, text)))
            .add_option(self.presence.map(|presence| C::Presence.eq(presence.as_str())))
            .add_option(self.knowledge.map(known_as))
            .add_option(self.policy.map(policy))
            .add_option(self.verified.map(|verified| match verified {
                true => C::LastVerifiedAt.is_not_null(),
                false => C::LastVerifiedAt.is_null(),
            }))
    }
}

/// How many accounts a resource has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountTally {
    /// The present ones.
    pub total: u64,
    /// Of these, those whose password is known and works as far as known.
    pub known: u64,
    /// Of these, those whose known password did not work.
    pub out_of_sync: u64,
}

/// Privileged accounts.
pub struct Accounts<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Accounts<'_, A> {
    /// One account.
    pub async fn find(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The present account of a name.
    pub async fn find_present(
        &self,
        resource: ResourceId,
        name: &AccountName,
    ) -> Result<Option<Account>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Resource.eq(resource.uuid()))
            .filter(row::Column::Name.eq(name.as_str()))
            .filter(row::Column::Presence.eq(Presence::Present.as_str()));
        one(&self.at.db(), select).await
    }

    /// The accounts of a resource by name; gone ones only if asked for.
    pub async fn list(
        &self,
        resource: ResourceId,
        gone: bool,
        page: &Page,
    ) -> Result<Paged<Account>, StoreError> {
        let mut select = row::Entity::find().filter(row::Column::Resource.eq(resource.uuid()));
        if !gone {
            select = select.filter(row::Column::Presence.eq(Presence::Present.as_str()));
        }
        let by = By::Name(row::Column::Name, row::Column::Id);
        paged(&self.at.db(), select, by, page, Account::place).await
    }

    /// Accounts, by name unless the page says otherwise, of any resource that
    /// is not deleted.
    pub async fn search(
        &self,
        filter: &AccountFilter,
        page: &Page,
    ) -> Result<Paged<Account>, StoreError> {
        let select = row::Entity::find().filter(filter.condition());
        sorted(&self.at.db(), select, &SORTING, page).await
    }

    /// How many accounts of a filter there are.
    pub async fn count(&self, filter: &AccountFilter) -> Result<Count, StoreError> {
        count(&self.at.db(), &row::Entity::find().filter(filter.condition())).await
    }

    /// How many accounts some resources have (a page of them). Resources
    /// without accounts are left out.
    pub async fn tally(
        &self,
        resources: &[ResourceId],
    ) -> Result<BTreeMap<ResourceId, AccountTally>, StoreError> {
        let mut tallies: BTreeMap<ResourceId, AccountTally> = BTreeMap::new();
        let mut after: Option<uuid::Uuid> = None;
        loop {
            let mut select = row::Entity::find()
                .filter(row::Column::Resource.is_in(resources.iter().map(|id| id.uuid())))
                .filter(row::Column::Presence.eq(Presence::Present.as_str()))
                .order_by(row::Column::Id, Order::Asc);
            if let Some(after) = after {
                select = select.filter(row::Column::Id.gt(after));
            }
            let accounts: Vec<Account> = all(&self.at.db(), select, TALLY_STEP).await?;
            let Some(last) = accounts.last() else { return Ok(tallies) };
            after = Some(last.id.uuid());
            let knowledge = self.knowledge(&accounts).await?;
            for account in &accounts {
                let tally = tallies.entry(account.resource).or_default();
                tally.total += 1;
                match knowledge.get(&account.id) {
                    Some(Knowledge::Known) => tally.known += 1,
                    Some(Knowledge::OutOfSync) => tally.out_of_sync += 1,
                    Some(Knowledge::Unknown | Knowledge::Unverified | Knowledge::Indeterminate)
                    | None => {}
                }
            }
        }
    }

    /// The present accounts on resources that are not deleted, in the order of
    /// their ids, after one: for walking over all of them step by step.
    pub async fn walk(
        &self,
        after: Option<AccountId>,
        limit: u64,
    ) -> Result<Vec<Account>, StoreError> {
        use row::Column as C;
        let condition = Condition::all()
            .add(C::Resource.in_subquery(live_ids(None)))
            .add(C::Presence.eq(Presence::Present.as_str()))
            .add_option(after.map(|after| C::Id.gt(after.uuid())));
        let select = row::Entity::find().filter(condition).order_by(C::Id, Order::Asc);
        all(&self.at.db(), select, limit).await
    }

    /// How many accounts name a policy, gone ones too.
    pub async fn count_with_policy(&self, policy: PasswordPolicyId) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::Policy.eq(policy.uuid()));
        Ok(select.count(&self.at.db()).await?)
    }

    /// The accounts of a native id on a resource, gone ones too: history
    /// follows it. At most 200.
    pub async fn find_by_native_id(
        &self,
        resource: ResourceId,
        native_id: &str,
    ) -> Result<Vec<Account>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Resource.eq(resource.uuid()))
            .filter(row::Column::NativeId.eq(native_id));
        all(&self.at.db(), select, u64::from(MAX_PAGE)).await
    }

    /// What is known of the passwords of some accounts (a page of them).
    pub async fn knowledge(
        &self,
        accounts: &[Account],
    ) -> Result<BTreeMap<AccountId, Knowledge>, StoreError> {
        let versions = self.at.secret_versions();
        let current = accounts.iter().filter_map(|account| account.current_version);
        let origins = versions.origins(current).await?;
        let open = versions.indeterminate(accounts.iter().map(|account| account.id)).await?;
        let judge = |account: &Account| {
            let origin = account.current_version.and_then(|id| origins.get(&id).copied());
            (account.id, account.knowledge(origin, open.contains(&account.id)))
        };
        Ok(accounts.iter().map(judge).collect())
    }
}

/// A condition: those on the resources somebody sees, and those that are
/// shared with them alone.
fn seen(sight: &Sight) -> Condition {
    if sight.is_own_only() {
        let owned = live_ids(Some(sight.user()));
        return Condition::any().add(row::Column::Resource.in_subquery(owned));
    }
    Condition::any()
        .add(row::Column::Resource.in_subquery(seen_ids(sight)))
        .add(row::Column::Id.in_subquery(sight.accounts()))
}

/// A subquery: the ids of the accounts on some resources.
pub(crate) fn ids_on(resources: SelectStatement) -> SelectStatement {
    row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Resource.in_subquery(resources))
        .into_query()
}

/// A subquery: the ids of the accounts on one resource.
pub(crate) fn ids_of(resource: ResourceId) -> SelectStatement {
    row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Resource.eq(resource.uuid()))
        .into_query()
}

impl Accounts<'_, UnitOfWork> {
    /// One account, locked until this unit of work ends: the first step of
    /// every reset.
    pub async fn lock(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds an account.
    ///
    /// # Errors
    /// A conflict on [`Unique::AccountName`](crate::Unique::AccountName).
    pub async fn insert(&self, account: Account) -> Result<(), StoreError> {
        insert(&self.at.db(), account).await
    }

    /// Writes an account that still has the expected version. Current value
    /// and verify result have methods of their own and are not written.
    ///
    /// # Errors
    /// [`StoreError::Stale`], or a conflict on the name.
    pub async fn update(&self, account: Account, expected: i64) -> Result<Account, StoreError> {
        use row::Column as C;
        let next = Account { version: expected + 1, ..account };
        let condition = Condition::all().add(C::Id.eq(next.id.uuid())).add(C::Version.eq(expected));
        let fixed =
            [C::CurrentVersion, C::LastVerifyResult, C::LastVerifiedAt, C::Resource, C::CreatedAt];
        overwrite(&self.at.db(), next.clone(), condition, &fixed).await?;
        Ok(next)
    }

    /// Moves every account of a resource, with everything that is known of it,
    /// to another one, and returns how many.
    ///
    /// # Errors
    /// A conflict on [`Unique::AccountName`](crate::Unique::AccountName) when
    /// the other one has an account of the same name.
    pub async fn move_all(&self, from: ResourceId, to: ResourceId) -> Result<u64, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::Resource, Expr::value(to.uuid()))
            .filter(row::Column::Resource.eq(from.uuid()));
        affected(&self.at.db(), update).await
    }

    /// Moves the current value from `base` to `next`, if it is still `base`
    /// (RST-6), and forgets what checks of the old one found. Returns whether
    /// it moved.
    pub async fn move_current(
        &self,
        id: AccountId,
        base: Option<SecretVersionId>,
        next: SecretVersionId,
    ) -> Result<bool, StoreError> {
        use row::Column as C;
        let is_base = match base {
            Some(base) => C::CurrentVersion.eq(base.uuid()),
            None => C::CurrentVersion.is_null(),
        };
        let update = row::Entity::update_many()
            .col_expr(C::CurrentVersion, Expr::value(next.uuid()))
            .col_expr(C::LastVerifyResult, Expr::value(None::<String>))
            .col_expr(C::LastVerifiedAt, Expr::value(None::<i64>))
            .filter(C::Id.eq(id.uuid()))
            .filter(is_base);
        let moved = affected(&self.at.db(), update).await? == 1;
        if moved {
            self.at.rotation().forget_checks(id).await?;
        }
        Ok(moved)
    }

    /// Notes what a verify of a value found, if it is still the current one.
    /// Returns whether it is.
    pub async fn note_verify(
        &self,
        id: AccountId,
        version: SecretVersionId,
        result: VerifyResult,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        use row::Column as C;
        let update = row::Entity::update_many()
            .col_expr(C::LastVerifyResult, Expr::value(result.as_str()))
            .col_expr(C::LastVerifiedAt, Expr::value(at.as_millis()))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::CurrentVersion.eq(version.uuid()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }
}
