//! Orders.

use std::time::Duration;

use sekisho_model::device::DeviceState;
use sekisho_model::order::OrderState;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer};
use crate::objects::{account, audit_text, count, device, id, move_order, resource, store};

fn path(order: &Value) -> String {
    format!("/orders/{}", id(order))
}

struct World {
    server: TestServer,
    ann: Client,
    web: Value,
    root: Value,
}

async fn world() -> World {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    World { server, ann, web, root }
}

impl World {
    async fn reset(&self) -> crate::harness::Answer {
        let path = format!("/accounts/{}/reset", id(&self.root));
        self.ann.post(&path, json!({ "reason": "rotate" })).await
    }
}

#[tokio::test]
async fn a_reset_is_accepted_once_and_can_be_withdrawn() {
    let world = world().await;
    let refused = world.reset().await.problem(409, "conflict");
    assert!(refused["detail"].as_str().expect("text").contains("no agent serves"), "{refused}");
    let pending = device(&world.server, Some(&world.web), "web", DeviceState::Pending).await;
    let refused = world.reset().await.problem(409, "conflict");
    assert!(refused["detail"].as_str().expect("text").contains("approve"), "{refused}");
    let admin = world.server.user("adm", Role::Administrator).await;
    admin.post(&format!("/devices/{pending}/approve"), json!({})).await.expect(200);

    let order = world.reset().await.expect(202);
    assert_eq!((&order["operation"], &order["state"]), (&json!("reset"), &json!("queued")));
    assert_eq!((&order["reason"], &order["attempt"]), (&json!("rotate"), &json!(1)));
    assert_eq!(order["account"], json!({ "id": world.root["id"], "name": "root" }));
    assert_eq!(order["resource"]["name"], "web");
    assert_eq!(order["device"], json!({ "id": pending.to_string(), "name": "web" }));
    assert_eq!(order["initiator"]["name"], "ann");
    let refused = world.reset().await.problem(409, "in_progress");
    assert_eq!(refused["order"], order["id"]);

    let cancel = format!("{}/cancel", path(&order));
    let cancelled = world.ann.post(&cancel, json!({})).await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    world.ann.post(&cancel, json!({})).await.problem(409, "conflict");
    assert_eq!(count(&world.server, 507).await, 1);
    assert!(!audit_text(&world.server).await.contains("candidate"));
}

#[tokio::test]
async fn what_cannot_be_done_says_so() {
    let world = world().await;
    device(&world.server, Some(&world.web), "web", DeviceState::Approved).await;
    let verify = format!("/accounts/{}/verify", id(&world.root));
    world.ann.post(&verify, json!({})).await.problem(409, "unknown_password");
    let reset = format!("/accounts/{}/reset", id(&world.root));
    let forced = json!({ "reason": "x", "force": true });
    let refused = world.ann.post(&reset, forced).await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "force");
    let long = json!({ "reason": "x".repeat(501) });
    world.ann.post(&reset, long).await.problem(400, "invalid_input");
    assert_eq!(count(&world.server, 500).await, 0);
    // Neither needs a body.
    store(&world.ann, &world.root, "a typed one").await.expect(200);
    let none = world.ann.send(http::Method::POST, &verify, &[], None).await.expect(202);
    assert_eq!(none["operation"], "verify");
    let discover = format!("/resources/{}/discover", id(&world.web));
    let none = world.ann.send(http::Method::POST, &discover, &[], None).await.expect(202);
    assert_eq!((&none["operation"], &none["account"]), (&json!("discover"), &json!(null)));
    let again = world.ann.post(&discover, json!({ "reason": "more" })).await;
    assert_eq!(again.problem(409, "in_progress")["order"], none["id"]);
}

#[tokio::test]
async fn a_delivered_order_cannot_be_withdrawn() {
    let world = world().await;
    device(&world.server, Some(&world.web), "web", DeviceState::Approved).await;
    let order = world.reset().await.expect(202);
    move_order(&world.server, &order, OrderState::Queued, OrderState::Delivered).await;
    let cancel = format!("{}/cancel", path(&order));
    let refused = world.ann.post(&cancel, json!({})).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().expect("text").contains("is delivered"), "{refused}");
}

#[tokio::test]
async fn strangers_see_no_orders() {
    let world = world().await;
    device(&world.server, Some(&world.web), "web", DeviceState::Approved).await;
    let order = world.reset().await.expect(202);
    let eve = world.server.user("eve", Role::Administrator).await;
    eve.get(&path(&order)).await.problem(404, "not_found");
    eve.post(&format!("{}/cancel", path(&order)), json!({})).await.problem(404, "not_found");
    for ask in ["reset", "verify"] {
        let path = format!("/accounts/{}/{ask}", id(&world.root));
        eve.post(&path, json!({})).await.problem(404, "not_found");
    }
    let discover = format!("/resources/{}/discover", id(&world.web));
    eve.post(&discover, json!({})).await.problem(404, "not_found");
    assert_eq!(eve.get("/orders").await.expect(200)["items"], json!([]));
    let auditor = world.server.user("ada", Role::PasswordAuditor).await;
    auditor.get("/orders").await.problem(403, "forbidden");
}

#[tokio::test]
async fn lists_are_filtered() {
    let world = world().await;
    device(&world.server, Some(&world.web), "web", DeviceState::Approved).await;
    let order = world.reset().await.expect(202);
    let found = async |query: &str| {
        let page = world.ann.get(&format!("/orders?{query}")).await.expect(200);
        page["items"].as_array().expect("items").len()
    };
    assert_eq!(found("state=open").await, 1);
    assert_eq!(found("state=queued&mine=true").await, 1);
    assert_eq!(found("state=committed").await, 0);
    assert_eq!(found(&format!("account={}", id(&world.root))).await, 1);
    assert_eq!(found(&format!("account={}", id(&order))).await, 0);
    let refused = world.ann.get("/orders?state=done").await.problem(400, "invalid_input");
    assert!(refused["detail"].as_str().expect("text").contains("open, staged"), "{refused}");
}

#[tokio::test]
async fn whoever_waits_is_told_when_it_ends() {
    let world = world().await;
    device(&world.server, Some(&world.web), "web", DeviceState::Approved).await;
    let order = world.reset().await.expect(202);
    let refused = world.ann.get(&format!("{}?wait_s=61", path(&order))).await;
    assert_eq!(refused.problem(400, "invalid_input")["field"], "wait_s");
    let cancel = format!("{}/cancel", path(&order));
    let waiting = format!("{}?wait_s=60", path(&order));
    let (waited, cancelled) = tokio::join!(world.ann.get(&waiting), async {
        tokio::task::yield_now().await;
        world.ann.post(&cancel, json!({})).await
    });
    cancelled.expect(200);
    assert_eq!(waited.expect(200)["state"], "cancelled");
    // The time is up: the order as it is.
    world.server.clock.advance(Duration::from_secs(1));
    let order = world.reset().await.expect(202);
    let shown = world.ann.get(&format!("{}?wait_s=1", path(&order))).await.expect(200);
    assert_eq!(shown["state"], "queued");
}
