//! Lists as files for spreadsheets (RFC 4180), sent while they are read.

use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header;
use http::request::Parts;
use sekisho_model::Timestamp;
use sekisho_model::event::Event;
use sekisho_store::{MAX_PAGE, Page, PageEnd, Sort};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::actor::Authenticated;
use super::problem::Problem;
use super::query::{List, Sorts, Unsorted, flag, pairs};
use crate::app::{App, SharedApp};

/// The columns of a file: their heads, which stay the same for good, and where
/// the values are in a row (RFC 6901).
pub type Columns = &'static [(&'static str, &'static str)];

/// A list that can be written as a file.
pub trait Export: Send + Sync + 'static {
    /// What one row is shown as.
    type Row: Serialize + Send;

    /// The name of the list, in the file's name and in the audit log.
    const NAME: &'static str;

    /// The columns.
    const COLUMNS: Columns;

    /// The name of this list, where one type makes several.
    fn name(&self) -> &'static str {
        Self::NAME
    }

    /// The columns of this list, where one type makes several.
    fn columns(&self) -> Columns {
        Self::COLUMNS
    }

    /// One page, as the list itself shows it to this caller.
    fn page(
        &self,
        app: &App,
        caller: &Authenticated,
        page: &Page,
    ) -> impl Future<Output = Result<(Vec<Self::Row>, PageEnd), Problem>> + Send;
}

/// The parameters of a file besides the list's own, for its description.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CsvQuery {
    /// As for the list itself.
    pub q: Option<String>,
    /// `true`: begin with the mark by which spreadsheets know UTF-8.
    pub bom: Option<bool>,
}

/// The query string of a file: that of the list without its pages.
#[derive(Debug)]
pub struct CsvList<T, S = Unsorted> {
    /// What is wanted of the list.
    pub list: List<T, S>,
    /// Whether the file begins with a byte order mark.
    pub bom: bool,
}

impl<T, O, S> FromRequestParts<S> for CsvList<T, O>
where
    T: DeserializeOwned,
    O: Sorts,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut bom = false;
        let mut rest = Vec::new();
        for (name, value) in pairs(parts)? {
            match name.as_str() {
                "bom" => bom = flag("bom", &value)?,
                "limit" | "after" | "count" => {
                    let detail = format!("a file has no pages; leave '{name}' out");
                    return Err(Problem::invalid(name, detail));
                }
                _ => rest.push((name, value)),
            }
        }
        Ok(Self { list: List::from_pairs(rest)?, bom })
    }
}

/// What was asked for besides the conditions.
#[derive(Clone, Debug)]
pub struct File {
    sort: Option<Sort>,
    bom: bool,
    asked: String,
}

impl<T, S> CsvList<T, S> {
    /// The list's conditions, and what the file is to be.
    pub fn into_parts(self) -> (List<T, S>, File) {
        let Self { list, bom } = self;
        let file = File { sort: list.page.sort, bom, asked: list.asked.clone() };
        (list, file)
    }
}

/// Answers with everything of a list that the caller may see. On record before
/// the first byte; read page by page while it is sent, so that it takes no
/// more memory than a page. An export that cannot be finished ends with a
/// broken connection, never as a shorter file.
///
/// # Errors
/// When it cannot be put on record, when too many exports run at once, or when
/// the first page cannot be read.
pub async fn csv<E: Export>(
    app: SharedApp,
    caller: Authenticated,
    list: E,
    file: File,
) -> Result<Response, Problem> {
    let File { sort, bom, asked } = file;
    let slot = app
        .export_slots
        .clone()
        .try_acquire_owned()
        .map_err(|_| Problem::Unavailable { reason: "too many exports at once".to_owned() })?;
    let mut work = app.store.begin(&caller.context()).await?;
    work.record(Event::ListExported { list: list.name().to_owned(), filter: asked });
    work.commit().await.map(drop)?;

    let page = Page { sort, ..Page::first(MAX_PAGE) };
    let (rows, end) = list.page(&app, &caller, &page).await?;
    let mut first = String::from(if bom { "\u{feff}" } else { "" });
    write_head(&mut first, list.columns());
    write_rows(&mut first, list.columns(), &rows)?;

    let name = file_name(list.name(), caller.now);
    let disposition = format!("attachment; filename=\"{name}\"");
    let rest = Rest { app, caller, list, sort, next: end.next, _slot: slot };
    let rest = futures_util::stream::unfold(Some(rest), |rest| async move {
        let mut rest = rest?;
        match rest.read().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some(rest))),
            Ok(None) => None,
            Err(problem) => {
                tracing::warn!(%problem, "an export was broken off");
                Some((Err(std::io::Error::other("the export was broken off")), None))
            }
        }
    });
    let first = futures_util::stream::once(async { Ok::<_, std::io::Error>(Bytes::from(first)) });
    let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, body).into_response())
}

/// What is still to be read.
struct Rest<E> {
    app: SharedApp,
    caller: Authenticated,
    list: E,
    sort: Option<Sort>,
    next: Option<sekisho_store::Cursor>,
    _slot: tokio::sync::OwnedSemaphorePermit,
}

impl<E: Export> Rest<E> {
    async fn read(&mut self) -> Result<Option<Bytes>, Problem> {
        let Some(after) = self.next.take() else { return Ok(None) };
        if !self.caller.look_again(&self.app).await? {
            return Err(Problem::Unauthenticated { detail: "the session has ended" });
        }
        let page = Page { sort: self.sort, ..Page::after(after, MAX_PAGE) };
        let (rows, end) = self.list.page(&self.app, &self.caller, &page).await?;
        self.next = end.next;
        let mut text = String::new();
        write_rows(&mut text, self.list.columns(), &rows)?;
        Ok(Some(Bytes::from(text)))
    }
}

/// How a file is called that was made at an instant.
pub fn file_name(list: &str, at: Timestamp) -> String {
    format!("sekisho-{list}-{}.csv", &at.to_string()[..10])
}

/// Writes the heads of columns.
pub fn write_head(text: &mut String, columns: Columns) {
    line(text, columns.iter().map(|(head, _)| (*head).to_owned()));
}

/// Writes rows under their heads.
///
/// # Errors
/// When a row does not become JSON.
pub fn write_rows<R: Serialize>(
    text: &mut String,
    columns: Columns,
    rows: &[R],
) -> Result<(), Problem> {
    for row in rows {
        let row = serde_json::to_value(row).map_err(Problem::internal)?;
        let cell = |pointer: &str| row.pointer(pointer).map(shown).unwrap_or_default();
        line(text, columns.iter().map(|(_, pointer)| cell(pointer)));
    }
    Ok(())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_cell(text, &cell);
    }
    text.push_str("\r\n");
}

/// A text that a spreadsheet would run as a formula gets an apostrophe before
/// it, which the spreadsheet does not show.
fn push_cell(text: &mut String, cell: &str) {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = cell.contains(['"', ',', '\r', '\n']);
    if quoted {
        text.push('"');
    }
    if runs {
        text.push('\'');
    }
    if quoted {
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut out = String::new();
        push_cell(&mut out, text);
        out
    }

    #[test]
    fn a_spreadsheet_runs_nothing_that_a_name_holds() {
        for text in ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "=a,\"b\""] {
            let written = cell(text);
            assert!(written.trim_start_matches('"').starts_with('\''), "{written}");
        }
        for harmless in ["", "a=b", "名前", "1", "a@b"] {
            assert_eq!(cell(harmless), harmless);
        }
    }

    #[test]
    fn quotes_commas_and_lines_stay_in_their_cell() {
        assert_eq!(cell("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(cell("a\nb"), "\"a\nb\"");
    }
}
