//! Browsers that are at the provider: in memory, a few minutes, each good for
//! one way back, and no more than fit. A restart of the server in between asks
//! people to begin again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};
use sekisho_model::id::{LoginSessionId, UserId};
use sekisho_model::{Rng, Secret, Timestamp};
use sekisho_vault::token;

use super::provider::Begun;
use crate::http::Problem;

/// The cookie between the way out and the way back.
const COOKIE: &str = "__Host-sekisho-oidc";
const TOKEN_PREFIX: &str = "sekisho_oidc";

/// How long somebody may take at the provider.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// Anybody may begin: at most so many wait, and the oldest makes room. A flood
/// costs others a second try, and no more memory than this.
const MAX_WAITING: usize = 4096;

/// A way to the provider and back.
pub(super) struct Trip {
    pub(super) begun: Begun,
    pub(super) purpose: Purpose,
}

/// What somebody goes to the provider for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// To sign in.
    SignIn {
        /// Where they go then.
        back: String,
    },
    /// To prove that it is still them.
    Prove(Whose),
    /// To link who they are there to their user here.
    Link(Whose),
}

/// Who went there while signed in. Their own cookie is `Strict` and does not
/// come along on the way back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose {
    pub(super) user: UserId,
    pub(super) session: LoginSessionId,
}

impl Purpose {
    /// The page of the console that hears how it went.
    pub(super) const fn page(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "/login",
            // In a window of its own, beside the page that waits for it.
            Self::Prove(_) => "/provider-done",
            Self::Link(_) => "/me",
        }
    }
}

type Key = (Timestamp, [u8; 32]);

/// The browsers that are on their way.
#[derive(Default)]
pub(super) struct Waiting(Mutex<BTreeMap<Key, Trip>>);

impl Waiting {
    /// Keeps one and returns what its browser holds.
    pub(super) fn keep(&self, trip: Trip, now: Timestamp, rng: &dyn Rng) -> Secret {
        let token = token::generate(TOKEN_PREFIX, rng);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(at, _), _| now < at.plus(LIFE));
        while all.len() >= MAX_WAITING {
            all.pop_first();
        }
        all.insert((now, token::hash(&token)), trip);
        token
    }

    /// What a browser's token and the state lead to, once and in time. With
    /// another state nothing is taken: who makes a browser come here with one
    /// ends nobody's sign-in.
    pub(super) fn take(&self, token: &Secret, state: &str, now: Timestamp) -> Option<Trip> {
        let hash = token::hash(token);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (key, trip) = all.iter().find(|((_, known), _)| *known == hash)?;
        let key = *key;
        if Secret::from(state) != Secret::from(trip.begun.state.secret().as_str()) {
            return None;
        }
        let trip = all.remove(&key)?;
        (now < key.0.plus(LIFE)).then_some(trip)
    }
}

/// What the browser holds, if it is one.
pub(super) fn token_of(headers: &HeaderMap) -> Option<Secret> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| Cookie::split_parse(text.to_owned()).flatten().collect::<Vec<_>>())
        .filter(|cookie| cookie.name() == COOKIE)
        .map(|cookie| Secret::from(cookie.value()));
    let first = found.next()?;
    (found.next().is_none() && token::is_well_formed(TOKEN_PREFIX, &first)).then_some(first)
}

/// The cookie of a way out.
pub(super) fn cookie(token: &Secret) -> Result<HeaderValue, Problem> {
    header_of(token.expose_str().unwrap_or_default(), LIFE)
}

/// Its removal.
pub(super) fn no_cookie() -> Result<HeaderValue, Problem> {
    header_of("", Duration::ZERO)
}

fn header_of(value: &str, life: Duration) -> Result<HeaderValue, Problem> {
    let seconds = i64::try_from(life.as_secs()).unwrap_or_default();
    let cookie = Cookie::build((COOKIE, value))
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Lax)
        .path("/")
        .max_age(cookie::time::Duration::seconds(seconds));
    let mut value = HeaderValue::from_str(&cookie.to_string()).map_err(Problem::internal)?;
    value.set_sensitive(true);
    Ok(value)
}
