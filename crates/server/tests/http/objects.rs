//! Resources, accounts, devices and orders that tests need, made through the
//! API where it can, through the store where only an agent could.

use std::time::Duration;

use sekisho_model::Secret;
use sekisho_model::account::{SecretOrigin, SecretState};
use sekisho_model::device::{DeviceState, Platform};
use sekisho_model::id::{AccountId, DeviceId, OrderId, ResourceId, SecretVersionId};
use sekisho_model::order::OrderState;
use sekisho_model::rng::SystemRng;
use sekisho_server::secrets;
use sekisho_store::{Access as _, Blob, Device, SecretVersion};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};

/// The id of an object.
#[track_caller]
pub(crate) fn id(of: &Value) -> &str {
    of["id"].as_str().expect("an id")
}

/// A resource.
pub(crate) async fn resource(owner: &Client, name: &str) -> Value {
    let body = json!({ "name": name, "platform": "linux" });
    owner.post("/resources", body).await.expect(201)
}

/// An account on a resource.
pub(crate) async fn account(owner: &Client, resource: &Value, name: &str) -> Value {
    let path = format!("/resources/{}/accounts", id(resource));
    owner.post(&path, json!({ "name": name })).await.expect(201)
}

/// Stores a typed password.
pub(crate) async fn store(by: &Client, account: &Value, value: &str) -> Answer {
    let path = format!("/accounts/{}/password", id(account));
    by.send(http::Method::PUT, &path, &[], Some(json!({ "value": value }))).await
}

/// Reveals a password.
pub(crate) async fn reveal(by: &Client, account: &Value) -> Answer {
    let path = format!("/accounts/{}/reveal", id(account));
    by.post(&path, json!({ "reason": "disk full", "purpose": "show" })).await
}

/// A device as an enrolment leaves it.
pub(crate) async fn device(
    server: &TestServer,
    resource: Option<&Value>,
    host: &str,
    state: DeviceState,
) -> DeviceId {
    let now = server.tick();
    let device = Device {
        id: DeviceId::at(now, &SystemRng),
        resource: resource.map(|resource| id(resource).parse::<ResourceId>().expect("an id")),
        state,
        suspension: None,
        identity_spki: Blob(host.as_bytes().to_vec()),
        identity_fingerprint: "00".repeat(32),
        host: host.to_owned(),
        facts: json!({ "host_name": host, "dns_name": host }),
        platform: Platform::Linux,
        agent_version: "0.1.0".to_owned(),
        protocol_version: 1,
        capabilities: vec!["managed".to_owned()],
        enrolment_key: None,
        created_at: now,
        approved_at: None,
        approved_by: None,
        blocked_reason: None,
        last_seen_at: Some(now),
        last_seq: 0,
        session_counter: 0,
        bundle_version: 1,
        interval_s: None,
        former_resource: None,
        look_every_s: None,
        dissociated_at: None,
        dissociated_by: None,
        last_gateway: None,
        version: 1,
    };
    let found = device.id;
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.devices().insert(device).await.expect("insert");
    work.commit_unaudited("a test's device").await.map(drop).expect("commit");
    found
}

/// Moves an order as a device would.
pub(crate) async fn move_order(
    server: &TestServer,
    order: &Value,
    from: OrderState,
    to: OrderState,
) {
    let order: OrderId = id(order).parse().expect("an id");
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    assert!(work.orders().move_state(order, from, to).await.expect("moved"));
    work.commit_unaudited("a test's device").await.map(drop).expect("commit");
}

/// A value of an account in some state, beside what the API has made.
pub(crate) async fn version(
    server: &TestServer,
    account: &Value,
    value: &str,
    state: SecretState,
) -> SecretVersionId {
    let account: AccountId = id(account).parse().expect("an id");
    let now = server.tick();
    let version = SecretVersionId::at(now, &SystemRng);
    let (sealed, vault_key_version) =
        secrets::seal_version(&server.app, &version, &Secret::from(value)).expect("sealed");
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    let number = work.secret_versions().next_number(account).await.expect("a number");
    work.secret_versions()
        .insert(SecretVersion {
            id: version,
            account,
            number,
            state,
            origin: SecretOrigin::Generated,
            sealed,
            vault_key_version,
            policy: None,
            policy_version: None,
            order: None,
            created_at: now,
            state_changed_at: now,
            evidence: format!("a test made it {state}"),
        })
        .await
        .expect("insert");
    work.commit_unaudited("a test's version").await.map(drop).expect("commit");
    version
}

/// Minutes pass while somebody stays signed in.
pub(crate) async fn pass(server: &TestServer, who: &Client, minutes: u64) {
    for _ in 0..minutes {
        server.clock.advance(Duration::from_secs(60));
        who.get("/me").await.expect(200);
    }
}

/// How many events of a number there are.
pub(crate) async fn count(server: &TestServer, code: u16) -> usize {
    server.event_codes().await.into_iter().filter(|found| *found == code).count()
}

/// Everything the audit log says, as text.
pub(crate) async fn audit_text(server: &TestServer) -> String {
    let reader = server.app.store.read();
    let chain = reader.site().find().await.expect("read").expect("a site").node_chain;
    let lines = reader.audit().after(chain, 0, 10_000).await.expect("read");
    lines.into_iter().map(|line| line.event + "\n").collect()
}
