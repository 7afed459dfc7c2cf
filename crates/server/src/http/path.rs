//! Ids in paths.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use sekisho_model::Id;
use sekisho_model::id::Kind;

use super::problem::Problem;

/// The one id of a path: `/users/{id}`.
#[derive(Debug)]
pub struct PathId<K: Kind>(pub Id<K>);

/// The two ids of a path: `/accounts/{id}/history/{version}/reveal`.
#[derive(Debug)]
pub struct PathIds<K: Kind, L: Kind>(pub Id<K>, pub Id<L>);

/// The one word of a path that may be other than an id.
#[derive(Debug)]
pub struct PathText(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::invalid("id", error))?;
        Ok(Self(text))
    }
}

impl<K: Kind, S: Send + Sync> FromRequestParts<S> for PathId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::invalid("id", error))?;
        parse(&id).map(Self)
    }
}

impl<K: Kind, L: Kind, S: Send + Sync> FromRequestParts<S> for PathIds<K, L> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((first, second)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::invalid("id", error))?;
        Ok(Self(parse(&first)?, parse(&second)?))
    }
}

fn parse<K: Kind>(text: &str) -> Result<Id<K>, Problem> {
    text.parse().map_err(|error| Problem::invalid("id", error))
}
