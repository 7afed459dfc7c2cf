//! The web console beside the API: its files, and its page for every address
//! that a person may open.
//!
//! What lies below `/api` never becomes a page, and neither does a request that
//! does not ask for one: a program that mistypes a path gets a problem.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, Method, Uri, header};
use sekisho_console_assets::{Nonce, asset, page};
use sekisho_model::rng::random_bytes;

use super::api::PREFIX;
use super::problem::Problem;
use crate::app::SharedApp;

/// The routes of the console's files.
pub(super) fn files() -> Router<SharedApp> {
    async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
        match asset(&name, &headers) {
            Some(found) => found.map(Body::from).into_response(),
            None => NOT_FOUND.into_response(),
        }
    }
    Router::new().route("/assets/{name}", get(file))
}

const NOT_FOUND: Problem = Problem::NotFound { what: "path" };

/// What no route matches: the console for a browser, a problem for the rest.
pub(super) async fn fallback(
    State(app): State<SharedApp>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if is_page(&method, uri.path(), &headers) {
        let nonce = Nonce::new(random_bytes(app.rng.as_ref()));
        page(&nonce).map(Body::from).into_response()
    } else {
        NOT_FOUND.into_response()
    }
}

/// Whether somebody opens an address of the console in a browser.
fn is_page(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let api = PREFIX.split('/').nth(1).unwrap_or_default();
    let first = path.split('/').nth(1).unwrap_or_default();
    let wants_page = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|text| text.contains("text/html"));
    matches!(*method, Method::GET | Method::HEAD)
        && wants_page
        && !first.eq_ignore_ascii_case(api)
        && first != "assets"
}
