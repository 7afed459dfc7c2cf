//! Query strings: filters and pages.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use sekisho_store::Page;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::json::sentence;
use super::problem::Problem;

/// A query string as `T`. Every value comes as text: give fields that are not
/// text `#[serde(default, deserialize_with = "from_text")]`.
#[derive(Debug)]
pub struct Query<T>(pub T);

/// A list's query string: which page, a search text, and a filter of its own.
#[derive(Debug)]
pub struct List<T> {
    /// Which page is wanted.
    pub page: Page,
    /// What is searched for, not empty.
    pub q: Option<String>,
    /// The list's own parameters.
    pub filter: T,
}

impl<T> List<T> {
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
}

const DEFAULT_LIMIT: u16 = 50;
const MAX_SEARCH_CHARS: usize = 200;

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        filter(pairs(parts)?, &[]).map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for List<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut page = Page::first(DEFAULT_LIMIT);
        let mut q = None;
        let mut rest = Vec::new();
        for (name, value) in pairs(parts)? {
            match name.as_str() {
                "limit" => page.limit = limit(&value)?,
                "after" => page.after = Some(value.parse()?),
                "q" => q = search(value)?,
                _ => rest.push((name, value)),
            }
        }
        Ok(Self { page, q, filter: filter(rest, &["limit", "after", "q"])? })
    }
}

fn pairs(parts: &Parts) -> Result<Vec<(String, String)>, Problem> {
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

    async fn list(query: &str) -> Result<List<Mine>, Problem> {
        let request = http::Request::get(format!("/x?{query}")).body(()).expect("a request");
        List::from_request_parts(&mut request.into_parts().0, &()).await
    }

    #[tokio::test]
    async fn pages_and_filters_are_told_apart() {
        let found = list("limit=7&q=%20web%20&mine=true").await.expect("valid");
        assert_eq!((found.page.limit, found.q.as_deref()), (7, Some("web")));
        assert_eq!(found.filter.mine, Some(true));
    }

    #[tokio::test]
    async fn nonsense_is_named() {
        for (query, detail) in [
            ("limit=0", "'limit' is '0'; give 1 to 200"),
            ("limti=3", "'limti' is not a known field; did you mean 'limit'?"),
            ("after=x", "the cursor is not one that this server gave"),
            ("mine=perhaps", "'perhaps': provided string was not `true` or `false`"),
        ] {
            let problem = list(query).await.expect_err(query).to_string();
            let expected = detail.split(';').next().expect("text");
            assert!(problem.starts_with(expected), "{query}: {problem}");
        }
    }
}
