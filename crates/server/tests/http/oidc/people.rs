//! Who signs in as which user, with which role, and what that opens.

use http::Method;
use sekisho_model::Clock as _;
use sekisho_model::id::CustomRoleId;
use sekisho_model::user::Role;
use sekisho_store::{Access as _, CustomRole};
use serde_json::{Value, json};

use super::{begin, come_back, enter, location, session_of, through, world, world_with};
use crate::harness::TestServer;
use crate::objects::{count, pass};
use crate::second_factor::set_up;

const HELPDESK: &str = "019a0000-0000-7000-8000-00000000abcd";

#[tokio::test]
async fn a_person_of_the_provider_is_made_a_user_with_the_role_of_their_groups() {
    let (server, provider) = world().await;
    let answer = through(&server, &provider).await;
    assert_eq!(location(&answer), "/accounts");
    let alice = session_of(&server, &answer);
    let me = alice.get("/me").await.expect(200);
    assert_eq!((&me["user"]["name"], &me["role"]), (&json!("alice"), &json!("administrator")));
    assert_eq!(me["user"]["display_name"], "Alice Admin");
    // The next time it is the same user, with the role the groups give then.
    server.user("root", Role::Administrator).await;
    provider.says(json!({ "groups": ["pam-others"] }));
    let again = enter(&server, &provider).await;
    let me_again = again.get("/me").await.expect(200);
    assert_eq!(me_again["user"]["id"], me["user"]["id"]);
    assert_eq!(me_again["role"], "password_user");
    // It counts at once in the session from before, too.
    assert_eq!(alice.get("/me").await.expect(200)["role"], "password_user");
    assert_eq!((count(&server, 696).await, count(&server, 201).await), (1, 1));
    // Their password is nobody's.
    let sign = json!({ "name": "alice", "password": "" });
    server.anonymous().post("/session", sign).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn nobody_is_found_by_name_or_mail() {
    let (server, provider) = world().await;
    let local = server.user("alice", Role::SuperAdministrator).await;
    let alice = enter(&server, &provider).await;
    let me = alice.get("/me").await.expect(200);
    assert_ne!(me["user"]["id"].as_str().map(str::to_owned), local.id.map(|id| id.to_string()));
    assert!(me["user"]["name"].as_str().expect("a name").starts_with("alice."), "{me}");
    // The same name and mail, another subject: somebody else.
    provider.says(json!({ "sub": "alice-2" }));
    let other = enter(&server, &provider).await;
    assert_ne!(other.get("/me").await.expect(200)["user"]["id"], me["user"]["id"]);
    // A name that nobody can have here.
    provider.says(json!({ "sub": "3", "preferred_username": "花 子", "name": "花子\u{7}" }));
    let third = enter(&server, &provider).await.get("/me").await.expect(200);
    assert!(third["user"]["name"].as_str().expect("a name").starts_with("oidc."), "{third}");
}

#[tokio::test]
async fn who_has_no_group_or_is_disabled_does_not_come_in() {
    let (server, provider) = world().await;
    for groups in [json!([]), json!(["others"]), json!("PAM-ADMINS"), json!({ "a": 1 })] {
        provider.says(json!({ "groups": groups }));
        let answer = through(&server, &provider).await;
        assert_eq!(location(&answer), "/login?oidc=no_role");
    }
    provider.says(json!({}));
    let alice = enter(&server, &provider).await;
    let id = alice.get("/me").await.expect(200)["user"]["id"].clone();
    let admin = server.user("root", Role::Administrator).await;
    let path = format!("/users/{}/disable", id.as_str().expect("an id"));
    admin.post(&path, json!({})).await.expect(200);
    alice.get("/me").await.problem(401, "unauthenticated");
    let answer = through(&server, &provider).await;
    assert_eq!(location(&answer), "/login?oidc=disabled");
    assert_eq!(count(&server, 697).await, 5);
    let newest = server.newest_event().await;
    assert!(newest.contains("alice-1") && newest.contains("disabled"), "{newest}");
}

#[tokio::test]
async fn nobody_is_made_a_user_where_the_site_does_not_want_it() {
    let (server, provider) = world_with(&["oidc.create_users=false"]).await;
    let answer = through(&server, &provider).await;
    assert_eq!(location(&answer), "/login?oidc=unknown");
    assert_eq!((count(&server, 200).await, count(&server, 697).await), (0, 1));
}

#[tokio::test]
async fn the_last_administrator_does_not_become_less_by_signing_in() {
    let (server, provider) = world().await;
    enter(&server, &provider).await;
    provider.says(json!({ "groups": ["pam-users"] }));
    let answer = through(&server, &provider).await;
    assert_eq!(location(&answer), "/login?oidc=last_administrator");
    assert_eq!((count(&server, 201).await, count(&server, 697).await), (0, 1));
    server.user("root", Role::Administrator).await;
    let alice = enter(&server, &provider).await;
    assert_eq!(alice.get("/me").await.expect(200)["role"], "password_user");
}

#[tokio::test]
async fn groups_give_custom_roles_once_they_are_in_force() {
    let custom = format!("oidc.roles.custom={HELPDESK}=helpdesk");
    let (server, provider) = world_with(&[&custom]).await;
    provider.says(json!({ "groups": ["helpdesk"] }));
    // There is no such role yet; another group may give one.
    assert_eq!(location(&through(&server, &provider).await), "/login?oidc=no_role");
    provider.says(json!({ "groups": ["helpdesk", "pam-users"] }));
    let alice = enter(&server, &provider).await;
    assert_eq!(alice.get("/me").await.expect(200)["role"], "password_user");
    make_role(&server).await;
    let alice = enter(&server, &provider).await;
    let me = alice.get("/me").await.expect(200);
    assert_eq!((&me["role"], &me["role_name"]), (&json!(HELPDESK), &json!("Helpdesk")));
    assert_eq!(me["permissions"], json!(["view_resources"]));
}

async fn make_role(server: &TestServer) {
    let now = server.clock.now();
    let id: CustomRoleId = HELPDESK.parse().expect("an id");
    let role = CustomRole {
        id,
        name: "Helpdesk".parse().expect("a name"),
        description: String::new(),
        permissions: Some(vec!["view_resources".to_owned()]),
        proposed: None,
        proposed_by: None,
        proposed_at: None,
        approved_by: None,
        approved_at: Some(now),
        created_at: now,
        version: 1,
    };
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.custom_roles().insert(role).await.expect("insert");
    work.commit_unaudited("a test's role").await.map(drop).expect("commit");
}

#[tokio::test]
async fn groups_may_come_from_userinfo_and_only_of_the_same_person() {
    let (server, provider) = world().await;
    provider.says(json!({ "groups": null, "preferred_username": null }));
    // It does not tell.
    assert_eq!(location(&through(&server, &provider).await), "/login?oidc=unavailable");
    let more = json!({
        "sub": "alice-1", "groups": ["pam-users"], "preferred_username": "al", "amr": ["mfa"],
    });
    provider.with(|manners| manners.userinfo = more);
    let alice = enter(&server, &provider).await;
    let me = alice.get("/me").await.expect(200);
    assert_eq!((&me["role"], &me["user"]["name"]), (&json!("password_user"), &json!("al")));
    // What counts for security is only believed of the ID token.
    let newest = server.newest_event().await;
    assert!(newest.contains(r#""with":["provider"]"#), "{newest}");
    let other = json!({ "sub": "bob", "groups": ["pam-admins"] });
    provider.with(|manners| manners.userinfo = other);
    assert_eq!(location(&through(&server, &provider).await), "/login?oidc=refused");
}

#[tokio::test]
async fn a_sign_in_elsewhere_counts_as_second_factor_only_if_it_says_so() {
    let (server, provider) = world().await;
    provider.says(json!({ "amr": ["pwd", "mfa"] }));
    let strong = enter(&server, &provider).await;
    let second = json!({ "second_factor_roles": ["password_user"] });
    strong.send(Method::PUT, "/sign-in/rules", &[], Some(second)).await.expect(200);
    provider.says(json!({ "sub": "bob", "amr": ["pwd"], "groups": ["pam-users"] }));
    let weak = enter(&server, &provider).await;
    weak.get("/resources").await.problem(403, "second_factor_required");
    provider.says(json!({ "sub": "bob", "amr": ["mfa"], "groups": ["pam-users"] }));
    let bob = enter(&server, &provider).await;
    bob.get("/resources").await.expect(200);
}

/// Somebody who has set up a second factor is asked for it after the provider,
/// as after the password: it opens nothing, and is not taken away, before.
#[tokio::test]
async fn a_second_factor_that_was_set_up_is_asked_for() {
    let (server, provider) = world().await;
    let alice = enter(&server, &provider).await;
    let alice = set_up(&server, alice).await;
    pass(&server, &alice.client, 1).await;
    let weak = enter(&server, &provider).await;
    let me = weak.get("/me").await.expect(200);
    assert_eq!(me["second_factor_missing"], true);
    weak.get("/resources").await.problem(403, "second_factor_required");
    for (method, path) in [
        (Method::POST, "/me/second-factor/totp"),
        (Method::DELETE, "/me/second-factor/totp"),
        (Method::POST, "/me/second-factor/recovery-codes"),
        (Method::POST, "/session/oidc/link"),
    ] {
        let answer = weak.send(method, path, &[], None).await;
        let problem = answer.problem(403, "reauthentication_needed");
        assert_eq!(problem["methods"], json!(["totp", "recovery_code"]), "{path}");
    }
    let code = json!({ "method": "totp", "proof": alice.code(&server) });
    weak.post("/session/prove", code).await.expect(200);
    weak.get("/resources").await.expect(200);
    // Or the provider says that it has asked for one.
    provider.says(json!({ "amr": ["mfa"] }));
    enter(&server, &provider).await.get("/resources").await.expect(200);
}

/// Whoever sits down at somebody's desk is let in by the provider, which knows
/// them since the morning: that is no proof.
#[tokio::test]
async fn a_sign_in_at_the_provider_long_ago_is_no_proof_now() {
    let (server, provider) = world().await;
    let now = server.clock.now().as_secs();
    let token = || json!({ "name": "t", "scopes": ["read"] });
    for auth_time in [json!(now - 16 * 60), Value::Null] {
        provider.says(json!({ "auth_time": auth_time }));
        let alice = enter(&server, &provider).await;
        let problem = alice.post("/tokens", token()).await.problem(403, "reauthentication_needed");
        assert_eq!(problem["methods"], json!(["provider", "password"]));
    }
    provider.says(json!({ "auth_time": now - 60 }));
    let alice = enter(&server, &provider).await;
    alice.post("/tokens", token()).await.expect(201);
    // Longer ago than a session may last here, they sign in there anew.
    provider.says(json!({ "auth_time": now - 13 * 3600 }));
    assert_eq!(location(&through(&server, &provider).await), "/login?oidc=refused");
}

#[tokio::test]
async fn without_a_provider_there_is_no_such_way() {
    let server = TestServer::start().await;
    server.anonymous().get("/session/oidc/start").await.problem(404, "not_found");
    assert_eq!(server.anonymous().get("/system/public").await.expect(200)["oidc"], json!(null));
    let ann = server.user("ann", Role::Administrator).await;
    for path in ["/session/oidc/prove", "/session/oidc/link"] {
        ann.post(path, json!({})).await.problem(404, "not_found");
    }
    let (server, _) = world_with(&["oidc.name=社内 ID"]).await;
    assert_eq!(server.anonymous().get("/system/public").await.expect(200)["oidc"], "社内 ID");
}

#[tokio::test]
async fn the_way_back_leads_nowhere_else() {
    let (server, provider) = world().await;
    for (back, expected) in [
        ("/resources?q=db", "/resources?q=db"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("%2F%5Cevil.example", "/"),
        ("%0d%0aset-cookie:x=y", "/"),
    ] {
        let answer = server.anonymous().get(&format!("/session/oidc/start?back={back}")).await;
        let state = provider.visit(location(&answer), server.clock.now().as_secs());
        let cookie = super::trip_cookie(&answer);
        let answer = come_back(&server, &cookie, &state, "good").await;
        assert_eq!(location(&answer), expected, "{back}");
    }
    let (cookie, state) = begin(&server, &provider).await;
    let answer = come_back(&server, &cookie, &state, "good").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
}
