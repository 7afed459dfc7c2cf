//! Custom roles.

use http::Method;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, PASSWORD, TestServer};
use crate::objects::{count, resource};
use crate::shares::person;

async fn propose(by: &Client, name: &str, permissions: &[&str]) -> Answer {
    by.post("/roles", json!({ "name": name, "permissions": permissions })).await
}

fn path(role: &Value) -> String {
    format!("/roles/{}", role["role"].as_str().expect("an id"))
}

async fn approve(by: &Client, role: &Value, version: i64) -> Answer {
    let tag = format!("\"{version}\"");
    let path = format!("{}/approve", path(role));
    by.send(Method::POST, &path, &[("if-match", tag.as_str())], Some(json!({}))).await
}

async fn give(by: &Client, whom: &Client, role: &Value) -> Answer {
    let user = format!("/users/{}", person(whom));
    let tag = by.get(&user).await.header("etag").expect("a tag").to_owned();
    by.patch(&user, &tag, json!({ "role": role["role"] })).await
}

#[tokio::test]
async fn a_role_counts_once_another_administrator_approved_it() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let bob = server.user("bob", Role::Administrator).await;
    let pat = server.user("pat", Role::PasswordUser).await;
    let words = ["view_resources", "add_resources", "edit_resources"];
    let role = propose(&ann, "Rollout 展開", &words).await.expect(201);
    assert_eq!((&role["in_force"], &role["permissions"]), (&json!(false), &json!([])));
    assert_eq!(role["proposal"]["adds"].as_array().map(Vec::len), Some(3));
    propose(&ann, "rollout 展開", &words).await.problem(409, "conflict");
    let refused = give(&ann, &pat, &role).await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "role");

    let own = approve(&ann, &role, 1).await.problem(403, "forbidden");
    assert!(own["detail"].as_str().expect("text").contains("you proposed it yourself"), "{own}");
    approve(&pat, &role, 1).await.problem(404, "not_found");
    // What is approved is what was read.
    let more =
        json!({ "name": "Rollout 展開", "permissions": ["view_resources", "add_resources"] });
    ann.patch(&path(&role), "\"1\"", more).await.expect(200);
    approve(&bob, &role, 1).await.problem(412, "stale");
    let in_force = approve(&bob, &role, 2).await.expect(200);
    assert_eq!((&in_force["in_force"], &in_force["proposal"]), (&json!(true), &json!(null)));
    assert_eq!(in_force["approved_by"]["name"], "bob");
    approve(&bob, &role, 3).await.problem(409, "conflict");

    give(&ann, &pat, &role).await.expect(200);
    let me = pat.get("/me").await.expect(200);
    assert_eq!((&me["role"], &me["role_name"]), (&role["role"], &json!("Rollout 展開")));
    assert_eq!(me["permissions"], json!(["view_resources", "add_resources"]));
    resource(&pat, "web").await;
    pat.get("/enrolment-keys").await.problem(403, "forbidden");
    // A change counts for who has it from the next request on.
    let change = json!({ "name": "Rollout 展開", "permissions": ["view_resources"] });
    ann.patch(&path(&role), "\"3\"", change).await.expect(200);
    resource(&pat, "still").await;
    approve(&bob, &role, 4).await.expect(200);
    let refused = pat.post("/resources", json!({ "name": "x", "platform": "linux" })).await;
    let refused = refused.problem(403, "forbidden");
    let detail = refused["detail"].as_str().expect("text");
    assert_eq!(detail, "the role Rollout 展開 lacks the permission add_resources");

    let tag = [("if-match", "\"5\"")];
    let used = ann.send(Method::DELETE, &path(&role), &tag, None).await;
    used.problem(409, "conflict");
    let back = json!({ "role": "password_user" });
    ann.patch(&format!("/users/{}", person(&pat)), "\"2\"", back).await.expect(200);
    ann.send(Method::DELETE, &path(&role), &tag, None).await.expect(204);
    assert_eq!((count(&server, 670).await, count(&server, 671).await), (3, 2));
    assert_eq!(count(&server, 673).await, 1);
}

/// to manage agents a custom role needs resource add and edit, and
/// *download agent*; each of them alone is not enough.
#[tokio::test]
async fn agents_need_all_three_permissions() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let bob = server.user("bob", Role::Administrator).await;
    let all = ["add_resources", "edit_resources", "download_agent"];
    for left_out in 0..=all.len() {
        let words: Vec<&str> = all
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != left_out)
            .map(|(_, word)| *word)
            .collect();
        let role = propose(&ann, &format!("r{left_out}"), &words).await.expect(201);
        approve(&bob, &role, 1).await.expect(200);
        let user = server.user(&format!("u{left_out}"), Role::ConnectionUser).await;
        give(&ann, &user, &role).await.expect(200);
        let status = user.get("/agents").await.status.as_u16();
        assert_eq!(status == 200, left_out == all.len(), "{words:?}");
    }
}

#[tokio::test]
async fn nobody_approves_the_role_he_has_or_grants_what_he_has_not() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let bob = server.user("bob", Role::Administrator).await;
    let words = ["manage_users", "manage_roles"];
    let role = propose(&ann, "clerks", &words).await.expect(201);
    approve(&bob, &role, 1).await.expect(200);
    let eve = server.user("eve", Role::ConnectionUser).await;
    give(&ann, &eve, &role).await.expect(200);

    // She is an administrator of users and roles, and gets no further alone.
    let more =
        json!({ "name": "clerks", "permissions": ["manage_users", "manage_roles", "view_audit"] });
    ann.patch(&path(&role), "\"2\"", more).await.expect(200);
    let own = approve(&eve, &role, 3).await.problem(403, "forbidden");
    assert!(own["detail"].as_str().expect("text").contains("the role you have"), "{own}");
    let strong = json!({
        "name": "puppet", "display_name": "p", "password": PASSWORD, "role": "administrator",
    });
    let refused = eve.post("/users", strong).await.problem(403, "forbidden");
    assert!(refused["detail"].as_str().expect("text").contains("which you have not"), "{refused}");
    let eves = format!("/users/{}", person(&eve));
    let rise = json!({ "role": "administrator" });
    eve.patch(&eves, "\"2\"", rise).await.problem(403, "forbidden");
    let weak = json!({
        "name": "con", "display_name": "c", "password": PASSWORD, "role": "connection_user",
    });
    eve.post("/users", weak).await.expect(201);
}

#[tokio::test]
async fn a_proposal_is_rejected_with_a_reason_or_taken_back() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let bob = server.user("bob", Role::Administrator).await;
    let role = propose(&ann, "x", &["view_resources"]).await.expect(201);
    let reject = format!("{}/reject", path(&role));
    let why = json!({ "reason": "not needed" });
    let tag = [("if-match", "\"1\"")];
    let empty = bob.send(Method::POST, &reject, &tag, Some(json!({ "reason": " " }))).await;
    assert_eq!(empty.problem(400, "invalid_input")["field"], "reason");
    bob.send(Method::POST, &reject, &tag, Some(why.clone())).await.expect(204);
    ann.get(&path(&role)).await.problem(404, "not_found");

    let role = propose(&ann, "x", &["view_resources"]).await.expect(201);
    approve(&bob, &role, 1).await.expect(200);
    let change = json!({ "name": "y", "permissions": ["view_audit"] });
    ann.patch(&path(&role), "\"2\"", change).await.expect(200);
    let reject = format!("{}/reject", path(&role));
    let tag = [("if-match", "\"3\"")];
    ann.send(Method::POST, &reject, &tag, Some(why)).await.expect(204);
    let left = ann.get(&path(&role)).await.expect(200);
    assert_eq!((&left["name"], &left["proposal"]), (&json!("x"), &json!(null)));
    assert_eq!(count(&server, 672).await, 2);
}

#[tokio::test]
async fn nonsense_in_a_proposal_is_named() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    for (name, permissions, field) in [
        ("", vec!["view_resources"], "name"),
        ("administrator", vec!["view_resources"], "name"),
        ("a\u{202E}b", vec!["view_resources"], "name"),
        ("x", vec![], "permissions"),
        ("x", vec!["fly"], "permissions"),
        ("x", vec!["see_everything"], "permissions"),
    ] {
        let refused = propose(&ann, name, &permissions).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{name:?} {permissions:?}");
    }
    let permissions = ann.get("/permissions").await.expect(200);
    let all = permissions["items"].as_array().expect("items");
    assert!(all.iter().all(|one| !one["description"].as_str().expect("text").is_empty()));
    let download = all.iter().find(|one| one["permission"] == "download_agent").expect("there");
    let actions = download["actions"].as_array().expect("actions");
    assert!(actions.contains(&json!("list_agents")), "{download}");
}

#[tokio::test]
async fn a_role_tells_what_it_can_do() {
    let server = TestServer::start().await;
    let pat = server.user("pat", Role::PasswordUser).await;
    let can = pat.get("/roles/password_user/actions").await.expect(200);
    let of = |action: &str| {
        let all = can["items"].as_array().expect("items");
        all.iter().find(|one| one["action"] == action).expect("there").clone()
    };
    assert_eq!(
        (&of("reveal_password")["own"], &of("reveal_password")["shared"]),
        (&json!(true), &json!("view"))
    );
    let reset = of("reset_password");
    assert_eq!((&reset["own"], &reset["shared"]), (&json!(false), &json!(null)));
    assert_eq!(reset["lacks"], json!(["change_passwords"]));
    pat.get("/roles/nobody/actions").await.problem(404, "not_found");
}

#[tokio::test]
async fn the_last_super_administrator_stays() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let sue = server.user("sue", Role::SuperAdministrator).await;
    let sues = format!("/users/{}", person(&sue));
    let down = json!({ "role": "administrator" });
    let refused = ann.patch(&sues, "\"1\"", down.clone()).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().expect("text").contains("last Super"), "{refused}");
    ann.post(&format!("{sues}/disable"), json!({})).await.problem(409, "conflict");
    server.user("sam", Role::SuperAdministrator).await;
    ann.patch(&sues, "\"1\"", down).await.expect(200);
}

/// A change of the role that makes somebody the only one who manages users.
#[tokio::test]
async fn a_change_of_a_role_leaves_somebody_who_manages_users() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let bob = server.user("bob", Role::Administrator).await;
    let role = propose(&ann, "managers", &["manage_users", "manage_roles"]).await.expect(201);
    approve(&bob, &role, 1).await.expect(200);
    let approvers = propose(&ann, "approvers", &["manage_roles"]).await.expect(201);
    approve(&bob, &approvers, 1).await.expect(200);
    let eve = server.user("eve", Role::ConnectionUser).await;
    give(&ann, &eve, &role).await.expect(200);
    let change = json!({ "name": "managers", "permissions": ["manage_roles"] });
    ann.patch(&path(&role), "\"2\"", change).await.expect(200);
    give(&bob, &ann, &approvers).await.expect(200);
    give(&bob, &bob, &approvers).await.expect(200);
    approve(&bob, &role, 3).await.problem(409, "conflict");
}
