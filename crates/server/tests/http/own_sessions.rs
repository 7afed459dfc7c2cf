//! One's own sessions, and proving again who one is.

use std::time::Duration;

use http::{Method, header};
use serde_json::json;

use crate::harness::{Client, PASSWORD, TestServer};
use crate::objects::{count, pass};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";

async fn server_with_ann() -> TestServer {
    let server = TestServer::start().await;
    let body = json!({
        "token": server.setup_token, "name": "ann", "display_name": "Ann", "password": PASSWORD,
    });
    server.anonymous().post("/setup", body).await.expect(201);
    server
}

async fn signed_in(server: &TestServer, agent: &str) -> Client {
    let body = json!({ "name": "ann", "password": PASSWORD });
    let headers = [(header::USER_AGENT.as_str(), agent)];
    let answer = server.anonymous().send(Method::POST, "/session", &headers, Some(body)).await;
    let cookie = answer.session();
    answer.expect(200);
    Client { cookie, ..server.anonymous() }
}

#[tokio::test]
async fn people_see_where_they_are_signed_in_and_end_it() {
    let server = server_with_ann().await;
    let desk = signed_in(&server, FIREFOX).await;
    server.tick();
    let shell = signed_in(&server, "sekisho/0.1.0").await;
    server.tick();
    let other = signed_in(&server, "").await;
    let list = desk.get("/me/sessions").await.expect(200);
    let items = list["items"].as_array().expect("a list");
    let of = |field: &str| items.iter().map(|item| item[field].clone()).collect::<Vec<_>>();
    assert_eq!(of("current"), [json!(false), json!(false), json!(true)]);
    assert_eq!(
        of("client"),
        [json!(null), json!("sekisho command line"), json!("Firefox on Linux")]
    );
    assert_eq!(of("address"), [json!("192.0.2.7"), json!("192.0.2.7"), json!("192.0.2.7")]);
    assert_eq!(items[0]["methods"], json!(["password"]));

    let id = items[1]["id"].as_str().expect("an id");
    desk.delete(&format!("/me/sessions/{id}")).await.expect(204);
    shell.get("/me").await.problem(401, "unauthenticated");
    desk.delete(&format!("/me/sessions/{id}")).await.problem(404, "not_found");
    assert_eq!(desk.delete("/me/sessions").await.expect(200)["ended"], 1);
    other.get("/me").await.problem(401, "unauthenticated");
    desk.get("/me").await.expect(200);
    assert_eq!(desk.delete("/me/sessions").await.expect(200)["ended"], 0);
    assert_eq!(count(&server, 689).await, 2);
}

#[tokio::test]
async fn what_matters_most_needs_a_proof_that_is_not_old() {
    let server = server_with_ann().await;
    let ann = signed_in(&server, FIREFOX).await;
    let token = json!({ "name": "t", "scopes": ["read"] });
    ann.post("/tokens", token.clone()).await.expect(201);
    pass(&server, &ann, 15).await;
    let refused = ann.post("/tokens", token.clone()).await;
    assert_eq!(refused.problem(403, "reauthentication_needed")["methods"], json!(["password"]));
    ann.post("/me/second-factor/totp", json!({})).await.problem(403, "reauthentication_needed");

    let prove = |proof: &str| json!({ "method": "password", "proof": proof });
    let wrong = ann.post("/session/prove", prove("not it")).await;
    assert_eq!(wrong.problem(400, "invalid_input")["field"], "proof");
    ann.post("/tokens", token.clone()).await.problem(403, "reauthentication_needed");
    let proved = ann.post("/session/prove", prove(PASSWORD)).await.expect(200);
    assert!(proved["valid_until"].is_string());
    ann.post("/tokens", token.clone()).await.expect(201);
    assert_eq!((count(&server, 687).await, count(&server, 688).await), (1, 1));
}

#[tokio::test]
async fn guessing_a_proof_waits() {
    let server = server_with_ann().await;
    let ann = signed_in(&server, FIREFOX).await;
    let wrong = json!({ "method": "totp", "proof": "000000" });
    for _ in 0..5 {
        ann.post("/session/prove", wrong.clone()).await.problem(400, "invalid_input");
    }
    let right = json!({ "method": "password", "proof": PASSWORD });
    ann.post("/session/prove", right.clone()).await.problem(429, "throttled");
    server.clock.advance(Duration::from_secs(2));
    ann.post("/session/prove", right).await.expect(200);
}

#[tokio::test]
async fn the_time_a_proof_lasts_is_a_setting() {
    let server = TestServer::start_with(|_| vec!["limits.proof_minutes=1".to_owned()]).await;
    let ann = server.user("ann", sekisho_model::user::Role::Administrator).await;
    let token = json!({ "name": "t", "scopes": ["read"] });
    server.clock.advance(Duration::from_secs(59));
    ann.post("/tokens", token.clone()).await.expect(201);
    server.clock.advance(Duration::from_secs(1));
    ann.post("/tokens", token).await.problem(403, "reauthentication_needed");
}
