//! Signing in and out, throttling, one's own password.

use std::time::Duration;

use http::Method;
use sekisho_model::user::Role;
use serde_json::json;

use crate::harness::{Answer, Client, PASSWORD, TestServer};

async fn server_with_ann() -> TestServer {
    let server = TestServer::start().await;
    let body = json!({
        "token": server.setup_token, "name": "ann", "display_name": "Ann", "password": PASSWORD,
    });
    server.anonymous().post("/setup", body).await.expect(201);
    server
}

async fn sign_in(from: &Client, name: &str, password: &str) -> Answer {
    from.post("/session", json!({ "name": name, "password": password })).await
}

#[tokio::test]
async fn the_cookie_signs_in_until_it_is_signed_out() {
    let server = server_with_ann().await;
    let mut client = server.anonymous();
    let answer = sign_in(&client, "ann", PASSWORD).await;
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    for part in ["__Host-sekisho=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    client.cookie = answer.session();
    assert_eq!(answer.expect(200)["user"]["name"], "ann");

    let me = client.get("/me").await.expect(200);
    assert_eq!((&me["role"], &me["token"]), (&json!("administrator"), &json!(null)));
    let out = client.delete("/session").await;
    assert!(out.header("set-cookie").expect("a cookie").contains("Max-Age=0"));
    out.expect(204);
    client.get("/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn what_only_looks_like_a_session_signs_nobody_in() {
    let server = server_with_ann().await;
    let mut client = server.anonymous();
    let real = sign_in(&client, "ann", PASSWORD).await.session().expect("a session");
    let shorter = real[..real.len() - 1].to_owned();
    let zeros = "A".repeat(real.len());
    let with_path = format!("../{real}");
    for cookie in ["", "\"\"", "0", "AAAA", &zeros, &shorter, &format!("{real}A"), &with_path] {
        client.cookie = Some(cookie.to_owned());
        client.get("/me").await.problem(401, "unauthenticated");
    }
    client.cookie = Some(real);
    client.get("/me").await.expect(200);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_at_its_end() {
    let server = server_with_ann().await;
    let mut client = server.anonymous();
    client.cookie = sign_in(&client, "ann", PASSWORD).await.session();
    for _ in 0..23 {
        server.clock.advance(Duration::from_secs(29 * 60));
        client.get("/me").await.expect(200);
    }
    server.clock.advance(Duration::from_secs(31 * 60));
    client.get("/me").await.problem(401, "unauthenticated");

    client.cookie = sign_in(&client, "ann", PASSWORD).await.session();
    for _ in 0..24 {
        server.clock.advance(Duration::from_secs(29 * 60));
        client.get("/me").await.expect(200);
    }
    server.clock.advance(Duration::from_secs(29 * 60));
    client.get("/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn every_wrong_part_gets_the_same_answer() {
    let server = server_with_ann().await;
    let admin = server.user("root", Role::Administrator).await;
    let disabled = json!({
        "name": "bob", "display_name": "Bob", "password": PASSWORD, "role": "password_user",
    });
    let bob = admin.post("/users", disabled).await.expect(201)["id"].clone();
    let path = format!("/users/{}/disable", bob.as_str().expect("an id"));
    admin.post(&path, json!({})).await.expect(200);

    let nobody = server.anonymous();
    let mut seen = Vec::new();
    for (name, password) in
        [("ann", "not her password"), ("nobody", PASSWORD), ("bob", PASSWORD), ("Not a name!", "x")]
    {
        let mut body = sign_in(&nobody, name, password).await.problem(401, "unauthenticated");
        body["request_id"] = json!(null);
        seen.push(body);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
}

#[tokio::test]
async fn guessing_waits_and_locks_nobody_else_out() {
    let server = server_with_ann().await;
    let guesser = server.anonymous();
    for _ in 0..5 {
        sign_in(&guesser, "ann", "wrong").await.problem(401, "unauthenticated");
    }
    // Also the right password waits, or the wait would tell.
    let answer = sign_in(&guesser, "ann", PASSWORD).await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    answer.problem(429, "throttled");
    // Ann, elsewhere, does not.
    let ann =
        Client { address: "198.51.100.9:1".parse().expect("an address"), ..server.anonymous() };
    sign_in(&ann, "ann", PASSWORD).await.expect(200);
    // The wait doubles.
    server.clock.advance(Duration::from_secs(1));
    sign_in(&guesser, "ann", "wrong").await.problem(401, "unauthenticated");
    assert_eq!(sign_in(&guesser, "ann", "wrong").await.header("retry-after"), Some("2"));
    // It ends, and a success starts anew.
    server.clock.advance(Duration::from_secs(2));
    sign_in(&guesser, "ann", PASSWORD).await.expect(200);
    sign_in(&guesser, "ann", "wrong").await.problem(401, "unauthenticated");
    sign_in(&guesser, "ann", PASSWORD).await.expect(200);
    let codes = server.event_codes().await;
    let refused = codes.iter().filter(|code| **code == 211).count();
    assert_eq!(refused, 7 + 2, "each refusal, and each beginning of a wait, once");
}

#[tokio::test]
async fn many_guesses_at_once_do_not_all_pass() {
    let server = server_with_ann().await;
    let guesser = server.anonymous();
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let guesser = guesser.clone();
        guesses.spawn(async move { sign_in(&guesser, "ann", "wrong").await.status.as_u16() });
    }
    let statuses = guesses.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
}

#[tokio::test]
async fn a_password_change_ends_the_other_sessions() {
    let server = server_with_ann().await;
    let (mut here, mut there) = (server.anonymous(), server.anonymous());
    here.cookie = sign_in(&here, "ann", PASSWORD).await.session();
    there.cookie = sign_in(&there, "ann", PASSWORD).await.session();
    let change = |current: &str, new: &str| json!({ "current": current, "new": new });

    let refused = here.post("/me/password", change("wrong", "a quite new secret")).await;
    assert_eq!(refused.problem(400, "invalid_input")["field"], "current");
    let refused = here.post("/me/password", change(PASSWORD, "short")).await;
    assert_eq!(refused.problem(400, "invalid_input")["field"], "new");

    here.post("/me/password", change(PASSWORD, "a quite new secret")).await.expect(204);
    here.get("/me").await.expect(200);
    there.get("/me").await.problem(401, "unauthenticated");
    sign_in(&there, "ann", PASSWORD).await.problem(401, "unauthenticated");
    sign_in(&there, "ann", "a quite new secret").await.expect(200);
}

#[tokio::test]
async fn another_site_cannot_use_the_cookie() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let roles = [("origin", "https://evil.example")];
    let forged = ann.send(Method::DELETE, "/session", &roles, None).await;
    forged.problem(403, "forbidden");
    let cross = [("sec-fetch-site", "cross-site")];
    ann.send(Method::DELETE, "/session", &cross, None).await.problem(403, "forbidden");
    let own = [("origin", "https://vault.example.jp:8443")];
    ann.send(Method::DELETE, "/session", &own, None).await.expect(204);
    let login = json!({ "name": "ann", "password": PASSWORD });
    let answer = server.anonymous().send(Method::POST, "/session", &cross, Some(login)).await;
    answer.problem(403, "forbidden");
}
