//! The web console beside the API.

use http::{Method, Request, header};
use sekisho_model::user::Role;

use crate::harness::{Answer, TestServer};

/// What a browser says when somebody opens an address.
const BROWSER: &str = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";

async fn open(server: &TestServer, method: Method, path: &str, accept: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, accept)
        .body(axum::body::Body::empty())
        .expect("a request");
    server.anonymous().raw(request).await
}

#[tokio::test]
async fn every_address_of_the_console_is_its_page() {
    let server = TestServer::start().await;
    for path in ["/", "/accounts", "/resources/0193e4a0?tab=audit", "/apifel", "/setup"] {
        let answer = open(&server, Method::GET, path, BROWSER).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert!(answer.header("strict-transport-security").is_some(), "{path}");
    }
}

#[tokio::test]
async fn the_page_has_a_policy_of_its_own_with_a_new_nonce_each_time() {
    let server = TestServer::start().await;
    let mut policies = Vec::new();
    for _ in 0..2 {
        let answer = open(&server, Method::GET, "/", BROWSER).await;
        policies.push(answer.header("content-security-policy").expect("a policy").to_owned());
    }
    for policy in &policies {
        assert!(policy.contains("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    assert_ne!(policies[0], policies[1]);
}

#[tokio::test]
async fn what_is_below_the_api_never_becomes_a_page() {
    let server = TestServer::start().await;
    let paths = ["/api", "/api/", "/api/v1", "/api/v1/nowhere", "/api/v2/me", "/API/v1/me"];
    for path in paths {
        open(&server, Method::GET, path, BROWSER).await.problem(404, "not_found");
    }
    open(&server, Method::GET, "/api/v1/me", BROWSER).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn only_who_asks_for_a_page_gets_one() {
    let server = TestServer::start().await;
    for accept in ["*/*", "application/json", ""] {
        open(&server, Method::GET, "/accounts", accept).await.problem(404, "not_found");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        open(&server, method, "/accounts", BROWSER).await.problem(404, "not_found");
    }
    for asset in ["/assets/nothing.js", "/assets/%2e%2e%2findex.html", "/assets/a/b.js", "/assets"]
    {
        open(&server, Method::GET, asset, BROWSER).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn answers_of_the_api_keep_their_policy() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let answer = admin.get("/me").await;
    let policy = answer.header("content-security-policy");
    assert_eq!(policy, Some("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
