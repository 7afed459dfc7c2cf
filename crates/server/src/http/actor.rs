//! Who asks: a signed-in person, a program with a token, or nobody yet.

use std::time::Duration;

use axum::extract::FromRequestParts;
use cookie::Cookie;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use sekisho_model::event::{Actor, Origin};
use sekisho_model::user::UserState;
use sekisho_model::{Secret, Timestamp};
use sekisho_policy::{ActionType, Facts, Granted, Subject, decide};
use sekisho_store::{
    Access as _, ApiToken, Hash, LoginSession, OperationContext, StoreError, User,
};
use sekisho_vault::token;

use super::problem::Problem;
use crate::app::App;
use crate::roles::RoleTable;
use crate::sessions::{SESSION_TOKEN_PREFIX, second_factor_is_missing};
use crate::tokens::API_TOKEN_PREFIX;

/// The cookie of a signed-in browser or command line. The `__Host-` prefix
/// makes browsers insist on `Secure`, `Path=/` and no domain.
pub const SESSION_COOKIE: &str = "__Host-sekisho";

/// How a caller proved who they are.
#[derive(Clone, Debug)]
pub enum How {
    /// A session, by cookie.
    Session(LoginSession),
    /// An API token.
    Token(ApiToken),
}

/// A caller who has proved who they are. There is no way to a handler behind
/// the guard without one.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// Who they are to the policy.
    pub subject: Subject,
    /// Their row.
    pub user: User,
    /// How they proved it.
    pub how: How,
    /// The request and the peer's address.
    pub origin: Origin,
    /// When the request came; everything it does happens at this time.
    pub now: Timestamp,
}

impl Authenticated {
    /// For units of work.
    pub fn context(&self) -> OperationContext {
        OperationContext {
            actor: Actor::User(self.user.id),
            origin: self.origin.clone(),
            now: self.now,
        }
    }

    /// Asks the policy.
    ///
    /// # Errors
    /// [`Problem::Denied`].
    pub fn decide<A: ActionType, R>(
        &self,
        action: A,
        facts: Facts<R>,
    ) -> Result<Granted<A, R>, Problem> {
        Ok(decide(&self.subject, action, facts)?)
    }

    /// Whether what proved who they are has not run out by itself since it was
    /// read.
    pub fn is_current(&self, app: &App) -> bool {
        let now = app.clock.now();
        match &self.how {
            How::Session(session) => is_alive(app, session, now),
            How::Token(token) => is_valid(token, now),
        }
    }

    /// Reads again who they are and what they may do, for an answer that goes
    /// on for long. Is not a request: an idle session stays idle. Returns
    /// whether they are still signed in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn look_again(&mut self, app: &App) -> Result<bool, StoreError> {
        let now = app.clock.now();
        let reader = app.store.read();
        match &mut self.how {
            How::Session(session) => {
                let found = reader.login_sessions().find_by_token(session.token_hash).await?;
                let Some(found) = found.filter(|found| is_alive(app, found, now)) else {
                    return Ok(false);
                };
                *session = found;
            }
            How::Token(token) => {
                let found = reader.api_tokens().find_by_token(token.token_hash).await?;
                let Some(found) = found.filter(|found| is_valid(found, now)) else {
                    return Ok(false);
                };
                self.subject.scopes = Some(found.scopes.clone());
                *token = found;
            }
        }
        let user = reader.users().find(self.user.id).await?;
        let Some(user) = user.filter(|user| user.state == UserState::Active) else {
            return Ok(false);
        };
        // Its role may need a second factor since a moment ago.
        if let How::Session(session) = &self.how
            && second_factor_is_missing(reader, session, &user).await?
        {
            return Ok(false);
        }
        let table = RoleTable::of(reader, user.role).await?;
        let scopes = self.subject.scopes.take();
        self.subject = Subject { scopes, ..table.subject(&user) };
        self.user = user;
        Ok(true)
    }
}

/// Whether a session has not run out by itself.
pub(crate) fn is_alive(app: &App, session: &LoginSession, now: Timestamp) -> bool {
    let idle = app.config.limits.session_idle;
    now < session.expires_at && now < session.last_seen_at.plus(idle)
}

fn is_valid(token: &ApiToken, now: Timestamp) -> bool {
    token.revoked_at.is_none() && now < token.expires_at
}

impl<S: Send + Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Only the guard puts it there; an open route cannot have one.
        parts.extensions.get::<Self>().cloned().ok_or(NOT_SIGNED_IN)
    }
}

/// A caller nobody knows, on an open route.
#[derive(Clone, Debug)]
pub struct Anonymous {
    /// The request and the peer's address.
    pub origin: Origin,
    /// When the request came.
    pub now: Timestamp,
}

impl Anonymous {
    /// For units of work.
    pub fn context(&self) -> OperationContext {
        OperationContext { actor: Actor::Anonymous, origin: self.origin.clone(), now: self.now }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Anonymous {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| Problem::Internal(anyhow::anyhow!("the envelope is missing")))
    }
}

const NOT_SIGNED_IN: Problem =
    Problem::Unauthenticated { detail: "sign in, or send an API token as 'Authorization: Bearer'" };

/// How exact *last seen* is; a write per request would cost more than it says.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// A request does not wait long for it: while the database is moved, or a
/// backup program holds its lock, people can still read.
const TOUCH_PATIENCE: Duration = Duration::from_millis(300);

/// Finds out who asks. The same answer for every failure.
pub(super) async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    anonymous: Anonymous,
) -> Result<Authenticated, Problem> {
    let Anonymous { origin, now } = anonymous;
    let (user, how, scopes) = if headers.contains_key(header::AUTHORIZATION) {
        let token = by_token(app, headers, now).await?;
        (token.user, How::Token(token.clone()), Some(token.scopes))
    } else {
        let session = by_cookie(app, headers, now).await?;
        (session.user, How::Session(session), None)
    };
    let user = app.store.read().users().find(user).await?;
    let user = user.filter(|user| user.state == UserState::Active).ok_or(NOT_SIGNED_IN)?;
    let table = RoleTable::of(app.store.read(), user.role).await?;
    let subject = Subject { scopes, ..table.subject(&user) };
    let caller = Authenticated { subject, user, how, origin, now };
    touch(app, &caller).await;
    Ok(caller)
}

async fn by_token(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<ApiToken, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(NOT_SIGNED_IN) };
    let text = value.to_str().ok().and_then(|text| text.split_once(' '));
    let text = text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let secret = Secret::from(text.map(|(_, token)| token.trim()).ok_or(NOT_SIGNED_IN)?);
    if !token::is_well_formed(API_TOKEN_PREFIX, &secret) {
        return Err(NOT_SIGNED_IN);
    }
    let hash = Hash(token::hash(&secret));
    let found = app.store.read().api_tokens().find_by_token(hash).await?;
    found.filter(|token| is_valid(token, now)).ok_or(NOT_SIGNED_IN)
}

async fn by_cookie(
    app: &App,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<LoginSession, Problem> {
    let secret = session_cookie(headers).ok_or(NOT_SIGNED_IN)?;
    if !token::is_well_formed(SESSION_TOKEN_PREFIX, &secret) {
        return Err(NOT_SIGNED_IN);
    }
    let hash = Hash(token::hash(&secret));
    let found = app.store.read().login_sessions().find_by_token(hash).await?;
    found.filter(|session| is_alive(app, session, now)).ok_or(NOT_SIGNED_IN)
}

/// The one session cookie; none when there are several.
fn session_cookie(headers: &HeaderMap) -> Option<Secret> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| Cookie::split_parse(text.to_owned()).flatten().collect::<Vec<_>>())
        .filter(|cookie| cookie.name() == SESSION_COOKIE)
        .map(|cookie| Secret::from(cookie.value()));
    let first = found.next()?;
    if found.next().is_some() { None } else { Some(first) }
}

/// Notes that a request came. A failure must not refuse the request.
async fn touch(app: &App, caller: &Authenticated) {
    let last = match &caller.how {
        How::Session(session) => Some(session.last_seen_at),
        How::Token(token) => token.last_used_at,
    };
    if last.is_some_and(|last| caller.now < last.plus(TOUCH_EVERY)) {
        return;
    }
    let noted = async {
        let work = app.store.begin(&caller.context()).await?;
        match &caller.how {
            How::Session(session) => work.login_sessions().touch(session.id, caller.now).await?,
            How::Token(token) => work.api_tokens().touch(token.id, caller.now).await?,
        }
        work.commit_unaudited("last seen").await.map(drop)
    };
    match tokio::time::timeout(TOUCH_PATIENCE, noted).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "last seen was not noted"),
        Err(_) => tracing::debug!("last seen was not noted: the database is busy"),
    }
}

/// Refuses requests that another site made a browser send. A cookie is sent
/// by the browser, not by the person; a token is not.
pub(super) fn check_site(
    method: &Method,
    headers: &HeaderMap,
    authority: Option<&str>,
    required: bool,
) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let value = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = value("sec-fetch-site") {
        return if matches!(site, "same-origin" | "none") { Ok(()) } else { Err(cross_site()) };
    }
    let host = authority.or_else(|| value("host"));
    match (value("origin"), host) {
        (Some(origin), Some(host)) if origin.strip_prefix("https://") == Some(host) => Ok(()),
        (Some(_), _) => Err(cross_site()),
        (None, _) if required => Err(Problem::Forbidden {
            detail: "a change with a session cookie needs the header Origin of this server, or \
                     Sec-Fetch-Site: none"
                .to_owned(),
        }),
        (None, _) => Ok(()),
    }
}

fn cross_site() -> Problem {
    Problem::Forbidden { detail: "the request comes from another site".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(headers: &[(&'static str, &'static str)]) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
            })
            .collect();
        check_site(&Method::POST, &headers, None, true).is_ok()
    }

    #[test]
    fn only_the_own_site_may_use_the_cookie_for_changes() {
        assert!(site(&[("sec-fetch-site", "same-origin")]));
        assert!(site(&[("sec-fetch-site", "none")]));
        assert!(!site(&[("sec-fetch-site", "same-site")]));
        assert!(!site(&[("sec-fetch-site", "cross-site")]));
        assert!(site(&[("origin", "https://a:8443"), ("host", "a:8443")]));
        assert!(!site(&[("origin", "https://b:8443"), ("host", "a:8443")]));
        assert!(!site(&[("origin", "http://a:8443"), ("host", "a:8443")]));
        assert!(!site(&[("origin", "null"), ("host", "a:8443")]));
        assert!(!site(&[("host", "a:8443")]), "neither header");
    }

    #[test]
    fn two_session_cookies_are_none() {
        let with = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, http::HeaderValue::from_static(text));
            session_cookie(&headers)
        };
        assert_eq!(with("a=b; __Host-sekisho=x"), Some(Secret::from("x")));
        assert_eq!(with("__Host-sekisho=x; __Host-sekisho=y"), None);
        assert_eq!(with("sekisho=x"), None);
    }
}
