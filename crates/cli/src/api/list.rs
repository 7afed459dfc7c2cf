//! Lists, page by page.

use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Api, encode, read};
use crate::error::{CliError, Result};
use crate::output::Output;

/// The most items of one page.
const MAX_PAGE: u16 = 200;

/// The most pages that are followed: a server that always says *next* ends
/// here.
const MAX_PAGES: usize = 5_000;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Args)]
pub(crate) struct Paging {
    /// Follow all pages
    #[arg(long)]
    pub(crate) all: bool,
    /// At most so many items a page
    #[arg(long, value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_PAGE)))]
    pub(crate) limit: u16,
    /// Begin after this cursor (the "next" of the page before)
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
    /// Sort by this column of the list; with - before it, backwards
    ///
    /// The server names the columns when it does not know one.
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    pub(crate) sort: Option<String>,
}

impl Paging {
    /// Of a list that is always complete and takes no part of it.
    pub(crate) fn unasked() -> Self {
        Self { all: false, limit: 0, after: None, sort: None }
    }

    /// Everything.
    pub(crate) fn everything() -> Self {
        Self { all: true, limit: MAX_PAGE, after: None, sort: None }
    }
}

/// A list, or a page of it, with the items exactly as the server wrote them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listing {
    items: Vec<Box<RawValue>>,
    next: Option<String>,
}

impl Listing {
    /// The items as values of ours.
    pub(crate) fn items<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        self.items.iter().map(|item| read(item.get().as_bytes())).collect()
    }

    /// Prints the list as JSON, or as the table that `table` makes of it.
    pub(crate) fn print<T: DeserializeOwned>(
        &self,
        out: &Output,
        table: impl FnOnce(Vec<T>) -> crate::output::table::Table,
    ) -> Result<()> {
        if out.json {
            return out.json(self);
        }
        let items = self.items::<T>()?;
        if items.is_empty() {
            out.note("nothing to list");
            return Ok(());
        }
        out.table(table(items))?;
        if let Some(next) = &self.next {
            let next = crate::output::text::safe(next);
            out.note(&format!("there is more: --all for everything, --after {next} to go on"));
        }
        Ok(())
    }
}

/// A path with the parts of its query.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    path: String,
    parts: Vec<String>,
}

impl Query {
    /// A path without a query.
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), parts: Vec::new() }
    }

    /// With one more parameter, if it has a value.
    pub(crate) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.parts.push(format!("{name}={}", encode(value)));
        }
        self
    }

    /// The text of the request line.
    pub(crate) fn text(&self) -> String {
        if self.parts.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.parts.join("&"))
        }
    }
}

impl Api {
    /// Reads a list.
    pub(crate) async fn list(&mut self, query: Query, paging: &Paging) -> Result<Listing> {
        let query = query
            .with("limit", (paging.limit > 0).then(|| paging.limit.to_string()).as_deref())
            .with("sort", paging.sort.as_deref());
        let mut items = Vec::new();
        let mut after = paging.after.clone();
        for _ in 0..MAX_PAGES {
            let path = query.clone().with("after", after.as_deref()).text();
            let page: Listing = self.get(&path).await?.read()?;
            items.extend(page.items);
            after = page.next;
            if after.is_none() || !paging.all {
                return Ok(Listing { items, next: after });
            }
        }
        Err(CliError::Failed(format!("the list has more than {MAX_PAGES} pages")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_without_a_value_are_left_out() {
        let query = Query::new("/accounts").with("q", Some("a b")).with("resource", None);
        assert_eq!(query.text(), "/accounts?q=a%20b");
        assert_eq!(Query::new("/x").text(), "/x");
    }

    #[test]
    fn a_list_is_printed_as_it_came() {
        let text = r#"{"items":[{"b":1,"a":1.50}],"next":null}"#;
        let listing: Listing = serde_json::from_str(text).expect("list");
        assert_eq!(serde_json::to_string(&listing).expect("text"), text);
    }
}
