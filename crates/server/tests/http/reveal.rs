//! The one way to a clear password.

use sekisho_model::account::{SecretState, VerifyResult};
use sekisho_model::id::AccountId;
use sekisho_model::user::Role;
use sekisho_store::{Access as _, SEALED_COLUMNS, SealedValue, StoreUrl};
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::harness::{Client, TestServer};
use crate::objects::{account, audit_text, count, id, resource, reveal, store, version};

const CANARY: &str = "canary in a coal mine";

async fn known_account(server: &TestServer, owner: &Client) -> Value {
    let web = resource(owner, "web").await;
    let root = account(owner, &web, "root").await;
    server.tick();
    store(owner, &root, CANARY).await.expect(200);
    root
}

#[tokio::test]
async fn a_reveal_is_on_record_under_its_purpose() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    let answer = reveal(&ann, &root).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let revealed = answer.expect(200);
    assert_eq!(revealed["hide_after_s"], 10);
    assert_eq!(revealed["account"]["resource"]["name"], "web");
    let values = revealed["values"].as_array().expect("values");
    assert_eq!(values.len(), 1);
    assert_eq!((&values[0]["value"], &values[0]["state"]), (&json!(CANARY), &json!("current")));
    let path = format!("/accounts/{}/reveal", id(&root));
    ann.post(&path, json!({ "reason": "paste", "purpose": "copy" })).await.expect(200);
    assert_eq!((count(&server, 400).await, count(&server, 401).await), (1, 1));
    let audit = audit_text(&server).await;
    assert!(audit.contains("disk full") && audit.contains("paste"), "{audit}");
    assert!(!audit.contains(CANARY));
}

#[tokio::test]
async fn a_reason_is_asked_for() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    let path = format!("/accounts/{}/reveal", id(&root));
    for body in [json!({}), json!({ "reason": " " }), json!({ "reason": "a\u{7}b" })] {
        let refused = ann.post(&path, body).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], "reason", "{refused}");
    }
    let steal = json!({ "reason": "x", "purpose": "steal" });
    ann.post(&path, steal).await.problem(400, "invalid_input");
    assert_eq!(count(&server, 400).await, 0);
}

#[tokio::test]
async fn an_unknown_password_is_said_to_be_unknown() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    let refused = reveal(&ann, &root).await.problem(409, "unknown_password");
    assert_eq!(
        refused["detail"],
        "the password of this account is not known; reset it or store it first"
    );
    assert_eq!(count(&server, 400).await, 0);
}

#[tokio::test]
async fn while_a_reset_is_open_every_value_that_may_work_is_shown() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    version(&server, &root, "never applied", SecretState::Rejected).await;
    version(&server, &root, "perhaps this one", SecretState::Indeterminate).await;
    let revealed = reveal(&ann, &root).await.expect(200);
    let values: Vec<_> = revealed["values"]
        .as_array()
        .expect("values")
        .iter()
        .map(|value| (value["value"].as_str(), value["state"].as_str(), value["evidence"].as_str()))
        .collect();
    assert_eq!(
        values,
        [
            (Some("perhaps this one"), Some("indeterminate"), Some("a test made it indeterminate")),
            (Some(CANARY), Some("current"), Some("typed by a person, not verified")),
        ]
    );
    let shown = ann.get(&format!("/accounts/{}", id(&root))).await.expect(200);
    assert_eq!(shown["knowledge"], "indeterminate");
}

#[tokio::test]
async fn a_value_that_the_newest_check_found_wrong_is_shown_with_that_remark() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    let revealed = reveal(&ann, &root).await.expect(200);
    assert_eq!(
        (&revealed["knowledge"], &revealed["checked_at"]),
        (&json!("unverified"), &json!(null))
    );
    let work = server.app.store.begin(&server.context()).await.expect("begins");
    let account: AccountId = id(&root).parse().expect("an id");
    let version = revealed["values"][0]["version"].as_str().expect("text").parse().expect("an id");
    let at = server.app.clock.now();
    let noted = work.accounts().note_verify(account, version, VerifyResult::OutOfSync, at).await;
    assert_eq!(noted, Ok(true));
    work.commit_unaudited("a test").await.map(drop).expect("commits");
    let revealed = reveal(&ann, &root).await.expect(200);
    assert_eq!(revealed["knowledge"], "out_of_sync");
    assert_eq!(revealed["checked_at"], json!(at.to_string()));
    assert_eq!(revealed["values"][0]["value"], CANARY);
}

#[tokio::test]
async fn strangers_and_wrong_roles_get_nothing() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    for role in
        [Role::Administrator, Role::PasswordAuditor, Role::PasswordUser, Role::ConnectionUser]
    {
        let stranger = server.user(&format!("x-{role}").replace('_', "-"), role).await;
        let refused = reveal(&stranger, &root).await.problem(404, "not_found");
        assert!(!refused.to_string().contains(CANARY));
    }
    reveal(&server.anonymous(), &root).await.problem(401, "unauthenticated");
    assert_eq!((count(&server, 400).await, count(&server, 800).await), (0, 4));
}

#[tokio::test]
async fn a_token_needs_the_scope_reveal() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    let with = async |scopes: Value| {
        let body = json!({ "name": "script", "scopes": scopes, "expires_in_s": 3600 });
        let made = ann.post("/tokens", body).await.expect(201);
        let bearer = made["token"].as_str().expect("a token").to_owned();
        Client { cookie: None, bearer: Some(bearer), ..ann.clone() }
    };
    let writer = with(json!(["read", "write"])).await;
    reveal(&writer, &root).await.problem(403, "forbidden");
    assert_eq!(count(&server, 400).await, 0);
    let revealer = with(json!(["reveal"])).await;
    reveal(&revealer, &root).await.expect(200);
    assert_eq!(count(&server, 400).await, 1);
}

#[tokio::test]
async fn a_repeat_with_the_same_key_is_judged_and_recorded_again() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    let path = format!("/accounts/{}/reveal", id(&root));
    let key = [("idempotency-key", "k1")];
    for _ in 0..2 {
        let body = Some(json!({ "reason": "x" }));
        let answer = ann.send(http::Method::POST, &path, &key, body).await;
        assert_eq!(answer.header("idempotency-replayed"), None);
        answer.expect(200);
    }
    assert_eq!(count(&server, 400).await, 2);
    let kept = server.app.store.read().idempotency_keys();
    let actor = format!("user:{}", ann.id.expect("an id"));
    assert_eq!(kept.find(&actor, "k1").await.expect("read"), None, "nothing is kept");
}

#[tokio::test]
async fn a_former_password_has_an_event_of_its_own() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    server.tick();
    store(&ann, &root, "a newer secret").await.expect(200);
    let history = ann.get(&format!("/accounts/{}/history", id(&root))).await.expect(200);
    let former = history["items"][1]["version"].as_str().expect("an id");
    let path = format!("/accounts/{}/history/{former}/reveal", id(&root));
    let revealed = ann.post(&path, json!({ "reason": "old image" })).await.expect(200);
    assert_eq!(revealed["values"][0]["value"], CANARY);
    assert_eq!(revealed["values"][0]["state"], "superseded");
    assert_eq!((count(&server, 400).await, count(&server, 402).await), (0, 1));

    // A version of another account is none of this one.
    let other = account(&ann, &resource(&ann, "db").await, "root").await;
    let path = format!("/accounts/{}/history/{former}/reveal", id(&other));
    ann.post(&path, json!({ "reason": "x" })).await.problem(404, "not_found");
    let candidate = version(&server, &other, "not yet", SecretState::Candidate).await;
    let path = format!("/accounts/{}/history/{candidate}/reveal", id(&other));
    ann.post(&path, json!({ "reason": "x" })).await.problem(409, "conflict");
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_revealed() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    let StoreUrl::Sqlite(file) = &server.app.config.database.url else { panic!("not SQLite") };
    let mut other = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display()))
        .await
        .expect("a second connection");
    let no_audit = "CREATE TRIGGER no_audit BEFORE INSERT ON audit_lines \
                    BEGIN SELECT RAISE(ABORT, 'no room'); END";
    sqlx::query(no_audit).execute(&mut other).await.expect("a trigger");
    let refused = reveal(&ann, &root).await;
    assert!(!refused.status.is_success(), "{refused:?}");
    assert!(!refused.body.to_string().contains(CANARY), "{refused:?}");

    sqlx::query("DROP TRIGGER no_audit").execute(&mut other).await.expect("no trigger");
    assert_eq!(count(&server, 400).await, 0);
    reveal(&ann, &root).await.expect(200);
    assert_eq!(count(&server, 400).await, 1);
}

#[tokio::test]
async fn a_value_that_was_tampered_with_is_not_revealed() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let root = known_account(&server, &ann).await;
    let account: AccountId = id(&root).parse().expect("an id");
    let reader = server.app.store.read();
    let stored = reader.secret_versions().newest(account, 1).await.expect("read").remove(0);
    let mut sealed = stored.sealed.clone();
    *sealed.0.last_mut().expect("bytes") ^= 1;
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    let version = stored.vault_key_version;
    let old = SealedValue { id: stored.id.uuid(), version, sealed: None };
    let [.., column] = SEALED_COLUMNS else { panic!("there are columns") };
    assert_eq!(column.table, "secret_versions");
    let sealed = Some(sealed);
    assert!(work.sealed_values().reseal(*column, &old, sealed, version).await.expect("written"));
    work.commit_unaudited("a test's tampering").await.map(drop).expect("commit");
    reveal(&ann, &root).await.problem(500, "internal");
    assert_eq!(count(&server, 400).await, 0);
}
