//! Lists as files.

use http::{Method, header};
use http_body_util::BodyExt as _;
use sekisho_model::user::Role;
use serde_json::json;
use tower::Service as _;

use crate::harness::TestServer;

#[tokio::test]
async fn a_file_has_everything_that_matches_and_is_on_record() {
    let server = TestServer::start().await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let peer = server.user("pat", Role::PasswordAdministrator).await;
    // More than one page, and names that a spreadsheet would run or split.
    for n in 0..205 {
        let body = json!({ "name": format!("web-{n:03}"), "platform": "linux" });
        owner.post("/resources", body).await.expect(201);
    }
    for name in ["=HYPERLINK(1)", "a, \"b\"", "名前"] {
        let body = json!({ "name": name, "platform": "windows" });
        owner.post("/resources", body).await.expect(201);
    }
    peer.post("/resources", json!({ "name": "his", "platform": "linux" })).await.expect(201);

    let answer = owner.get("/resources.csv?sort=-name").await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let disposition = answer.header("content-disposition").expect("a name").to_owned();
    assert_eq!(disposition, "attachment; filename=\"sekisho-resources-2026-05-01.csv\"");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let text = answer.expect(200);
    let lines: Vec<&str> = text.as_str().expect("text").split("\r\n").collect();
    assert!(lines[0].starts_with("id,name,dns_name,platform,owner,"), "{}", lines[0]);
    assert_eq!(lines.len(), 1 + 208 + 1, "head, rows, end");
    assert_eq!(lines.last(), Some(&""));
    assert!(lines[1].contains("名前"), "backwards: {}", lines[1]);
    assert!(lines.iter().any(|line| line.contains(",'=HYPERLINK(1),")));
    assert!(lines.iter().any(|line| line.contains(",\"a, \"\"b\"\"\",")));
    assert!(!lines.iter().any(|line| line.contains("his")), "somebody else's");

    let windows = owner.get("/resources.csv?platform=windows&bom=true").await.expect(200);
    let windows = windows.as_str().expect("text");
    assert!(windows.starts_with("\u{feff}id,"));
    assert_eq!(windows.matches("\r\n").count(), 4);
    let codes = server.event_codes().await;
    assert_eq!(codes.iter().filter(|code| **code == 640).count(), 2);
    let event = server.newest_event().await;
    assert!(event.contains("\"list\":\"resources\""), "{event}");
    assert!(event.contains("platform=windows"), "{event}");
}

#[tokio::test]
async fn each_list_has_a_file_with_its_own_columns() {
    let server = TestServer::start().await;
    let root = server.user("ann", Role::SuperAdministrator).await;
    let web = root.post("/resources", json!({ "name": "web", "platform": "linux" })).await;
    let web = web.expect(201)["id"].as_str().expect("an id").to_owned();
    root.post(&format!("/resources/{web}/accounts"), json!({ "name": "root" })).await.expect(201);
    let key = json!({ "label": "k", "platform": "linux", "use": "once" });
    root.post("/enrolment-keys", key).await.expect(201);
    for (path, head, row) in [
        ("/accounts.csv", "id,resource,account,", ",web,root,"),
        ("/orders.csv", "id,operation,state,", ""),
        ("/devices.csv", "id,host_name,resource,", ""),
        ("/agents.csv", "id,host_name,resource,", ""),
        ("/enrolment-keys.csv", "id,label,state,", ",k,active,"),
        ("/users.csv", "id,name,display_name,", ",ann,ann,super_administrator,"),
        ("/audit.csv", "at,code,name,", ",Account added,user,"),
    ] {
        let text = root.get(path).await.expect(200);
        let text = text.as_str().expect("text");
        assert!(text.starts_with(head), "{path}: {text}");
        assert!(text.contains(row), "{path}: {text}");
        let columns = text.lines().next().expect("a head").split(',').count();
        assert!(columns >= 6, "{path}");
    }
    for refused in ["limit=1", "after=x", "count=true", "bom=1", "sort=size", "nonsense=1"] {
        root.get(&format!("/users.csv?{refused}")).await.problem(400, "invalid_input");
    }
}

/// A column that no row has is a spelling mistake.
#[tokio::test]
async fn every_column_is_in_the_view() {
    let document = serde_json::to_value(sekisho_server::http::openapi()).expect("JSON");
    for path in ["accounts", "resources", "orders", "devices", "enrolment-keys", "users"] {
        assert!(document["paths"][format!("/api/v1/{path}.csv")].is_object(), "{path}");
    }
    let server = TestServer::start().await;
    let root = server.user("ann", Role::SuperAdministrator).await;
    let web = root.post("/resources", json!({ "name": "web", "platform": "linux" })).await;
    let web = web.expect(201);
    let text = root.get("/resources.csv").await.expect(200);
    let text = text.as_str().expect("text");
    let mut lines = text.lines();
    let (head, row) = (lines.next().expect("head"), lines.next().expect("a row"));
    let row: std::collections::BTreeMap<&str, &str> = head.split(',').zip(row.split(',')).collect();
    assert_eq!(row["id"], web["id"].as_str().expect("an id"));
    assert_eq!((row["owner"], row["accounts"], row["dns_name"]), ("ann", "0", ""));
    assert_eq!(row["created_at"], web["created_at"].as_str().expect("a time"));
}

#[tokio::test]
async fn an_export_stops_with_the_session() {
    let server = TestServer::start().await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    for n in 0..205 {
        let body = json!({ "name": format!("web-{n:03}"), "platform": "linux" });
        owner.post("/resources", body).await.expect(201);
    }
    let request = owner.request(Method::GET, "/resources.csv", &[], None);
    let response = owner.router.clone().call(request).await.expect("infallible");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8; header=present");
    let mut body = response.into_body();
    body.frame().await.expect("the first page").expect("data");
    owner.delete("/session").await.expect(204);
    let broken = body.frame().await.expect("more");
    assert!(broken.is_err(), "never a shorter file");
}
