//! Resources.

use http::Method;
use sekisho_model::device::DeviceState;
use sekisho_model::id::DeviceId;
use sekisho_model::order::OrderState;
use sekisho_model::user::Role;
use sekisho_store::Access as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};
use crate::objects::{account, count, device, id, move_order, pass, resource, store};

fn path(resource: &Value) -> String {
    format!("/resources/{}", id(resource))
}

async fn delete(by: &Client, resource: &Value, tag: &str) -> Answer {
    by.send(Method::DELETE, &path(resource), &[("if-match", tag)], None).await
}

#[tokio::test]
async fn a_resource_lives_from_creation_to_deletion() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let body = json!({ "name": "Web 1", "dns_name": "WEB-1.Example.JP", "platform": "linux" });
    let made = ann.post("/resources", body).await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let made = made.expect(201);
    assert_eq!(made["dns_name"], "web-1.example.jp", "kept in lower case");
    assert_eq!(made["owner"]["name"], "ann");
    assert_eq!(made["device"], json!(null));
    assert_eq!(made["accounts"], json!({ "total": 0, "known": 0, "out_of_sync": 0 }));

    let change = json!({ "name": "Web 2", "dns_name": null });
    let changed = ann.patch(&path(&made), "\"1\"", change).await.expect(200);
    assert_eq!((&changed["name"], &changed["dns_name"]), (&json!("Web 2"), &json!(null)));
    ann.patch(&path(&made), "\"1\"", json!({ "name": "x" })).await.problem(412, "stale");
    ann.patch(&path(&made), "\"x\"", json!({})).await.problem(400, "invalid_input");
    ann.delete(&path(&made)).await.problem(428, "precondition_required");
    delete(&ann, &made, "\"1\"").await.problem(412, "stale");
    delete(&ann, &made, "\"2\"").await.expect(204);
    ann.get(&path(&made)).await.problem(404, "not_found");
    assert_eq!(ann.get("/resources").await.expect(200)["items"], json!([]));
    assert_eq!(server.event_codes().await, [300, 301, 302]);
}

#[tokio::test]
async fn only_its_owner_and_the_super_administrator_see_it() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    let stranger = server.user("eve", Role::Administrator).await;
    for path in [path(&web), format!("/accounts/{}", id(&root))] {
        stranger.get(&path).await.problem(404, "not_found");
        let refused = stranger.patch(&path, "\"1\"", json!({ "policy": null })).await;
        refused.problem(404, "not_found");
    }
    delete(&stranger, &web, "\"1\"").await.problem(404, "not_found");
    let add = format!("{}/accounts", path(&web));
    stranger.post(&add, json!({ "name": "x" })).await.problem(404, "not_found");
    assert_eq!(stranger.get("/resources").await.expect(200)["items"], json!([]));
    assert_eq!(stranger.get("/accounts").await.expect(200)["items"], json!([]));
    let all = server.user("sue", Role::SuperAdministrator).await;
    all.get(&path(&web)).await.expect(200);
    assert_eq!(all.get("/resources?q=WE").await.expect(200)["items"][0]["id"], web["id"]);
    assert_eq!(all.get("/resources?q=db").await.expect(200)["items"], json!([]));
    assert!(count(&server, 800).await >= 6, "those who were turned away are on record");
}

#[tokio::test]
async fn who_may_use_passwords_need_not_add_resources() {
    let server = TestServer::start().await;
    let user = server.user("pat", Role::PasswordUser).await;
    let body = json!({ "name": "web", "platform": "linux" });
    user.post("/resources", body.clone()).await.problem(403, "forbidden");
    user.get("/resources").await.expect(200);
    let auditor = server.user("ada", Role::PasswordAuditor).await;
    auditor.get("/resources").await.problem(403, "forbidden");
    server.anonymous().post("/resources", body).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn bad_input_is_answered_with_field_finding_and_remedy() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    for (body, field) in [
        (json!({ "name": "", "platform": "linux" }), "name"),
        (json!({ "name": "a\u{202e}b", "platform": "linux" }), "name"),
        (json!({ "name": "a", "platform": "beos" }), "platform"),
        (json!({ "name": "a", "platform": "linux", "dns_name": "a..b" }), "dns_name"),
        (json!({ "name": "a", "platform": "linux", "dns": "a" }), "dns"),
        (json!({ "name": "a", "platform": "linux", "policy": "x" }), "policy"),
        (
            json!({
                "name": "a", "platform": "linux",
                "policy": "0193e4a0-7c1b-7000-8000-000000000000",
            }),
            "policy",
        ),
    ] {
        let refused = ann.post("/resources", body).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{refused}");
    }
    assert_eq!(count(&server, 300).await, 0);
}

#[tokio::test]
async fn a_repeated_creation_creates_once() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let body = json!({ "name": "web", "platform": "linux" });
    let key = [("idempotency-key", "k1")];
    let first = ann.send(Method::POST, "/resources", &key, Some(body.clone())).await.expect(201);
    let again = ann.send(Method::POST, "/resources", &key, Some(body)).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
    assert_eq!(count(&server, 300).await, 1);
}

#[tokio::test]
async fn it_shows_its_device_and_counts_its_accounts() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    for name in ["root", "app"] {
        account(&ann, &web, name).await;
    }
    let approved = device(&server, Some(&web), "web", DeviceState::Approved).await;
    device(&server, Some(&web), "web-new", DeviceState::Pending).await;
    let shown = ann.get(&path(&web)).await.expect(200);
    assert_eq!(shown["accounts"], json!({ "total": 2, "known": 0, "out_of_sync": 0 }));
    assert_eq!(shown["device"]["id"], approved.to_string());
    assert_eq!(shown["device"]["active"], true);
    pass(&server, &ann, 31).await;
    assert_eq!(ann.get(&path(&web)).await.expect(200)["device"]["active"], false);
}

#[tokio::test]
async fn it_is_not_deleted_while_a_device_owes_an_answer() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    let device: DeviceId = device(&server, Some(&web), "web", DeviceState::Approved).await;
    store(&ann, &root, "old secret").await.expect(200);
    let reset = format!("/accounts/{}/reset", id(&root));
    let order = ann.post(&reset, json!({ "reason": "rotate" })).await.expect(202);
    move_order(&server, &order, OrderState::Queued, OrderState::Delivered).await;
    let refused = delete(&ann, &web, "\"1\"").await.problem(409, "conflict");
    assert!(refused["detail"].as_str().expect("text").contains("is delivered"), "{refused}");

    move_order(&server, &order, OrderState::Delivered, OrderState::Committed).await;
    // One that no device has seen is withdrawn.
    let order = ann.post(&reset, json!({})).await.expect(202);
    delete(&ann, &web, "\"1\"").await.expect(204);
    let reader = server.app.store.read();
    let order = reader.orders().find(id(&order).parse().expect("an id")).await.expect("read");
    assert_eq!(order.expect("kept").state, OrderState::Cancelled);
    let device = reader.devices().find(device).await.expect("read").expect("kept");
    assert_eq!(device.resource, None);
    // Not shown any more, and kept.
    ann.get(&format!("/accounts/{}", id(&root))).await.problem(404, "not_found");
    let account = id(&root).parse().expect("an id");
    assert_eq!(reader.secret_versions().newest(account, 9).await.expect("read").len(), 3);
}
