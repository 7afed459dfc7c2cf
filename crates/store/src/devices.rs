//! Enrolled endpoints.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use sekisho_model::Timestamp;
use sekisho_model::device::{DeviceState, Platform, Served, Suspension};
use sekisho_model::id::{DeviceId, EnrolmentKeyId, GatewayId, ResourceId, UserId};

use crate::access::{Access, sealed::Connected};
use crate::enrolment_keys::key_ids;
use crate::error::StoreError;
use crate::page::{
    Count, Key, MAX_PAGE, Page, Paged, Sort, SortBy, Sorting, begins_with, count, sorted,
};
use crate::resources::{all_ids, live_ids};
use crate::stored::{Blob, Stored, affected, all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// An endpoint with an identity key.
    pub struct Device in row "devices" {
        /// Its id.
        [primary_key] id: DeviceId,
        /// The resource it serves; `None`: the resource was deleted.
        resource: Option<ResourceId>,
        /// Whether it may do its work.
        state: DeviceState,
        /// Why it is held back without being blocked.
        suspension: Option<Suspension>,
        /// Its identity key (SubjectPublicKeyInfo, DER); unique.
        identity_spki: Blob,
        /// The fingerprint of that key, for people to compare.
        identity_fingerprint: String,
        /// Its host name, in lower case. A claim.
        host: String,
        /// What it said of itself. Claims.
        facts: serde_json::Value,
        /// What kind of agent it runs.
        platform: Platform,
        /// The version of its agent.
        agent_version: String,
        /// The protocol it speaks.
        protocol_version: u32,
        /// What its agent can do.
        capabilities: Vec<String>,
        /// The key that admitted it; `None`: recovered from its certificate.
        enrolment_key: Option<EnrolmentKeyId>,
        /// When it enrolled.
        created_at: Timestamp,
        /// When it was approved.
        approved_at: Option<Timestamp>,
        /// By whom; `None`: by its enrolment key.
        approved_by: Option<UserId>,
        /// Why it is blocked.
        blocked_reason: Option<String>,
        /// When it was last heard of.
        last_seen_at: Option<Timestamp>,
        /// The highest seq given to one of its orders.
        last_seq: u64,
        /// The highest session counter it has shown.
        session_counter: u64,
        /// The newest bundle it has shown.
        bundle_version: i64,
        /// How often it polls, in seconds; `None`: the default.
        interval_s: Option<u32>,
        /// The resource it served before, if it was taken from it.
        former_resource: Option<ResourceId>,
        /// While it is dissociated: how often it looks whether it still
        /// is, in seconds.
        look_every_s: Option<u32>,
        /// Since when it is dissociated.
        dissociated_at: Option<Timestamp>,
        /// Who did that.
        dissociated_by: Option<UserId>,
        /// Through which gateway it was last heard of; `None`: directly.
        last_gateway: Option<GatewayId>,
        /// Counts changes, for optimistic concurrency.
        version: i64,
    }
}

/// Which devices are wanted; `None` and an empty list mean any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    /// In one of these states.
    pub states: Vec<DeviceState>,
    /// Serving a resource.
    pub resource: Option<ResourceId>,
    /// Serving a resource of an owner that is not deleted. Of those that
    /// serve none: having served one of this owner before, or admitted by a key
    /// of this owner.
    pub owner: Option<UserId>,
    /// Only those that are dissociated, or only those that are not.
    pub dissociated: Option<bool>,
    /// Only those that serve no resource, or only those that do.
    pub orphaned: Option<bool>,
    /// Whose host name begins with this text, in any case.
    pub prefix: Option<String>,
    /// Heard of before this instant, or never.
    pub silent_since: Option<Timestamp>,
    /// Active, or not.
    pub active: Option<(bool, Activity)>,
}

/// When a device counts as active: heard of not longer ago than this, or than
/// two of its own intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Now.
    pub now: Timestamp,
    /// How long the silence of any device may be.
    pub silence: Duration,
}

impl Activity {
    /// A condition: it is active. Unknown where a time is missing.
    fn holds(self) -> Condition {
        use row::Column as C;
        let now = self.now.as_millis();
        let column = |column| Expr::col((row::Entity, column));
        let own = interval().mul(2_000i64).add(column(C::LastSeenAt));
        let since = self.now.minus(self.silence).as_millis();
        Condition::any().add(C::LastSeenAt.gte(since)).add(own.gte(now))
    }

    /// A condition: it is not.
    fn fails(self) -> Condition {
        use row::Column as C;
        let now = self.now.as_millis();
        let column = |column| Expr::col((row::Entity, column));
        let own = interval().mul(2_000i64).add(column(C::LastSeenAt));
        let since = self.now.minus(self.silence).as_millis();
        let own_fails = Condition::any().add(interval().is_null()).add(own.lt(now));
        let fails = Condition::all().add(C::LastSeenAt.lt(since)).add(own_fails);
        Condition::any().add(C::LastSeenAt.is_null()).add(fails)
    }
}

/// How often a device is asked to call, in seconds: a dissociated one as often
/// as was said then.
fn interval() -> Expr {
    let column = |column| Expr::col((row::Entity, column));
    Func::coalesce([column(row::Column::LookEveryS), column(row::Column::IntervalS)]).into()
}

/// What a list of devices can be sorted by.
pub const DEVICE_SORTS: &[&str] =
    &["host_name", "created_at", "last_seen_at", "state", "platform", "agent_version"];

const SORTING: Sorting<Device> = Sorting {
    by: &[
        SortBy { word: "host_name", key: Key::Text(row::Column::Host, |d| d.host.clone()) },
        SortBy { word: "created_at", key: Key::Id },
        SortBy {
            word: "last_seen_at",
            key: Key::TimeOrNone(row::Column::LastSeenAt, |d| d.last_seen_at),
        },
        SortBy {
            word: "state",
            key: Key::Text(row::Column::State, |d| d.state.as_str().to_owned()),
        },
        SortBy {
            word: "platform",
            key: Key::Text(row::Column::Platform, |d| d.platform.as_str().to_owned()),
        },
        SortBy {
            word: "agent_version",
            key: Key::Text(row::Column::AgentVersion, |d| d.agent_version.clone()),
        },
    ],
    id: row::Column::Id,
    id_of: |device| device.id.uuid(),
    usual: Sort { by: "host_name", descending: false },
};

/// A condition on the id of a resource: its agent is like this. The approved
/// device counts before one that waits, that before a blocked one; one that is
/// out of service does not count.
pub(crate) fn served<C: ColumnTrait>(id: C, by: Served, activity: Activity) -> Condition {
    let there = |more: Condition| {
        let mut select = row::Entity::find()
            .select_only()
            .column(row::Column::Resource)
            .filter(row::Column::Resource.is_not_null())
            .filter(more);
        id.in_subquery(QuerySelect::query(&mut select).take())
    };
    let with =
        |state: DeviceState| there(Condition::all().add(row::Column::State.eq(state.as_str())));
    let approved = |activity: Condition| {
        let state = row::Column::State.eq(DeviceState::Approved.as_str());
        there(Condition::all().add(state).add(activity))
    };
    let without = |states: &[DeviceState]| {
        states.iter().fold(Condition::all(), |all, state| all.add(with(*state).not()))
    };
    use DeviceState as S;
    match by {
        Served::Active => Condition::all().add(approved(activity.holds())),
        Served::Inactive => {
            Condition::all().add(with(S::Approved)).add(approved(activity.holds()).not())
        }
        Served::Pending => without(&[S::Approved]).add(with(S::Pending)),
        Served::Blocked => without(&[S::Approved, S::Pending]).add(with(S::Blocked)),
        Served::None => without(&[S::Approved, S::Pending, S::Blocked]),
    }
}

impl Device {
    /// Whether it is dissociated from its resource: it gets no orders.
    pub const fn is_dissociated(&self) -> bool {
        self.look_every_s.is_some()
    }

    /// The same device, associated.
    #[must_use]
    pub fn associated(self) -> Self {
        Self { look_every_s: None, dissociated_at: None, dissociated_by: None, ..self }
    }
}

/// How many approved devices have shown a trust bundle as their newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleHeld {
    /// The bundle's version; 0: they have shown none yet.
    pub bundle_version: i64,
    /// How many; never 0.
    pub devices: u64,
}

/// Enrolled endpoints.
pub struct Devices<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Devices<'_, A> {
    /// One device.
    pub async fn find(&self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The device of an identity key.
    pub async fn find_by_identity(&self, spki: &[u8]) -> Result<Option<Device>, StoreError> {
        let select = row::Entity::find().filter(row::Column::IdentitySpki.eq(spki.to_vec()));
        one(&self.at.db(), select).await
    }

    /// The devices that serve or have served a resource, oldest first; at
    /// most 200.
    pub async fn of_resource(&self, resource: ResourceId) -> Result<Vec<Device>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Resource.eq(resource.uuid()))
            .order_by(row::Column::Id, Order::Asc);
        all(&self.at.db(), select, u64::from(MAX_PAGE)).await
    }

    /// The devices that serve or have served some resources (a page of them),
    /// oldest first; at most 1,000.
    pub async fn of_resources(
        &self,
        resources: impl IntoIterator<Item = ResourceId>,
    ) -> Result<Vec<Device>, StoreError> {
        let resources = resources.into_iter().map(|id| id.uuid());
        let select = row::Entity::find()
            .filter(row::Column::Resource.is_in(resources))
            .order_by(row::Column::Id, Order::Asc);
        all(&self.at.db(), select, 1_000).await
    }

    /// Several devices (a page of them), in no order.
    pub async fn find_many(
        &self,
        ids: impl IntoIterator<Item = DeviceId>,
    ) -> Result<Vec<Device>, StoreError> {
        let ids = ids.into_iter().map(|id| id.uuid());
        let select = row::Entity::find().filter(row::Column::Id.is_in(ids));
        all(&self.at.db(), select, u64::from(MAX_PAGE)).await
    }

    /// Whether any device serves a resource or has served it.
    pub async fn any_served(&self, resource: ResourceId) -> Result<bool, StoreError> {
        let served = Condition::any()
            .add(row::Column::Resource.eq(resource.uuid()))
            .add(row::Column::FormerResource.eq(resource.uuid()));
        let select = row::Entity::find().filter(served).limit(1);
        Ok(one::<Device>(&self.at.db(), select).await?.is_some())
    }

    /// Which trust bundles the approved devices have shown, oldest first.
    pub async fn bundles_held(&self) -> Result<Vec<BundleHeld>, StoreError> {
        let db = self.at.db();
        let counted: Vec<(i64, i64)> = row::Entity::find()
            .select_only()
            .column(row::Column::BundleVersion)
            .column_as(row::Column::Id.count(), "devices")
            .filter(row::Column::State.eq(DeviceState::Approved.as_str()))
            .group_by(row::Column::BundleVersion)
            .order_by(row::Column::BundleVersion, Order::Asc)
            .into_tuple()
            .all(&db)
            .await?;
        let held = counted.into_iter().map(|(bundle_version, devices)| BundleHeld {
            bundle_version,
            devices: u64::try_from(devices).unwrap_or_default(),
        });
        Ok(held.collect())
    }

    /// The next approved devices that have not shown this trust bundle or a newer
    /// one, in the order of their ids, at most `limit`.
    pub async fn behind(
        &self,
        bundle: i64,
        after: Option<DeviceId>,
        limit: u64,
    ) -> Result<Vec<DeviceId>, StoreError> {
        use row::Column as C;
        let select = row::Entity::find()
            .select_only()
            .column(C::Id)
            .filter(C::State.eq(DeviceState::Approved.as_str()))
            .filter(C::BundleVersion.lt(bundle))
            .filter(Condition::all().add_option(after.map(|after| C::Id.gt(after.uuid()))))
            .order_by(C::Id, Order::Asc)
            .limit(limit);
        let found: Vec<uuid::Uuid> = select.into_tuple().all(&self.at.db()).await?;
        Ok(found.into_iter().map(DeviceId::from_uuid).collect())
    }

    /// Devices, by host name unless the page says otherwise.
    pub async fn list(
        &self,
        filter: &DeviceFilter,
        page: &Page,
    ) -> Result<Paged<Device>, StoreError> {
        let select = row::Entity::find().filter(filter.condition());
        sorted(&self.at.db(), select, &SORTING, page).await
    }

    /// How many devices of a filter there are.
    pub async fn count(&self, filter: &DeviceFilter) -> Result<Count, StoreError> {
        count(&self.at.db(), &row::Entity::find().filter(filter.condition())).await
    }

    /// The devices whose certificates count for nothing: blocked, retired or
    /// suspended; the newest, at most `limit`.
    pub async fn shut_out(&self, limit: u64) -> Result<Vec<DeviceId>, StoreError> {
        use row::Column as C;
        let out = [DeviceState::Blocked, DeviceState::Retired].map(DeviceState::as_str);
        let condition = Condition::any().add(C::State.is_in(out)).add(C::Suspension.is_not_null());
        let select = row::Entity::find()
            .select_only()
            .column(C::Id)
            .filter(condition)
            .order_by(C::Id, Order::Desc)
            .limit(limit);
        let found: Vec<uuid::Uuid> = select.into_tuple().all(&self.at.db()).await?;
        Ok(found.into_iter().map(DeviceId::from_uuid).collect())
    }
}

impl Devices<'_, UnitOfWork> {
    /// One device, locked until this unit of work ends.
    pub async fn lock(&self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds a device.
    ///
    /// # Errors
    /// A conflict on [`Unique::DeviceIdentity`](crate::Unique::DeviceIdentity).
    pub async fn insert(&self, device: Device) -> Result<(), StoreError> {
        insert(&self.at.db(), device).await
    }

    /// Writes a device that still has the expected version. Identity, seq,
    /// session counter, bundle version and last-seen have methods of their
    /// own or never change, and are not written.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn update(&self, device: Device, expected: i64) -> Result<Device, StoreError> {
        use row::Column as C;
        let next = Device { version: expected + 1, ..device };
        let condition = Condition::all().add(C::Id.eq(next.id.uuid())).add(C::Version.eq(expected));
        let fixed = [
            C::IdentitySpki,
            C::IdentityFingerprint,
            C::CreatedAt,
            C::LastSeenAt,
            C::LastGateway,
            C::LastSeq,
            C::SessionCounter,
            C::BundleVersion,
        ];
        overwrite(&self.at.db(), next.clone(), condition, &fixed).await?;
        Ok(next)
    }

    /// Gives the next seq of a device: strictly increasing over
    /// what is committed, also under concurrency. Commit before sending it: a
    /// unit of work that is dropped gives its seq back.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the device is gone.
    pub async fn next_seq(&self, id: DeviceId) -> Result<u64, StoreError> {
        let db = self.at.db();
        let add = Expr::col(row::Column::LastSeq).add(1i64);
        let update = row::Entity::update_many()
            .col_expr(row::Column::LastSeq, add)
            .filter(row::Column::Id.eq(id.uuid()));
        affected(&db, update).await?;
        // The update holds the row, so that this reads what it wrote.
        let device = self.find(id).await?.ok_or(StoreError::Stale { table: "devices" })?;
        Ok(device.last_seq)
    }

    /// Raises the seq to one the device has seen, if it is lower: the server
    /// was restored from a backup.
    pub async fn raise_seq(&self, id: DeviceId, seen: u64) -> Result<(), StoreError> {
        let seen = seen.into_raw();
        let update = row::Entity::update_many()
            .col_expr(row::Column::LastSeq, Expr::value(seen))
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::LastSeq.lt(seen));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Moves the session counter from a value to another one, which may be
    /// lower after a revert. Returns whether it still had the value.
    pub async fn move_session_counter(
        &self,
        id: DeviceId,
        from: u64,
        to: u64,
    ) -> Result<bool, StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::SessionCounter, Expr::value(to.into_raw()))
            .filter(row::Column::Id.eq(id.uuid()))
            .filter(row::Column::SessionCounter.eq(from.into_raw()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Notes the newest bundle a device has shown.
    pub async fn note_bundle(&self, id: DeviceId, version: i64) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::BundleVersion, Expr::value(version))
            .filter(row::Column::Id.eq(id.uuid()));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Notes that a device was heard of, and which way.
    pub async fn touch(
        &self,
        id: DeviceId,
        via: Option<GatewayId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .col_expr(row::Column::LastSeenAt, Expr::value(at.as_millis()))
            .col_expr(row::Column::LastGateway, Expr::value(via.map(GatewayId::uuid)))
            .filter(row::Column::Id.eq(id.uuid()));
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Notes that many devices were seen, the way they were before; at most
    /// 1,000.
    pub async fn touch_many(
        &self,
        ids: impl IntoIterator<Item = DeviceId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut ids: Vec<_> = ids.into_iter().map(DeviceId::uuid).collect();
        let Some(last) = ids.last().copied() else { return Ok(()) };
        // Few lengths: each is a statement of its own to the database.
        ids.resize(ids.len().next_power_of_two(), last);
        let update = row::Entity::update_many()
            .col_expr(row::Column::LastSeenAt, Expr::value(at.as_millis()))
            .filter(row::Column::Id.is_in(ids));
        affected(&self.at.db(), update).await.map(drop)
    }
}

/// Whose a device is: see [`DeviceFilter::owner`].
fn belongs_to(owner: UserId) -> Condition {
    use row::Column as C;
    let orphan = Condition::any().add(C::FormerResource.in_subquery(all_ids(owner))).add(
        Condition::all()
            .add(C::FormerResource.is_null())
            .add(C::EnrolmentKey.in_subquery(key_ids(owner))),
    );
    Condition::any()
        .add(C::Resource.in_subquery(live_ids(Some(owner))))
        .add(Condition::all().add(C::Resource.is_null()).add(orphan))
}

impl DeviceFilter {
    fn condition(&self) -> Condition {
        use row::Column as C;
        let states = self.states.iter().map(|state| state.as_str());
        let silent =
            |since: Timestamp| C::LastSeenAt.is_null().or(C::LastSeenAt.lt(since.as_millis()));
        Condition::all()
            .add_option((!self.states.is_empty()).then(|| C::State.is_in(states)))
            .add_option(self.resource.map(|id| C::Resource.eq(id.uuid())))
            .add_option(self.owner.map(belongs_to))
            .add_option(self.dissociated.map(|is| match is {
                true => C::LookEveryS.is_not_null(),
                false => C::LookEveryS.is_null(),
            }))
            .add_option(self.orphaned.map(|is| match is {
                true => C::Resource.is_null(),
                false => C::Resource.is_not_null(),
            }))
            .add_option(
                self.prefix.as_ref().map(|prefix| begins_with(C::Host, &prefix.to_lowercase())),
            )
            .add_option(self.silent_since.map(silent))
            .add_option(self.active.map(
                |(active, activity)| {
                    if active { activity.holds() } else { activity.fails() }
                },
            ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::plan;

    #[tokio::test]
    async fn the_usual_orders_need_no_sorting() {
        let all = DeviceFilter::default();
        let pending = DeviceFilter { states: vec![DeviceState::Pending], ..all.clone() };
        for (word, filter) in [("host_name", &all), ("host_name", &pending), ("created_at", &all)] {
            let select = row::Entity::find().filter(filter.condition());
            let page = Page::first(50).sorted(word, true);
            let steps = plan(select, &SORTING, &page).await;
            let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
            assert!(!sorts, "{word}: {steps:#?}");
        }
    }
}
