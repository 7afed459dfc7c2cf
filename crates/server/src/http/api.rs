//! The whole API: every feature's endpoints under one roof.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response};

use super::console;
use super::envelope::envelope;
use super::json::MAX_BODY_BYTES;
use super::problem::{Problem, ProblemBody};
use super::route::{RouteInfo, Routes};
use crate::app::SharedApp;

/// Where the API begins.
pub const PREFIX: &str = "/api/v1";

/// The endpoints of every feature. Add yours here, nowhere else.
fn features() -> Routes {
    Routes::new()
        .and(crate::system::routes())
        .and(crate::recovery_key::routes())
        .and(crate::certificate::routes())
        .and(crate::sessions::routes())
        .and(crate::passkeys::routes())
        .and(crate::oidc::routes())
        .and(crate::preferences::routes())
        .and(crate::tokens::routes())
        .and(crate::users::routes())
        .and(crate::roles::routes())
        .and(crate::audit::routes())
        .and(crate::policies::routes())
        .and(crate::resources::routes())
        .and(crate::accounts::routes())
        .and(crate::rotation::routes())
        .and(crate::gateways::routes())
        .and(crate::groups::routes())
        .and(crate::user_groups::routes())
        .and(crate::sharing::routes())
        .and(crate::orders::routes::routes())
        .and(crate::enrolment_keys::routes())
        .and(crate::devices::routes())
        .and(crate::live::routes())
        .and(crate::overview::routes())
        .and(crate::agent_management::routes())
        .and(crate::packages::routes())
        .and(crate::notifications::routes())
        .and(crate::reports::routes())
        .and(crate::mail::routes())
}

/// Endpoints outside of the API, for those who watch the server.
fn probes() -> Routes {
    crate::system::probes()
}

/// Every endpoint there is, sorted.
pub fn routes() -> Vec<RouteInfo> {
    let mut all = features().info(PREFIX);
    all.extend(probes().info(""));
    all.sort();
    all
}

/// The router of the API's listener, which serves the console, too.
pub fn router(app: SharedApp) -> Router {
    Router::new()
        .nest(PREFIX, features().guarded(&app))
        .merge(probes().guarded(&app))
        .merge(console::files())
        .fallback(console::fallback)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), envelope))
        .with_state(app)
}

async fn method_not_allowed() -> axum::response::Response {
    Problem::MethodNotAllowed.into_response()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sekisho",
        description = "Keeps, rotates and lends the passwords of privileged accounts. Every \
                       refusal is `application/problem+json` with a stable `code`. POST takes an \
                       `Idempotency-Key`. Objects people edit have an ETag; PATCH and DELETE \
                       need `If-Match`.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    components(schemas(ProblemBody)),
    security(("session" = []), ("token" = [])),
)]
struct Description;

/// The OpenAPI 3.1 document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Description::openapi();
    let features =
        utoipa_axum::router::OpenApiRouter::default().nest(PREFIX, features().described());
    document.merge(features.merge(probes().described()).into_openapi());
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            describe_refusals(operation);
        }
    }
    let components = document.components.get_or_insert_default();
    let cookie = ApiKey::Cookie(ApiKeyValue::new(super::SESSION_COOKIE));
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("sekisho_pat_…");
    components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, patch, delete, .. } = item;
    [get, put, post, patch, delete].into_iter().filter_map(Option::as_mut)
}

/// Adds what every endpoint may answer, and the body of every refusal.
fn describe_refusals(operation: &mut Operation) {
    let is_open = operation.security.is_some();
    let common = [
        ("400", "A field is missing, unknown or malformed", true),
        ("401", "Not signed in", !is_open),
        ("403", "Not allowed, or from another site", !is_open),
        (
            "503",
            "The database is unavailable; nothing was changed unless `code` is `undecided`",
            true,
        ),
    ];
    let responses = &mut operation.responses.responses;
    for (status, description, always) in common {
        if always && !responses.contains_key(status) {
            responses.insert(status.to_owned(), RefOr::T(Response::new(description)));
        }
    }
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response
            && status.as_str() >= "400"
            && response.content.is_empty()
        {
            let schema = Some(Ref::from_schema_name("ProblemBody"));
            let content = ContentBuilder::new().schema(schema).build();
            response.content.insert("application/problem+json".to_owned(), content.into());
        }
    }
}
