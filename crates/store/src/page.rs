//! Lists, one page at a time (keyset paging: no offset), how they are sorted,
//! and how many items there are if somebody asks.

use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Func, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, Select, Value,
};
use sekisho_model::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::stored::Record;

/// The most items one page holds.
pub const MAX_PAGE: u16 = 200;

/// Items are counted up to here: to count more costs more than it says.
pub const MAX_COUNT: u64 = 10_000;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The [`Paged::next`] of the page before; `None` for the first page.
    pub after: Option<Cursor>,
    /// At most so many items; more than [`MAX_PAGE`] is read as [`MAX_PAGE`],
    /// 0 as 1.
    pub limit: u16,
    /// By which column the list is sorted; `None`: as the list says.
    pub sort: Option<Sort>,
    /// Whether to count the items of all pages.
    pub count: bool,
}

impl Page {
    /// The first page of a list.
    pub const fn first(limit: u16) -> Self {
        Self { after: None, limit, sort: None, count: false }
    }

    /// The page after a cursor.
    pub const fn after(cursor: Cursor, limit: u16) -> Self {
        Self { after: Some(cursor), limit, sort: None, count: false }
    }

    /// The same page of the list sorted so.
    #[must_use]
    pub fn sorted(self, by: &'static str, descending: bool) -> Self {
        Self { sort: Some(Sort { by, descending }), ..self }
    }

    pub(crate) fn size(&self) -> usize {
        usize::from(self.limit.clamp(1, MAX_PAGE))
    }
}

impl Default for Page {
    /// The first 50.
    fn default() -> Self {
        Self::first(50)
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Paged<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Where the next page begins; `None` when this is the last one.
    pub next: Option<Cursor>,
    /// How many items all pages have, if the page was to be counted.
    pub count: Option<Count>,
}

/// By which column a list is sorted. Ties are broken by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// A word of the list's own, e.g. one of [`RESOURCE_SORTS`](crate::RESOURCE_SORTS).
    pub by: &'static str,
    /// The highest, or newest, first.
    pub descending: bool,
}

/// How many items a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// So many; at most [`MAX_COUNT`].
    pub count: u64,
    /// Whether there are more.
    pub capped: bool,
}

/// What a page says of the rest of its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageEnd {
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// How many items all pages have.
    pub count: Option<Count>,
}

impl<T> Paged<T> {
    /// The items, and what is said of the rest.
    pub fn into_parts(self) -> (Vec<T>, PageEnd) {
        (self.items, PageEnd { next: self.next, count: self.count })
    }

    /// The same page with other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Paged<U> {
        let items = self.items.into_iter().map(change).collect();
        Paged { items, next: self.next, count: self.count }
    }
}

/// A place in a list: the sort key of the last item seen. Opaque to clients;
/// survives insertions and deletions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) id: Uuid,
    pub(crate) text: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.id.simple(), self.text)
    }
}

/// The text is not a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that this server gave; begin the list again without one")]
pub struct InvalidCursor;

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (id, rest) = text.split_at_checked(32).ok_or(InvalidCursor)?;
        let id = Uuid::try_parse(id).map_err(|_| InvalidCursor)?;
        Ok(Self { id, text: rest.to_owned() })
    }
}

/// How a list is sorted. The id breaks ties, so that no item is lost or shown
/// twice.
pub(crate) enum By<C> {
    /// Highest number first; the number is unique in the list.
    HighestNumber(C),
    /// By a text column, then by id.
    Name(C, C),
}

/// Runs a query as one page. `place` names the sort key of an item.
pub(crate) async fn paged<R: Record>(
    db: &impl ConnectionTrait,
    select: Select<R::Entity>,
    by: By<<R::Entity as EntityTrait>::Column>,
    page: &Page,
    place: impl Fn(&R) -> Cursor,
) -> Result<Paged<R>, StoreError> {
    let mut select = select;
    let count = counted(db, &select, page).await?;
    if let Some(after) = &page.after {
        select = select.filter(beyond(&by, after)?);
    }
    select = match by {
        By::HighestNumber(column) => select.order_by(column, Order::Desc),
        By::Name(name, id) => select.order_by(name, Order::Asc).order_by(id, Order::Asc),
    };
    one_page(db, select, page, count, place).await
}

async fn one_page<R: Record>(
    db: &impl ConnectionTrait,
    select: Select<R::Entity>,
    page: &Page,
    count: Option<Count>,
    place: impl Fn(&R) -> Cursor,
) -> Result<Paged<R>, StoreError> {
    // One more than asked for tells whether there is another page.
    let rows = select.limit(page.size() as u64 + 1).all(db).await?;
    let more = rows.len() > page.size();
    let items: Vec<R> =
        rows.into_iter().take(page.size()).map(R::from_row).collect::<Result<_, _>>()?;
    let next = if more { items.last().map(&place) } else { None };
    Ok(Paged { items, next, count })
}

/// How many rows a query has, if the page is to be counted. The query must not
/// have a place to begin yet.
pub(crate) async fn counted<E: EntityTrait>(
    db: &impl ConnectionTrait,
    select: &Select<E>,
    page: &Page,
) -> Result<Option<Count>, StoreError> {
    if page.count { count(db, select).await.map(Some) } else { Ok(None) }
}

/// How many rows a query has, up to [`MAX_COUNT`].
pub(crate) async fn count<E: EntityTrait>(
    db: &impl ConnectionTrait,
    select: &Select<E>,
) -> Result<Count, StoreError> {
    let mut found = select.clone().select_only().expr_as(Expr::cust("1"), "one");
    found = found.limit(MAX_COUNT + 1);
    let counting = Query::select()
        .expr_as(Func::count(Expr::col(Asterisk)), "found")
        .from_subquery(QuerySelect::query(&mut found).take(), "counted")
        .take();
    let row = db.query_one(&counting).await?;
    let row = row.ok_or_else(|| StoreError::internal("a count without a number"))?;
    let found = u64::try_from(row.try_get::<i64>("", "found")?).unwrap_or_default();
    Ok(Count { count: Ord::min(found, MAX_COUNT), capped: found > MAX_COUNT })
}

/// What a list can be sorted by, and how it is if nobody says.
pub(crate) struct Sorting<R: Record + 'static> {
    /// Its words and columns.
    pub(crate) by: &'static [SortBy<R>],
    /// Breaks ties; by itself it is the order in which things were made.
    pub(crate) id: <R::Entity as EntityTrait>::Column,
    /// The id of a row.
    pub(crate) id_of: fn(&R) -> Uuid,
    /// If nobody says.
    pub(crate) usual: Sort,
}

/// One word that a list can be sorted by.
pub(crate) struct SortBy<R: Record> {
    /// As clients call it.
    pub(crate) word: &'static str,
    /// What is compared.
    pub(crate) key: Key<R>,
}

/// What is compared. What a row does not have sorts first: as the empty text,
/// or as the beginning of time.
pub(crate) enum Key<R: Record> {
    /// When it was made.
    Id,
    Text(<R::Entity as EntityTrait>::Column, fn(&R) -> String),
    TextOrNone(<R::Entity as EntityTrait>::Column, fn(&R) -> Option<String>),
    Time(<R::Entity as EntityTrait>::Column, fn(&R) -> Timestamp),
    TimeOrNone(<R::Entity as EntityTrait>::Column, fn(&R) -> Option<Timestamp>),
}

impl<R: Record> Key<R> {
    /// The expression; `None`: the id alone.
    fn expr(&self) -> Option<Expr> {
        let column = |column| Expr::col((R::Entity::default(), column));
        match self {
            Self::Id => None,
            Self::Text(name, _) | Self::Time(name, _) => Some((*name, None)),
            Self::TextOrNone(name, _) => Some((*name, Some(Expr::val("")))),
            Self::TimeOrNone(name, _) => Some((*name, Some(Expr::val(0i64)))),
        }
        .map(|(name, absent)| match absent {
            Some(absent) => Func::coalesce([column(name), absent]).into(),
            None => column(name),
        })
    }

    /// The value of a row, as text for a cursor.
    fn of(&self, row: &R) -> String {
        let millis = |at: Timestamp| at.as_millis().to_string();
        match self {
            Self::Id => String::new(),
            Self::Text(_, text) => text(row),
            Self::TextOrNone(_, text) => text(row).unwrap_or_default(),
            Self::Time(_, at) => millis(at(row)),
            Self::TimeOrNone(_, at) => at(row).map_or_else(|| "0".to_owned(), millis),
        }
    }

    /// The value from the text of a cursor.
    fn value(&self, text: &str) -> Result<Value, InvalidCursor> {
        match self {
            Self::Id | Self::Text(..) | Self::TextOrNone(..) => Ok(text.into()),
            Self::Time(..) | Self::TimeOrNone(..) => {
                text.parse::<i64>().map(Value::from).map_err(|_| InvalidCursor)
            }
        }
    }
}

/// Runs a query as one page of a list that can be sorted. The cursor says by
/// what it was sorted: one of another order is refused.
pub(crate) async fn sorted<R: Record>(
    db: &impl ConnectionTrait,
    select: Select<R::Entity>,
    list: &Sorting<R>,
    page: &Page,
) -> Result<Paged<R>, StoreError> {
    let count = counted(db, &select, page).await?;
    let Ordered { select, by, tag } = ordered(select, list, page)?;
    let place =
        |row: &R| Cursor { id: (list.id_of)(row), text: format!("{tag}{}", by.key.of(row)) };
    one_page(db, select, page, count, place).await
}

/// A query with its order and its beginning.
struct Ordered<'a, R: Record> {
    select: Select<R::Entity>,
    /// By what it is sorted.
    by: &'a SortBy<R>,
    /// What the text of its cursors begins with.
    tag: String,
}

fn ordered<'a, R: Record>(
    select: Select<R::Entity>,
    list: &'a Sorting<R>,
    page: &Page,
) -> Result<Ordered<'a, R>, StoreError> {
    let sort = page.sort.unwrap_or(list.usual);
    let Some(by) = list.by.iter().find(|by| by.word == sort.by) else {
        return Err(StoreError::internal(format!("'{}' is no column of this list", sort.by)));
    };
    let (expr, tag) = (by.key.expr(), sort.tag());
    let mut select = select;
    if let Some(after) = &page.after {
        let key = after.text.strip_prefix(&tag).ok_or(InvalidCursor)?;
        let further = |column: Expr, value: Value| {
            if sort.descending { column.lt(value) } else { column.gt(value) }
        };
        let tie = further(Expr::col((R::Entity::default(), list.id)), after.id.into());
        select = select.filter(match &expr {
            None => Condition::all().add(tie),
            Some(expr) => {
                let value = by.key.value(key)?;
                let same = Condition::all().add(expr.clone().eq(value.clone())).add(tie);
                Condition::any().add(further(expr.clone(), value)).add(same)
            }
        });
    }
    let order = || if sort.descending { Order::Desc } else { Order::Asc };
    if let Some(expr) = expr {
        select = select.order_by(expr, order());
    }
    Ok(Ordered { select: select.order_by(list.id, order()), by, tag })
}

/// What SQLite does for a page of a list.
#[cfg(test)]
pub(crate) async fn plan<R: Record>(
    select: Select<R::Entity>,
    list: &Sorting<R>,
    page: &Page,
) -> Vec<String> {
    use std::sync::Arc;

    use sea_orm::{DbBackend, QueryTrait as _};
    use sekisho_model::clock::ManualClock;
    use sekisho_model::rng::SeededRng;

    use crate::{Store, StoreConfig, StoreUrl};

    let folder = tempfile::tempdir().expect("a folder");
    let config = StoreConfig::new(StoreUrl::Sqlite(folder.path().join("store.db")));
    let (clock, rng) = (Arc::new(ManualClock::new(Timestamp::EPOCH)), Arc::new(SeededRng::new(1)));
    let store = Store::connect(&config, clock, rng).await.expect("connects");
    let ordered = ordered(select, list, page).expect("a column of the list");
    let mut plan = ordered.select.limit(51).build(DbBackend::Sqlite);
    plan.sql = format!("EXPLAIN QUERY PLAN {}", plan.sql);
    let steps = store.writer.query_all_raw(plan).await.expect("explained");
    steps.iter().map(|step| step.try_get("", "detail").expect("text")).collect()
}

impl Sort {
    /// What the text of a cursor begins with. Not one character of it needs
    /// to be written otherwise in a query string.
    pub(crate) fn tag(self) -> String {
        format!("{}{}:", if self.descending { "~" } else { "" }, self.by)
    }
}

fn beyond<C: ColumnTrait>(by: &By<C>, after: &Cursor) -> Result<Condition, InvalidCursor> {
    Ok(match by {
        By::HighestNumber(number) => {
            let after: i64 = after.text.parse().map_err(|_| InvalidCursor)?;
            Condition::all().add(number.lt(after))
        }
        By::Name(name, id) => Condition::any()
            .add(name.gt(after.text.as_str()))
            .add(Condition::all().add(name.eq(after.text.as_str())).add(id.gt(after.id))),
    })
}

/// A condition: the column contains the text, taken literally.
pub(crate) fn contains<C: ColumnTrait>(column: C, text: &str) -> Expr {
    like(column, format!("%{}%", escaped(text)))
}

/// A condition: the column begins with the text, taken literally.
pub(crate) fn begins_with<C: ColumnTrait>(column: C, text: &str) -> Expr {
    like(column, format!("{}%", escaped(text)))
}

/// A condition: the column ends with the text, taken literally.
pub(crate) fn ends_with<C: ColumnTrait>(column: C, text: &str) -> Expr {
    like(column, format!("%{}", escaped(text)))
}

fn like<C: ColumnTrait>(column: C, pattern: String) -> Expr {
    Expr::col((C::EntityName::default(), column))
        .like(sea_orm::sea_query::LikeExpr::new(pattern).escape('\\'))
}

/// A condition: the column contains the text in any case, taken literally.
pub(crate) fn contains_in_any_case<C: ColumnTrait>(column: C, text: &str) -> Expr {
    let pattern = format!("%{}%", escaped(&text.to_lowercase()));
    Expr::expr(Func::lower(Expr::col((C::EntityName::default(), column))))
        .like(sea_orm::sea_query::LikeExpr::new(pattern).escape('\\'))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_being_text() {
        let cursor = Cursor { id: Uuid::from_u128(7), text: "名前 %_\\".to_owned() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("x".parse::<Cursor>(), Err(InvalidCursor));
        assert_eq!("名前名前名前名前名前名前名前名前".parse::<Cursor>(), Err(InvalidCursor));
    }
}
