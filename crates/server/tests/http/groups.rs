//! Resource groups.

use http::Method;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};
use crate::objects::{count, id, resource};

/// A group.
pub(crate) async fn group(owner: &Client, name: &str, max_age: Value) -> Value {
    let body = json!({ "name": name, "max_age_days": max_age });
    owner.post("/resource-groups", body).await.expect(201)
}

/// Puts a resource into a group.
pub(crate) async fn join(by: &Client, group: &Value, resource: &Value) -> Answer {
    by.send(Method::PUT, &member(group, resource), &[], None).await
}

fn path(group: &Value) -> String {
    format!("/resource-groups/{}", id(group))
}

fn member(group: &Value, resource: &Value) -> String {
    format!("{}/resources/{}", path(group), id(resource))
}

#[tokio::test]
async fn a_group_lives_from_creation_to_deletion() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let made = group(&ann, "web servers", json!(30)).await;
    assert_eq!((&made["max_age_days"], &made["resources"]), (&json!(30), &json!(0)));
    assert_eq!(made["owner"]["name"], "ann");
    let again = json!({ "name": "web servers" });
    ann.post("/resource-groups", again).await.problem(409, "conflict");

    let change = json!({ "max_age_days": "off", "description": "all of  them " });
    let changed = ann.patch(&path(&made), "\"1\"", change.clone()).await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let changed = changed.expect(200);
    assert_eq!(changed["max_age_days"], "off");
    assert_eq!(changed["description"], "all of  them");
    ann.patch(&path(&made), "\"1\"", change.clone()).await.problem(412, "stale");
    ann.patch(&path(&made), "\"2\"", change).await.expect(200);
    let silent = ann.patch(&path(&made), "\"2\"", json!({ "max_age_days": null })).await;
    assert_eq!(silent.expect(200)["max_age_days"], json!(null));
    assert_eq!(count(&server, 331).await, 2, "what changes nothing is no change");

    let web = resource(&ann, "web").await;
    join(&ann, &made, &web).await.expect(204);
    join(&ann, &made, &web).await.expect(204);
    assert_eq!(count(&server, 333).await, 1);
    let shown = ann.get(&path(&made)).await.expect(200);
    assert_eq!(shown["resources"], 1);
    let inside = ann.get(&format!("/resources?group={}", id(&made))).await.expect(200);
    assert_eq!(inside["items"][0]["name"], "web");
    let elsewhere = group(&ann, "other", json!(null)).await;
    let outside = ann.get(&format!("/resources?group={}", id(&elsewhere))).await.expect(200);
    assert_eq!(outside["items"], json!([]));
    ann.delete(&member(&made, &web)).await.expect(204);
    ann.delete(&member(&made, &web)).await.problem(404, "not_found");

    join(&ann, &made, &web).await.expect(204);
    ann.delete(&path(&made)).await.problem(428, "precondition_required");
    let tag = [("if-match", "\"3\"")];
    ann.send(Method::DELETE, &path(&made), &tag, None).await.expect(204);
    ann.get(&path(&made)).await.problem(404, "not_found");
    ann.get(&format!("/resources/{}", id(&web))).await.expect(200);
    assert_eq!((count(&server, 332).await, count(&server, 334).await), (1, 1));
    let left = ann.get("/resource-groups?q=oth").await.expect(200);
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn one_needs_the_group_and_the_resource() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let (hers, his) = (group(&ann, "web", json!(1)).await, group(&bob, "web", json!(1)).await);
    let (web, db) = (resource(&ann, "web").await, resource(&bob, "db").await);
    join(&ann, &hers, &db).await.problem(404, "not_found");
    join(&ann, &his, &web).await.problem(404, "not_found");
    join(&ann, &his, &db).await.problem(404, "not_found");
    let user = server.user("pat", Role::PasswordUser).await;
    user.post("/resource-groups", json!({ "name": "x" })).await.problem(403, "forbidden");
    assert_eq!(user.get("/resource-groups").await.expect(200)["items"], json!([]));
    let listed = ann.get("/resource-groups").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "only one's own");
    assert_eq!(count(&server, 333).await, 0);
}

#[tokio::test]
async fn nonsense_is_named() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    for (body, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "g", "max_age_days": 0 }), "max_age_days"),
        (json!({ "name": "g", "max_age_days": -3 }), "max_age_days"),
        (json!({ "name": "g", "max_age_days": 1_000_000_000 }), "max_age_days"),
        (json!({ "name": "g", "max_age_days": "never" }), "max_age_days"),
        (json!({ "name": "g", "max_age_days": 1.5 }), "max_age_days"),
        (json!({ "name": "g", "max_age": 3 }), "max_age"),
        (json!({ "name": "g", "description": "x".repeat(501) }), "description"),
        (json!({ "name": "g", "description": "a\nb" }), "description"),
    ] {
        let refused = ann.post("/resource-groups", body.clone()).await;
        let refused = refused.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{body}: {refused}");
    }
    let refused = ann.post("/resource-groups", json!({ "name": "g", "max_age_days": 0 })).await;
    assert_eq!(
        refused.problem(400, "invalid_input")["detail"],
        "'max_age_days': '0' is no number of days; expected 1 to 3650, or off"
    );
    assert_eq!(count(&server, 330).await, 0);
}

#[tokio::test]
async fn a_resource_is_in_a_bounded_number_of_groups() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    for number in 0..32 {
        let one = group(&ann, &format!("g{number}"), json!(null)).await;
        join(&ann, &one, &web).await.expect(204);
    }
    let more = group(&ann, "more", json!(null)).await;
    let refused = join(&ann, &more, &web).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().expect("text").contains("32 groups"), "{refused}");
    assert_eq!(ann.get(&path(&more)).await.expect(200)["resources"], 0);
}
