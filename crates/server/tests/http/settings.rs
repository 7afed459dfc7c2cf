//! The settings, as people see them.

use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::TestServer;

#[tokio::test]
async fn settings_are_shown_to_who_looks_after_the_server() {
    let server = TestServer::start().await;
    let auditor = server.user("eve", Role::PasswordAuditor).await;
    let shown = auditor.get("/system/settings").await.expect(200);
    let items = shown["items"].as_array().expect("a list");
    assert_eq!(items.len(), sekisho_server::config::settings::SETTINGS.len());
    let of =
        |key: &str| -> &Value { items.iter().find(|item| item["key"] == key).expect("a setting") };
    let name = of("public_name");
    assert_eq!(
        (&name["value"], &name["source"], &name["default"]),
        (&json!("vault.example.jp"), &json!("command_line"), &Value::Null)
    );
    let hours = of("limits.session_hours");
    assert_eq!(
        (&hours["value"], &hours["source"], &hours["unit"], &hours["environment"]),
        (&json!("12"), &json!("default"), &json!("hours"), &json!("SEKISHO_LIMITS_SESSION_HOURS"))
    );
    let user = server.user("bob", Role::PasswordUser).await;
    user.get("/system/settings").await.problem(403, "forbidden");
}
