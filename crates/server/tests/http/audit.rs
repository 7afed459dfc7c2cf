//! The audit log.

use sekisho_model::audit::AuditLine;
use sekisho_model::audit_chain::ChainVerifier;
use sekisho_model::user::Role;
use serde_json::json;

use crate::harness::TestServer;

#[tokio::test]
async fn reading_is_recorded_once_per_list_and_filters_work() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    for scope in ["read", "write", "reveal"] {
        let body = json!({ "name": scope, "scopes": [scope], "expires_in_s": 60 });
        admin.post("/tokens", body).await.expect(201);
        server.tick();
    }
    let page = admin.get("/audit?code=220&limit=2").await.expect(200);
    let names: Vec<_> = page["items"].as_array().expect("items").iter().collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0]["event"]["scopes"], json!(["reveal"]), "newest first");
    assert_eq!(names[0]["name"], "API token created");
    let next = page["next"].as_str().expect("more").to_owned();
    let rest = admin.get(&format!("/audit?code=220&limit=2&after={next}")).await.expect(200);
    assert_eq!(rest["items"][0]["event"]["scopes"], json!(["read"]));
    assert_eq!(rest["next"], json!(null));
    let views = server.event_codes().await.iter().filter(|code| **code == 700).count();
    assert_eq!(views, 1);
    admin.get("/audit?code=x").await.problem(400, "invalid_input");
    admin.get("/audit?from=yesterday").await.problem(400, "invalid_input");
}

#[tokio::test]
async fn the_lines_verify_on_the_other_side() {
    let server = TestServer::start().await;
    let auditor = server.user("ada", Role::PasswordAuditor).await;
    auditor.get("/audit").await.expect(200);
    let page = auditor.get("/audit/lines?limit=1000").await.expect(200);
    let lines: Vec<AuditLine> = serde_json::from_value(page["lines"].clone()).expect("lines");
    let mut verifier = ChainVerifier::default();
    for line in &lines {
        verifier.next(line).expect("linked");
    }
    let last = lines.last().expect("lines");
    assert_eq!(page["head"]["seq"], last.seq);
    assert_eq!(page["head"]["hash"], last.hash.to_string());
    let rest = auditor.get("/audit/lines?after_seq=2").await.expect(200);
    assert_eq!(rest["lines"][0]["seq"], 3);
}

#[tokio::test]
async fn a_changed_line_is_found() {
    let server = TestServer::start().await;
    let auditor = server.user("ada", Role::PasswordAuditor).await;
    let verify = async || auditor.post("/audit/verify", json!({})).await.expect(200);
    let verdict = verify().await;
    assert_eq!((&verdict["intact"], &verdict["problem"]), (&json!(true), &json!(null)));
    assert_eq!(verdict["lines"], verdict["head"]["seq"]);
    assert_eq!(server.event_codes().await, [701]);

    // Somebody with the database file in hand.
    let change = "UPDATE audit_lines SET event = '{\"event\":\"server_stopped\"}' WHERE seq = 1";
    server.sql(change).await;
    let verdict = verify().await;
    assert_eq!(verdict["intact"], false);
    let problem = verdict["problem"].as_str().expect("text");
    assert!(problem.contains("line 1 was changed"), "{problem}");
}
