//! Query strings: filters and pages.

use std::marker::PhantomData;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use sekisho_store::{Page, Sort};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::json::sentence;
use super::problem::Problem;

/// A query string as `T`. Every value comes as text: give fields that are not
/// text `#[serde(default, deserialize_with = "from_text")]`.
#[derive(Debug)]
pub struct Query<T>(pub T);

/// What a list can be sorted by.
pub trait Sorts {
    /// Its words; the store has a column for each.
    const WORDS: &'static [&'static str];
}

/// For lists whose order is fixed.
#[derive(Debug)]
pub struct Unsorted;

impl Sorts for Unsorted {
    const WORDS: &'static [&'static str] = &[];
}

/// A list's query string: which page of it, sorted by which of the words of
/// `S`, a search text, and a filter of its own.
#[derive(Debug)]
pub struct List<T, S = Unsorted> {
    /// Which page is wanted, and how the list is sorted.
    pub page: Page,
    /// What is searched for, not empty.
    pub q: Option<String>,
    /// The list's own parameters.
    pub filter: T,
    /// What was asked for besides the place of the page, as text for the
    /// audit log.
    pub asked: String,
    sorts: PhantomData<S>,
}

impl<T, S> List<T, S> {
    /// For lists that cannot be searched.
    ///
    /// # Errors
    /// When a search is asked for: ignoring it would look like an answer.
    pub fn no_search(&self) -> Result<(), Problem> {
        match self.q {
            None => Ok(()),
            Some(_) => Err(Problem::invalid("q", "this list cannot be searched; leave 'q' out")),
        }
    }
}

/// For lists without parameters of their own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// The parameters every list takes, for its description.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// At most so many items: 1 to 200, 50 if not given.
    #[param(minimum = 1, maximum = 200, required = false)]
    pub limit: u16,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Only items whose name contains this text.
    pub q: Option<String>,
    /// Also say how many items all pages have, up to 10,000.
    pub count: Option<bool>,
}

/// The parameter of lists that can be sorted, for their description.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SortQuery {
    /// By one of the columns named above; `-` before it: the highest, or the
    /// newest, first. What an item does not have counts as lowest.
    pub sort: Option<String>,
}

const DEFAULT_LIMIT: u16 = 50;
const MAX_SEARCH_CHARS: usize = 200;
const MAX_ASKED_CHARS: usize = 500;

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        filter(pairs(parts)?, &[]).map(Self)
    }
}

impl<T, O, S> FromRequestParts<S> for List<T, O>
where
    T: DeserializeOwned,
    O: Sorts,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::from_pairs(pairs(parts)?)
    }
}

impl<T: DeserializeOwned, O: Sorts> List<T, O> {
    /// Reads the parameters of a list.
    pub(super) fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut page = Page::first(DEFAULT_LIMIT);
        let mut q = None;
        let mut rest = Vec::new();
        let mut asked = Vec::new();
        for (name, value) in pairs {
            if !matches!(name.as_str(), "limit" | "after" | "count") {
                asked.push(format!("{name}={value}"));
            }
            match name.as_str() {
                "limit" => page.limit = limit(&value)?,
                "after" => page.after = Some(value.parse()?),
                "sort" => page.sort = Some(sort(&value, O::WORDS)?),
                "count" => page.count = flag("count", &value)?,
                "q" => q = search(value)?,
                _ => rest.push((name, value)),
            }
        }
        let filter = filter(rest, &["limit", "after", "sort", "count", "q"])?;
        let asked = asked.join(" ").chars().take(MAX_ASKED_CHARS).collect();
        Ok(Self { page, q, filter, asked, sorts: PhantomData })
    }
}

fn sort(text: &str, words: &'static [&'static str]) -> Result<Sort, Problem> {
    if words.is_empty() {
        let detail = "the order of this list is fixed; leave 'sort' out";
        return Err(Problem::invalid("sort", detail));
    }
    let (wanted, descending) = match text.strip_prefix('-') {
        Some(wanted) => (wanted, true),
        None => (text, false),
    };
    let found = words.iter().find(|word| **word == wanted);
    found.map(|by| Sort { by, descending }).ok_or_else(|| {
        let found: String = text.chars().take(40).collect();
        let detail = format!(
            "'sort' is '{found}'; give one of: {}, or one of them with '-' before it",
            words.join(", ")
        );
        Problem::invalid("sort", detail)
    })
}

pub(super) fn flag(field: &str, text: &str) -> Result<bool, Problem> {
    text.parse().map_err(|_| {
        let found: String = text.chars().take(20).collect();
        Problem::invalid(field, format!("'{field}' is '{found}'; give true or false"))
    })
}

pub(super) fn pairs(parts: &Parts) -> Result<Vec<(String, String)>, Problem> {
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map(|query| query.0)
        .map_err(|_| Problem::InvalidInput {
            field: None,
            detail: "the query string is malformed; percent-encode its values".to_owned(),
        })
}

fn limit(text: &str) -> Result<u16, Problem> {
    match text.parse() {
        Ok(limit @ 1..=sekisho_store::MAX_PAGE) => Ok(limit),
        Ok(_) | Err(_) => {
            let found: String = text.chars().take(20).collect();
            Err(Problem::invalid("limit", format!("'limit' is '{found}'; give 1 to 200")))
        }
    }
}

fn search(text: String) -> Result<Option<String>, Problem> {
    if text.chars().count() > MAX_SEARCH_CHARS {
        let detail = format!("'q' is longer than {MAX_SEARCH_CHARS} characters; shorten it");
        return Err(Problem::invalid("q", detail));
    }
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

fn filter<T: DeserializeOwned>(pairs: Vec<(String, String)>, more: &[&str]) -> Result<T, Problem> {
    let object =
        pairs.into_iter().map(|(name, value)| (name, serde_json::Value::String(value))).collect();
    T::deserialize(serde_json::Value::Object(object))
        .map_err(|error| sentence(&error.to_string(), None, more))
}

/// Reads a value that came as text: a number, a flag, a word, an id.
///
/// # Errors
/// The type's own, which must say what was found.
pub fn from_text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    let shown = || text.chars().take(64).collect::<String>();
    text.parse().map(Some).map_err(|error| D::Error::custom(format_args!("'{}': {error}", shown())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Mine {
        #[serde(default, deserialize_with = "from_text")]
        mine: Option<bool>,
    }

    #[derive(Debug)]
    struct ByAge;

    impl Sorts for ByAge {
        const WORDS: &'static [&'static str] = &["name", "age"];
    }

    async fn list(query: &str) -> Result<List<Mine, ByAge>, Problem> {
        let request = http::Request::get(format!("/x?{query}")).body(()).expect("a request");
        List::from_request_parts(&mut request.into_parts().0, &()).await
    }

    #[tokio::test]
    async fn pages_and_filters_are_told_apart() {
        let found = list("limit=7&q=%20web%20&mine=true").await.expect("valid");
        assert_eq!((found.page.limit, found.q.as_deref()), (7, Some("web")));
        assert_eq!(found.filter.mine, Some(true));
        assert_eq!((found.page.sort, found.page.count), (None, false));
        let found = list("sort=-age&count=true").await.expect("valid");
        assert_eq!(found.page.sort, Some(Sort { by: "age", descending: true }));
        assert!(found.page.count);
        assert!(sort("name", Unsorted::WORDS).is_err());
    }

    #[tokio::test]
    async fn nonsense_is_named() {
        for (query, detail) in [
            ("limit=0", "'limit' is '0'; give 1 to 200"),
            ("limti=3", "'limti' is not a known field; did you mean 'limit'?"),
            ("sort=size", "'sort' is 'size'; give one of: name, age, or one of them with"),
            ("count=1", "'count' is '1'; give true or false"),
            ("after=x", "the cursor is not one that this server gave"),
            ("mine=perhaps", "'perhaps': provided string was not `true` or `false`"),
        ] {
            let problem = list(query).await.expect_err(query).to_string();
            let expected = detail.split(';').next().expect("text");
            assert!(problem.starts_with(expected), "{query}: {problem}");
        }
    }
}
