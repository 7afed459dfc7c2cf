//! Devices and agents.

use sekisho_model::device::DeviceState;
use sekisho_model::id::DeviceId;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::objects::{count, device, pass, resource};

fn path(device: DeviceId) -> String {
    format!("/devices/{device}")
}

#[tokio::test]
async fn an_approved_device_discovers_first() {
    let server = TestServer::start().await;
    let admin = server.user("adm", Role::Administrator).await;
    let web = resource(&admin, "web").await;
    let pending = device(&server, Some(&web), "web", DeviceState::Pending).await;
    let shown = admin.get(&path(pending)).await.expect(200);
    assert_eq!((&shown["state"], &shown["open_orders"]), (&json!("pending"), &json!(0)));
    let mut woken = server.app.bus.listen(pending);
    let approve = format!("{}/approve", path(pending));
    let shown = admin.post(&approve, json!({})).await.expect(200);
    assert_eq!((&shown["state"], &shown["open_orders"]), (&json!("approved"), &json!(1)));
    assert_eq!(shown["approved_by"]["name"], "adm");
    woken.heard().await;
    let orders = admin.get(&format!("/orders?device={pending}")).await.expect(200);
    assert_eq!(orders["items"][0]["operation"], "discover");
    assert_eq!(orders["items"][0]["initiator"], json!(null), "the server asked");
    // Approving again changes nothing.
    admin.post(&approve, json!({})).await.expect(200);
    assert_eq!((count(&server, 611).await, count(&server, 500).await), (1, 1));
}

#[tokio::test]
async fn a_device_whose_name_is_taken_waits_without_a_resource() {
    let server = TestServer::start().await;
    let admin = server.user("adm", Role::Administrator).await;
    let other = server.user("bob", Role::PasswordAdministrator).await;
    let body = json!({ "name": "web", "dns_name": "web", "platform": "linux" });
    other.post("/resources", body).await.expect(201);
    let second = device(&server, None, "web", DeviceState::Pending).await;
    let shown = admin.get(&path(second)).await.expect(200);
    assert_eq!((&shown["resource"], &shown["remark"]), (&json!(null), &json!("name_taken")));
    let approve = format!("{}/approve", path(second));
    let shown = admin.post(&approve, json!({})).await.expect(200);
    assert_eq!((&shown["state"], &shown["resource"]), (&json!("approved"), &json!(null)));
    assert_eq!(count(&server, 500).await, 0);
}

/// It has no enrolment key: the database forgot it, its certificate did not.
#[tokio::test]
async fn a_recovered_device_serves_a_resource_of_who_approves_it() {
    let server = TestServer::start().await;
    let admin = server.user("adm", Role::Administrator).await;
    let body = json!({ "name": "web", "dns_name": "web", "platform": "linux" });
    let web = admin.post("/resources", body).await.expect(201);
    for (host, known) in [("web", true), ("db", false)] {
        let device = device(&server, None, host, DeviceState::Pending).await;
        let approve = format!("{}/approve", path(device));
        let shown = admin.post(&approve, json!({})).await.expect(200);
        let served = &shown["resource"];
        assert_eq!((&shown["state"], &served["name"]), (&json!("approved"), &json!(host)));
        assert_eq!(served["id"] == web["id"], known, "the one that was there, or a new one");
        assert_eq!(shown["open_orders"], 1, "it lists its accounts next");
    }
}

#[tokio::test]
async fn a_block_cuts_off_and_an_unblocked_device_waits_for_approval() {
    let server = TestServer::start().await;
    let admin = server.user("adm", Role::Administrator).await;
    let web = device(&server, None, "web", DeviceState::Approved).await;
    let mut revoked = server.app.bus.listen_revoked(web);
    let block = format!("{}/block", path(web));
    let refused = admin.post(&block, json!({ "reason": "" })).await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "reason");
    let shown = admin.post(&block, json!({ "reason": "stolen" })).await.expect(200);
    assert_eq!((&shown["state"], &shown["blocked_reason"]), (&json!("blocked"), &json!("stolen")));
    revoked.heard().await;
    let approve = format!("{}/approve", path(web));
    admin.post(&approve, json!({})).await.problem(409, "conflict");
    let unblock = format!("{}/unblock", path(web));
    let shown = admin.post(&unblock, json!({})).await.expect(200);
    assert_eq!((&shown["state"], &shown["blocked_reason"]), (&json!("pending"), &json!(null)));
    admin.post(&unblock, json!({})).await.problem(409, "conflict");
    assert_eq!((count(&server, 612).await, count(&server, 613).await), (1, 1));
}

#[tokio::test]
async fn a_device_that_was_held_back_as_a_copy_is_let_go_on() {
    let server = TestServer::start().await;
    let admin = server.user("adm", Role::Administrator).await;
    let web = device(&server, None, "web", DeviceState::Approved).await;
    let resume = format!("{}/resume", path(web));
    let why = || json!({ "reason": "the copy was deleted" });
    admin.post(&resume, why()).await.problem(409, "conflict");
    server.sql("UPDATE devices SET suspension = 'cloned'").await;
    // Neither an approval nor a block and back is a decision about a copy.
    let approve = format!("{}/approve", path(web));
    let shown = admin.post(&approve, json!({})).await.expect(200);
    assert_eq!(shown["suspension"], "cloned");
    admin.post(&resume, json!({ "reason": " " })).await.problem(400, "invalid_input");
    let shown = admin.post(&resume, why()).await.expect(200);
    assert_eq!((&shown["suspension"], &shown["state"]), (&json!(null), &json!("approved")));
    admin.post(&resume, why()).await.problem(409, "conflict");
    assert_eq!(count(&server, 614).await, 1);
}

#[tokio::test]
async fn devices_are_for_administrators_and_agents_for_owners() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::Administrator).await;
    let web = resource(&ann, "web").await;
    let hers = device(&server, Some(&web), "web", DeviceState::Pending).await;
    device(&server, None, "lost", DeviceState::Pending).await;
    ann.get("/devices").await.problem(403, "forbidden");
    ann.get(&path(hers)).await.problem(404, "not_found");
    for (action, body) in
        [("approve", json!({})), ("unblock", json!({})), ("resume", json!({ "reason": "x" }))]
    {
        ann.post(&format!("{}/{action}", path(hers)), body).await.problem(404, "not_found");
    }
    let agents = |answer: Value| answer["items"].as_array().expect("items").len();
    let mine = ann.get("/agents").await.expect(200);
    assert_eq!(mine["items"][0]["id"], hers.to_string());
    assert_eq!(agents(mine), 1);
    assert_eq!(agents(bob.get("/agents").await.expect(200)), 0, "he owns no resource");
    assert_eq!(agents(bob.get("/devices").await.expect(200)), 2);
    assert_eq!(agents(bob.get("/devices?state=approved").await.expect(200)), 0);
    assert_eq!(agents(bob.get("/devices?q=LO").await.expect(200)), 1);
    bob.get("/devices?state=lost").await.problem(400, "invalid_input");
}

#[tokio::test]
async fn a_silent_device_is_not_active() {
    let server = TestServer::start().await;
    let admin = server.user("adm", Role::Administrator).await;
    let web = device(&server, None, "web", DeviceState::Approved).await;
    assert_eq!(admin.get(&path(web)).await.expect(200)["active"], true);
    pass(&server, &admin, 29).await;
    assert_eq!(admin.get(&path(web)).await.expect(200)["active"], true);
    pass(&server, &admin, 2).await;
    assert_eq!(admin.get(&path(web)).await.expect(200)["active"], false);
}
