//! How people like the console, and their saved views.

use http::Method;
use sekisho_model::user::Role;
use serde_json::json;

use crate::harness::TestServer;
use crate::objects::count;

#[tokio::test]
async fn preferences_are_ones_own_and_have_defaults() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordUser).await;
    let defaults = json!({
        "language": null, "theme": "auto", "density": "normal", "shortcuts": true,
        "start_dismissed": false,
    });
    assert_eq!(ann.get("/me/preferences").await.expect(200), defaults);
    let wanted = json!({
        "language": "ja", "theme": "dark", "density": "compact", "shortcuts": false,
        "start_dismissed": true,
    });
    let put = ann.send(Method::PUT, "/me/preferences", &[], Some(wanted.clone())).await;
    assert_eq!(put.expect(200), wanted);
    assert_eq!(ann.get("/me/preferences").await.expect(200), wanted);
    let bob = server.user("bob", Role::PasswordUser).await;
    assert_eq!(bob.get("/me/preferences").await.expect(200), defaults);
    let mut wrong = wanted;
    wrong["theme"] = json!("sepia");
    let refused = ann.send(Method::PUT, "/me/preferences", &[], Some(wrong)).await;
    assert_eq!(refused.problem(400, "invalid_input")["field"], "theme");
}

#[tokio::test]
async fn views_are_seen_by_their_owner_and_the_role_they_are_shared_with() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordUser).await;
    let bob = server.user("bob", Role::PasswordUser).await;
    let eve = server.user("eve", Role::PasswordAuditor).await;
    let view = |name: &str, shared: Option<&str>| json!({ "page": "/accounts", "name": name, "query": "?q=db", "shared_with": shared });
    ann.post("/me/views", view("mine", None)).await.expect(201);
    let shared = ann.post("/me/views", view("ours", Some("password_user"))).await.expect(201);
    let names = |list: &serde_json::Value| {
        let items = list["items"].as_array().expect("a list").iter();
        items.map(|item| (item["name"].clone(), item["own"].clone())).collect::<Vec<_>>()
    };
    let seen = names(&ann.get("/me/views?page=/accounts").await.expect(200));
    assert_eq!(seen, [(json!("mine"), json!(true)), (json!("ours"), json!(true))]);
    assert!(names(&ann.get("/me/views?page=/devices").await.expect(200)).is_empty());
    let seen = names(&bob.get("/me/views").await.expect(200));
    assert_eq!(seen, [(json!("ours"), json!(false))]);
    assert!(names(&eve.get("/me/views").await.expect(200)).is_empty());

    let path = format!("/me/views/{}", shared["id"].as_str().expect("an id"));
    let stolen = bob.send(Method::PUT, &path, &[], Some(view("stolen", None))).await;
    stolen.problem(404, "not_found");
    bob.delete(&path).await.problem(404, "not_found");
    // Only an administrator shares with another role than their own.
    let wide = ann.post("/me/views", view("wide", Some("administrator"))).await;
    wide.problem(403, "forbidden");
    let adam = server.user("adam", Role::Administrator).await;
    adam.post("/me/views", view("wide", Some("password_auditor"))).await.expect(201);
    assert_eq!(names(&eve.get("/me/views").await.expect(200)).len(), 1);

    let twice = ann.post("/me/views", view("ours", None)).await;
    twice.problem(409, "conflict");
    let changed = ann.send(Method::PUT, &path, &[], Some(view("renamed", None))).await;
    assert_eq!(changed.expect(200)["name"], "renamed");
    assert!(names(&bob.get("/me/views").await.expect(200)).is_empty());
    ann.delete(&path).await.expect(204);
    ann.delete(&path).await.problem(404, "not_found");
    assert_eq!((count(&server, 690).await, count(&server, 691).await), (4, 1));
}

#[tokio::test]
async fn views_are_bounded_and_lead_nowhere_else() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordUser).await;
    for (field, body) in [
        ("page", json!({ "page": "//evil.example", "name": "v", "query": "" })),
        ("query", json!({ "page": "/accounts", "name": "v", "query": "?<script>" })),
        ("name", json!({ "page": "/accounts", "name": "", "query": "" })),
    ] {
        let refused = ann.post("/me/views", body).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field);
    }
    for number in 0..100 {
        let body = json!({ "page": "/accounts", "name": format!("v{number}"), "query": "" });
        ann.post("/me/views", body).await.expect(201);
    }
    let one_more = json!({ "page": "/accounts", "name": "v100", "query": "" });
    let refused = ann.post("/me/views", one_more).await.problem(409, "conflict");
    assert_eq!(refused["conflict"], "too_many_views");
}

#[tokio::test]
async fn a_person_begins_with_one_view_of_a_page_as_long_as_they_see_it() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordUser).await;
    let bob = server.user("bob", Role::PasswordUser).await;
    let view = |name: &str, shared: Option<&str>| json!({ "page": "/accounts", "name": name, "query": "?q=db", "shared_with": shared });
    let mine = ann.post("/me/views", view("mine", None)).await.expect(201);
    let ours = ann.post("/me/views", view("ours", Some("password_user"))).await.expect(201);
    assert_eq!(mine["is_default"], false);
    let path =
        |view: &serde_json::Value| format!("/me/views/{}", view["id"].as_str().expect("an id"));
    let first = |view: &serde_json::Value| format!("{}/default", path(view));
    let begins = async |who: &crate::harness::Client| {
        let list = who.get("/me/views").await.expect(200);
        let items = list["items"].as_array().expect("a list").clone();
        let first = items.into_iter().filter(|item| item["is_default"] == true);
        first.map(|item| item["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    ann.send(Method::PUT, &first(&mine), &[], None).await.expect(204);
    ann.send(Method::PUT, &first(&ours), &[], None).await.expect(204);
    assert_eq!(begins(&ann).await, ["ours"], "one of a page");
    bob.send(Method::PUT, &first(&mine), &[], None).await.problem(404, "not_found");
    bob.send(Method::PUT, &first(&ours), &[], None).await.expect(204);
    assert_eq!(begins(&bob).await, ["ours"]);
    ann.delete(&first(&mine)).await.expect(204);
    assert_eq!(begins(&ann).await, ["ours"], "that was not the one");
    ann.delete(&first(&ours)).await.expect(204);
    assert!(begins(&ann).await.is_empty());
    // Whoever does not see it any more begins with the page as it is.
    ann.send(Method::PUT, &path(&ours), &[], Some(view("ours", None))).await.expect(200);
    assert!(begins(&bob).await.is_empty());
    ann.delete(&path(&ours)).await.expect(204);
}
