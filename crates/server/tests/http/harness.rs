//! A server without a network, and clients of it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use sea_orm::ConnectionTrait as _;
use sekisho_model::clock::ManualClock;
use sekisho_model::event::{Actor, Origin};
use sekisho_model::id::{LoginSessionId, RequestId, UserId};
use sekisho_model::rng::SystemRng;
use sekisho_model::user::{ProofMethod, Role, UserState};
use sekisho_model::{Clock, Timestamp};
use sekisho_server::app::SharedApp;
use sekisho_server::config::Config;
use sekisho_server::http::{Peer, SESSION_COOKIE};
use sekisho_server::sessions::SESSION_TOKEN_PREFIX;
use sekisho_server::{init, run};
use sekisho_store::{Access as _, Hash, LoginSession, OperationContext, PasswordHash, User};
use sekisho_vault::token;
use serde_json::Value;
use tower::Service;

/// A password that passes the rules.
pub(crate) const PASSWORD: &str = "kaze no naka no sakana";

/// A server on a database of its own.
pub(crate) struct TestServer {
    pub(crate) app: SharedApp,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) setup_token: String,
    pub(crate) recovery_key: String,
    router: Router,
    /// How many events `init` recorded.
    first_events: usize,
    _folder: tempfile::TempDir,
}

impl TestServer {
    /// Initialises a site and opens it.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| Vec::new()).await
    }

    /// [`start`](Self::start) with settings that may name the server's folder.
    pub(crate) async fn start_with(settings: impl Fn(&std::path::Path) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::new("2026-05-01T09:00:00Z".parse().expect("a time")));
        let config = config_with(folder.path(), settings(folder.path()));
        let rng = Arc::new(SystemRng);
        let mut shown = Vec::new();
        init::init(&config, clock.clone(), rng.clone(), true, &mut shown).await.expect("init");
        let shown: Value = serde_json::from_slice(&shown).expect("JSON");
        let app = run::open(config, clock.clone(), rng).await.expect("open");
        let router = sekisho_server::http::router(app.clone());
        let setup_token = shown["setup_token"].as_str().expect("a token").to_owned();
        let recovery_key = shown["recovery_key"].as_str().expect("a key").to_owned();
        let mut server = Self {
            app,
            clock,
            setup_token,
            recovery_key,
            router,
            first_events: 0,
            _folder: folder,
        };
        server.first_events = server.event_codes().await.len();
        server
    }

    /// A signed-in user of a role, made without the slow password hash.
    pub(crate) async fn user(&self, name: &str, role: Role) -> Client {
        let (cookie, id) = signed_in(&self.app, name, role).await;
        Client { cookie: Some(cookie), id: Some(id), ..self.anonymous() }
    }

    /// Somebody who is not signed in.
    pub(crate) fn anonymous(&self) -> Client {
        Client {
            router: self.router.clone(),
            cookie: None,
            bearer: None,
            id: None,
            address: "192.0.2.7:40000".parse().expect("an address"),
        }
    }

    /// For changes that a test makes around the API.
    pub(crate) fn context(&self) -> OperationContext {
        let now = self.clock.now();
        let origin = Origin { request: RequestId::at(now, &SystemRng), address: None };
        OperationContext { actor: Actor::System, origin, now }
    }

    /// The newest event, as JSON.
    pub(crate) async fn newest_event(&self) -> String {
        let audit = self.app.store.read().audit();
        let (any, newest) = (sekisho_store::AuditFilter::default(), sekisho_store::Page::first(1));
        audit.list(&any, &newest).await.expect("read").items[0].event.clone()
    }

    /// The numbers of all events since `init`, oldest first.
    pub(crate) async fn event_codes(&self) -> Vec<u16> {
        let reader = self.app.store.read();
        let chain = reader.site().find().await.expect("read").expect("a site").node_chain;
        let lines = reader.audit().after(chain, 0, 10_000).await.expect("read");
        lines.into_iter().skip(self.first_events).map(|line| line.code).collect()
    }

    /// Runs SQL behind the server's back.
    pub(crate) async fn sql(&self, statement: &str) {
        let path = self.app.config.data_dir.join("sekisho.db");
        let url = format!("sqlite:{}", path.display());
        let database = sea_orm::Database::connect(url).await.expect("connected");
        database.execute_unprepared(statement).await.expect("done");
    }

    /// Changes that are not made at one and the same instant.
    pub(crate) fn tick(&self) -> Timestamp {
        self.clock.advance(std::time::Duration::from_millis(1));
        self.clock.now()
    }
}

/// A user of a role and the cookie of their session.
pub(crate) async fn signed_in(app: &SharedApp, name: &str, role: Role) -> (String, UserId) {
    let now = app.clock.now();
    let rng = SystemRng;
    let user = User {
        id: UserId::at(now, &rng),
        name: name.parse().expect("a name"),
        display_name: name.to_owned(),
        password_hash: PasswordHash("$argon2id$none".to_owned()),
        role: role.into(),
        state: UserState::Active,
        created_at: now,
        password_changed_at: now,
        version: 1,
    };
    let origin = Origin { request: RequestId::at(now, &rng), address: None };
    let context = OperationContext { actor: Actor::System, origin, now };
    let session = token::generate(SESSION_TOKEN_PREFIX, &rng);
    let work = app.store.begin(&context).await.expect("begin");
    work.users().insert(user.clone()).await.expect("insert");
    work.login_sessions()
        .insert(LoginSession {
            id: LoginSessionId::at(now, &rng),
            user: user.id,
            token_hash: Hash(token::hash(&session)),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(std::time::Duration::from_secs(12 * 3600)),
            address: None,
            client: None,
            methods: Some(vec![ProofMethod::Password]),
            proved_at: Some(now),
        })
        .await
        .expect("insert");
    work.commit_unaudited("a test's user").await.map(drop).expect("commit");
    (session.expose_str().expect("text").to_owned(), user.id)
}

/// A configuration for a folder.
pub(crate) fn config(folder: &std::path::Path) -> Config {
    config_with(folder, Vec::new())
}

fn config_with(folder: &std::path::Path, more: Vec<String>) -> Config {
    let mut set = vec![
        format!("data_dir={}", folder.join("data").display()),
        format!("vault.kek_file={}", folder.join("key/kek").display()),
        "public_name=vault.example.jp".to_owned(),
        "listen.api=127.0.0.1:0".to_owned(),
        "listen.agents=127.0.0.1:0".to_owned(),
        "listen.metrics=127.0.0.1:0".to_owned(),
    ];
    set.extend(more);
    Config::load(None, &set, |_| None).expect("a valid configuration")
}

/// Somebody who sends requests.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) router: Router,
    pub(crate) cookie: Option<String>,
    pub(crate) bearer: Option<String>,
    pub(crate) id: Option<UserId>,
    pub(crate) address: SocketAddr,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, etag: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, &[("if-match", etag)], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Any request below `/api/v1`; a path of the host begins with `//`.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        self.raw(self.request(method, path, headers, body)).await
    }

    /// The request that [`send`](Self::send) sends.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Request<Body> {
        let uri = match path.strip_prefix("//") {
            Some(path) => format!("/{path}"),
            None => format!("/api/v1{path}"),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::HOST, "vault.example.jp:8443")
            .extension(Peer(self.address));
        if !headers.iter().any(|(name, _)| matches!(*name, "origin" | "sec-fetch-site")) {
            request = request.header("sec-fetch-site", "none");
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("{SESSION_COOKIE}={cookie}"));
        }
        if let Some(token) = &self.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        request.body(body).expect("a request")
    }

    /// A request as it is.
    pub(crate) async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().call(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes());
        if kind.is_some_and(|kind| kind.starts_with(b"text/event-stream")) {
            // It does not end by itself.
            return Answer { status: parts.status, headers: parts.headers, body: Value::Null };
        }
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = if bytes.is_empty() {
            Value::Null
        } else if kind
            .is_some_and(|kind| kind.starts_with(b"text/html") || kind.starts_with(b"text/csv"))
        {
            Value::String(String::from_utf8(bytes.to_vec()).expect("UTF-8"))
        } else {
            serde_json::from_slice(&bytes).expect("every answer is JSON")
        };
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl Answer {
    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// The body of a refusal with this status and code.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["request_id"].as_str(), self.header("x-request-id"));
        self.body
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// The value of the session cookie that was set.
    pub(crate) fn session(&self) -> Option<String> {
        let cookie = self.header("set-cookie")?;
        let value = cookie.strip_prefix(SESSION_COOKIE)?.strip_prefix('=')?;
        value.split(';').next().map(str::to_owned)
    }
}
