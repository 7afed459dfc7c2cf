//! Offices: networks that many devices share few addresses of.

use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use sekisho_model::Timestamp;
use sekisho_model::id::{EnrolmentKeyId, GatewayId, OfficeId};
use sekisho_model::name::Label;

use crate::access::{Access, sealed::Connected};
use crate::enrolment_keys;
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, contains_in_any_case, sorted};
use crate::stored::{all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// An office.
    pub struct Office in row "offices" {
        /// Its id.
        [primary_key] id: OfficeId,
        /// What it is called; unique, in any case.
        name: Label,
        /// The name in lower case.
        folded_name: String,
        /// Its public networks in CIDR notation.
        networks: Vec<String>,
        /// The gateways its agents use, best first; empty: all of them.
        gateways: Vec<GatewayId>,
        /// Its limits instead of those for one address.
        limits: serde_json::Value,
        /// What people should know of it.
        remarks: String,
        /// When it was made.
        created_at: Timestamp,
        /// Counts changes, for optimistic concurrency.
        version: i64,
    }
}

/// What a list of offices can be sorted by.
pub const OFFICE_SORTS: &[&str] = &["name", "created_at"];

const SORTING: Sorting<Office> = Sorting {
    by: &[
        SortBy {
            word: "name",
            key: Key::Text(row::Column::FoldedName, |office| office.folded_name.clone()),
        },
        SortBy { word: "created_at", key: Key::Id },
    ],
    id: row::Column::Id,
    id_of: |office| office.id.uuid(),
    usual: Sort { by: "name", descending: false },
};

/// The most offices of a site.
const MAX_OFFICES: u64 = 1_000;

/// Offices.
pub struct Offices<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Offices<'_, A> {
    /// The most there are: all of them stand in the configuration of gateways.
    pub const MAX: u64 = MAX_OFFICES;

    /// One office.
    pub async fn find(&self, id: OfficeId) -> Result<Option<Office>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The office that an enrolment key was made for.
    pub async fn of_key(&self, key: EnrolmentKeyId) -> Result<Option<Office>, StoreError> {
        let office = enrolment_keys::office_of(key);
        one(&self.at.db(), row::Entity::find().filter(row::Column::Id.in_subquery(office))).await
    }

    /// Every office, by name; there are at most [`MAX`](Self::MAX).
    pub async fn all(&self) -> Result<Vec<Office>, StoreError> {
        let select = row::Entity::find()
            .order_by(row::Column::FoldedName, Order::Asc)
            .order_by(row::Column::Id, Order::Asc);
        all(&self.at.db(), select, MAX_OFFICES).await
    }

    /// Offices whose name contains a text, by name unless the page says
    /// otherwise.
    pub async fn list(&self, text: Option<&str>, page: &Page) -> Result<Paged<Office>, StoreError> {
        let condition = Condition::all()
            .add_option(text.map(|text| contains_in_any_case(row::Column::Name, text)));
        sorted(&self.at.db(), row::Entity::find().filter(condition), &SORTING, page).await
    }
}

impl Offices<'_, UnitOfWork> {
    /// One office, locked until this unit of work ends.
    pub async fn lock(&self, id: OfficeId) -> Result<Option<Office>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds an office.
    ///
    /// # Errors
    /// A conflict on [`Unique::OfficeName`](crate::Unique::OfficeName).
    pub async fn insert(&self, office: Office) -> Result<(), StoreError> {
        insert(&self.at.db(), office).await
    }

    /// Writes an office that still has the expected version.
    ///
    /// # Errors
    /// [`StoreError::Stale`], or a conflict on the name.
    pub async fn update(&self, office: Office, expected: i64) -> Result<Office, StoreError> {
        use row::Column as C;
        let next = Office { version: expected + 1, ..office };
        let condition = Condition::all().add(C::Id.eq(next.id.uuid())).add(C::Version.eq(expected));
        overwrite(&self.at.db(), next.clone(), condition, &[C::CreatedAt]).await?;
        Ok(next)
    }

    /// Removes an office, and its name from the enrolment keys that were made
    /// for it. Returns whether it was there.
    pub async fn delete(&self, id: OfficeId) -> Result<bool, StoreError> {
        self.at.enrolment_keys().forget_office(id).await?;
        Ok(row::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?.rows_affected == 1)
    }
}
