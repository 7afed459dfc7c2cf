//! Reports that people have sent to themselves again and again.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use sekisho_model::Timestamp;
use sekisho_model::id::{ReportScheduleId, UserId};
use sekisho_model::name::Label;
use sekisho_model::report::{Every, RunResult};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, sorted};
use crate::stored::{affected, all, insert, one, overwrite, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A report that somebody has sent to themselves again and again.
    pub struct ReportSchedule in row "report_schedules" {
        /// Its id.
        [primary_key] id: ReportScheduleId,
        /// Whose sight the report has, and who gets it.
        owner: UserId,
        /// The word of the report.
        report: String,
        /// What its owner calls it.
        name: Label,
        /// What is asked of the report.
        parameters: BTreeMap<String, String>,
        /// How often.
        every: Every,
        /// Of a week: 1 (Monday) to 7; of a month: 1 to 31.
        day: Option<u32>,
        /// The minute of the day, 0 to 1439.
        minute: u32,
        /// In which time zone (IANA).
        zone: String,
        /// Whether it runs.
        active: bool,
        /// When it runs next.
        next_run_at: Timestamp,
        /// When it last ran.
        last_run_at: Option<Timestamp>,
        /// What came of that.
        last_result: Option<RunResult>,
        /// When it was made.
        created_at: Timestamp,
        /// Counts changes, for optimistic concurrency.
        version: i64,
    }
}

/// What a list of schedules can be sorted by.
pub const SCHEDULE_SORTS: &[&str] = &["created_at", "next_run_at"];

const SORTING: Sorting<ReportSchedule> = Sorting {
    by: &[
        SortBy { word: "created_at", key: Key::Id },
        SortBy { word: "next_run_at", key: Key::Time(row::Column::NextRunAt, |s| s.next_run_at) },
    ],
    id: row::Column::Id,
    id_of: |schedule| schedule.id.uuid(),
    usual: Sort { by: "created_at", descending: true },
};

/// Reports that are sent again and again.
pub struct ReportSchedules<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> ReportSchedules<'_, A> {
    /// One schedule.
    pub async fn find(&self, id: ReportScheduleId) -> Result<Option<ReportSchedule>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The schedules of somebody, newest first.
    pub async fn list(
        &self,
        owner: UserId,
        page: &Page,
    ) -> Result<Paged<ReportSchedule>, StoreError> {
        let select = row::Entity::find().filter(row::Column::Owner.eq(owner.uuid()));
        sorted(&self.at.db(), select, &SORTING, page).await
    }

    /// How many schedules somebody has.
    pub async fn count(&self, owner: UserId) -> Result<u64, StoreError> {
        let select = row::Entity::find().filter(row::Column::Owner.eq(owner.uuid()));
        Ok(select.count(&self.at.db()).await?)
    }

    /// Those that are to run now, the longest due first; at most `limit`.
    pub async fn due(&self, now: Timestamp, limit: u64) -> Result<Vec<ReportSchedule>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Active.eq(true))
            .filter(row::Column::NextRunAt.lte(now.as_millis()))
            .order_by(row::Column::NextRunAt, Order::Asc)
            .order_by(row::Column::Id, Order::Asc);
        all(&self.at.db(), select, limit).await
    }
}

impl ReportSchedules<'_, UnitOfWork> {
    /// One schedule, locked until this unit of work ends.
    pub async fn lock(&self, id: ReportScheduleId) -> Result<Option<ReportSchedule>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid()).lock_exclusive()).await
    }

    /// Adds a schedule.
    pub async fn insert(&self, schedule: ReportSchedule) -> Result<(), StoreError> {
        insert(&self.at.db(), schedule).await
    }

    /// Writes a schedule that still has the expected version, and returns it
    /// with the next one.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn update(
        &self,
        schedule: ReportSchedule,
        expected: i64,
    ) -> Result<ReportSchedule, StoreError> {
        let next = ReportSchedule { version: expected + 1, ..schedule };
        let condition = Condition::all()
            .add(row::Column::Id.eq(next.id.uuid()))
            .add(row::Column::Version.eq(expected));
        let fixed = [row::Column::Owner, row::Column::CreatedAt];
        overwrite(&self.at.db(), next.clone(), condition, &fixed).await?;
        Ok(next)
    }

    /// Notes a run and when the next one is. Returns whether it was still due
    /// at `due`: otherwise somebody else has run it, or it was changed.
    pub async fn ran(
        &self,
        id: ReportScheduleId,
        due: Timestamp,
        next: Timestamp,
        result: RunResult,
    ) -> Result<bool, StoreError> {
        use row::Column as C;
        let update = row::Entity::update_many()
            .col_expr(C::NextRunAt, Expr::value(next.as_millis()))
            .col_expr(C::LastRunAt, Expr::value(self.at.now().as_millis()))
            .col_expr(C::LastResult, Expr::value(result.as_str()))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::NextRunAt.eq(due.as_millis()));
        Ok(affected(&self.at.db(), update).await? == 1)
    }

    /// Deletes a schedule. Returns whether it was there.
    pub async fn delete(&self, id: ReportScheduleId) -> Result<bool, StoreError> {
        let done = row::Entity::delete_by_id(id.uuid()).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }
}
