//! `Idempotency-Key`.

use http::Method;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};

async fn create(from: &Client, key: &str, name: &str) -> Answer {
    let body = json!({ "name": name, "rules": { "length": 24 } });
    from.send(Method::POST, "/password-policies", &[("idempotency-key", key)], Some(body)).await
}

/// How many there are beside the one that `init` made.
async fn policies(from: &Client) -> usize {
    from.get("/password-policies").await.expect(200)["items"]
        .as_array()
        .map_or(0, |items| items.len() - 1)
}

#[tokio::test]
async fn a_repeat_is_answered_and_not_done_again() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let first = create(&admin, "k1", "bob").await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first: Value = first.expect(201);
    let again = create(&admin, "k1", "bob").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
    assert_eq!(policies(&admin).await, 1);
    // Another request with the key is refused, another person's key is theirs.
    create(&admin, "k1", "carl").await.problem(422, "idempotency_mismatch");
    let eve = server.user("eve", Role::Administrator).await;
    create(&eve, "k1", "carl").await.expect(201);
}

#[tokio::test]
async fn a_refusal_is_judged_again() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    create(&admin, "k1", "bob").await.expect(201);
    create(&admin, "k2", "bob").await.problem(409, "conflict");
    create(&admin, "k2", "bob").await.problem(409, "conflict");
}

#[tokio::test]
async fn two_at_once_do_the_work_once() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let (one, other) = tokio::join!(create(&admin, "k", "bob"), create(&admin, "k", "bob"));
    // The later one is told that the first is running, or gets its answer.
    for answer in [&one, &other] {
        assert!(matches!(answer.status.as_u16(), 201 | 409), "{}", answer.body);
    }
    let done = |answer: &Answer| {
        answer.status.as_u16() == 201 && answer.header("idempotency-replayed").is_none()
    };
    assert!(done(&one) != done(&other), "one of them did the work");
    assert_eq!(policies(&admin).await, 1);
    create(&admin, "k", "bob").await.expect(201);
}

#[tokio::test]
async fn an_answer_with_a_secret_is_never_kept() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let body = json!({ "name": "t", "scopes": ["read"], "expires_in_s": 3600 });
    let key = [("idempotency-key", "k")];
    let one = admin.send(Method::POST, "/tokens", &key, Some(body.clone())).await.expect(201);
    let other = admin.send(Method::POST, "/tokens", &key, Some(body)).await.expect(201);
    assert_ne!(one["token"], other["token"]);
}

#[tokio::test]
async fn a_malformed_key_is_refused() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let long = "k".repeat(129);
    for key in ["with blank", "", long.as_str()] {
        create(&admin, key, "bob").await.problem(400, "invalid_input");
    }
    assert_eq!(policies(&admin).await, 0);
}

#[tokio::test]
async fn the_work_ends_although_the_client_hangs_up() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let request = create(&admin, "k", "bob");
    let impatient = tokio::time::timeout(std::time::Duration::from_millis(15), request).await;
    server.app.tasks.drain().await;
    let repeat = create(&admin, "k", "bob").await;
    // Either it was too late to begin, or it was done; never half.
    repeat.expect(201);
    drop(impatient);
    assert_eq!(policies(&admin).await, 1);
}
