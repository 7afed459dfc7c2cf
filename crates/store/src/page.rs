//! Lists, one page at a time (keyset paging: no offset, no total).

use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;

use crate::error::StoreError;
use crate::stored::Record;

/// The most items one page holds.
pub const MAX_PAGE: u16 = 200;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The [`Paged::next`] of the page before; `None` for the first page.
    pub after: Option<Cursor>,
    /// At most so many items; more than [`MAX_PAGE`] is read as [`MAX_PAGE`],
    /// 0 as 1.
    pub limit: u16,
}

impl Page {
    /// The first page of a list.
    pub const fn first(limit: u16) -> Self {
        Self { after: None, limit }
    }

    /// The page after a cursor.
    pub const fn after(cursor: Cursor, limit: u16) -> Self {
        Self { after: Some(cursor), limit }
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
}

impl<T> Paged<T> {
    /// The same page with other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Paged<U> {
        Paged { items: self.items.into_iter().map(change).collect(), next: self.next }
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
    /// Newest first, to the millisecond.
    NewestId(C),
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
    if let Some(after) = &page.after {
        select = select.filter(beyond(&by, after)?);
    }
    select = match by {
        By::NewestId(column) | By::HighestNumber(column) => select.order_by(column, Order::Desc),
        By::Name(name, id) => select.order_by(name, Order::Asc).order_by(id, Order::Asc),
    };
    // One more than asked for tells whether there is another page.
    let rows = select.limit(page.size() as u64 + 1).all(db).await?;
    let more = rows.len() > page.size();
    let items: Vec<R> =
        rows.into_iter().take(page.size()).map(R::from_row).collect::<Result<_, _>>()?;
    let next = if more { items.last().map(&place) } else { None };
    Ok(Paged { items, next })
}

fn beyond<C: ColumnTrait>(by: &By<C>, after: &Cursor) -> Result<Condition, InvalidCursor> {
    Ok(match by {
        By::HighestNumber(number) => {
            let after: i64 = after.text.parse().map_err(|_| InvalidCursor)?;
            Condition::all().add(number.lt(after))
        }
        By::NewestId(id) => Condition::all().add(id.lt(after.id)),
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
