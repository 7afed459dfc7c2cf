//! Signing in through an OpenID provider.
//!
//! The browser is sent there and comes back with a code. In between it holds a
//! short-lived cookie (`Lax`, because it comes back from another site) whose
//! hash leads to what this server remembers of the way out ([`waiting`]).
//! Nobody is found by name or mail address: an identity is the provider's
//! issuer and subject.
//!
//! The same way leads a signed-in person to a proof that it is still them, and
//! to an identity that is linked to their user ([`own`]).

mod http;
mod identities;
mod own;
mod people;
mod provider;
mod refusal;
mod token;
mod waiting;

use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use sekisho_model::Timestamp;
use sekisho_model::id::UserId;
use sekisho_pki::SubjectName;
use sekisho_store::{Access, StoreError};
use serde::Deserialize;
use utoipa_axum::routes;

use crate::app::{App, SharedApp};
use crate::config::{Config, OidcConfig};
use crate::http::{Anonymous, Problem, Query, Routes};
use crate::sessions::{Caller, Throttle, session_cookie};
use people::sign_in;
use provider::{Ask, OidcProblem, Person, Provider};
use refusal::{Refusal, refuse};
use waiting::{Purpose, Trip, Waiting};

pub(crate) use self::http::is_secure;

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .open(routes!(start_oidc))
        .open(routes!(finish_oidc))
        // Their answers set the cookie that the way back is bound to.
        .own_secret(routes!(own::start_proof))
        .own_secret(routes!(own::start_link))
        .own(routes!(identities::list_own_identities))
        .signed_in(routes!(identities::list_identities))
        .signed_in(routes!(identities::unlink_identity))
}

/// The provider, and the browsers that are on their way.
pub struct Oidc {
    provider: Option<Provider>,
    /// Where the provider sends browsers back to.
    redirect: String,
    waiting: Waiting,
}

impl Oidc {
    /// For what the configuration names.
    pub fn new(config: &Config) -> Self {
        let provider = config.oidc.clone().map(Provider::new);
        let base = config.oidc.as_ref().and_then(|oidc| oidc.public_url.clone());
        let base = base.unwrap_or_else(|| own_address(config));
        let redirect = format!("{base}/api/v1/session/oidc/callback");
        Self { provider, redirect, waiting: Waiting::default() }
    }

    /// What the button says; `None` when there is no provider.
    pub fn name(&self) -> Option<&str> {
        self.config().map(|config| config.name.as_str())
    }

    /// Whether a user can prove who they are through the provider.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn knows(&self, at: &impl Access, user: UserId) -> Result<bool, StoreError> {
        let Some(config) = self.config() else { return Ok(false) };
        let identities = at.identities().of_user(user).await?;
        Ok(identities.iter().any(|identity| identity.issuer == config.issuer))
    }

    fn config(&self) -> Option<&OidcConfig> {
        self.provider.as_ref().map(Provider::config)
    }

    fn provider(&self) -> Result<&Provider, Problem> {
        self.provider.as_ref().ok_or(Problem::NotFound { what: "OpenID provider" })
    }

    /// Prepares a way to the provider: where the browser goes, and the cookie
    /// that it comes back with.
    async fn depart(
        &self,
        app: &App,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(String, HeaderValue), Departure> {
        let ask = match purpose {
            Purpose::SignIn { .. } => Ask { anew: false, max_age: app.config.limits.session },
            Purpose::Prove(_) | Purpose::Link(_) => Ask { anew: true, max_age: Duration::ZERO },
        };
        let provider = self.provider()?;
        let (url, begun) = provider.begin(&self.redirect, ask, now).await.map_err(|problem| {
            tracing::warn!(%problem, "nobody can sign in through the OpenID provider");
            Departure::Unavailable
        })?;
        let token = self.waiting.keep(Trip { begun, purpose }, now, app.rng.as_ref());
        Ok((url, waiting::cookie(&token)?))
    }
}

/// Why nobody is sent to the provider.
enum Departure {
    /// It cannot be asked now.
    Unavailable,
    /// Something else.
    Problem(Problem),
}

impl From<Problem> for Departure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Where browsers reach this server, as far as it knows itself.
fn own_address(config: &Config) -> String {
    let name = match &config.public_name {
        SubjectName::Ip(address) if address.is_ipv6() => format!("[{address}]"),
        name => name.to_string(),
    };
    match config.listen.api.port() {
        443 => format!("https://{name}"),
        port => format!("https://{name}:{port}"),
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Start {
    /// Where to go afterwards: a path of the console.
    back: Option<String>,
}

/// What a provider gives the browser; more than these is passed over.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Callback {
    /// The code.
    code: Option<String>,
    /// What this server sent along.
    state: Option<String>,
    /// Why there is no code.
    error: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
}

/// Sends the browser to the OpenID provider.
#[utoipa::path(
    get, path = "/session/oidc/start", tag = "session", security(()), params(Start),
    responses(
        (status = 303, description = "To the provider, or to the sign-in page with `oidc=` why not"),
        (status = 404, description = "There is no provider"),
    ),
)]
async fn start_oidc(
    State(app): State<SharedApp>,
    from: Anonymous,
    Query(Start { back }): Query<Start>,
) -> Result<Response, Problem> {
    let back = back.filter(|back| is_own_path(back)).unwrap_or_else(|| "/".to_owned());
    match app.oidc.depart(&app, Purpose::SignIn { back }, from.now).await {
        Ok((url, cookie)) => see_other(&url, [cookie]),
        Err(Departure::Unavailable) => see_other("/login?oidc=unavailable", []),
        Err(Departure::Problem(problem)) => Err(problem),
    }
}

/// Where the provider sends the browser back to.
///
/// What somebody came for decides where they go from here: into the console,
/// with the cookie `__Host-sekisho`; or back to the page they came from. `oidc=`
/// says there why it did not go through: `declined`, `disabled`, `full`,
/// `last_administrator`, `no_role`, `other`, `over`, `refused`, `taken`,
/// `throttled`, `unavailable`, `unknown`.
#[utoipa::path(
    get, path = "/session/oidc/callback", tag = "session", security(()), params(Callback),
    responses(
        (status = 303, description = "Into the console"),
        (status = 404, description = "There is no provider"),
    ),
)]
async fn finish_oidc(
    State(app): State<SharedApp>,
    from: Anonymous,
    headers: HeaderMap,
    Query(answer): Query<Callback>,
) -> Result<Response, Problem> {
    let provider = app.oidc.provider()?;
    let token = waiting::token_of(&headers);
    let state = answer.state.as_deref().unwrap_or_default();
    // Only the browser that left comes back, once, and with what it was given.
    let Some(Trip { begun, purpose }) =
        token.and_then(|token| app.oidc.waiting.take(&token, state, from.now))
    else {
        return see_other(&place("/login", Refusal::Over.word()), []);
    };
    let attempt = match Throttle::new("openid", from.origin.address).look(&app, from.now).await {
        Ok(attempt) => attempt,
        Err(Problem::Throttled { .. }) => return leave(&purpose, Refusal::Throttled),
        Err(problem) => return Err(problem),
    };
    let person = match person(provider, begun, answer, from.now).await {
        Ok(person) => person,
        Err(Away::Declined) => return leave(&purpose, Refusal::Declined),
        Err(Away::Unavailable) => return leave(&purpose, Refusal::Unavailable),
        Err(Away::Refused(problem)) => {
            let issuer = provider.config().issuer.as_str();
            refuse(&app, &from, &attempt, (issuer, None), &problem).await?;
            return leave(&purpose, Refusal::Refused);
        }
    };
    match &purpose {
        Purpose::SignIn { back } => {
            let caller = Caller::new(&from, &headers);
            match sign_in(&app, provider.config(), caller, &attempt, person).await? {
                Ok(signed_in) => {
                    let session = session_cookie(&signed_in, from.now)?;
                    see_other(back, [session, waiting::no_cookie()?])
                }
                Err(refusal) => leave(&purpose, refusal),
            }
        }
        Purpose::Prove(whose) => match own::prove(&app, &from, &attempt, *whose, person).await? {
            Ok(()) => see_other(&place(purpose.page(), "ok"), [waiting::no_cookie()?]),
            Err(refusal) => leave(&purpose, refusal),
        },
        Purpose::Link(whose) => match own::link(&app, &from, &attempt, *whose, person).await? {
            Ok(()) => see_other(&place(purpose.page(), "linked"), [waiting::no_cookie()?]),
            Err(refusal) => leave(&purpose, refusal),
        },
    }
}

/// Why the provider named nobody.
enum Away {
    /// They, or the provider, did not want to.
    Declined,
    /// It cannot be asked now.
    Unavailable,
    /// What it says does not hold.
    Refused(String),
}

async fn person(
    provider: &Provider,
    begun: provider::Begun,
    answer: Callback,
    now: Timestamp,
) -> Result<Person, Away> {
    let issuer = &provider.config().issuer;
    if answer.iss.as_ref().is_some_and(|said| said != issuer) {
        return Err(Away::Refused("the answer is from another issuer".to_owned()));
    }
    let Some(code) = answer.code else {
        let error = answer.error.map(|error| error.chars().take(64).collect::<String>());
        tracing::info!(?error, "the OpenID provider let nobody in");
        return Err(Away::Declined);
    };
    provider.finish(begun, code, now).await.map_err(|problem| match problem {
        OidcProblem::Unavailable(problem) => {
            tracing::warn!(problem, "nobody can sign in through the OpenID provider");
            Away::Unavailable
        }
        OidcProblem::Refused(problem) => Away::Refused(problem),
    })
}

/// Back to where they came from, with a word why.
fn leave(purpose: &Purpose, refusal: Refusal) -> Result<Response, Problem> {
    see_other(&place(purpose.page(), refusal.word()), [waiting::no_cookie()?])
}

fn place(page: &str, word: &str) -> String {
    format!("{page}?oidc={word}")
}

/// Only a path of this console: `//host` and `https:` would lead away.
fn is_own_path(text: &str) -> bool {
    text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= 2000
        && text.chars().all(|c| c.is_ascii_graphic() && c != '\\')
}

fn see_other<const N: usize>(to: &str, cookies: [HeaderValue; N]) -> Result<Response, Problem> {
    let to = HeaderValue::from_str(to).map_err(Problem::internal)?;
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_into_the_console() {
        for path in ["/", "/accounts?q=db", "/resources/1#x"] {
            assert!(is_own_path(path), "{path}");
        }
        for path in ["", "//evil.example", "https://evil.example", "/\\evil", "/a b", "/\r\nX: y"] {
            assert!(!is_own_path(path), "{path}");
        }
    }
}
