//! Resource groups by criteria and inside each other.

use http::Method;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::groups::{group, join};
use crate::harness::{Answer, Client, TestServer};
use crate::objects::{account, count, id, resource};
use crate::shares::{person, share};

fn criteria(rules: &[(&str, &str, &str)]) -> Value {
    let rules: Vec<Value> = rules
        .iter()
        .map(|(field, operator, value)| json!({ "field": field, "operator": operator, "text": value }))
        .collect();
    json!({ "match": "all", "rules": rules })
}

async fn nest(by: &Client, outer: &Value, inner: &Value) -> Answer {
    let path = format!("/resource-groups/{}/groups/{}", id(outer), id(inner));
    by.send(Method::PUT, &path, &[], None).await
}

async fn inside(who: &Client, group: &Value) -> Vec<String> {
    let found = who.get(&format!("/resources?group={}", id(group))).await.expect(200);
    let items = found["items"].as_array().expect("items");
    items.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn a_group_takes_in_what_matches_of_what_its_owner_owns() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let pat = server.user("pat", Role::PasswordUser).await;
    for name in ["web-1", "Web-2", "db-1"] {
        resource(&ann, name).await;
    }
    resource(&bob, "web-bob").await;
    let wanted = criteria(&[("name", "begins_with", "WEB"), ("platform", "equals", "linux")]);
    let preview = ann.post("/resource-groups/preview", json!({ "criteria": wanted })).await;
    let preview = preview.expect(200);
    assert_eq!((&preview["count"], &preview["capped"]), (&json!(2), &json!(false)));
    assert_eq!(preview["items"][0]["name"], "web-1");

    let body = json!({ "name": "web", "criteria": wanted });
    let made = ann.post("/resource-groups", body).await.expect(201);
    assert_eq!((&made["criteria"], &made["resources"]), (&wanted, &json!(2)));
    assert_eq!(inside(&ann, &made).await, ["web-1", "Web-2"]);
    share(&ann, "resource-groups", &made, json!({ "user": person(&pat), "level": "view" }))
        .await
        .expect(201);
    // What people put into it is told from what it takes in by itself.
    let db = ann.get("/resources?q=db-1").await.expect(200)["items"][0].clone();
    join(&ann, &made, &db).await.expect(204);
    assert_eq!(inside(&ann, &made).await, ["db-1", "web-1", "Web-2"]);
    let direct = format!("/resources?group={}&direct=true", id(&made));
    let found = ann.get(&direct).await.expect(200);
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["items"][0]["name"], "db-1");
    let without = ann.get("/resources?direct=true").await;
    assert_eq!(without.problem(400, "invalid_input")["field"], "direct");
    let left = format!("/resource-groups/{}/resources/{}", id(&made), id(&db));
    ann.delete(&left).await.expect(204);
    // Whoever it is shared with sees the group and what is in it, at once.
    assert_eq!(inside(&pat, &made).await, ["web-1", "Web-2"]);
    resource(&ann, "web-3").await;
    assert_eq!(inside(&pat, &made).await, ["web-1", "Web-2", "web-3"]);

    let path = format!("/resource-groups/{}", id(&made));
    pat.patch(&path, "\"1\"", json!({ "name": "x" })).await.problem(403, "forbidden");
    let less = criteria(&[("name", "ends_with", "3")]);
    ann.patch(&path, "\"1\"", json!({ "criteria": less })).await.expect(200);
    assert_eq!(inside(&pat, &made).await, ["web-3"]);
    ann.patch(&path, "\"1\"", json!({ "criteria": less })).await.problem(412, "stale");
    ann.patch(&path, "\"2\"", json!({ "criteria": null })).await.expect(200);
    assert!(inside(&pat, &made).await.is_empty());
    let changes = server.newest_event().await;
    assert!(changes.contains("criteria"), "{changes}");
    bob.get(&format!("/resources?group={}", id(&made))).await.problem(404, "not_found");
}

#[tokio::test]
async fn criteria_that_make_no_sense_are_named() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let long = "x".repeat(201);
    for (bad, part) in [
        (json!({ "match": "all", "rules": [] }), "0 rules"),
        (criteria(&[("name", "equals", "")]), "0 characters"),
        (criteria(&[("name", "equals", &long)]), "201 characters"),
        (criteria(&[("colour", "equals", "red")]), "'colour'"),
        (criteria(&[("platform", "equals", "amiga")]), "'amiga'"),
        (criteria(&[("name", "equals", "x"); 17]), "17 rules"),
    ] {
        let refused = ann.post("/resource-groups/preview", json!({ "criteria": bad })).await;
        let refused = refused.problem(400, "invalid_input").to_string();
        // The names of fields come from serde in backticks.
        let named = refused.contains(part) || refused.contains(&part.replace('\'', "`"));
        assert!(named, "{part}: {refused}");
    }
}

#[tokio::test]
async fn groups_inside_each_other_share_a_rule_and_never_close_a_circle() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    let (all, servers, linux) = (
        group(&ann, "all", json!(7)).await,
        group(&ann, "servers", json!(null)).await,
        group(&ann, "linux 𠮷", json!(null)).await,
    );
    join(&ann, &linux, &web).await.expect(204);
    nest(&ann, &servers, &linux).await.expect(204);
    nest(&ann, &all, &servers).await.expect(204);
    nest(&ann, &all, &servers).await.expect(204);
    assert_eq!(count(&server, 665).await, 2);
    assert_eq!(inside(&ann, &all).await, ["web"]);
    // The age of the outermost group counts for what is in the innermost.
    let shown = ann.get(&format!("/accounts/{}", id(&root))).await.expect(200);
    assert_eq!(
        (&shown["rotation"]["max_age_days"], &shown["rotation"]["source"]),
        (&json!(7), &json!("group"))
    );

    let refused = nest(&ann, &linux, &all).await.problem(409, "conflict");
    assert_eq!(refused["detail"], "it would close a circle: linux 𠮷 > all > servers > linux 𠮷");
    let refused = nest(&ann, &all, &all).await.problem(409, "conflict");
    assert_eq!(refused["detail"], "it would close a circle: all > all");
    let his = group(&bob, "his", json!(null)).await;
    nest(&ann, &all, &his).await.problem(404, "not_found");
    let sue = server.user("sue", Role::SuperAdministrator).await;
    let refused = nest(&sue, &all, &his).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().expect("text").contains("different owners"), "{refused}");

    let shown = ann.get(&format!("/resource-groups/{}", id(&servers))).await.expect(200);
    assert_eq!(
        (&shown["inner"][0]["name"], &shown["outer"][0]["name"]),
        (&json!("linux 𠮷"), &json!("all"))
    );
    // Whom a group is shared with does not learn what is around it.
    let pat = server.user("pat", Role::PasswordUser).await;
    let terms = json!({ "user": person(&pat), "level": "view" });
    share(&ann, "resource-groups", &servers, terms).await.expect(201);
    let seen = pat.get(&format!("/resource-groups/{}", id(&servers))).await.expect(200);
    assert_eq!((&seen["inner"][0]["name"], &seen["outer"]), (&json!("linux 𠮷"), &json!([])));
    pat.get(&format!("/resource-groups/{}", id(&all))).await.problem(404, "not_found");
    let out = format!("/resource-groups/{}/groups/{}", id(&servers), id(&linux));
    ann.delete(&out).await.expect(204);
    ann.delete(&out).await.problem(404, "not_found");
    assert!(inside(&ann, &all).await.is_empty());
}

#[tokio::test]
async fn groups_inside_each_other_are_bounded() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let mut outer = group(&ann, "g0", json!(null)).await;
    for number in 1..=8 {
        let inner = group(&ann, &format!("g{number}"), json!(null)).await;
        nest(&ann, &outer, &inner).await.expect(204);
        outer = inner;
    }
    let more = group(&ann, "g9", json!(null)).await;
    let refused = nest(&ann, &outer, &more).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().expect("text").contains("at most 8"), "{refused}");
}

/// A share of a group never reaches what its owner does not own, however it
/// came into the group.
#[tokio::test]
async fn nobody_gives_away_by_a_group_what_is_not_theirs() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let pat = server.user("pat", Role::PasswordUser).await;
    let web = resource(&ann, "web").await;
    // Full access lets him put it into his own group …
    share(&ann, "resources", &web, json!({ "user": person(&bob), "level": "full" }))
        .await
        .expect(201);
    let his = group(&bob, "his", json!(null)).await;
    join(&bob, &his, &web).await.expect(204);
    share(&bob, "resource-groups", &his, json!({ "user": person(&pat), "level": "view" }))
        .await
        .expect(201);
    // … but what is shared by way of it is only what is his.
    pat.get(&format!("/resources/{}", id(&web))).await.problem(404, "not_found");
    assert!(inside(&pat, &his).await.is_empty());
    let db = resource(&bob, "db").await;
    join(&bob, &his, &db).await.expect(204);
    assert_eq!(inside(&pat, &his).await, ["db"]);
}
