//! An OpenID provider (OpenID Connect Core 1.0, authorization code with PKCE).
//!
//! Nothing the provider or a browser says is believed before it was checked
//! against what this server remembers: the issuer is the configured one, the
//! state is that of this browser, the nonce is that of this sign-in, the code
//! is bound to a verifier that never left this server, and the ID token is
//! signed by a key that the provider publishes.

use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod,
    CoreErrorResponseType, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, StandardErrorResponse, TokenResponse as _,
};
use sekisho_model::Timestamp;
use tokio::sync::Mutex;

use super::http::{Http, NoAnswer};
use super::token::{self, Claims, Expected};
use crate::config::{OidcConfig, read_secret_file};

/// How long a provider's description and keys are taken as they are.
const FRESH: Duration = Duration::from_secs(3600);

/// How long a provider that did not answer is not asked again: whoever comes
/// meanwhile is told at once, and a stranger cannot make this server knock.
const PAUSE: Duration = Duration::from_secs(5);

/// Why a sign-in through a provider did not go through. Neither says anything
/// of a code, a token or the client's secret.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum OidcProblem {
    /// It cannot be asked, or answers with nonsense; it may pass.
    #[error("the provider cannot be asked: {0}")]
    Unavailable(String),
    /// What it says does not hold.
    #[error("the provider's answer is refused: {0}")]
    Refused(String),
}

/// What is asked of a provider beside who it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    /// They sign in there anew, even if they are signed in there, and the
    /// provider says when they did.
    pub(super) anew: bool,
    /// They signed in there at most so long ago.
    pub(super) max_age: Duration,
}

/// What a sign-in remembers until the browser comes back.
pub(super) struct Begun {
    pub(super) state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
    at: Timestamp,
    ask: Ask,
}

/// Who the provider says it is.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) username: Option<String>,
    pub(super) name: Option<String>,
    pub(super) groups: Vec<String>,
    /// Whether the provider checked more than a password (RFC 8176, `mfa`).
    pub(super) multi_factor: bool,
    /// When they signed in there, if it says so.
    pub(super) signed_in_at: Option<Timestamp>,
}

/// One provider.
pub(super) struct Provider {
    config: OidcConfig,
    http: Http,
    /// Held while the provider is asked: of many who come at once, one asks.
    known: Mutex<Known>,
}

/// What is known of a provider, and since when.
enum Known {
    Nothing,
    Description(Timestamp, Box<CoreProviderMetadata>),
    Silence(Timestamp, OidcProblem),
}

impl Provider {
    pub(super) fn new(config: OidcConfig) -> Self {
        let http = Http::new(&config.issuer, config.ca_file.clone());
        Self { config, http, known: Mutex::new(Known::Nothing) }
    }

    pub(super) fn config(&self) -> &OidcConfig {
        &self.config
    }

    /// Where to send the browser, and what to remember.
    ///
    /// # Errors
    /// When the provider cannot be asked.
    pub(super) async fn begin(
        &self,
        redirect: &str,
        ask: Ask,
        now: Timestamp,
    ) -> Result<(String, Begun), OidcProblem> {
        let metadata = self.metadata(now, false).await?;
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(unavailable)?;
        let id = ClientId::new(self.config.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata, id, None)
            .set_redirect_uri(redirect.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge)
            .set_max_age(ask.max_age);
        if ask.anew {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        for scope in &self.config.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.url();
        let url = String::from(url);
        let uri = url.parse().map_err(unavailable)?;
        self.http.check(&uri).map_err(unavailable)?;
        Ok((url, Begun { state, nonce, verifier, redirect, at: now, ask }))
    }

    /// Who it is that came back with a code.
    ///
    /// # Errors
    /// When the provider cannot be asked, or what it says does not hold.
    pub(super) async fn finish(
        &self,
        begun: Begun,
        code: String,
        now: Timestamp,
    ) -> Result<Person, OidcProblem> {
        let metadata = self.metadata(now, false).await?;
        let secret = read_secret_file(&self.config.client_secret_file)
            .map_err(|error| OidcProblem::Unavailable(format!("{error:#}")))?;
        let secret = secret.expose_str().ok_or_else(|| {
            OidcProblem::Unavailable("'oidc.client_secret_file' holds no text".to_owned())
        })?;
        let id = ClientId::new(self.config.client_id.clone());
        let secret = ClientSecret::new(secret.to_owned());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id.clone(), Some(secret))
            .set_auth_type(auth_type(&metadata))
            .set_redirect_uri(begun.redirect.clone());
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(unavailable)?
            .set_pkce_verifier(begun.verifier)
            .request_async(&self.http)
            .await
            .map_err(exchange_problem)?;
        let id_token = tokens
            .id_token()
            .ok_or_else(|| OidcProblem::Refused("it sent no ID token".to_owned()))?;
        let expected = Expected {
            client: id,
            nonce: begun.nonce,
            at: begun.at,
            max_age: begun.ask.max_age,
            says_when: begun.ask.anew,
        };
        let claims = match token::check(&metadata, id_token, &expected, now) {
            // The provider may have changed its keys since they were read.
            Err(problem) if problem.is_about_keys() => {
                let metadata = self.metadata(now, true).await?;
                token::check(&metadata, id_token, &expected, now)
            }
            other => other,
        };
        let mut claims = claims.map_err(|problem| OidcProblem::Refused(problem.to_string()))?;
        let wanted = [self.config.groups_claim.as_str(), "preferred_username", "name"];
        if !claims.has(&self.config.groups_claim) {
            let access = tokens.access_token().secret();
            let more = self.user_info(&metadata, access, claims.subject()).await?;
            claims.add(more, &wanted);
        }
        Ok(Person {
            issuer: self.config.issuer.clone(),
            subject: claims.subject().to_owned(),
            username: claims.text("preferred_username"),
            name: claims.text("name"),
            groups: claims.texts(&self.config.groups_claim),
            multi_factor: claims.texts("amr").iter().any(|way| way == "mfa"),
            signed_in_at: claims.signed_in_at().map(|at| at.min(now)),
        })
    }

    /// What the provider tells of somebody whose ID token does not have the
    /// groups: some give what a scope stands for only there (OpenID Connect
    /// Core 1.0, section 5.4).
    async fn user_info(
        &self,
        metadata: &CoreProviderMetadata,
        access_token: &str,
        subject: &str,
    ) -> Result<Claims, OidcProblem> {
        let Some(endpoint) = metadata.userinfo_endpoint() else { return Ok(Claims::default()) };
        let mut bearer = ::http::HeaderValue::try_from(format!("Bearer {access_token}"))
            .map_err(|_| OidcProblem::Refused("its access token is malformed".to_owned()))?;
        bearer.set_sensitive(true);
        let request = ::http::Request::get(endpoint.url().as_str())
            .header(::http::header::AUTHORIZATION, bearer)
            .header(::http::header::ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(unavailable)?;
        let answer = self.http.send(request).await.map_err(unavailable)?;
        if answer.status() != ::http::StatusCode::OK {
            let status = answer.status();
            return Err(OidcProblem::Unavailable(format!(
                "its UserInfo endpoint answers {status}"
            )));
        }
        let claims = Claims::read(answer.body()).ok_or_else(|| {
            OidcProblem::Refused("its UserInfo answer is no JSON object".to_owned())
        })?;
        // Section 5.3.2: one about somebody else is not used.
        if claims.text("sub").as_deref() != Some(subject) {
            return Err(OidcProblem::Refused(
                "its UserInfo answer is about somebody else".to_owned(),
            ));
        }
        Ok(claims)
    }

    /// The provider's description and keys, at most an hour old.
    async fn metadata(
        &self,
        now: Timestamp,
        anew: bool,
    ) -> Result<CoreProviderMetadata, OidcProblem> {
        let mut known = self.known.lock().await;
        match &*known {
            Known::Description(at, found) if !anew && now < at.plus(FRESH) => {
                return Ok(found.as_ref().clone());
            }
            Known::Silence(at, problem) if now < at.plus(PAUSE) => return Err(problem.clone()),
            Known::Nothing | Known::Description(..) | Known::Silence(..) => {}
        }
        let found = self.discover().await;
        *known = match &found {
            Ok(found) => Known::Description(now, Box::new(found.clone())),
            Err(problem) => Known::Silence(now, problem.clone()),
        };
        found
    }

    async fn discover(&self) -> Result<CoreProviderMetadata, OidcProblem> {
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(unavailable)?;
        CoreProviderMetadata::discover_async(issuer, &self.http)
            .await
            .map_err(|error| OidcProblem::Unavailable(with_causes(&error)))
    }
}

/// How the provider wants to be told the client's secret; by RFC 6749 section
/// 2.3.1 unless it says that it does not take that.
fn auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let takes = |method| {
        let methods = metadata.token_endpoint_auth_methods_supported();
        methods.is_some_and(|methods| methods.contains(&method))
    };
    if takes(CoreClientAuthMethod::ClientSecretPost)
        && !takes(CoreClientAuthMethod::ClientSecretBasic)
    {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

/// Why a code was not exchanged. The library's own words may repeat what the
/// provider sent, a token for example, and are left out.
fn exchange_problem(
    error: RequestTokenError<NoAnswer, StandardErrorResponse<CoreErrorResponseType>>,
) -> OidcProblem {
    match error {
        RequestTokenError::ServerResponse(said) => {
            let word: String = said.error().to_string().chars().take(60).collect();
            OidcProblem::Refused(format!("it does not exchange the code ({word})"))
        }
        RequestTokenError::Request(error) => unavailable(error),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            OidcProblem::Refused("the answer of its token endpoint is not understood".to_owned())
        }
    }
}

fn unavailable(error: impl std::fmt::Display) -> OidcProblem {
    OidcProblem::Unavailable(error.to_string())
}

/// An instant as the library has it.
pub(super) fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

/// An error with what caused it: the library says little itself.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
