//! The site's order and receipt keys, as the API shows them.

use std::sync::Arc;

use sekisho_model::Rng;
use sekisho_model::rng::SystemRng;
use sekisho_model::user::Role;
use sekisho_server::keys::{self, Replaced};
use serde_json::{Value, json};

use crate::harness::TestServer;

fn states(shown: &Value) -> Vec<String> {
    let keys = shown["keys"].as_array().expect("a list").iter();
    keys.map(|key| format!("{} {}", key["kind"], key["state"]).replace('"', "")).collect()
}

#[tokio::test]
async fn keys_are_shown_without_anything_secret() {
    let server = TestServer::start().await;
    let auditor = server.user("ada", Role::PasswordAuditor).await;
    let first = auditor.get("/system/keys").await.expect(200);
    assert_eq!((&first["bundle_version"], &first["devices"]), (&json!(1), &json!(0)));
    assert_eq!(states(&first), ["order live", "receipt live"]);
    assert!(first["keys"][0]["replace_by"].is_string());

    let rng: Arc<dyn Rng> = Arc::new(SystemRng);
    let (app, ring) = (&server.app, server.app.vault.ring());
    for (kind, now) in [(Replaced::Receipt, true), (Replaced::Order, false)] {
        let rotated = keys::rotate(&app.store, &ring, kind, now, app.clock.as_ref(), &rng).await;
        assert_eq!(rotated.expect("made").published.is_some(), now);
    }
    let shown = auditor.get("/system/keys").await.expect(200);
    assert_eq!(shown["bundle_version"], 2);
    assert_eq!(states(&shown), ["order waiting", "order live", "receipt live", "receipt former"]);
    let text = shown.to_string();
    assert!(!text.contains("sealed") && !text.contains("private"), "{text}");

    let user = server.user("pete", Role::PasswordUser).await;
    user.get("/system/keys").await.problem(403, "forbidden");
}
