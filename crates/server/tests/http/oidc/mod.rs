//! Signing in through an OpenID provider: one in these tests that behaves as
//! they say, and a real one ([`real`]).

mod misbehaving;
mod own;
mod people;
mod real;

use std::path::Path;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, Method, StatusCode, header};
use sekisho_model::Clock as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

use crate::harness::{Answer, Client, TestServer};

const CALLBACK: &str = "/session/oidc/callback";

/// Where the provider sends browsers back to.
const REDIRECT: &str = "https://vault.example.jp:8443/api/v1/session/oidc/callback";

const CLIENT_SECRET: &str = "client-secret";

/// How a provider answers.
struct Manners {
    /// The claims of the next ID token, over those of an honest one.
    claims: Value,
    /// What it tells of people elsewhere; `null`: it does not.
    userinfo: Value,
    key: EcdsaKeyPair,
    kid: String,
    forgery: Option<Forgery>,
    /// What its description says instead of the truth.
    description: Value,
    answer: Manner,
    challenge: Option<String>,
    nonce: Option<String>,
    now: i64,
    /// How often its description was asked for.
    asked: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Honest,
    Huge,
    Silent,
    Broken,
    Redirects,
}

/// How an ID token is signed that the provider did not sign.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Forgery {
    AnotherKey,
    /// HS256 with the client's secret.
    Secret,
    /// HS256 with the public key, which everybody knows.
    PublicKey,
    Unsigned,
}

/// A provider on this machine.
struct Provider {
    manners: Arc<Mutex<Manners>>,
    issuer: String,
    _tasks: JoinSet<()>,
}

fn key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")
}

type Shared = (Arc<Mutex<Manners>>, String);

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("bound"));
        let manners = Arc::new(Mutex::new(Manners {
            claims: json!({}),
            userinfo: Value::Null,
            key: key(),
            kid: "k1".to_owned(),
            forgery: None,
            description: json!({}),
            answer: Manner::Honest,
            challenge: None,
            nonce: None,
            now: 0,
            asked: 0,
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .route("/me", get(userinfo))
            .with_state((manners.clone(), issuer.clone()));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, router));
        Self { manners, issuer, _tasks: tasks }
    }

    fn with(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.manners.lock().expect("no holder panics"));
    }

    /// What the next ID token says.
    fn says(&self, claims: Value) {
        self.with(|manners| manners.claims = claims);
    }

    /// The browser at the provider: it remembers what it was sent with.
    fn visit(&self, url: &str, now: i64) -> String {
        let value = |name| query(url, name);
        assert_eq!(value("response_type").as_deref(), Some("code"));
        assert_eq!(value("code_challenge_method").as_deref(), Some("S256"));
        assert!(value("scope").expect("scopes").contains("groups"));
        assert!(!url.contains(CLIENT_SECRET), "{url}");
        self.with(|manners| {
            manners.challenge = value("code_challenge");
            manners.nonce = value("nonce");
            manners.now = now;
        });
        value("state").expect("a state")
    }
}

/// The settings of a server that knows a provider.
fn settings(folder: &Path, issuer: &str) -> Vec<String> {
    let secret = folder.join("oidc-secret");
    if !secret.exists() {
        std::fs::write(&secret, format!("{CLIENT_SECRET}\n")).expect("written");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&secret, private).expect("set");
    }
    vec![
        format!("oidc.issuer={issuer}"),
        "oidc.client_id=pam".to_owned(),
        format!("oidc.client_secret_file={}", secret.display()),
        "oidc.roles.administrator=pam-admins".to_owned(),
        "oidc.roles.password_user=pam-users, pam-others".to_owned(),
        "oidc.public_url=https://vault.example.jp:8443".to_owned(),
    ]
}

/// A part of an address's query; what is in these tests holds no escapes that
/// count.
fn query(url: &str, name: &str) -> Option<String> {
    let parts = url.split_once('?')?.1.split('&');
    let mut found = parts.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.next().map(str::to_owned)
}

async fn serve(listener: tokio::net::TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        connections.spawn(async move {
            let io = hyper_util::rt::TokioIo::new(stream);
            // A client that hangs up early is its own business.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
        });
    }
}

fn answer_json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn description(State((manners, issuer)): State<Shared>) -> Response {
    let (other, manner) = {
        let mut manners = manners.lock().expect("no holder panics");
        manners.asked += 1;
        (manners.description.clone(), manners.answer)
    };
    match manner {
        Manner::Silent => std::future::pending().await,
        Manner::Huge => answer_json(&json!({ "issuer": "x".repeat(1024 * 1024) })),
        Manner::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        Manner::Redirects => {
            (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response()
        }
        Manner::Honest => {
            let mut all = json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/auth"),
                "token_endpoint": format!("{issuer}/token"),
                "userinfo_endpoint": format!("{issuer}/me"),
                "jwks_uri": format!("{issuer}/jwks"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                // More than a server may believe.
                "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
            });
            merge(&mut all, &other);
            answer_json(&all)
        }
    }
}

fn merge(all: &mut Value, other: &Value) {
    for (name, value) in other.as_object().expect("an object") {
        all[name] = value.clone();
    }
}

async fn keys(State((manners, _)): State<Shared>) -> Response {
    let manners = manners.lock().expect("no holder panics");
    let point = manners.key.public_key().as_ref();
    answer_json(&json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": manners.kid,
        "x": BASE64URL_NOPAD.encode(&point[1..33]), "y": BASE64URL_NOPAD.encode(&point[33..65]),
    }] }))
}

async fn token(
    State((manners, issuer)): State<Shared>,
    headers: HeaderMap,
    form: String,
) -> Response {
    let manners = manners.lock().expect("no holder panics");
    let value =
        |name: &str| form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let known = data_encoding::BASE64.encode(format!("pam:{CLIENT_SECRET}").as_bytes());
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    assert_eq!(shown, Some(format!("Basic {known}").as_str()));
    let verifier = value("code_verifier").unwrap_or_default();
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
    if value("code") != Some("good") || Some(challenge) != manners.challenge {
        let refusal = json!({ "error": "invalid_grant", "error_description": form }).to_string();
        let kind = [(header::CONTENT_TYPE, "application/json")];
        return (StatusCode::BAD_REQUEST, kind, refusal).into_response();
    }
    let mut claims = json!({
        "iss": issuer, "sub": "alice-1", "aud": "pam", "exp": manners.now + 300,
        "iat": manners.now, "nonce": manners.nonce, "preferred_username": "alice",
        "auth_time": manners.now, "name": "Alice Admin", "email": "alice@lab.test",
        "groups": ["pam-users", "pam-admins"],
    });
    merge(&mut claims, &manners.claims);
    answer_json(&json!({
        "access_token": "access", "token_type": "Bearer", "expires_in": 300,
        "id_token": signed(&manners, &claims),
    }))
}

fn signed(manners: &Manners, claims: &Value) -> String {
    let alg = match manners.forgery {
        None | Some(Forgery::AnotherKey) => "ES256",
        Some(Forgery::Secret | Forgery::PublicKey) => "HS256",
        Some(Forgery::Unsigned) => "none",
    };
    let head = json!({ "alg": alg, "kid": manners.kid, "typ": "JWT" });
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let text = format!("{}.{}", part(&head), part(claims));
    let by_key = |key: &EcdsaKeyPair| {
        key.sign(&SystemRandom::new(), text.as_bytes()).expect("signed").as_ref().to_vec()
    };
    let by_secret = |secret: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
    };
    let signature = match manners.forgery {
        None => by_key(&manners.key),
        Some(Forgery::AnotherKey) => by_key(&key()),
        Some(Forgery::Secret) => by_secret(CLIENT_SECRET.as_bytes()),
        Some(Forgery::PublicKey) => by_secret(manners.key.public_key().as_ref()),
        Some(Forgery::Unsigned) => Vec::new(),
    };
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}

async fn userinfo(State((manners, _)): State<Shared>, headers: HeaderMap) -> Response {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer access");
    let manners = manners.lock().expect("no holder panics");
    match &manners.userinfo {
        Value::Null => StatusCode::UNAUTHORIZED.into_response(),
        said => answer_json(said),
    }
}

async fn world() -> (TestServer, Provider) {
    world_with(&[]).await
}

async fn world_with(more: &[&str]) -> (TestServer, Provider) {
    let provider = Provider::start().await;
    let server = TestServer::start_with(|folder| {
        let mut all = settings(folder, &provider.issuer);
        all.extend(more.iter().map(|text| (*text).to_owned()));
        all
    })
    .await;
    (server, provider)
}

#[track_caller]
fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header("location").expect("a place")
}

/// The cookie that binds the way back to this browser.
#[track_caller]
fn trip_cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").expect("a cookie");
    for part in
        ["__Host-sekisho-oidc=", "SameSite=Lax", "HttpOnly", "Secure", "Path=/", "Max-Age=600"]
    {
        assert!(cookie.contains(part), "{cookie}");
    }
    cookie.split(';').next().expect("a pair").to_owned()
}

/// The way out: the cookie and the state.
async fn begin(server: &TestServer, provider: &Provider) -> (String, String) {
    let answer = server.anonymous().get("/session/oidc/start?back=/accounts").await;
    let state = provider.visit(location(&answer), server.clock.now().as_secs());
    (trip_cookie(&answer), state)
}

/// The way back: from another site, so that only the `Lax` cookie comes along.
async fn come_back(server: &TestServer, cookie: &str, state: &str, code: &str) -> Answer {
    let headers = [("cookie", cookie), ("sec-fetch-site", "cross-site")];
    let path = format!("{CALLBACK}?code={code}&state={state}&more=ignored");
    server.anonymous().send(Method::GET, &path, &headers, None).await
}

async fn through(server: &TestServer, provider: &Provider) -> Answer {
    let (cookie, state) = begin(server, provider).await;
    come_back(server, &cookie, &state, "good").await
}

/// Signs in.
async fn enter(server: &TestServer, provider: &Provider) -> Client {
    session_of(server, &through(server, provider).await)
}

#[track_caller]
fn session_of(server: &TestServer, answer: &Answer) -> Client {
    let cookies = answer.headers.get_all(header::SET_COOKIE);
    let mut found = cookies.iter().filter_map(|value| value.to_str().ok());
    let session = found.find_map(|text| text.strip_prefix("__Host-sekisho="));
    let cookie = session.and_then(|text| text.split(';').next()).map(str::to_owned);
    assert!(cookie.is_some(), "no session: {:?}", answer.header("location"));
    Client { cookie, ..server.anonymous() }
}
