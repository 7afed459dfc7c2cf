//! Sorting, counting, conditions and search of lists; the overview.

use std::time::Duration;

use sekisho_model::Clock as _;
use sekisho_model::device::{DeviceState, Platform};
use sekisho_model::id::DeviceId;
use sekisho_model::rng::SystemRng;
use sekisho_model::user::Role;
use sekisho_store::{Access as _, Blob, Device};
use serde_json::{Value, json};

use crate::harness::{Client, PASSWORD, TestServer};

async fn new_resource(client: &Client, name: &str) -> String {
    let body = json!({ "name": name, "platform": "linux" });
    let made = client.post("/resources", body).await.expect(201);
    made["id"].as_str().expect("an id").to_owned()
}

async fn device(server: &TestServer, resource: &str, host: &str, seen: Option<u64>) -> DeviceId {
    let now = server.clock.now();
    let id = DeviceId::at(now, &SystemRng);
    let device = Device {
        id,
        resource: Some(resource.parse().expect("an id")),
        state: DeviceState::Approved,
        suspension: None,
        identity_spki: Blob(id.as_bytes().to_vec()),
        identity_fingerprint: "00".repeat(32),
        host: host.to_owned(),
        facts: json!({}),
        platform: Platform::Linux,
        agent_version: "0.1.0".to_owned(),
        protocol_version: 1,
        capabilities: Vec::new(),
        enrolment_key: None,
        created_at: now,
        approved_at: Some(now),
        approved_by: None,
        blocked_reason: None,
        last_seen_at: seen.map(|ago| now.minus(Duration::from_secs(ago))),
        last_seq: 0,
        session_counter: 0,
        bundle_version: 0,
        interval_s: None,
        former_resource: None,
        look_every_s: None,
        dissociated_at: None,
        dissociated_by: None,
        last_gateway: None,
        version: 1,
    };
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.devices().insert(device).await.expect("insert");
    work.commit_unaudited("a test's device").await.map(drop).expect("commit");
    id
}

fn texts(body: &Value, field: &str) -> Vec<String> {
    let items = body["items"].as_array().expect("items");
    items.iter().map(|item| item[field].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn a_list_is_sorted_and_counted_when_asked() {
    let server = TestServer::start().await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    for name in ["b", "c", "a"] {
        new_resource(&owner, name).await;
        server.tick();
    }
    let list = async |query: &str| owner.get(&format!("/resources{query}")).await.expect(200);
    assert_eq!(texts(&list("").await, "name"), ["a", "b", "c"]);
    assert_eq!(texts(&list("?sort=-name").await, "name"), ["c", "b", "a"]);
    assert_eq!(texts(&list("?sort=created_at").await, "name"), ["b", "c", "a"]);
    let page = list("?sort=-name&limit=2&count=true").await;
    assert_eq!((&page["count"], &page["count_capped"]), (&json!(3), &json!(false)));
    let next = page["next"].as_str().expect("more");
    let encoded: String = next.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let rest = list(&format!("?sort=-name&limit=2&after={encoded}")).await;
    assert_eq!(texts(&rest, "name"), ["a"]);
    assert!(rest.get("count").is_none(), "only when asked for");
    owner.get(&format!("/resources?sort=name&after={encoded}")).await.problem(400, "invalid_input");
    let refused = owner.get("/resources?sort=size").await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "sort");
    let refused = owner.get("/accounts/x/history?sort=name").await;
    assert!(refused.status.is_client_error());
}

#[tokio::test]
async fn a_strangers_things_are_neither_listed_nor_counted() {
    let server = TestServer::start().await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let peer = server.user("pat", Role::PasswordAdministrator).await;
    let resource = new_resource(&owner, "web").await;
    owner
        .post(&format!("/resources/{resource}/accounts"), json!({ "name": "root" }))
        .await
        .expect(201);
    let id = owner.id.expect("an id");
    for path in ["/resources?count=true", "/accounts?count=true", "/orders?count=true"] {
        assert_eq!(peer.get(path).await.expect(200)["count"], 0, "{path}");
    }
    // Asking for somebody else's by name finds nothing either.
    let found = peer.get(&format!("/resources?owner={id}&count=true")).await.expect(200);
    assert_eq!((&found["count"], &found["items"]), (&json!(0), &json!([])));
    assert_eq!(owner.get("/accounts?count=true").await.expect(200)["count"], 1);
}

#[tokio::test]
async fn conditions_narrow_each_list() {
    let server = TestServer::start().await;
    let root = server.user("ann", Role::SuperAdministrator).await;
    let web = new_resource(&root, "web").await;
    let db = new_resource(&root, "db").await;
    new_resource(&root, "bare").await;
    device(&server, &web, "web", Some(60)).await;
    device(&server, &db, "db", Some(3600)).await;
    let names = async |path: &str, field: &str| texts(&root.get(path).await.expect(200), field);
    assert_eq!(names("/resources?agent=active", "name").await, ["web"]);
    assert_eq!(names("/resources?agent=inactive", "name").await, ["db"]);
    assert_eq!(names("/resources?agent=none", "name").await, ["bare"]);
    assert_eq!(names("/resources?platform=windows", "name").await, [""; 0]);
    assert_eq!(names("/resources?out_of_sync=true", "name").await, [""; 0]);
    assert_eq!(names("/devices?active=false", "host_name").await, ["db"]);
    assert_eq!(names("/agents?active=true&state=approved", "host_name").await, ["web"]);
    assert_eq!(names("/devices?sort=-last_seen_at", "host_name").await, ["web", "db"]);
    root.get("/resources?agent=asleep").await.problem(400, "invalid_input");

    let account = json!({ "name": "root" });
    let made = root.post(&format!("/resources/{web}/accounts"), account).await.expect(201);
    let account = made["id"].as_str().expect("an id").to_owned();
    let typed = json!({ "value": "a-Typed-one-1" });
    root.send(http::Method::PUT, &format!("/accounts/{account}/password"), &[], Some(typed))
        .await
        .expect(200);
    assert_eq!(names("/accounts?knowledge=unverified", "name").await, ["root"]);
    assert_eq!(names("/accounts?knowledge=known", "name").await, [""; 0]);

    let user = |name: &str, role: &str| json!({ "name": name, "display_name": "表示 名", "password": PASSWORD, "role": role });
    root.post("/users", user("zoe", "password_user")).await.expect(201);
    assert_eq!(names("/users?q=%E8%A1%A8%E7%A4%BA", "name").await, ["zoe"]);
    assert_eq!(names("/users?role=password_user&state=active", "name").await, ["zoe"]);
    assert_eq!(names("/users?sort=-name&limit=1", "name").await, ["zoe"]);

    let key = json!({ "label": "Rack 7", "platform": "linux", "use": "once" });
    root.post("/enrolment-keys", key).await.expect(201);
    assert_eq!(names("/enrolment-keys?q=rack&state=active", "label").await, ["Rack 7"]);
    assert_eq!(names("/enrolment-keys?state=revoked", "label").await, [""; 0]);
    root.post("/tokens", json!({ "name": "CI job", "scopes": ["read"] })).await.expect(201);
    assert_eq!(names("/tokens?q=ci", "name").await, ["CI job"]);
    let policy = json!({ "name": "Long ones", "rules": { "length": 30 } });
    root.post("/password-policies", policy).await.expect(201);
    assert_eq!(names("/password-policies?q=long", "name").await, ["Long ones"]);

    root.post(&format!("/accounts/{account}/verify"), json!({ "reason": "weekly look" }))
        .await
        .expect(202);
    for q in ["weekly", "we", "root"] {
        let found = root.get(&format!("/orders?q={q}&count=true")).await.expect(200);
        assert_eq!(found["count"], 1, "{q}");
    }
    assert_eq!(root.get("/orders?q=nothing&count=true").await.expect(200)["count"], 0);
}

#[tokio::test]
async fn the_audit_log_says_names_and_is_asked_by_object() {
    let server = TestServer::start().await;
    let root = server.user("ann", Role::SuperAdministrator).await;
    let web = new_resource(&root, "web").await;
    let db = new_resource(&root, "db").await;
    let account = json!({ "name": "root" });
    let account = root.post(&format!("/resources/{web}/accounts"), account).await.expect(201);
    let account = account["id"].as_str().expect("an id").to_owned();
    let page = root.get(&format!("/audit?resource={web}&sort=at")).await.expect(200);
    assert_eq!(texts(&page, "name"), ["Resource created", "Account added"]);
    let added = &page["items"][1];
    assert_eq!(added["names"][&web], "web");
    assert_eq!(added["names"][&account], "web/root");
    assert_eq!(added["names"][root.id.expect("an id").to_string()], "ann");
    let page = root.get(&format!("/audit?account={account}")).await.expect(200);
    assert_eq!(page["items"].as_array().expect("items").len(), 1);
    // What is renamed is called by its new name; the line stays as it was.
    root.patch(&format!("/resources/{db}"), "\"1\"", json!({ "name": "db2" })).await.expect(200);
    let page = root.get(&format!("/audit?resource={db}&sort=at")).await.expect(200);
    assert_eq!(page["items"][0]["event"]["name"], "db");
    assert_eq!(page["items"][0]["names"][&db], "db2");
}

#[tokio::test]
async fn the_overview_counts_what_one_may_see() {
    let server = TestServer::start().await;
    let root = server.user("ann", Role::SuperAdministrator).await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let connects = server.user("con", Role::ConnectionUser).await;
    let web = new_resource(&owner, "web").await;
    device(&server, &web, "web", Some(3600)).await;
    let account = json!({ "name": "root" });
    let account = owner.post(&format!("/resources/{web}/accounts"), account).await.expect(201);
    let path = format!("/accounts/{}/reset", account["id"].as_str().expect("an id"));
    owner.post(&path, json!({})).await.expect(202);
    let seen = owner.get("/overview").await.expect(200);
    assert_eq!(
        seen,
        json!({
            "pending_devices": null, "inactive_agents": 1, "out_of_sync": 0, "accounts": 1,
            "known_accounts": 0, "my_open_tasks": 1, "my_failed_tasks": 0, "has_key": false,
            "has_agent": true, "second_factor": false, "certificate_chosen": null,
            "certificate_ends_at": null,
            "recovery_key_proved": null,
        })
    );
    let seen = root.get("/overview").await.expect(200);
    assert_eq!((&seen["accounts"], &seen["my_open_tasks"]), (&json!(1), &json!(0)));
    assert_eq!((&seen["pending_devices"], &seen["has_agent"]), (&json!(0), &json!(false)));
    let seen = connects.get("/overview").await.expect(200);
    let mut seen = seen.as_object().expect("an object").clone();
    // One's own, which everybody may see.
    assert_eq!(seen.remove("second_factor"), Some(json!(false)));
    assert!(seen.values().all(Value::is_null), "{seen:?}");
}

#[tokio::test]
async fn a_conflict_has_a_word_and_the_public_part_an_address() {
    let server = TestServer::start().await;
    let root = server.user("ann", Role::SuperAdministrator).await;
    let web = new_resource(&root, "web").await;
    let account = json!({ "name": "root" });
    let path = format!("/resources/{web}/accounts");
    let made = root.post(&path, account.clone()).await.expect(201);
    let refused = root.post(&path, account).await.problem(409, "conflict");
    assert_eq!(refused["conflict"], "name_taken");
    let id = made["id"].as_str().expect("an id");
    let refused = root.post(&format!("/accounts/{id}/reset"), json!({})).await;
    assert_eq!(refused.problem(409, "conflict")["conflict"], "no_agent");
    let public = server.anonymous().get("/system/public").await.expect(200);
    assert_eq!(public["agents_address"], "vault.example.jp:0");
    assert_eq!(public["hide_after_s"], 10);
}
