//! Endpoints and who may reach them.

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::path::PathItem;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::guard::{Guard, guard, open};
use crate::app::SharedApp;

/// The access class of an endpoint. What a signed-in caller may do is the
/// policy's matter; this decides who is let in at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Whoever is signed in; a token needs the scope `read` for GET, `write`
    /// for the rest.
    SignedIn,
    /// As `SignedIn`, and the request or the answer holds a secret: neither the
    /// answer nor a hash of the request (a password could be guessed from it)
    /// is ever stored; a repeat with the same idempotency key is judged again.
    Secret,
    /// As `SignedIn`, and about nobody but the caller: open also to a session
    /// that lacks the second factor its role needs, so that one can be set up.
    Own,
    /// As `Own`, and the request or the answer holds a secret.
    OwnSecret,
    /// The answer holds a password; a token needs the scope `reveal`.
    Reveal,
    /// For another site's server; a token needs the scope `witness`.
    Witness,
}

impl Access {
    /// Whether a request or an answer may hold a secret.
    pub const fn has_secrets(self) -> bool {
        match self {
            Self::Secret | Self::OwnSecret | Self::Reveal => true,
            Self::Open | Self::SignedIn | Self::Own | Self::Witness => false,
        }
    }
}

/// One endpoint, for tests that visit all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteInfo {
    /// The path below the host, with `{…}` for its parameters.
    pub path: String,
    /// The method.
    pub method: &'static str,
    /// Whether anybody may call it.
    pub open: bool,
}

/// The endpoints of a feature.
#[derive(Default)]
pub struct Routes(Vec<(Access, UtoipaMethodRouter<SharedApp>)>);

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Endpoints for anybody.
    #[must_use]
    pub fn open(self, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.with(Access::Open, routes)
    }

    /// Endpoints for whoever is signed in.
    #[must_use]
    pub fn signed_in(self, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.with(Access::SignedIn, routes)
    }

    /// Endpoints whose requests or answers hold a secret.
    #[must_use]
    pub fn with_secret(self, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.with(Access::Secret, routes)
    }

    /// Endpoints about nobody but the caller.
    #[must_use]
    pub fn own(self, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.with(Access::Own, routes)
    }

    /// Endpoints about nobody but the caller whose requests or answers hold a
    /// secret.
    #[must_use]
    pub fn own_secret(self, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.with(Access::OwnSecret, routes)
    }

    /// Endpoints whose answers hold a password.
    #[must_use]
    pub fn reveal(self, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.with(Access::Reveal, routes)
    }

    /// Endpoints for another site's server.
    #[must_use]
    pub fn witness(self, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.with(Access::Witness, routes)
    }

    fn with(mut self, access: Access, routes: UtoipaMethodRouter<SharedApp>) -> Self {
        self.0.push((access, routes));
        self
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Every endpoint, sorted.
    pub(super) fn info(&self, prefix: &str) -> Vec<RouteInfo> {
        let mut all = Vec::new();
        for (access, (_, paths, _)) in &self.0 {
            for (path, item) in &paths.paths {
                for method in methods(item) {
                    let open = *access == Access::Open;
                    all.push(RouteInfo { path: format!("{prefix}{path}"), method, open });
                }
            }
        }
        all.sort();
        all
    }

    /// Without guards, for the description.
    pub(super) fn described(self) -> OpenApiRouter<SharedApp> {
        self.0.into_iter().fold(OpenApiRouter::default(), |all, (_, routes)| all.routes(routes))
    }

    /// Each endpoint behind its guard.
    pub(super) fn guarded(self, app: &SharedApp) -> Router<SharedApp> {
        let mut all = OpenApiRouter::default();
        for (access, (schemas, paths, handlers)) in self.0 {
            let handlers = match access {
                Access::Open => handlers.route_layer(axum::middleware::from_fn(open)),
                Access::SignedIn
                | Access::Secret
                | Access::Own
                | Access::OwnSecret
                | Access::Reveal
                | Access::Witness => {
                    let state = Guard { app: app.clone(), access };
                    handlers.route_layer(from_fn_with_state(state, guard))
                }
            };
            all = all.routes((schemas, paths, handlers));
        }
        all.into()
    }
}

fn methods(item: &PathItem) -> impl Iterator<Item = &'static str> {
    [
        ("GET", item.get.is_some()),
        ("PUT", item.put.is_some()),
        ("POST", item.post.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
    ]
    .into_iter()
    .filter_map(|(method, there)| there.then_some(method))
}
