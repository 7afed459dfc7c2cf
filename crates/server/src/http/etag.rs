//! Versions of objects that people edit: `ETag` and `If-Match`.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, header};
use serde::Serialize;

use super::problem::Problem;

/// A JSON answer with the version of its object as ETag.
#[derive(Debug)]
pub struct Tagged<T> {
    /// The object's version.
    pub version: i64,
    /// The object.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = HeaderValue::from_str(&format!("\"{}\"", self.version))
            .expect("a number in quotes is a header value");
        ([(header::ETAG, tag)], axum::Json(self.body)).into_response()
    }
}

/// The version the caller has read. Required: without it the answer is 428.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(i64);

impl IfMatch {
    /// A version, for use-cases called without HTTP.
    pub const fn version(version: i64) -> Self {
        Self(version)
    }

    /// Compares with the object's version now.
    ///
    /// # Errors
    /// [`Problem::Stale`].
    pub fn check(self, now: i64) -> Result<(), Problem> {
        if self.0 == now { Ok(()) } else { Err(Problem::Stale) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let value = parts.headers.get(header::IF_MATCH).ok_or(Problem::PreconditionRequired)?;
        value
            .to_str()
            .ok()
            .and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok())
            .map(Self)
            .ok_or_else(|| {
                let detail = "If-Match is not an ETag of this server; it looks like \"3\"";
                Problem::invalid("If-Match", detail)
            })
    }
}
