//! Password policies.

use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::objects::{account, count, id, resource};

fn path(policy: &Value) -> String {
    format!("/password-policies/{}", id(policy))
}

#[tokio::test]
async fn a_policy_lives_from_creation_to_deletion() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let body = json!({ "name": "Long", "rules": { "length": 40, "symbol": null } });
    let made = admin.post("/password-policies", body.clone()).await.expect(201);
    assert_eq!((&made["rules"]["length"], &made["rules"]["symbol"]), (&json!(40), &json!(null)));
    assert_eq!(made["rules"]["digit"], 1, "a rule that is left out is the built-in one");
    admin.post("/password-policies", body).await.problem(409, "conflict");

    let listed = admin.get("/password-policies").await.expect(200);
    let names: Vec<_> = listed["items"].as_array().expect("items").iter().collect();
    assert_eq!((&names[0]["name"], &names[0]["is_default"]), (&json!("Default"), &json!(true)));
    assert_eq!(names[1], &made);

    let change = json!({ "name": "Longer" });
    let changed = admin.patch(&path(&made), "\"1\"", change.clone()).await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(changed.expect(200)["rules"]["length"], 40);
    admin.patch(&path(&made), "\"1\"", change.clone()).await.problem(412, "stale");
    // What changes nothing is no change.
    admin.patch(&path(&made), "\"2\"", change).await.expect(200);
    assert_eq!(count(&server, 321).await, 1);

    admin.delete(&path(&made)).await.problem(428, "precondition_required");
    let tag = [("if-match", "\"2\"")];
    admin.send(http::Method::DELETE, &path(&made), &tag, None).await.expect(204);
    admin.get(&path(&made)).await.problem(404, "not_found");
    assert_eq!((count(&server, 320).await, count(&server, 322).await), (1, 1));
}

#[tokio::test]
async fn rules_no_generator_can_keep_are_named() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    for (rules, field, detail) in [
        (json!({ "length": 4 }), "rules.length", "length is 4; it must be between 8 and 256"),
        (
            json!({ "length": 10, "digit": 20 }),
            "rules",
            "the classes ask for 23 characters together, but length is 10",
        ),
        (
            json!({ "excluded": "0123456789" }),
            "rules.excluded",
            "digits must occur, but every one of them is excluded",
        ),
        (json!({ "history": 999 }), "rules.history", "history is 999; at most 200 are compared"),
    ] {
        let body = json!({ "name": "Bad", "rules": rules });
        let refused = admin.post("/password-policies", body).await.problem(422, "invalid_input");
        assert_eq!((refused["field"].as_str(), &refused["detail"]), (Some(field), &json!(detail)));
    }
    let body = json!({ "name": "Bad", "rules": { "lengths": 20 } });
    let refused = admin.post("/password-policies", body).await.problem(400, "invalid_input");
    assert_eq!(refused["detail"], "'lengths' is not a known field; did you mean 'length'?");
}

#[tokio::test]
async fn a_policy_in_use_and_the_default_one_stay() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let body = json!({ "name": "Long", "rules": {} });
    let policy = admin.post("/password-policies", body).await.expect(201);
    let web = resource(&admin, "web").await;
    let root = account(&admin, &web, "root").await;
    let chosen = json!({ "policy": id(&policy) });
    admin.patch(&format!("/resources/{}", id(&web)), "\"1\"", chosen.clone()).await.expect(200);
    admin.patch(&format!("/accounts/{}", id(&root)), "\"1\"", chosen).await.expect(200);

    let tag = [("if-match", "\"1\"")];
    let refused = admin.send(http::Method::DELETE, &path(&policy), &tag, None).await;
    let refused = refused.problem(409, "conflict");
    assert_eq!(
        refused["detail"],
        "1 resource and 1 account use this policy; choose another one for them first"
    );

    let listed = admin.get("/password-policies").await.expect(200);
    let default = &listed["items"][0];
    let refused = admin.send(http::Method::DELETE, &path(default), &tag, None).await;
    let refused = refused.problem(409, "conflict");
    assert!(refused["detail"].as_str().expect("text").contains("default"), "{refused}");
}

#[tokio::test]
async fn who_sees_policies_need_not_change_them() {
    let server = TestServer::start().await;
    let user = server.user("pat", Role::PasswordUser).await;
    let listed = user.get("/password-policies").await.expect(200);
    let default = path(&listed["items"][0]);
    user.get(&default).await.expect(200);
    let body = json!({ "name": "Mine", "rules": {} });
    user.post("/password-policies", body).await.problem(403, "forbidden");
    user.patch(&default, "\"1\"", json!({ "name": "x" })).await.problem(403, "forbidden");
    let outsider = server.user("con", Role::ConnectionUser).await;
    outsider.get(&default).await.problem(404, "not_found");
    outsider.get("/password-policies").await.problem(403, "forbidden");
}
