//! API tokens.

use std::time::Duration;

use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer};

async fn token(of: &Client, scopes: &[&str]) -> (Value, Client) {
    let body = json!({ "name": "script", "scopes": scopes, "expires_in_s": 3600 });
    let made = of.post("/tokens", body).await.expect(201);
    let bearer = made["token"].as_str().expect("a token").to_owned();
    (made, Client { cookie: None, bearer: Some(bearer), ..of.clone() })
}

#[tokio::test]
async fn a_token_works_within_its_scopes_until_it_ends() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let (made, reader) = token(&admin, &["read"]).await;
    assert!(made["token"].as_str().expect("text").starts_with("sekisho_pat_"));
    let me = reader.get("/me").await.expect(200);
    assert_eq!(me["token"]["scopes"], json!(["read"]));
    reader.get("/users").await.expect(200);
    let refused = reader.post("/audit/verify", json!({})).await.problem(403, "forbidden");
    assert_eq!(refused["detail"], "the API token lacks the scope write");

    server.clock.advance(Duration::from_secs(3600));
    reader.get("/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_token_needs_no_origin_and_makes_no_tokens() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let (_, writer) = token(&admin, &["write"]).await;
    let cross = [("sec-fetch-site", "cross-site")];
    writer.send(http::Method::POST, "/audit/verify", &cross, None).await.expect(200);
    let body = json!({ "name": "more", "scopes": ["reveal"], "expires_in_s": 3600 });
    writer.post("/tokens", body).await.problem(403, "forbidden");
    let change = json!({ "current": "x", "new": "a quite new secret" });
    writer.post("/me/password", change).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_revoked_token_is_dead_and_a_foreign_one_unknown() {
    let server = TestServer::start().await;
    let (ann, bob) = (
        server.user("ann", Role::PasswordUser).await,
        server.user("bob", Role::Administrator).await,
    );
    let (made, program) = token(&ann, &["read"]).await;
    let path = format!("/tokens/{}", made["id"].as_str().expect("an id"));
    bob.delete(&path).await.problem(404, "not_found");
    program.get("/me").await.expect(200);
    ann.delete(&path).await.expect(204);
    ann.delete(&path).await.expect(204);
    program.get("/me").await.problem(401, "unauthenticated");
    let listed = ann.get("/tokens").await.expect(200);
    assert!(listed["items"][0]["revoked_at"].is_string());
    assert!(!listed.to_string().contains("sekisho_pat_"));
}

#[tokio::test]
async fn nonsense_is_refused() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordUser).await;
    for (body, field) in [
        (json!({ "name": "x", "scopes": [], "expires_in_s": 60 }), "scopes"),
        (json!({ "name": "x", "scopes": ["read"], "expires_in_s": 1 }), "expires_in_s"),
        (json!({ "name": "x", "scopes": ["read"], "expires_in_s": 1e12 as u64 }), "expires_in_s"),
        (json!({ "name": "", "scopes": ["read"] }), "name"),
        (json!({ "name": "x", "scopes": ["reed"] }), "scopes"),
    ] {
        let refused = ann.post("/tokens", body).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{refused}");
    }
    let mut forged = ann.clone();
    forged.cookie = None;
    for bearer in ["", "x", "sekisho_pat_x", "Basic abc"] {
        forged.bearer = Some(bearer.to_owned());
        forged.get("/me").await.problem(401, "unauthenticated");
    }
}
