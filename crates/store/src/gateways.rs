//! Gateways in front of the agent plane, and what holds for all of them.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use sekisho_model::Timestamp;
use sekisho_model::gateway::{GatewayState, LinkDirection, PublicAddress};
use sekisho_model::id::{GatewayId, UserId};
use sekisho_model::name::Label;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, contains_in_any_case, sorted};
use crate::stored::{Hash, Only, affected, all, insert, one, overwrite, record, upsert};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A gateway: a relay that agents reach from outside.
    pub struct Gateway in row "gateways" {
        /// Its id, in its certificate for the link.
        [primary_key] id: GatewayId,
        /// What it is called; unique among those that count, in any case.
        name: Label,
        /// The name in lower case: [`folded`] of it.
        folded_name: String,
        /// Whether it counts.
        state: GatewayState,
        /// Who opens the connections.
        direction: LinkDirection,
        /// Where its private listener is, `host:port`.
        address: String,
        /// Where it listens for agents, as it said when it was paired.
        agents: String,
        /// Where agents reach it.
        public: Vec<PublicAddress>,
        /// SHA-256 of the public key of its link.
        key_sha256: Hash,
        /// Whether console and sessions pass through it, unopened.
        pass_through: bool,
        /// The server names that pass.
        pass_through_names: Vec<String>,
        /// Whether it only counts what it would refuse.
        dry_run: bool,
        /// The version of its program, as it last said.
        software: String,
        /// The version of the link it speaks.
        link_major: u16,
        /// What it last said of itself.
        status: Option<serde_json::Value>,
        /// When it was last heard of.
        last_contact_at: Option<Timestamp>,
        /// Who paired it.
        paired_by: UserId,
        /// When.
        paired_at: Timestamp,
        /// Who revoked it.
        revoked_by: Option<UserId>,
        /// When.
        revoked_at: Option<Timestamp>,
        /// Why.
        revoked_reason: Option<String>,
        /// Counts changes, for optimistic concurrency.
        version: i64,
    }
}

record! {
    /// What holds for all gateways; without a row nothing was ever said.
    pub struct GatewaySettings in settings_row "gateway_settings" {
        /// The key of the only row.
        [primary_key] only: Only,
        /// Limits; `None`: those that the program brings along.
        limits: Option<serde_json::Value>,
        /// The name by which agents and people reach the site from outside.
        public_name: Option<String>,
        /// When this was last changed.
        changed_at: Timestamp,
        /// Counts changes, for optimistic concurrency.
        version: i64,
    }
}

/// A name as it is compared: without regard to case.
pub fn folded(name: &Label) -> String {
    name.as_str().to_lowercase()
}

/// What a list of gateways can be sorted by.
pub const GATEWAY_SORTS: &[&str] = &["name", "paired_at", "last_contact_at"];

const SORTING: Sorting<Gateway> = Sorting {
    by: &[
        SortBy {
            word: "name",
            key: Key::Text(row::Column::FoldedName, |gateway| gateway.folded_name.clone()),
        },
        SortBy { word: "paired_at", key: Key::Id },
        SortBy {
            word: "last_contact_at",
            key: Key::TimeOrNone(row::Column::LastContactAt, |gateway| gateway.last_contact_at),
        },
    ],
    id: row::Column::Id,
    id_of: |gateway| gateway.id.uuid(),
    usual: Sort { by: "name", descending: false },
};

/// Gateways.
pub struct Gateways<'a, A> {
    pub(crate) at: &'a A,
}

/// The most gateways that count.
const MAX_ACTIVE: u64 = 64;

impl<A: Access> Gateways<'_, A> {
    /// The most that count at a time: all of them stand in the trust bundle.
    pub const MAX: u64 = MAX_ACTIVE;

    /// One gateway.
    pub async fn find(&self, id: GatewayId) -> Result<Option<Gateway>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// Those that count, in the order they were paired; at most
    /// [`MAX`](Self::MAX).
    pub async fn active(&self) -> Result<Vec<Gateway>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::State.eq(GatewayState::Active.as_str()))
            .order_by(row::Column::Id, Order::Asc);
        all(&self.at.db(), select, MAX_ACTIVE).await
    }

    /// Gateways in a state (`None`: any) whose name contains a text, by name
    /// unless the page says otherwise.
    pub async fn list(
        &self,
        state: Option<GatewayState>,
        text: Option<&str>,
        page: &Page,
    ) -> Result<Paged<Gateway>, StoreError> {
        let condition = Condition::all()
            .add_option(state.map(|state| row::Column::State.eq(state.as_str())))
            .add_option(text.map(|text| contains_in_any_case(row::Column::Name, text)));
        sorted(&self.at.db(), row::Entity::find().filter(condition), &SORTING, page).await
    }

    /// What holds for all; `None`: nothing was ever said.
    pub async fn settings(&self) -> Result<Option<GatewaySettings>, StoreError> {
        one(&self.at.db(), settings_row::Entity::find()).await
    }
}

impl Gateways<'_, UnitOfWork> {
    /// One gateway, locked until this unit of work ends.
    pub async fn lock(&self, id: GatewayId) -> Result<Option<Gateway>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds a gateway.
    ///
    /// # Errors
    /// A conflict on [`Unique::GatewayName`](crate::Unique::GatewayName) or
    /// [`Unique::GatewayKey`](crate::Unique::GatewayKey).
    pub async fn insert(&self, gateway: Gateway) -> Result<(), StoreError> {
        insert(&self.at.db(), gateway).await
    }

    /// Writes what people say of a gateway, if it still has the expected
    /// version.
    ///
    /// # Errors
    /// [`StoreError::Stale`], or a conflict on the name.
    pub async fn update(&self, gateway: Gateway, expected: i64) -> Result<Gateway, StoreError> {
        use row::Column as C;
        let next = Gateway { version: expected + 1, ..gateway };
        let condition = Condition::all().add(C::Id.eq(next.id.uuid())).add(C::Version.eq(expected));
        let except = [
            C::KeySha256,
            C::PairedAt,
            C::PairedBy,
            C::Status,
            C::LastContactAt,
            C::Software,
            C::LinkMajor,
        ];
        overwrite(&self.at.db(), next.clone(), condition, &except).await?;
        Ok(next)
    }

    /// Notes what a gateway says of itself. Its version stays.
    pub async fn heard(
        &self,
        id: GatewayId,
        software: &str,
        link_major: u16,
        status: Option<serde_json::Value>,
    ) -> Result<(), StoreError> {
        use row::Column as C;
        let mut update = row::Entity::update_many()
            .col_expr(C::LastContactAt, Expr::value(self.at.now().as_millis()))
            .col_expr(C::Software, Expr::value(software))
            .col_expr(C::LinkMajor, Expr::value(i64::from(link_major)))
            .filter(C::Id.eq(id.uuid()));
        if let Some(status) = status {
            update = update.col_expr(C::Status, Expr::value(status.to_string()));
        }
        affected(&self.at.db(), update).await.map(drop)
    }

    /// Says what holds for all, if it still has the expected version (0: it was
    /// never said).
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn put_settings(
        &self,
        settings: GatewaySettings,
        expected: i64,
    ) -> Result<GatewaySettings, StoreError> {
        use settings_row::Column as C;
        let found: Option<GatewaySettings> =
            one(&self.at.db(), settings_row::Entity::find().lock_exclusive()).await?;
        if found.map_or(0, |found| found.version) != expected {
            return Err(StoreError::Stale { table: "gateway_settings" });
        }
        let next = GatewaySettings { version: expected + 1, ..settings };
        let columns = [C::Limits, C::PublicName, C::ChangedAt, C::Version];
        upsert(&self.at.db(), next.clone(), columns).await?;
        Ok(next)
    }
}
