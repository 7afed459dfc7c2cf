//! Orders for agents.

use std::collections::BTreeSet;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order as Sort, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use sekisho_model::Timestamp;
use sekisho_model::id::{
    AccountId, DeviceId, DeviceSessionId, OrderId, ResourceId, SecretVersionId, UserId,
};
use sekisho_model::order::{Operation, OrderState};

use crate::access::{Access, sealed::Connected};
use crate::accounts::called;
use crate::error::StoreError;
use crate::page::{Key, MAX_PAGE, Page, Paged, Sort as SortOf, SortBy, Sorting, contains, sorted};
use crate::resources::{live_ids, named, seen_ids};
use crate::sight::Sight;
use crate::stored::{Hash, Stored, affected, all, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// What the server asks a device to do.
    pub struct Order in row "orders" {
        /// Its id: what a device executes at most once (RST-5).
        [primary_key] id: OrderId,
        /// Who does it.
        device: DeviceId,
        /// On what.
        resource: ResourceId,
        /// On which account; `None` for a discovery.
        account: Option<AccountId>,
        /// What.
        operation: Operation,
        /// How far it is.
        state: OrderState,
        /// The seq of the newest delivery.
        seq: Option<u64>,
        /// The value that was current when it was given (RST-4).
        base_version: Option<SecretVersionId>,
        /// The value a reset sets.
        candidate_version: Option<SecretVersionId>,
        /// The values a verify tries.
        verify_versions: Vec<SecretVersionId>,
        /// The indeterminate order that this verify is to settle.
        reconciles: Option<OrderId>,
        /// Who asked for it; `None`: the server.
        initiator: Option<UserId>,
        /// Why, in their words.
        reason: String,
        /// How often the host was tried with this candidate, from 1.
        attempt: u32,
        /// How many candidates the host has refused before this one.
        policy_retries: u32,
        /// When it was given.
        created_at: Timestamp,
        /// Not delivered before.
        not_before: Timestamp,
        /// Not delivered after; says nothing once it was (RST-7).
        expires_at: Timestamp,
        /// When it was last delivered.
        delivered_at: Option<Timestamp>,
        /// When it reached a terminal state.
        finished_at: Option<Timestamp>,
        /// The session of the newest delivery.
        session: Option<DeviceSessionId>,
        /// Hash of the signed order of the newest delivery. The signed bytes
        /// hold the candidate in clear and are never stored (INV-3).
        signed_hash: Option<Hash>,
        /// What came of it: status, times, output without secrets.
        result: Option<serde_json::Value>,
        /// Hash of the receipt that settled it; a receipt that comes again is
        /// acknowledged again.
        receipt_hash: Option<Hash>,
    }
}

record! {
    /// One delivery of an order. A receipt may answer an earlier one.
    pub struct Delivery in delivery_row "order_deliveries" {
        /// The order.
        [primary_key] order: OrderId,
        /// The device's seq of this delivery.
        [primary_key] seq: u64,
        /// The session it was sealed to.
        session: DeviceSessionId,
        /// Hash of the signed order.
        signed_hash: Hash,
        /// When.
        delivered_at: Timestamp,
    }
}

/// Which orders are wanted; `None` and an empty list mean any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Of a device.
    pub device: Option<DeviceId>,
    /// On a resource.
    pub resource: Option<ResourceId>,
    /// On the resources of an owner that are not deleted.
    pub owner: Option<UserId>,
    /// On what somebody may see.
    pub seen_by: Option<Sight>,
    /// On an account.
    pub account: Option<AccountId>,
    /// Asked for by a user.
    pub initiator: Option<UserId>,
    /// Doing this.
    pub operation: Option<Operation>,
    /// Settling this order.
    pub reconciles: Option<OrderId>,
    /// In one of these states.
    pub states: Vec<OrderState>,
    /// Given at this instant or later.
    pub since: Option<Timestamp>,
    /// Whose reason contains this text, or whose resource's name begins with
    /// it, or whose account is called so.
    pub text: Option<String>,
}

/// What a list of orders can be sorted by.
pub const ORDER_SORTS: &[&str] = &["created_at"];

const SORTING: Sorting<Order> = Sorting {
    by: &[SortBy { word: "created_at", key: Key::Id }],
    id: row::Column::Id,
    id_of: |order| order.id.uuid(),
    usual: SortOf { by: "created_at", descending: true },
};
impl Order {
    /// Whether it is for its device to fetch, and not there already.
    pub fn waits_at_the_server(&self) -> bool {
        matches!(self.state, OrderState::Staged | OrderState::Queued)
    }
}

/// Orders.
pub struct Orders<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Orders<'_, A> {
    /// One order.
    pub async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// Orders, newest first unless the page says otherwise.
    pub async fn list(
        &self,
        filter: &OrderFilter,
        page: &Page,
    ) -> Result<Paged<Order>, StoreError> {
        let select = row::Entity::find().filter(filter.condition());
        sorted(&self.at.db(), select, &SORTING, page).await
    }

    /// The reset of an account that is not finished; there is at most one
    /// (RST-3).
    pub async fn open_reset(&self, account: AccountId) -> Result<Option<Order>, StoreError> {
        let open = OrderState::ALL.iter().filter(|state| !state.is_terminal());
        let select = row::Entity::find()
            .filter(row::Column::Account.eq(account.uuid()))
            .filter(row::Column::Operation.eq(Operation::Reset.as_str()))
            .filter(row::Column::State.is_in(open.map(|state| state.as_str())));
        one(&self.at.db(), select).await
    }

    /// The resets of some accounts (a page of them) that are not finished.
    pub async fn open_resets(
        &self,
        accounts: impl IntoIterator<Item = AccountId>,
    ) -> Result<Vec<Order>, StoreError> {
        let open = OrderState::ALL.iter().filter(|state| !state.is_terminal());
        let accounts = accounts.into_iter().map(|id| id.uuid());
        let select = row::Entity::find()
            .filter(row::Column::Account.is_in(accounts))
            .filter(row::Column::Operation.eq(Operation::Reset.as_str()))
            .filter(row::Column::State.is_in(open.map(|state| state.as_str())));
        all(&self.at.db(), select, u64::from(MAX_PAGE)).await
    }

    /// Which of some resources (a page of them) have an order of one of some
    /// kinds that its device has not answered yet, or may fetch at any moment.
    /// A reset whose outcome is being looked into does not count.
    pub async fn busy(
        &self,
        resources: impl IntoIterator<Item = ResourceId>,
        operations: &[Operation],
        now: Timestamp,
    ) -> Result<BTreeSet<ResourceId>, StoreError> {
        use row::Column as C;
        let states = [OrderState::Staged, OrderState::Queued, OrderState::Delivered];
        let rows: Vec<uuid::Uuid> = row::Entity::find()
            .select_only()
            .column(C::Resource)
            .distinct()
            .filter(C::Resource.is_in(resources.into_iter().map(|id| id.uuid())))
            .filter(C::Operation.is_in(operations.iter().map(|operation| operation.as_str())))
            .filter(C::State.is_in(states.map(|state| state.as_str())))
            .filter(C::NotBefore.lte(now.as_millis()))
            .into_tuple()
            .all(&self.at.db())
            .await?;
        Ok(rows.into_iter().map(ResourceId::from_uuid).collect())
    }

    /// The resets and verifies that somebody asked for since an instant, newest
    /// first.
    pub async fn asked_for(
        &self,
        by: UserId,
        since: Timestamp,
        page: &Page,
    ) -> Result<Paged<Order>, StoreError> {
        sorted(&self.at.db(), told(by, since), &SORTING, page).await
    }

    /// How many orders of a filter there are.
    pub async fn count(&self, filter: &OrderFilter) -> Result<u64, StoreError> {
        Ok(row::Entity::find().filter(filter.condition()).count(&self.at.db()).await?)
    }

    /// The queued orders of a device that may be delivered now, oldest first.
    pub async fn deliverable(
        &self,
        device: DeviceId,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<Order>, StoreError> {
        use row::Column as C;
        let select = row::Entity::find()
            .filter(C::Device.eq(device.uuid()))
            .filter(C::State.eq(OrderState::Queued.as_str()))
            .filter(C::NotBefore.lte(now.as_millis()))
            .filter(C::ExpiresAt.gt(now.as_millis()))
            .order_by(C::Id, Sort::Asc);
        all(&self.at.db(), select, limit).await
    }

    /// When the next queued order of a device may be delivered that may not be
    /// delivered yet.
    pub async fn next_due(
        &self,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        use row::Column as C;
        let select = row::Entity::find()
            .filter(C::Device.eq(device.uuid()))
            .filter(C::State.eq(OrderState::Queued.as_str()))
            .filter(C::NotBefore.gt(now.as_millis()))
            .order_by(C::NotBefore, Sort::Asc);
        let first: Vec<Order> = all(&self.at.db(), select, 1).await?;
        Ok(first.first().map(|order| order.not_before))
    }

    /// The orders of a device that were delivered and not answered, oldest
    /// first: candidates for a redelivery. At most 200.
    pub async fn unanswered(&self, device: DeviceId) -> Result<Vec<Order>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Device.eq(device.uuid()))
            .filter(row::Column::State.eq(OrderState::Delivered.as_str()))
            .order_by(row::Column::Id, Sort::Asc);
        all(&self.at.db(), select, u64::from(MAX_PAGE)).await
    }

    /// Whether a fetch of a device would find anything to do: something
    /// [`deliverable`](Self::deliverable) or [`unanswered`](Self::unanswered),
    /// or a reset of its resource whose outcome is open.
    pub async fn has_work(
        &self,
        device: DeviceId,
        resource: Option<ResourceId>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(one::<Order>(&self.at.db(), work(device, resource, now)).await?.is_some())
    }

    /// The devices that a fetch would give something, or that have not answered;
    /// at most `limit`: whom a gateway wakes when it is connected again.
    pub async fn devices_with_work(
        &self,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<DeviceId>, StoreError> {
        use row::Column as C;
        let deliverable = Condition::all()
            .add(C::State.eq(OrderState::Queued.as_str()))
            .add(C::NotBefore.lte(now.as_millis()))
            .add(C::ExpiresAt.gt(now.as_millis()));
        let any =
            Condition::any().add(C::State.eq(OrderState::Delivered.as_str())).add(deliverable);
        let select = row::Entity::find()
            .select_only()
            .column(C::Device)
            .distinct()
            .filter(any)
            .order_by(C::Device, Sort::Asc)
            .limit(limit);
        let found: Vec<uuid::Uuid> = select.into_tuple().all(&self.at.db()).await?;
        Ok(found.into_iter().map(DeviceId::from_uuid).collect())
    }

    /// Orders delivered before an instant and not answered since, oldest
    /// first, of all devices: what a sweeper looks at.
    pub async fn delivered_before(
        &self,
        before: Timestamp,
        limit: u64,
    ) -> Result<Vec<Order>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::State.eq(OrderState::Delivered.as_str()))
            .filter(row::Column::DeliveredAt.lt(before.as_millis()))
            .order_by(row::Column::Id, Sort::Asc);
        all(&self.at.db(), select, limit).await
    }

    /// The deliveries of an order, newest first; at most 200. A receipt names
    /// the signed hash of one of them.
    pub async fn deliveries(&self, id: OrderId) -> Result<Vec<Delivery>, StoreError> {
        let select = delivery_row::Entity::find()
            .filter(delivery_row::Column::Order.eq(id.uuid()))
            .order_by(delivery_row::Column::Seq, Sort::Desc);
        all(&self.at.db(), select, u64::from(MAX_PAGE)).await
    }

    /// Whether an order was delivered with this seq.
    pub async fn was_delivered(&self, id: OrderId, seq: u64) -> Result<bool, StoreError> {
        let at = delivery_row::Entity::find()
            .filter(delivery_row::Column::Order.eq(id.uuid()))
            .filter(delivery_row::Column::Seq.eq(seq.into_raw()));
        let found: Option<Delivery> = one(&self.at.db(), at).await?;
        Ok(found.is_some())
    }
}

impl Orders<'_, UnitOfWork> {
    /// One order, locked until this unit of work ends.
    pub async fn lock(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds an order. Its versions must be stored before it.
    ///
    /// # Errors
    /// A conflict on [`Unique::OpenReset`](crate::Unique::OpenReset) (RST-3).
    pub async fn insert(&self, order: Order) -> Result<(), StoreError> {
        insert(&self.at.db(), order).await
    }

    /// Moves an order from one state to another; a terminal state also notes
    /// when. Returns whether it moved: `false` when it was not in `from`.
    pub async fn move_state(
        &self,
        id: OrderId,
        from: OrderState,
        to: OrderState,
    ) -> Result<bool, StoreError> {
        Ok(affected(&self.at.db(), self.moving(id, from, to)).await? == 1)
    }

    /// As [`move_state`](Self::move_state), with what a receipt said and the
    /// receipt's hash.
    pub async fn settle(
        &self,
        id: OrderId,
        from: OrderState,
        to: OrderState,
        result: serde_json::Value,
        receipt_hash: Option<Hash>,
    ) -> Result<bool, StoreError> {
        let mut update =
            self.moving(id, from, to).col_expr(row::Column::Result, Expr::value(result.into_raw()));
        if let Some(hash) = receipt_hash {
            update = update.col_expr(row::Column::ReceiptHash, Expr::value(hash.into_raw()));
        }
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Moves every order of a resource to another one, and returns how many:
    /// the accounts have gone there, too.
    pub async fn move_all(&self, from: ResourceId, to: ResourceId) -> Result<u64, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::Resource, Expr::value(to.uuid()))
            .filter(row::Column::Resource.eq(from.uuid()));
        affected(&self.at.db(), update).await
    }

    /// Notes a delivery of an order that is queued, or delivered already (a
    /// redelivery: same order, new seq and signature). Returns whether the
    /// order was in one of these states. Commit before the first byte is sent
    /// (RST-7).
    pub async fn deliver(&self, delivery: Delivery) -> Result<bool, StoreError> {
        use row::Column as C;
        let db = self.at.db();
        let from = [OrderState::Queued.as_str(), OrderState::Delivered.as_str()];
        let update = row::Entity::update_many()
            .col_expr(C::State, Expr::value(OrderState::Delivered.as_str()))
            .col_expr(C::Seq, Expr::value(delivery.seq.into_raw()))
            .col_expr(C::Session, Expr::value(delivery.session.uuid()))
            .col_expr(C::SignedHash, Expr::value(delivery.signed_hash.into_raw()))
            .col_expr(C::DeliveredAt, Expr::value(delivery.delivered_at.as_millis()))
            .filter(C::Id.eq(delivery.order.uuid()))
            .filter(C::State.is_in(from));
        if affected(&db, update).await? == 0 {
            return Ok(false);
        }
        insert(&db, delivery).await?;
        Ok(true)
    }

    /// Expires orders that were never delivered and whose time is over, and
    /// returns them as they are now. A delivered order is never touched
    /// (RST-7).
    pub async fn expire_undelivered(
        &self,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<Order>, StoreError> {
        use row::Column as C;
        let db = self.at.db();
        let undelivered = [OrderState::Staged.as_str(), OrderState::Queued.as_str()];
        let due = row::Entity::find()
            .filter(C::State.is_in(undelivered))
            .filter(C::ExpiresAt.lte(now.as_millis()))
            .order_by(C::Id, Sort::Asc)
            .lock_exclusive();
        let mut expired = Vec::new();
        for order in all::<Order>(&db, due, limit).await? {
            if self.move_state(order.id, order.state, OrderState::Expired).await? {
                expired.push(Order {
                    state: OrderState::Expired,
                    finished_at: Some(self.at.now()),
                    ..order
                });
            }
        }
        Ok(expired)
    }

    fn moving(
        &self,
        id: OrderId,
        from: OrderState,
        to: OrderState,
    ) -> sea_orm::UpdateMany<row::Entity> {
        let mut update = row::Entity::update_many()
            .col_expr(row::Column::State, Expr::value(to.as_str()))
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::State.eq(from.as_str()));
        if to.is_terminal() {
            let now = self.at.now().as_millis();
            update = update.col_expr(row::Column::FinishedAt, Expr::value(now));
        }
        update
    }
}

/// One order that a fetch of the device would have to do with. Each of the
/// alternatives begins an index.
fn work(
    device: DeviceId,
    resource: Option<ResourceId>,
    now: Timestamp,
) -> sea_orm::Select<row::Entity> {
    use row::Column as C;
    let unanswered = Condition::all()
        .add(C::Device.eq(device.uuid()))
        .add(C::State.eq(OrderState::Delivered.as_str()));
    let deliverable = Condition::all()
        .add(C::Device.eq(device.uuid()))
        .add(C::State.eq(OrderState::Queued.as_str()))
        .add(C::NotBefore.lte(now.as_millis()))
        .add(C::ExpiresAt.gt(now.as_millis()));
    let open_reset = resource.map(|resource| {
        Condition::all()
            .add(C::Resource.eq(resource.uuid()))
            .add(C::State.eq(OrderState::Indeterminate.as_str()))
            .add(C::Operation.eq(Operation::Reset.as_str()))
    });
    let any = Condition::any().add(unanswered).add(deliverable).add_option(open_reset);
    row::Entity::find().filter(any).limit(1)
}

/// A condition: those on the resources somebody sees, and those on accounts
/// that are shared with them alone, of resources that are not deleted.
fn seen(sight: &Sight) -> Condition {
    use row::Column as C;
    if sight.is_own_only() {
        return Condition::all().add(C::Resource.in_subquery(live_ids(Some(sight.user()))));
    }
    let alone = Condition::all()
        .add(C::Account.in_subquery(sight.accounts()))
        .add(C::Resource.in_subquery(live_ids(None)));
    Condition::any().add(C::Resource.in_subquery(seen_ids(sight))).add(alone)
}

/// See [`Orders::asked_for`].
fn told(by: UserId, since: Timestamp) -> sea_orm::Select<row::Entity> {
    use row::Column as C;
    let told = [Operation::Reset, Operation::Verify];
    row::Entity::find()
        .filter(C::Initiator.eq(by.uuid()))
        .filter(C::Id.gte(first_id_of(since)))
        .filter(C::Operation.is_in(told.map(|operation| operation.as_str())))
        .filter(C::State.ne(OrderState::Cancelled.as_str()))
}

impl OrderFilter {
    fn condition(&self) -> Condition {
        use row::Column as C;
        let states = self.states.iter().map(|state| state.as_str());
        Condition::all()
            .add_option(self.device.map(|id| C::Device.eq(id.uuid())))
            .add_option(self.resource.map(|id| C::Resource.eq(id.uuid())))
            .add_option(self.owner.map(|owner| C::Resource.in_subquery(live_ids(Some(owner)))))
            .add_option(self.seen_by.as_ref().map(seen))
            .add_option(self.account.map(|id| C::Account.eq(id.uuid())))
            .add_option(self.initiator.map(|id| C::Initiator.eq(id.uuid())))
            .add_option(self.operation.map(|operation| C::Operation.eq(operation.as_str())))
            .add_option(self.reconciles.map(|id| C::Reconciles.eq(id.uuid())))
            // Ids begin with their time, and the indexes end with the id.
            .add_option(self.since.map(|since| C::Id.gte(first_id_of(since))))
            .add_option((!self.states.is_empty()).then(|| C::State.is_in(states)))
            .add_option(self.text.as_ref().map(|text| {
                Condition::any()
                    .add(contains(C::Reason, text))
                    .add(C::Resource.in_subquery(named(text)))
                    .add(C::Account.in_subquery(called(text)))
            }))
    }
}

/// The lowest id of an instant (RFC 9562, UUIDv7: 48 bits of milliseconds).
pub(crate) fn first_id_of(at: Timestamp) -> uuid::Uuid {
    let ms = u128::try_from(at.as_millis()).unwrap_or(0);
    uuid::Uuid::from_u128(ms << 80)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sea_orm::{ConnectionTrait, DbBackend, QueryTrait};
    use sekisho_model::clock::ManualClock;
    use sekisho_model::id::Id;
    use sekisho_model::rng::SeededRng;

    use super::*;
    use crate::{Store, StoreConfig, StoreUrl};

    /// What is asked at each fetch and each round must not take longer with
    /// every order there ever was.
    #[tokio::test]
    async fn what_is_asked_all_day_reads_only_what_it_finds() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = StoreConfig::new(StoreUrl::Sqlite(folder.path().join("store.db")));
        let (clock, rng) =
            (Arc::new(ManualClock::new(Timestamp::EPOCH)), Arc::new(SeededRng::new(1)));
        let store = Store::connect(&config, clock.clone(), rng.clone()).await.expect("connects");
        let (device, resource) = (Id::new(&*clock, &*rng), Id::new(&*clock, &*rng));
        let newest_first = |filter: OrderFilter| {
            row::Entity::find().filter(filter.condition()).order_by(row::Column::Id, Sort::Desc)
        };
        let open_resets = OrderFilter {
            resource: Some(resource),
            operation: Some(Operation::Reset),
            states: vec![OrderState::Indeterminate],
            ..OrderFilter::default()
        };
        let queued = OrderFilter { states: vec![OrderState::Queued], ..OrderFilter::default() };
        let selects = [
            work(device, Some(resource), Timestamp::EPOCH),
            work(device, None, Timestamp::EPOCH),
            newest_first(open_resets).limit(101),
            newest_first(queued).limit(201),
            told(Id::new(&*clock, &*rng), Timestamp::EPOCH)
                .order_by(row::Column::Id, Sort::Desc)
                .limit(201),
        ];
        for select in selects {
            let mut plan = select.build(DbBackend::Sqlite);
            plan.sql = format!("EXPLAIN QUERY PLAN {}", plan.sql);
            let steps = store.writer.query_all_raw(plan).await.expect("explained");
            let steps: Vec<String> =
                steps.iter().map(|step| step.try_get("", "detail").expect("text")).collect();
            assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:#?}");
        }
    }
}
