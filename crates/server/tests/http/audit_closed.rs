//! What cannot be recorded is not done, and what nobody outside can see waits.

use std::time::Duration;

use http::Method;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::{Client, PASSWORD, TestServer};

/// Objects for every class of action.
struct World {
    owner: Client,
    admin: Client,
    account: String,
    user: String,
}

const STORED: &str = "S3cret-typed-by-hand";

async fn world(server: &TestServer) -> World {
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let admin = server.user("ann", Role::SuperAdministrator).await;
    let user = server.user("ulla", Role::PasswordUser).await.id.expect("an id").to_string();
    let resource = json!({ "name": "web", "platform": "linux" });
    let resource = owner.post("/resources", resource).await.expect(201);
    let path = format!("/resources/{}/accounts", resource["id"].as_str().expect("an id"));
    let account = owner.post(&path, json!({ "name": "root" })).await.expect(201);
    let account = account["id"].as_str().expect("an id").to_owned();
    let path = format!("/accounts/{account}/password");
    owner.send(Method::PUT, &path, &[], Some(json!({ "value": STORED }))).await;
    World { owner, admin, account, user }
}

/// Asks for one action of each kind that must not happen unseen; returns what
/// came back.
async fn ask_for_all(world: &World) -> Vec<(&'static str, crate::harness::Answer)> {
    let World { owner, admin, account, user } = world;
    let reveal = |purpose| json!({ "reason": "test", "purpose": purpose });
    let path = |tail: &str| format!("/accounts/{account}/{tail}");
    let role = json!({ "role": "password_administrator" });
    let key = json!({ "label": "k", "platform": "linux", "use": "once" });
    let token = json!({ "name": "t", "scopes": ["reveal"], "expires_in_s": 90_000 });
    let new_user = json!({
        "name": "new", "display_name": "New", "password": PASSWORD, "role": "administrator",
    });
    let typed = json!({ "value": "another-Typed-1" });
    vec![
        ("reveal", owner.post(&path("reveal"), reveal("show")).await),
        ("copy", owner.post(&path("reveal"), reveal("copy")).await),
        ("store", owner.send(Method::PUT, &path("password"), &[], Some(typed)).await),
        ("role", admin.patch(&format!("/users/{user}"), "\"1\"", role).await),
        ("user", admin.post("/users", new_user).await),
        ("disable", admin.post(&format!("/users/{user}/disable"), json!({})).await),
        ("enrolment key", owner.post("/enrolment-keys", key).await),
        ("token", owner.post("/tokens", token).await),
    ]
}

/// Everything that the actions could have left behind.
async fn traces(server: &TestServer, world: &World) -> Value {
    let World { owner, admin, account, user } = world;
    let history = owner.get(&format!("/accounts/{account}")).await.expect(200);
    json!([
        history["version"],
        history["current_version"],
        admin.get(&format!("/users/{user}")).await.expect(200),
        admin.get("/users").await.expect(200)["items"].as_array().expect("a list").len(),
        owner.get("/enrolment-keys").await.expect(200)["items"],
        owner.get("/tokens").await.expect(200)["items"],
        server.event_codes().await.len(),
    ])
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_done() {
    let server = TestServer::start().await;
    let world = world(&server).await;
    let before = traces(&server, &world).await;
    server
        .sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit_lines BEGIN SELECT RAISE(ABORT, 'disk full'); \
             END",
        )
        .await;
    for (action, answer) in ask_for_all(&world).await {
        assert_eq!(answer.header("retry-after"), Some("5"), "{action}: {}", answer.body);
        let body = answer.problem(503, "audit_unavailable");
        assert!(!body.to_string().contains(STORED), "{action}");
        assert!(body["detail"].as_str().expect("text").contains("nothing was done"), "{action}");
    }
    // Nor is the log read unseen.
    world.admin.get("/audit").await.problem(503, "audit_unavailable");
    world.admin.get("/audit/export").await.problem(503, "audit_unavailable");
    assert_eq!(traces(&server, &world).await, before, "nothing happened");

    server.sql("DROP TRIGGER full").await;
    for (action, answer) in ask_for_all(&world).await {
        assert!(answer.status.is_success(), "{action}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_required_witness_that_is_missing_holds_secrets_and_changes() {
    let server = TestServer::start_with(|folder| {
        let file = folder.join("mount/witness.jsonl");
        vec![
            format!("audit.witness.file={}", file.display()),
            "audit.witness.required=true".to_owned(),
            "audit.witness.max_lag_s=60".to_owned(),
        ]
    })
    .await;
    let mount = server.app.config.data_dir.parent().expect("a folder").join("mount");
    let world = world(&server).await;
    // The mount is not there: the delivery fails, and nothing waits yet.
    sekisho_server::audit::finish(&server.app).await;
    sekisho_server::audit::look(&server.app).await.expect("looked");
    world.admin.get("/system").await.expect(200);
    let before = traces(&server, &world).await;
    server.clock.advance(Duration::from_secs(61));
    sekisho_server::audit::look(&server.app).await.expect("looked");
    for (action, answer) in ask_for_all(&world).await {
        let body = answer.problem(503, "audit_held");
        let detail = body["detail"].as_str().expect("text");
        assert!(detail.contains("witnessed within 60 s"), "{action}: {detail}");
        assert!(detail.contains("witness.file"), "{action}: {detail}");
    }
    assert_eq!(traces(&server, &world).await, before, "nothing happened");
    // Whoever looks for the fault can, and signs in and out with the command
    // line, which keeps a token for a working day.
    let sign_in = json!({ "name": "cli", "scopes": ["read"], "expires_in_s": 43_200 });
    let made = world.admin.post("/tokens", sign_in).await.expect(201);
    let path = format!("/tokens/{}", made["id"].as_str().expect("an id"));
    world.admin.delete(&path).await.expect(204);
    world.admin.get("/audit").await.expect(200);
    let system = world.admin.get("/system").await.expect(200);
    assert!(system["audit_held"].is_string());
    assert_eq!(system["audit_readers"][0]["name"], "witness.file");
    let ready = server.anonymous().get("//readyz").await.expect(200);
    assert_eq!(ready["audit"], "held");

    std::fs::create_dir(&mount).expect("mounted");
    sekisho_server::audit::finish(&server.app).await;
    sekisho_server::audit::look(&server.app).await.expect("looked");
    for (action, answer) in ask_for_all(&world).await {
        assert!(answer.status.is_success(), "{action}: {}", answer.body);
    }
    let ready = server.anonymous().get("//readyz").await.expect(200);
    assert_eq!(ready["audit"], "ok");
}
