//! The same through a real, certified provider: `oidc-provider` of npm, which
//! `cargo xtask setup` brings. It lives in real time, so the server's clock is
//! set to it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_model::user::Role;
use serde_json::json;

use super::{
    CALLBACK, CLIENT_SECRET, REDIRECT, location, query, session_of, settings, trip_cookie,
};
use crate::harness::{Answer, Client, TestServer};
use crate::objects::{audit_text, count};

/// The provider, running.
struct RealProvider {
    child: Child,
    issuer: String,
}

impl RealProvider {
    /// Starts it; `conform`: it tells the groups only at its UserInfo endpoint.
    fn start(conform: bool) -> Self {
        let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target").join("tools");
        let packages = tools.join("oidc-provider");
        assert!(
            packages.join("node_modules/oidc-provider").is_dir(),
            "{} is missing; `cargo xtask setup` brings it",
            packages.display()
        );
        let brought = tools.join("node/node_modules/.bin/node");
        let node = if brought.exists() { brought } else { PathBuf::from("node") };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc-provider/provider.mjs");
        let mut child = Command::new(node)
            .current_dir(packages)
            .arg(script)
            .env("REDIRECT", REDIRECT)
            .env("SECRET", CLIENT_SECRET)
            .env("CONFORM", if conform { "1" } else { "0" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node starts; `cargo xtask setup` brings it");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        while !line.starts_with("ready ") {
            line.clear();
            let read = out.read_line(&mut line).expect("its output");
            assert!(read > 0, "the provider ended before it was ready");
        }
        let issuer = line.trim_start_matches("ready ").trim().to_owned();
        Self { child, issuer }
    }
}

impl Drop for RealProvider {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser at the provider.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

/// What it shows in the end.
#[derive(Debug)]
enum Page {
    /// A page of the provider: its address, status and text.
    Shown(String, StatusCode, String),
    /// It was sent back to the server, with this query.
    Back(String),
}

impl Page {
    #[track_caller]
    fn form(self) -> String {
        match self {
            Self::Shown(url, StatusCode::OK, text) if text.contains("<form") => url,
            other => panic!("no form: {other:?}"),
        }
    }

    #[track_caller]
    fn back(self) -> String {
        match self {
            Self::Back(query) => query,
            other => panic!("not sent back: {other:?}"),
        }
    }
}

impl Browser {
    async fn open(&mut self, url: &str) -> Page {
        self.send(Method::GET, url.to_owned(), String::new()).await
    }

    async fn submit(&mut self, url: &str, form: &str) -> Page {
        self.send(Method::POST, url.to_owned(), form.to_owned()).await
    }

    /// Sends, and follows where it is sent.
    async fn send(&mut self, mut method: Method, mut url: String, mut form: String) -> Page {
        for _ in 0..10 {
            if let Some(query) = url.strip_prefix(REDIRECT) {
                return Page::Back(query.to_owned());
            }
            let (status, next, text) = self.exchange(method, &url, form).await;
            let Some(next) = next else { return Page::Shown(url, status, text) };
            let origin: String = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            url = if next.starts_with('/') { format!("{origin}{next}") } else { next };
            (method, form) = (Method::GET, String::new());
        }
        panic!("sent from place to place: {url}")
    }

    async fn exchange(
        &mut self,
        method: Method,
        url: &str,
        form: String,
    ) -> (StatusCode, Option<String>, String) {
        let uri: http::Uri = url.parse().expect("an address");
        let authority = uri.authority().expect("a host").as_str().to_owned();
        let stream = tokio::net::TcpStream::connect(&authority).await.expect("connected");
        let io = hyper_util::rt::TokioIo::new(stream);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(io).await.expect("HTTP");
        let mut driver = tokio::task::JoinSet::new();
        driver.spawn(connection);
        let jar: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(uri.path_and_query().expect("a path").as_str())
            .header(header::HOST, authority)
            .header(header::COOKIE, jar.join("; "))
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form)))
            .expect("a request");
        let response = sender.send_request(request).await.expect("an answer");
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let (name, value) =
                cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if value.is_empty() || cookie.contains("1970") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, next) = (response.status(), response.headers().get(header::LOCATION));
        let next = next.map(|next| next.to_str().expect("text").to_owned());
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, next, String::from_utf8_lossy(&body).into_owned())
    }

    /// The form of the provider, filled.
    async fn sign_in(&mut self, form: &str, login: &str, more: &str) -> String {
        let typed = format!("login={login}&password={login}-Pw1{more}");
        self.submit(form, &typed).await.back()
    }
}

async fn world(conform: bool) -> (TestServer, RealProvider) {
    let provider = RealProvider::start(conform);
    let server = TestServer::start_with(|folder| settings(folder, &provider.issuer)).await;
    set_clock(&server, Duration::ZERO);
    (server, provider)
}

/// The server's clock is ahead of the provider's by so much.
fn set_clock(server: &TestServer, ahead: Duration) {
    server.clock.set_wall(SystemClock.now().plus(ahead));
}

/// The way out: where the browser goes, and the cookie it comes back with.
async fn leave(server: &TestServer) -> (String, String) {
    let answer = server.anonymous().get("/session/oidc/start?back=/accounts").await;
    (location(&answer).to_owned(), trip_cookie(&answer))
}

async fn come_back(server: &TestServer, cookie: &str, query: &str) -> Answer {
    let headers = [("cookie", cookie), ("sec-fetch-site", "cross-site")];
    server.anonymous().send(Method::GET, &format!("{CALLBACK}{query}"), &headers, None).await
}

async fn enter(server: &TestServer, browser: &mut Browser, login: &str, more: &str) -> Answer {
    let (url, cookie) = leave(server).await;
    let form = browser.open(&url).await.form();
    let back = browser.sign_in(&form, login, more).await;
    come_back(server, &cookie, &back).await
}

async fn role(who: &Client) -> String {
    who.get("/me").await.expect(200)["role"].as_str().expect("a role").to_owned()
}

#[tokio::test]
async fn people_sign_in_through_a_real_provider() {
    for conform in [false, true] {
        let (server, _provider) = world(conform).await;
        let mut browser = Browser::default();
        let (url, cookie) = leave(&server).await;
        let form = browser.open(&url).await.form();
        let wrong = browser.submit(&form, "login=alice&password=guessed").await;
        assert!(matches!(wrong, Page::Shown(_, StatusCode::UNAUTHORIZED, _)), "{wrong:?}");
        let back = browser.sign_in(&form, "alice", "").await;
        // It says who answers (RFC 9207).
        assert!(query(&back, "iss").is_some(), "{back}");
        let answer = come_back(&server, &cookie, &back).await;
        assert_eq!(location(&answer), "/accounts");
        let alice = session_of(&server, &answer);
        assert_eq!(role(&alice).await, "administrator", "conform: {conform}");
        let me = alice.get("/me").await.expect(200);
        assert_eq!(me["user"]["name"], "alice");
        // The way back is good once.
        let again = come_back(&server, &cookie, &back).await;
        assert_eq!(location(&again), "/login?oidc=over");
        let bob = enter(&server, &mut Browser::default(), "bob", "").await;
        assert_eq!(role(&session_of(&server, &bob)).await, "password_user");
        let carol = enter(&server, &mut Browser::default(), "carol", "").await;
        assert_eq!(location(&carol), "/login?oidc=no_role");
        let written = audit_text(&server).await;
        let code = query(&back, "code").expect("a code");
        assert!(!written.contains(&code) && !written.contains(CLIENT_SECRET));
    }
}

#[tokio::test]
async fn a_code_of_another_way_is_refused_by_the_real_provider() {
    let (server, _provider) = world(false).await;
    let (mut mine, mut theirs) = (Browser::default(), Browser::default());
    let (my_url, my_cookie) = leave(&server).await;
    let form = mine.open(&my_url).await.form();
    let my_back = mine.sign_in(&form, "bob", "").await;
    let (their_url, _) = leave(&server).await;
    let form = theirs.open(&their_url).await.form();
    let their_back = theirs.sign_in(&form, "alice", "").await;
    // A stolen code in one's own way: its verifier is another (RFC 7636).
    let (mine, stolen) = (query(&my_back, "code"), query(&their_back, "code"));
    let mixed = my_back.replace(&mine.expect("a code"), &stolen.expect("a code"));
    let answer = come_back(&server, &my_cookie, &mixed).await;
    assert_eq!(location(&answer), "/login?oidc=refused");
    let newest = server.newest_event().await;
    assert!(newest.contains("invalid_grant"), "{newest}");
    assert_eq!(count(&server, 200).await, 0);
}

#[tokio::test]
async fn a_real_provider_is_asked_to_ask_again() {
    let (server, _provider) = world(false).await;
    let mut browser = Browser::default();
    let answer = enter(&server, &mut browser, "alice", "").await;
    let alice = session_of(&server, &answer);
    // Signed in there, the next time nobody asks; on a clock that is off.
    set_clock(&server, Duration::from_secs(45));
    let (url, cookie) = leave(&server).await;
    let back = browser.open(&url).await.back();
    session_of(&server, &come_back(&server, &cookie, &back).await);
    // A proof is asked for nevertheless, and whoever is there must give it.
    set_clock(&server, Duration::ZERO);
    let begun = alice.post("/session/oidc/prove", json!({})).await;
    let cookie = trip_cookie(&begun);
    let url = begun.expect(200)["url"].as_str().expect("a URL").to_owned();
    let form = browser.open(&url).await.form();
    let back = browser.sign_in(&form, "alice", "&code=123456").await;
    let answer = come_back(&server, &cookie, &back).await;
    assert_eq!(location(&answer), "/provider-done?oidc=ok");
    let written = audit_text(&server).await;
    let proved = written.lines().find(|line| line.contains("identity_proved")).expect("proved");
    assert!(proved.contains("provider_mfa"), "{proved}");
}

#[tokio::test]
async fn a_user_is_linked_through_a_real_provider() {
    let (server, _provider) = world(false).await;
    let ann = server.user("ann", Role::Administrator).await;
    let begun = ann.post("/session/oidc/link", json!({})).await;
    let cookie = trip_cookie(&begun);
    let url = begun.expect(200)["url"].as_str().expect("a URL").to_owned();
    let mut browser = Browser::default();
    let form = browser.open(&url).await.form();
    let back = browser.sign_in(&form, "alice", "").await;
    let answer = come_back(&server, &cookie, &back).await;
    assert_eq!(location(&answer), "/me?oidc=linked");
    let again = enter(&server, &mut Browser::default(), "alice", "").await;
    let me = session_of(&server, &again).get("/me").await.expect(200);
    assert_eq!(me["user"]["name"], "ann");
}
