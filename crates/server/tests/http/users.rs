//! Users and roles.

use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, TestServer};

fn new_user(name: &str, role: &str) -> Value {
    json!({ "name": name, "display_name": name, "password": PASSWORD, "role": role })
}

fn path(user: &Value) -> String {
    format!("/users/{}", user["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn an_administrator_creates_changes_and_disables() {
    let server = TestServer::start().await;
    let admin = server.user("root", Role::Administrator).await;
    let bob = admin.post("/users", new_user("bob", "password_user")).await.expect(201);
    admin.post("/users", new_user("bob", "password_user")).await.problem(409, "conflict");

    let shown = admin.get(&path(&bob)).await;
    assert_eq!(shown.header("etag"), Some("\"1\""));
    let change = json!({ "display_name": "Bob B.", "role": "password_auditor" });
    let changed = admin.patch(&path(&bob), "\"1\"", change.clone()).await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(changed.expect(200)["role"], "password_auditor");
    admin.patch(&path(&bob), "\"1\"", json!({ "display_name": "x" })).await.problem(412, "stale");
    let without = admin.send(http::Method::PATCH, &path(&bob), &[], Some(change)).await;
    without.problem(428, "precondition_required");

    let disable = format!("{}/disable", path(&bob));
    assert_eq!(admin.post(&disable, json!({})).await.expect(200)["state"], "disabled");
    assert_eq!(admin.post(&disable, json!({})).await.expect(200)["state"], "disabled");
    let enable = format!("{}/enable", path(&bob));
    assert_eq!(admin.post(&enable, json!({})).await.expect(200)["state"], "active");
    assert_eq!(server.event_codes().await, [200, 201, 204, 202, 203]);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    let server = TestServer::start().await;
    let admin = server.user("root", Role::Administrator).await;
    let bob = server.user("bob", Role::PasswordUser).await;
    bob.get("/me").await.expect(200);
    let path = format!("/users/{}/disable", bob.id.expect("an id"));
    admin.post(&path, json!({})).await.expect(200);
    bob.get("/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn super_administrator_is_granted_by_another() {
    let server = TestServer::start().await;
    let (ann, eve) = (
        server.user("ann", Role::Administrator).await,
        server.user("eve", Role::Administrator).await,
    );
    let eves = format!("/users/{}", eve.id.expect("an id"));
    let rise = json!({ "role": "super_administrator" });
    let refused = eve.patch(&eves, "\"1\"", rise.clone()).await.problem(403, "forbidden");
    assert!(refused["detail"].as_str().expect("text").contains("never to oneself"), "{refused}");
    assert_eq!(ann.patch(&eves, "\"1\"", rise).await.expect(200)["role"], "super_administrator");
    let codes = server.event_codes().await;
    assert_eq!(codes, [800, 201], "the refusal is on record, too");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    server.user("pat", Role::PasswordAdministrator).await;
    let path = format!("/users/{}", ann.id.expect("an id"));
    let step_down = json!({ "role": "password_user" });
    ann.patch(&path, "\"1\"", step_down.clone()).await.problem(409, "conflict");
    ann.post(&format!("{path}/disable"), json!({})).await.problem(409, "conflict");
    server.user("eve", Role::SuperAdministrator).await;
    ann.patch(&path, "\"1\"", step_down).await.expect(200);
    ann.get("/users").await.problem(403, "forbidden");
}

#[tokio::test]
async fn lists_are_paged() {
    let server = TestServer::start().await;
    let admin = server.user("u0", Role::Administrator).await;
    for n in 1..5 {
        server.user(&format!("u{n}"), Role::PasswordUser).await;
    }
    let mut names = Vec::new();
    let mut next = Some(String::new());
    while let Some(cursor) = next {
        let after = if cursor.is_empty() { cursor } else { format!("&after={cursor}") };
        let page = admin.get(&format!("/users?limit=2{after}")).await.expect(200);
        let items = page["items"].as_array().expect("items").clone();
        assert!(items.len() <= 2);
        names.extend(items.into_iter().map(|user| user["name"].as_str().expect("text").to_owned()));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(names, ["u0", "u1", "u2", "u3", "u4"]);
    admin.get("/users?after=zzz").await.problem(400, "invalid_input");
}

#[tokio::test]
async fn roles_say_what_they_may() {
    let server = TestServer::start().await;
    let user = server.user("con", Role::ConnectionUser).await;
    let roles = user.get("/roles").await.expect(200);
    assert_eq!(roles["items"].as_array().expect("items").len(), Role::ALL.len());
}
