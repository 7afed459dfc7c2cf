//! Enrolment keys.

use sekisho_model::user::Role;
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_server::secrets;
use sekisho_store::Access as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};
use crate::objects::{audit_text, count, id, pass};

async fn create(by: &Client, changes: Value) -> Answer {
    let mut body = json!({ "label": "rack 4", "platform": "linux", "use": "once" });
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    by.post("/enrolment-keys", body).await
}

#[tokio::test]
async fn a_key_is_shown_once_and_sealed_at_once() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let made = create(&ann, json!({})).await.expect(201);
    let text = made["key"].as_str().expect("a key").to_owned();
    assert!(text.starts_with("sekisho-ek1-"));
    assert_eq!((&made["state"], &made["owner"]["name"]), (&json!("active"), &json!("ann")));
    assert_eq!(made["expires_at"], "2026-05-02T09:00:00.000Z", "a day for one use");
    let read = EnrolmentKeyText::parse(&text).expect("readable");
    assert_eq!((read.id.to_string().as_str(), read.pin), (id(&made), server.app.keys.pin()));

    let row = server.app.store.read().enrolment_keys().find(read.id).await.expect("read");
    let sealed = row.expect("kept").sealed_secret.expect("sealed");
    let place = secrets::enrolment_key_place(&read.id);
    assert_eq!(secrets::open(&server.app, place, &sealed).expect("opens"), read.secret);

    let shown = ann.get(&format!("/enrolment-keys/{}", id(&made))).await.expect(200);
    assert_eq!(shown["key"], json!(null));
    assert!(!ann.get("/enrolment-keys").await.expect(200).to_string().contains("sekisho-ek1-"));
    assert!(!audit_text(&server).await.contains("sekisho-ek1-"));
    assert_eq!(count(&server, 600).await, 1);
}

#[tokio::test]
async fn a_window_is_an_hour_and_a_day_at_most() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let made = create(&ann, json!({ "use": "window" })).await.expect(201);
    assert_eq!(made["expires_at"], "2026-05-01T10:00:00.000Z");
    create(&ann, json!({ "use": "window", "valid_for_s": 86_400 })).await.expect(201);
    for (changes, field) in [
        (json!({ "valid_for_s": 86_401 }), "valid_for_s"),
        (json!({ "valid_for_s": 0 }), "valid_for_s"),
        (json!({ "use": "often" }), "use"),
        (json!({ "platform": "amiga" }), "platform"),
        (json!({ "label": "" }), "label"),
        (json!({ "labels": "x" }), "labels"),
    ] {
        let refused = create(&ann, changes).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{refused}");
    }
    pass(&server, &ann, 60).await;
    let shown = ann.get(&format!("/enrolment-keys/{}", id(&made))).await.expect(200);
    assert_eq!(shown["state"], "expired");
}

#[tokio::test]
async fn only_administrators_approve_in_advance_or_name_another_owner() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let admin = server.user("adm", Role::Administrator).await;
    let for_ann = json!({ "owner": ann.id.expect("an id") });
    let for_admin = json!({ "owner": admin.id.expect("an id") });
    create(&ann, json!({ "pre_approved": true })).await.problem(403, "forbidden");
    create(&ann, for_admin).await.problem(403, "forbidden");
    create(&ann, for_ann.clone()).await.expect(201);
    let made = create(&admin, for_ann).await.expect(201);
    assert_eq!(
        (&made["owner"]["name"], &made["created_by"]["name"]),
        (&json!("ann"), &json!("adm"))
    );
    let made = create(&admin, json!({ "pre_approved": true })).await.expect(201);
    assert_eq!(made["pre_approved"], true);
    // An owner who may not own anything is refused.
    let user = server.user("pat", Role::PasswordUser).await;
    let refused = create(&admin, json!({ "owner": user.id.expect("an id") })).await;
    assert_eq!(refused.problem(400, "invalid_input")["field"], "owner");
    create(&user, json!({})).await.problem(403, "forbidden");
}

#[tokio::test]
async fn people_see_their_own_keys_and_administrators_all() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let made = create(&ann, json!({})).await.expect(201);
    let path = format!("/enrolment-keys/{}", id(&made));
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    bob.get(&path).await.problem(404, "not_found");
    bob.post(&format!("{path}/revoke"), json!({})).await.problem(404, "not_found");
    assert_eq!(bob.get("/enrolment-keys").await.expect(200)["items"], json!([]));
    let admin = server.user("adm", Role::Administrator).await;
    admin.get(&path).await.expect(200);
    assert_eq!(admin.get("/enrolment-keys").await.expect(200)["items"][0]["id"], made["id"]);

    let revoked = admin.post(&format!("{path}/revoke"), json!({})).await.expect(200);
    assert_eq!(revoked["state"], "revoked");
    // Revoking again changes nothing.
    admin.post(&format!("{path}/revoke"), json!({})).await.expect(200);
    assert_eq!(count(&server, 601).await, 1);
}
