//! User groups.

use http::Method;
use sekisho_model::user::Role;
use serde_json::json;

use crate::harness::TestServer;
use crate::objects::{audit_text, count, id, resource};
use crate::shares::{person, share};

#[tokio::test]
async fn a_group_lives_from_creation_to_deletion() {
    let server = TestServer::start().await;
    let admin = server.user("adm", Role::Administrator).await;
    let bob = server.user("bob", Role::PasswordUser).await;
    let made = admin.post("/user-groups", json!({ "name": "Night shift" })).await.expect(201);
    admin.post("/user-groups", json!({ "name": "night SHIFT" })).await.problem(409, "conflict");
    let path = format!("/user-groups/{}", id(&made));
    let change = json!({ "description": "from ten to six" });
    let changed = admin.patch(&path, "\"1\"", change.clone()).await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    admin.patch(&path, "\"1\"", change).await.problem(412, "stale");

    let member = format!("{path}/members/{}", person(&bob));
    admin.send(Method::PUT, &member, &[], None).await.expect(204);
    admin.send(Method::PUT, &member, &[], None).await.expect(204);
    assert_eq!(count(&server, 663).await, 1, "once");
    assert_eq!(admin.get(&path).await.expect(200)["members"], 1);
    let members = admin.get(&format!("{path}/members")).await.expect(200);
    assert_eq!(members["items"][0]["name"], "bob");
    let nobody = format!("{path}/members/019a0000-0000-7000-8000-000000000009");
    admin.send(Method::PUT, &nobody, &[], None).await.problem(404, "not_found");

    // What is shared with the group comes and goes with the membership.
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let terms = json!({ "user_group": id(&made), "level": "view" });
    share(&ann, "resources", &web, terms).await.expect(201);
    let one = format!("/resources/{}", id(&web));
    bob.get(&one).await.expect(200);
    admin.delete(&member).await.expect(204);
    bob.get(&one).await.problem(404, "not_found");
    admin.delete(&member).await.problem(404, "not_found");
    admin.send(Method::PUT, &member, &[], None).await.expect(204);
    bob.get(&one).await.expect(200);

    admin.delete(&path).await.problem(428, "precondition_required");
    let tag = [("if-match", "\"2\"")];
    admin.send(Method::DELETE, &path, &tag, None).await.expect(204);
    bob.get(&one).await.problem(404, "not_found");
    let events = audit_text(&server).await;
    assert!(events.contains("\"ended_shares\":1"), "{events}");
    bob.get("/user-groups").await.problem(403, "forbidden");
}

/// Long, empty, right-to-left, full-width and four-byte names.
#[tokio::test]
async fn names_of_every_script_are_kept_and_nonsense_is_refused() {
    let server = TestServer::start().await;
    let admin = server.user("adm", Role::Administrator).await;
    for name in ["مشرفو الليل", "夜勤ＡＢＣ", "𠮷野家の運用", "<b>x</b>", &"長".repeat(100)]
    {
        let made = admin.post("/user-groups", json!({ "name": name })).await.expect(201);
        assert_eq!(made["name"], name);
    }
    for bad in ["", " x", "a\u{202E}b", "a\nb", &"長".repeat(101)] {
        let refused = admin.post("/user-groups", json!({ "name": bad })).await;
        assert_eq!(refused.problem(400, "invalid_input")["field"], "name", "{bad:?}");
    }
    let found = admin.get("/user-groups?q=%E5%A4%9C%E5%8B%A4%EF%BD%81").await.expect(200);
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "full width, in any case");
    let mut seen = 0;
    let mut next = Some(String::new());
    while let Some(cursor) = next {
        let after = if cursor.is_empty() { cursor } else { format!("&after={cursor}") };
        let path = format!("/user-groups?limit=2{}", after.replace(' ', "%20"));
        let page = admin.get(&encoded(&path)).await.expect(200);
        seen += page["items"].as_array().expect("items").len();
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, 5);
}

/// A path with everything but ASCII percent-encoded.
fn encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'<' | b'>' | 0x80.. => format!("%{byte:02X}"),
            _ => char::from(byte).to_string(),
        })
        .collect()
}
