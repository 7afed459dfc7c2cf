//! Accounts and typed passwords.

use http::Method;
use sekisho_model::device::DeviceState;
use sekisho_model::user::Role;
use sekisho_store::{Access as _, User};
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::objects::{account, audit_text, count, device, id, resource, reveal, store};

fn path(account: &Value) -> String {
    format!("/accounts/{}", id(account))
}

#[tokio::test]
async fn an_account_added_by_hand_has_an_unknown_password() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "svc $(id) '\"管理").await;
    assert_eq!(root["knowledge"], "unknown");
    assert_eq!(root["resource"], json!({ "id": web["id"], "name": "web" }));
    assert_eq!((&root["current"], &root["facts"]), (&json!(null), &json!(null)));
    let again = format!("/resources/{}/accounts", id(&web));
    let name = root["name"].as_str().expect("text");
    ann.post(&again, json!({ "name": name })).await.problem(409, "conflict");
    for bad in ["", "a:b", "a\nb", "\u{202e}toor"] {
        let refused = ann.post(&again, json!({ "name": bad })).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], "name", "{refused}");
    }
    assert_eq!(count(&server, 310).await, 1);
}

#[tokio::test]
async fn lists_are_filtered() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let (web, db) = (resource(&ann, "web").await, resource(&ann, "db").await);
    for (resource, name) in [(&web, "root"), (&web, "app"), (&db, "root")] {
        server.tick();
        account(&ann, resource, name).await;
    }
    let names = |answer: Value| -> Vec<String> {
        let items = answer["items"].as_array().expect("items").clone();
        items
            .iter()
            .map(|item| {
                let text = |value: &Value| value.as_str().expect("text").to_owned();
                format!("{}/{}", text(&item["resource"]["name"]), text(&item["name"]))
            })
            .collect()
    };
    let all = names(ann.get("/accounts").await.expect(200));
    assert_eq!(all, ["web/app", "web/root", "db/root"]);
    let of_web = format!("/accounts?resource={}", id(&web));
    assert_eq!(names(ann.get(&of_web).await.expect(200)), ["web/app", "web/root"]);
    assert_eq!(names(ann.get("/accounts?q=oo").await.expect(200)), ["web/root", "db/root"]);
    assert!(names(ann.get("/accounts?presence=gone").await.expect(200)).is_empty());
    assert_eq!(names(ann.get("/accounts?presence=all").await.expect(200)).len(), 3);
    let page = ann.get("/accounts?limit=2").await.expect(200);
    let next = page["next"].as_str().expect("more").to_owned();
    let rest = ann.get(&format!("/accounts?limit=2&after={next}")).await.expect(200);
    assert_eq!(names(rest), ["db/root"]);
    let refused = ann.get("/accounts?presence=lost").await.problem(400, "invalid_input");
    assert!(refused["detail"].as_str().expect("text").contains("present, gone, all"), "{refused}");
}

#[tokio::test]
async fn its_policy_is_edited_with_the_version_that_was_read() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    let rules = json!({ "name": "Long", "rules": { "length": 40 } });
    let policy = ann.post("/password-policies", rules).await.expect(201);
    let chosen = json!({ "policy": id(&policy) });
    let changed = ann.patch(&path(&root), "\"1\"", chosen.clone()).await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(changed.expect(200)["policy"]["name"], "Long");
    ann.patch(&path(&root), "\"1\"", json!({ "policy": null })).await.problem(412, "stale");
    ann.patch(&path(&root), "\"2\"", chosen).await.expect(200);
    let cleared = ann.patch(&path(&root), "\"2\"", json!({ "policy": null })).await.expect(200);
    assert_eq!((&cleared["policy"], &cleared["version"]), (&json!(null), &json!(3)));
    let none = json!({ "policy": "0193e4a0-7c1b-7000-8000-000000000000" });
    ann.patch(&path(&root), "\"3\"", none).await.problem(400, "invalid_input");
    let without = ann.send(Method::PATCH, &path(&root), &[], Some(json!({ "policy": null }))).await;
    without.problem(428, "precondition_required");
    assert_eq!(count(&server, 311).await, 2);
}

#[tokio::test]
async fn a_typed_password_is_unverified_and_keeps_the_former_one() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    let stored = store(&ann, &root, "first secret").await.expect(200);
    assert_eq!(stored["knowledge"], "unverified");
    assert_eq!(
        (&stored["current"]["number"], &stored["current"]["origin"]),
        (&json!(1), &json!("typed"))
    );
    server.tick();
    let stored = store(&ann, &root, " パスワード:'\" ").await.expect(200);
    assert_eq!(stored["current"]["number"], 2);
    assert_eq!(reveal(&ann, &root).await.expect(200)["values"][0]["value"], " パスワード:'\" ");

    let history = ann.get(&format!("{}/history", path(&root))).await.expect(200);
    let states: Vec<_> = history["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| (item["number"].as_i64(), item["state"].as_str()))
        .collect();
    assert_eq!(states, [(Some(2), Some("current")), (Some(1), Some("superseded"))]);
    assert!(!history.to_string().contains("secret\""), "no values");
    assert_eq!((count(&server, 312).await, count(&server, 403).await), (2, 1));
    let audit = audit_text(&server).await;
    assert!(!audit.contains("first secret") && !audit.contains("パスワード"), "{audit}");
}

#[tokio::test]
async fn what_cannot_be_a_password_is_refused_without_repeating_it() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    for (value, detail) in [
        ("", "'value' is empty; type the password of the account".to_owned()),
        (
            "canary\n",
            "'value' has a control character at position 7; a password cannot hold one".to_owned(),
        ),
        (&"canary".repeat(50), "'value' has 300 characters; at most 256 are allowed".to_owned()),
    ] {
        let refused = store(&ann, &root, value).await.problem(400, "invalid_input");
        assert_eq!((&refused["field"], &refused["detail"]), (&json!("value"), &json!(detail)));
    }
    let number = json!({ "value": 987_654 });
    let put = format!("{}/password", path(&root));
    let refused =
        ann.send(Method::PUT, &put, &[], Some(number)).await.problem(400, "invalid_input");
    assert!(!refused.to_string().contains("987654"), "{refused}");
    assert_eq!(count(&server, 312).await, 0);
}

#[tokio::test]
async fn the_history_of_the_policy_holds_for_typed_passwords() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let rules = json!({ "name": "Short memory", "rules": { "history": 2 } });
    let policy = ann.post("/password-policies", rules).await.expect(201);
    let web = resource(&ann, "web").await;
    let chosen = json!({ "policy": id(&policy) });
    ann.patch(&format!("/resources/{}", id(&web)), "\"1\"", chosen).await.expect(200);
    let root = account(&ann, &web, "root").await;
    for value in ["one secret", "two secret", "three secret"] {
        server.tick();
        store(&ann, &root, value).await.expect(200);
    }
    server.tick();
    for value in ["three secret", "two secret"] {
        let refused = store(&ann, &root, value).await.problem(400, "invalid_input");
        let detail = refused["detail"].as_str().expect("text");
        assert!(detail.contains("one of the last 2 passwords"), "{detail}");
        assert!(!detail.contains("secret"), "{detail}");
    }
    store(&ann, &root, "one secret").await.expect(200);
}

#[tokio::test]
async fn a_typed_password_waits_for_an_open_reset() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    device(&server, Some(&web), "web", DeviceState::Approved).await;
    let order = ann.post(&format!("{}/reset", path(&root)), json!({})).await.expect(202);
    let refused = store(&ann, &root, "a typed one").await.problem(409, "in_progress");
    assert_eq!(refused["order"], order["id"]);
    let shown = ann.get(&path(&root)).await.expect(200);
    assert_eq!(shown["open_order"], json!({ "id": order["id"], "state": "queued" }));
    ann.post(&format!("/orders/{}/cancel", id(&order)), json!({})).await.expect(200);
    server.tick();
    store(&ann, &root, "a typed one").await.expect(200);
}

#[tokio::test]
async fn who_may_look_need_not_store() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    let user = work.users().find(ann.id.expect("an id")).await.expect("read").expect("a user");
    let version = user.version;
    let user = User { role: Role::PasswordUser.into(), ..user };
    work.users().update(user, version).await.expect("update");
    work.commit_unaudited("a test's user").await.map(drop).expect("commit");
    ann.get(&path(&root)).await.expect(200);
    store(&ann, &root, "a typed one").await.problem(403, "forbidden");
    ann.patch(&path(&root), "\"1\"", json!({ "policy": null })).await.problem(403, "forbidden");
    ann.post(&format!("{}/reset", path(&root)), json!({})).await.problem(403, "forbidden");
}
