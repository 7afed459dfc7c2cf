//! Providers and browsers that do not behave.

use std::time::Duration;

use http::Method;
use sekisho_model::Clock as _;
use sekisho_model::user::Role;
use serde_json::json;

use super::{
    CALLBACK, CLIENT_SECRET, Forgery, Manner, Provider, begin, come_back, enter, key, location,
    session_of, settings, through, trip_cookie, world,
};
use crate::harness::TestServer;
use crate::objects::{audit_text, count};

/// Longer than a provider that failed is left alone.
const PAUSE: Duration = Duration::from_secs(6);

#[tokio::test]
async fn what_a_provider_says_wrongly_lets_nobody_in() {
    let (server, provider) = world().await;
    let now = server.clock.now().as_secs();
    let wrong = [
        ("another issuer", json!({ "iss": "http://127.0.0.1:1" })),
        ("an issuer that only looks alike", json!({ "iss": format!("{}/", provider.issuer) })),
        ("another nonce", json!({ "nonce": "x" })),
        ("no nonce", json!({ "nonce": null })),
        ("another audience", json!({ "aud": "other" })),
        ("one more audience", json!({ "aud": ["pam", "other"] })),
        ("no expiry", json!({ "exp": null })),
        ("expired", json!({ "exp": now - 61 })),
        ("not yet", json!({ "nbf": now + 61 })),
        ("made in the future", json!({ "iat": now + 61 })),
        ("made long ago", json!({ "iat": now - 601 })),
        ("signed in in the future", json!({ "auth_time": now + 61 })),
        ("nobody", json!({ "sub": "" })),
        ("a subject too long", json!({ "sub": "x".repeat(256) })),
        ("a subject with a line break", json!({ "sub": "a\nb" })),
    ];
    let many = wrong.len();
    for (what, claims) in wrong {
        provider.says(claims);
        let answer = through(&server, &provider).await;
        assert_eq!(location(&answer), "/login?oidc=refused", "{what}");
    }
    assert_eq!(count(&server, 697).await, many);
    // A clock that is off by less is taken.
    let auth_time = now + 59;
    provider.says(json!({ "exp": now - 59, "iat": now + 59, "auth_time": auth_time }));
    enter(&server, &provider).await;
}

#[tokio::test]
async fn only_the_keys_that_the_provider_publishes_sign() {
    let (server, provider) = world().await;
    enter(&server, &provider).await;
    for forgery in [Forgery::AnotherKey, Forgery::Secret, Forgery::PublicKey, Forgery::Unsigned] {
        provider.with(|manners| manners.forgery = Some(forgery));
        let answer = through(&server, &provider).await;
        assert_eq!(location(&answer), "/login?oidc=refused");
    }
    assert_eq!(count(&server, 697).await, 4);
}

#[tokio::test]
async fn keys_may_change() {
    let (server, provider) = world().await;
    enter(&server, &provider).await;
    provider.with(|manners| (manners.key, manners.kid) = (key(), "k2".to_owned()));
    enter(&server, &provider).await;
    // Without another name, too.
    provider.with(|manners| manners.key = key());
    enter(&server, &provider).await;
}

#[tokio::test]
async fn an_answer_of_another_browser_or_a_second_time_is_refused() {
    let (server, provider) = world().await;
    let (cookie, state) = begin(&server, &provider).await;
    let (other_cookie, other_state) = begin(&server, &provider).await;
    for (cookie, state) in [(&cookie, &other_state), (&other_cookie, &state)] {
        let crossed = come_back(&server, cookie, state, "good").await;
        assert_eq!(location(&crossed), "/login?oidc=over");
    }
    let without = server.anonymous().get(&format!("{CALLBACK}?code=good&state={state}")).await;
    assert_eq!(location(&without), "/login?oidc=over");
    let twice = format!("{other_cookie}; {other_cookie}");
    let twice = come_back(&server, &twice, &other_state, "good").await;
    assert_eq!(location(&twice), "/login?oidc=over");
    // Whoever makes a browser come here with another state ends nothing: the
    // provider remembers the other way out, so this code is refused there.
    let wrong_verifier = come_back(&server, &cookie, &state, "good").await;
    assert_eq!(location(&wrong_verifier), "/login?oidc=refused");
    session_of(&server, &come_back(&server, &other_cookie, &other_state, "good").await);
    let spent = come_back(&server, &other_cookie, &other_state, "good").await;
    assert_eq!(location(&spent), "/login?oidc=over");
    let (cookie, state) = begin(&server, &provider).await;
    server.clock.advance(Duration::from_secs(600));
    let late = come_back(&server, &cookie, &state, "good").await;
    assert_eq!(location(&late), "/login?oidc=over");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_refused() {
    let (server, provider) = world().await;
    for (issuer, expected) in
        [("https://evil.example", "/login?oidc=refused"), (provider.issuer.as_str(), "/accounts")]
    {
        let (cookie, state) = begin(&server, &provider).await;
        let path = format!("{CALLBACK}?code=good&state={state}&iss={issuer}");
        let headers = [("cookie", cookie.as_str())];
        let answer = server.anonymous().send(Method::GET, &path, &headers, None).await;
        assert_eq!(location(&answer), expected);
    }
}

#[tokio::test]
async fn who_declines_at_the_provider_is_told_so() {
    let (server, provider) = world().await;
    let (cookie, state) = begin(&server, &provider).await;
    let path = format!("{CALLBACK}?error=access_denied&state={state}");
    let headers = [("cookie", cookie.as_str())];
    let answer = server.anonymous().send(Method::GET, &path, &headers, None).await;
    assert_eq!(location(&answer), "/login?oidc=declined");
    let cookie = answer.header("set-cookie").expect("its removal");
    assert!(cookie.starts_with("__Host-sekisho-oidc=;") && cookie.contains("Max-Age=0"));
}

#[tokio::test]
async fn no_code_token_or_secret_is_written_down() {
    let (server, provider) = world().await;
    let (cookie, state) = begin(&server, &provider).await;
    // It repeats the whole request in its answer.
    come_back(&server, &cookie, &state, "wrong-code").await;
    enter(&server, &provider).await;
    let written = audit_text(&server).await;
    assert!(written.contains("invalid_grant"), "{written}");
    for secret in ["wrong-code", &state, CLIENT_SECRET, "code_verifier", "access\""] {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
}

/// Each refusal is on record: whoever begins again and again to be refused
/// waits, and fills no log.
#[tokio::test]
async fn many_refusals_from_one_address_are_slowed_down() {
    let (server, provider) = world().await;
    let mut last = String::new();
    for _ in 0..40 {
        let (cookie, state) = begin(&server, &provider).await;
        let answer = come_back(&server, &cookie, &state, "bad").await;
        last = location(&answer).to_owned();
    }
    assert_eq!(last, "/login?oidc=throttled");
    assert_eq!(count(&server, 697).await, 30);
    server.clock.advance(Duration::from_secs(900));
    enter(&server, &provider).await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_well_is_unavailable_for_now() {
    let (server, provider) = world().await;
    let start = async || {
        let answer = server.anonymous().get("/session/oidc/start").await;
        location(&answer).to_owned()
    };
    for manner in [Manner::Huge, Manner::Broken, Manner::Redirects] {
        provider.with(|manners| manners.answer = manner);
        assert_eq!(start().await, "/login?oidc=unavailable");
        server.clock.advance(PAUSE);
    }
    provider.with(|manners| manners.answer = Manner::Honest);
    for description in [
        json!({ "issuer": "http://127.0.0.1:1" }),
        json!({ "issuer": format!("{}/", provider.issuer) }),
        json!({ "jwks_uri": "http://192.0.2.1/jwks" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "authorization_endpoint": "http://192.0.2.1/auth" }),
    ] {
        provider.with(|manners| manners.description = description.clone());
        assert_eq!(start().await, "/login?oidc=unavailable", "{description}");
        // What was understood is kept for an hour.
        server.clock.advance(Duration::from_secs(3601));
    }
    provider.with(|manners| manners.description = json!({}));
    enter(&server, &provider).await;
}

/// Nobody makes this server knock at the provider as often as they like.
#[tokio::test]
async fn a_provider_that_failed_is_left_alone_for_a_moment() {
    let (server, provider) = world().await;
    provider.with(|manners| manners.answer = Manner::Broken);
    for _ in 0..5 {
        let answer = server.anonymous().get("/session/oidc/start").await;
        assert_eq!(location(&answer), "/login?oidc=unavailable");
    }
    let asked = || {
        let mut asked = 0;
        provider.with(|manners| asked = manners.asked);
        asked
    };
    assert_eq!(asked(), 1);
    provider.with(|manners| manners.answer = Manner::Honest);
    server.clock.advance(PAUSE);
    for _ in 0..3 {
        begin(&server, &provider).await;
    }
    assert_eq!(asked(), 2);
}

#[tokio::test]
async fn an_unreachable_provider_holds_nobody_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let free = listener.local_addr().expect("bound");
    drop(listener);
    let server = TestServer::start_with(|folder| settings(folder, &format!("http://{free}"))).await;
    let answer = server.anonymous().get("/session/oidc/start").await;
    assert_eq!(location(&answer), "/login?oidc=unavailable");
    // People with a password sign in as ever.
    let ann = server.user("ann", Role::Administrator).await;
    ann.get("/me").await.expect(200);
    ann.post("/session/oidc/link", json!({})).await.problem(503, "unavailable");
}

#[tokio::test]
async fn a_silent_provider_is_given_up() {
    let (server, provider) = world().await;
    provider.with(|manners| manners.answer = Manner::Silent);
    // From here on time passes as soon as everybody waits.
    tokio::time::pause();
    let answer = server.anonymous().get("/session/oidc/start").await;
    assert_eq!(location(&answer), "/login?oidc=unavailable");
}

#[tokio::test]
async fn an_https_provider_is_checked_against_the_given_authorities() {
    // Not a TLS server at all: what matters is that nothing is said before.
    let provider = Provider::start().await;
    let issuer = provider.issuer.replace("http://127.0.0.1", "https://localhost");
    let server = TestServer::start_with(|folder| settings(folder, &issuer)).await;
    let answer = server.anonymous().get("/session/oidc/start").await;
    assert_eq!(location(&answer), "/login?oidc=unavailable");
    let mut asked = 1;
    provider.with(|manners| asked = manners.asked);
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn the_cookie_of_a_way_out_opens_nothing() {
    let (server, provider) = world().await;
    let answer = server.anonymous().get("/session/oidc/start").await;
    provider.visit(location(&answer), server.clock.now().as_secs());
    let cookie = trip_cookie(&answer);
    let value = cookie.split_once('=').expect("a pair").1;
    let forged = format!("__Host-sekisho={value}");
    let headers = [("cookie", forged.as_str())];
    let answer = server.anonymous().send(Method::GET, "/me", &headers, None).await;
    answer.problem(401, "unauthenticated");
}
