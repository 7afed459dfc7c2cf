//! What a signed-in person goes to the provider for: linking, and proving that
//! it is still them; and administrators who unlink.

use http::{Method, StatusCode};
use sekisho_model::Clock as _;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use super::{Provider, come_back, enter, location, query, through, trip_cookie, world, world_with};
use crate::harness::{Answer, Client, TestServer};
use crate::objects::{count, pass};

/// Goes to the provider for something: the cookie and the state.
async fn leave_for(
    server: &TestServer,
    provider: &Provider,
    who: &Client,
    what: &str,
) -> (String, String) {
    let answer = who.post(&format!("/session/oidc/{what}"), json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let url = answer.body["url"].as_str().expect("a URL").to_owned();
    // Somebody who is signed in there is asked nevertheless.
    assert_eq!(query(&url, "prompt").as_deref(), Some("login"));
    assert_eq!(query(&url, "max_age").as_deref(), Some("0"));
    let state = provider.visit(&url, server.clock.now().as_secs());
    (trip_cookie(&answer), state)
}

async fn go_for(server: &TestServer, provider: &Provider, who: &Client, what: &str) -> Answer {
    let (cookie, state) = leave_for(server, provider, who, what).await;
    come_back(server, &cookie, &state, "good").await
}

async fn my_identities(who: &Client) -> Value {
    who.get("/me/identities").await.expect(200)["items"].clone()
}

async fn user_id(who: &Client) -> String {
    who.get("/me").await.expect(200)["user"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_signed_in_user_is_linked_to_who_they_are_there() {
    let (server, provider) = world_with(&["oidc.create_users=false"]).await;
    let ann = server.user("ann", Role::Administrator).await;
    server.user("root", Role::Administrator).await;
    assert_eq!(my_identities(&ann).await, json!([]));
    provider.says(json!({ "groups": ["pam-users"] }));
    assert_eq!(location(&go_for(&server, &provider, &ann, "link").await), "/me?oidc=linked");
    let found = my_identities(&ann).await;
    assert_eq!((&found[0]["subject"], &found[0]["current"]), (&json!("alice-1"), &json!(true)));
    let linked = server.newest_event().await;
    assert!(linked.contains("alice-1"), "{linked}");
    // Their role stays until they come that way; then the groups decide.
    assert_eq!(ann.get("/me").await.expect(200)["role"], "administrator");
    let again = enter(&server, &provider).await;
    assert_eq!(user_id(&again).await, user_id(&ann).await);
    assert_eq!(again.get("/me").await.expect(200)["role"], "password_user");
    // Twice changes nothing.
    assert_eq!(location(&go_for(&server, &provider, &ann, "link").await), "/me?oidc=linked");
    assert_eq!(
        (my_identities(&ann).await.as_array().map(Vec::len), count(&server, 696).await),
        (Some(1), 1)
    );
}

#[tokio::test]
async fn an_identity_is_linked_to_one_user_only() {
    let (server, provider) = world().await;
    enter(&server, &provider).await;
    let ann = server.user("ann", Role::Administrator).await;
    assert_eq!(location(&go_for(&server, &provider, &ann, "link").await), "/me?oidc=taken");
    assert_eq!(my_identities(&ann).await, json!([]));
    assert_eq!((count(&server, 696).await, count(&server, 697).await), (1, 1));
    for subject in 0..10 {
        provider.says(json!({ "sub": format!("s{subject}") }));
        assert_eq!(location(&go_for(&server, &provider, &ann, "link").await), "/me?oidc=linked");
    }
    provider.says(json!({ "sub": "s10" }));
    assert_eq!(location(&go_for(&server, &provider, &ann, "link").await), "/me?oidc=full");
}

/// Linking makes a way in: it needs a person at the keyboard, now, at both ends.
#[tokio::test]
async fn linking_needs_a_session_a_proof_and_a_sign_in_there_now() {
    let (server, provider) = world().await;
    let ann = server.user("ann", Role::Administrator).await;
    let token = json!({ "name": "t", "scopes": ["read", "write"] });
    let token = ann.post("/tokens", token).await.expect(201)["token"].clone();
    let bearer = token.as_str().map(str::to_owned);
    let program = Client { bearer, ..server.anonymous() };
    for what in ["link", "prove"] {
        program.post(&format!("/session/oidc/{what}"), json!({})).await.problem(403, "forbidden");
    }
    // Signed in there since the morning, or it does not say.
    let now = server.clock.now().as_secs();
    for auth_time in [json!(now - 61), Value::Null] {
        provider.says(json!({ "auth_time": auth_time }));
        assert_eq!(location(&go_for(&server, &provider, &ann, "link").await), "/me?oidc=refused");
    }
    provider.says(json!({}));
    // The session ends on the way.
    let (cookie, state) = leave_for(&server, &provider, &ann, "link").await;
    ann.delete("/session").await.expect(204);
    let answer = come_back(&server, &cookie, &state, "good").await;
    assert_eq!(location(&answer), "/me?oidc=over");
    let bob = server.user("bob", Role::Administrator).await;
    pass(&server, &bob, 16).await;
    let link = bob.post("/session/oidc/link", json!({})).await;
    link.problem(403, "reauthentication_needed");
    assert_eq!(count(&server, 696).await, 0);
}

#[tokio::test]
async fn a_sign_in_there_proves_that_it_is_still_them() {
    let (server, provider) = world().await;
    let alice = enter(&server, &provider).await;
    pass(&server, &alice, 16).await;
    let token = || json!({ "name": "t", "scopes": ["read"] });
    let problem = alice.post("/tokens", token()).await.problem(403, "reauthentication_needed");
    assert_eq!(problem["methods"], json!(["provider", "password"]));
    // A sign-in there of before is none.
    let now = server.clock.now().as_secs();
    provider.says(json!({ "auth_time": now - 61 }));
    let answer = go_for(&server, &provider, &alice, "prove").await;
    assert_eq!(location(&answer), "/provider-done?oidc=refused");
    alice.post("/tokens", token()).await.problem(403, "reauthentication_needed");
    // Somebody else at the keyboard, who is signed in there.
    provider.says(json!({ "sub": "bob" }));
    let answer = go_for(&server, &provider, &alice, "prove").await;
    assert_eq!(location(&answer), "/provider-done?oidc=other");
    assert_eq!(count(&server, 688).await, 1);
    alice.post("/tokens", token()).await.problem(403, "reauthentication_needed");
    provider.says(json!({ "amr": ["mfa"] }));
    let answer = go_for(&server, &provider, &alice, "prove").await;
    assert_eq!(location(&answer), "/provider-done?oidc=ok");
    assert!(
        !answer.headers.get_all("set-cookie").iter().any(|cookie| {
            cookie.to_str().is_ok_and(|text| text.starts_with("__Host-sekisho="))
        })
    );
    alice.post("/tokens", token()).await.expect(201);
    let session = alice.get("/me/sessions").await.expect(200)["items"][0].clone();
    assert_eq!(session["methods"], json!(["provider", "provider_mfa"]));
    assert_eq!(count(&server, 687).await, 1);
}

#[tokio::test]
async fn who_is_nobody_there_does_not_prove_it_there() {
    let (server, _provider) = world().await;
    let ann = server.user("ann", Role::Administrator).await;
    pass(&server, &ann, 16).await;
    let token = json!({ "name": "t", "scopes": ["read"] });
    let problem = ann.post("/tokens", token).await.problem(403, "reauthentication_needed");
    assert_eq!(problem["methods"], json!(["password"]));
    ann.post("/session/oidc/prove", json!({})).await.problem(409, "conflict");
    let proof = json!({ "method": "provider", "proof": "x" });
    ann.post("/session/prove", proof).await.problem(400, "invalid_input");
}

/// A way that began for one thing does not end as another.
#[tokio::test]
async fn a_way_to_a_proof_signs_nobody_in() {
    let (server, provider) = world().await;
    let alice = enter(&server, &provider).await;
    let (cookie, state) = leave_for(&server, &provider, &alice, "prove").await;
    provider.says(json!({ "sub": "bob" }));
    let before = count(&server, 200).await;
    let answer = come_back(&server, &cookie, &state, "good").await;
    assert_eq!(location(&answer), "/provider-done?oidc=other");
    assert_eq!(count(&server, 200).await, before);
}

#[tokio::test]
async fn an_administrator_takes_an_identity_away() {
    let (server, provider) = world().await;
    let root = server.user("root", Role::Administrator).await;
    let alice = enter(&server, &provider).await;
    let user = user_id(&alice).await;
    let path = format!("/users/{user}/identities");
    let found = root.get(&path).await.expect(200)["items"].clone();
    assert_eq!(found[0]["subject"], "alice-1");
    let one = format!("{path}/{}", found[0]["id"].as_str().expect("an id"));
    // Not their own, not of another user, not without a proof.
    alice.delete(&one).await.problem(403, "forbidden");
    let other = root.id.expect("an id");
    let elsewhere = one.replace(&user, &other.to_string());
    let bob = server.user("bob", Role::Administrator).await;
    bob.delete(&elsewhere).await.problem(404, "not_found");
    pass(&server, &root, 16).await;
    root.delete(&one).await.problem(403, "reauthentication_needed");
    bob.get("/me").await.expect(200);
    let super_admin = server.user("sue", Role::SuperAdministrator).await;
    super_admin.delete(&one).await.expect(204);
    let event = server.newest_event().await;
    assert!(event.contains("alice-1"), "{event}");
    assert_eq!(count(&server, 698).await, 1);
    // Their sessions have ended, and who comes now is somebody new.
    alice.get("/me").await.problem(401, "unauthenticated");
    super_admin.delete(&one).await.problem(404, "not_found");
    let again = enter(&server, &provider).await;
    assert_ne!(user_id(&again).await, user);
}

#[tokio::test]
async fn identities_are_nobody_elses_business() {
    let (server, provider) = world().await;
    let alice = enter(&server, &provider).await;
    let path = format!("/users/{}/identities", user_id(&alice).await);
    let pat = server.user("pat", Role::PasswordUser).await;
    pat.get(&path).await.problem(404, "not_found");
    assert_eq!(my_identities(&pat).await, json!([]));
    let one = format!("{path}/019a0000-0000-7000-8000-000000000001");
    pat.send(Method::DELETE, &one, &[], None).await.problem(404, "not_found");
    assert_eq!(location(&through(&server, &provider).await), "/accounts");
}
