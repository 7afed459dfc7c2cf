//! Probes, and a database that is gone.

use sekisho_model::user::Role;
use sekisho_store::Access as _;
use serde_json::json;

use crate::harness::TestServer;

#[tokio::test]
async fn readiness_follows_the_site() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    nobody.get("//healthz").await.expect(200);
    nobody.get("//readyz").await.expect(200);
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.site().enter_recovery("a device knows more").await.expect("written");
    work.commit_unaudited("a test").await.map(drop).expect("commit");
    nobody.get("//healthz").await.expect(200);
    let body = nobody.get("//readyz").await.problem(503, "recovery");
    assert!(!body.to_string().contains("a device knows more"));
    let admin = server.user("ann", Role::Administrator).await;
    let system = admin.get("/system").await.expect(200);
    assert_eq!(system["recovery"]["reason"], "a device knows more");
}

#[tokio::test]
async fn without_the_database_the_answer_is_503() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let path = server.app.config.data_dir.join("sekisho.db");
    std::fs::rename(&path, path.with_extension("gone")).expect("renamed");
    let nobody = server.anonymous();
    nobody.get("//healthz").await.expect(200);
    let answer = nobody.get("//readyz").await;
    assert!(answer.header("retry-after").is_some());
    let body = answer.problem(503, "unavailable");
    assert_eq!(body["cause"], "database");
    assert!(!body.to_string().contains(path.to_str().expect("UTF-8")), "not where it lies: {body}");
    admin.post("/audit/verify", json!({})).await.problem(503, "unavailable");
    std::fs::rename(path.with_extension("gone"), &path).expect("renamed");
    admin.post("/audit/verify", json!({})).await.expect(200);
}
