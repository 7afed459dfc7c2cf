//! Second factors: setting one up, signing in with it, losing it, and roles
//! that need one.

use std::time::Duration;

use http::Method;
use sekisho_model::Clock as _;
use sekisho_model::user::Role;
use sekisho_store::Access as _;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::harness::{Answer, Client, PASSWORD, TestServer};
use crate::objects::{audit_text, count};

/// Somebody with a password and an authenticator app.
pub(crate) struct Person {
    pub(crate) client: Client,
    secret: Vec<u8>,
    codes: Vec<String>,
}

impl Person {
    /// The code that the app shows now.
    pub(crate) fn code(&self, server: &TestServer) -> String {
        self.code_at(server, 0)
    }

    /// The code that the app shows some steps later or earlier.
    fn code_at(&self, server: &TestServer, steps: i64) -> String {
        let seconds = server.clock.now().as_secs() + steps * 30;
        let app = Builder::new().with_secret(Secret::from(self.secret.as_slice()));
        let seconds = u64::try_from(seconds).expect("after 1970");
        app.build().expect("a secret").generate(seconds).to_string()
    }
}

async fn server_with_ann() -> TestServer {
    let server = TestServer::start().await;
    let body = json!({
        "token": server.setup_token, "name": "ann", "display_name": "Ann", "password": PASSWORD,
    });
    server.anonymous().post("/setup", body).await.expect(201);
    server
}

async fn password(server: &TestServer, name: &str) -> Answer {
    let body = json!({ "name": name, "password": PASSWORD });
    server.anonymous().post("/session", body).await
}

/// Signs in with the password only.
async fn signed_in(server: &TestServer, name: &str) -> Client {
    let answer = password(server, name).await;
    let cookie = answer.session();
    let id = answer.expect(200)["user"]["id"].as_str().map(|id| id.parse().expect("an id"));
    Client { cookie, id, ..server.anonymous() }
}

/// Sets an authenticator app up.
pub(crate) async fn set_up(server: &TestServer, client: Client) -> Person {
    let begun = client.post("/me/second-factor/totp", json!({})).await.expect(201);
    let secret = begun["secret"].as_str().expect("text");
    let url = begun["url"].as_str().expect("text");
    assert!(url.starts_with("otpauth://totp/Sekisho%20vault.example.jp:"), "{url}");
    assert!(url.contains(&format!("secret={secret}&")), "{url}");
    let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
    let mut person = Person { client, secret, codes: Vec::new() };
    let body = json!({ "code": person.code(server) });
    let done = person.client.post("/me/second-factor/totp/confirm", body).await.expect(200);
    let codes = done["recovery_codes"].as_array().expect("codes").iter();
    person.codes = codes.map(|code| code.as_str().expect("text").to_owned()).collect();
    assert_eq!(person.codes.len(), 10);
    person
}

async fn server_with_app() -> (TestServer, Person) {
    let server = server_with_ann().await;
    let client = signed_in(&server, "ann").await;
    let ann = set_up(&server, client).await;
    server.clock.advance(Duration::from_secs(60));
    (server, ann)
}

/// The pending token after the right password.
async fn pending(server: &TestServer) -> Value {
    let body = password(server, "ann").await.problem(401, "second_factor_needed");
    assert_eq!(body["methods"], json!(["totp", "recovery_code"]));
    body["pending"].clone()
}

async fn second(server: &TestServer, pending: &Value, method: &str, code: &str) -> Answer {
    let body = json!({ "pending": pending, "method": method, "code": code });
    server.anonymous().post("/session/second-factor", body).await
}

#[tokio::test]
async fn the_password_alone_opens_nothing_once_there_is_an_app() {
    let (server, ann) = server_with_app().await;
    let answer = password(&server, "ann").await;
    assert_eq!(answer.session(), None);
    let pending = answer.problem(401, "second_factor_needed")["pending"].clone();
    // The token of the first step is no session and no API token.
    let text = pending.as_str().expect("text").to_owned();
    let mut forged = server.anonymous();
    forged.cookie = Some(text.clone());
    forged.get("/me").await.problem(401, "unauthenticated");
    forged = Client { bearer: Some(text), ..server.anonymous() };
    forged.get("/me").await.problem(401, "unauthenticated");

    let answer = second(&server, &pending, "totp", &ann.code(&server)).await;
    let client = Client { cookie: answer.session(), ..server.anonymous() };
    assert_eq!(answer.expect(200)["user"]["name"], "ann");
    client.get("/me").await.expect(200);
    let newest = server.newest_event().await;
    assert!(newest.contains(r#""with":["password","totp"]"#), "{newest}");
}

#[tokio::test]
async fn a_code_counts_once_and_a_pending_sign_in_too() {
    let (server, ann) = server_with_app().await;
    let code = ann.code(&server);
    let (first, other) = (pending(&server).await, pending(&server).await);
    second(&server, &first, "totp", &code).await.expect(200);
    let replayed = second(&server, &other, "totp", &code).await;
    assert_eq!(replayed.problem(400, "invalid_input")["field"], "code");
    server.clock.advance(Duration::from_secs(30));
    let next = ann.code(&server);
    second(&server, &first, "totp", &next).await.problem(401, "unauthenticated");
    second(&server, &other, "totp", &next).await.expect(200);
}

#[tokio::test]
async fn clocks_may_differ_by_one_step() {
    let (server, ann) = server_with_app().await;
    for (steps, status) in [(-2, 400), (2, 400), (-1, 200), (1, 200)] {
        let pending = pending(&server).await;
        let answer = second(&server, &pending, "totp", &ann.code_at(&server, steps)).await;
        answer.expect(status);
    }
    // The code of the step before the one that was taken is not taken any more.
    let pending = pending(&server).await;
    second(&server, &pending, "totp", &ann.code(&server)).await.expect(400);
}

#[tokio::test]
async fn the_same_code_twice_at_the_same_time_opens_one_session() {
    let (server, ann) = server_with_app().await;
    let code = ann.code(&server);
    let (one, other) = (pending(&server).await, pending(&server).await);
    let (one, other) =
        tokio::join!(second(&server, &one, "totp", &code), second(&server, &other, "totp", &code));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn guessing_codes_ends_the_sign_in_and_then_waits() {
    let (server, ann) = server_with_app().await;
    let guessed = pending(&server).await;
    for _ in 0..5 {
        let refused = second(&server, &guessed, "totp", "000000").await;
        assert_eq!(refused.problem(400, "invalid_input")["field"], "code");
    }
    let right = ann.code(&server);
    second(&server, &guessed, "totp", &right).await.problem(401, "unauthenticated");
    let again = pending(&server).await;
    let answer = second(&server, &again, "totp", &right).await;
    assert!(answer.header("retry-after").is_some());
    answer.problem(429, "throttled");
    assert_eq!(count(&server, 211).await, 5 + 1, "each refusal, and the beginning of the wait");
    let text = audit_text(&server).await;
    assert!(text.contains("wrong_second_factor") && !text.contains(&right));
    server.clock.advance(Duration::from_secs(2));
    second(&server, &again, "totp", &ann.code(&server)).await.expect(200);
}

#[tokio::test]
async fn a_pending_sign_in_ends_by_itself_and_with_the_password() {
    let (server, ann) = server_with_app().await;
    let late = pending(&server).await;
    server.clock.advance(Duration::from_secs(5 * 60));
    let code = ann.code(&server);
    second(&server, &late, "totp", &code).await.problem(401, "unauthenticated");

    let before = pending(&server).await;
    server.clock.advance(Duration::from_secs(30));
    let change = json!({ "current": PASSWORD, "new": "a quite new secret" });
    ann.client.post("/me/password", change).await.expect(204);
    let code = ann.code(&server);
    second(&server, &before, "totp", &code).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_recovery_code_stands_in_once() {
    let (server, ann) = server_with_app().await;
    let first = pending(&server).await;
    let code = ann.codes[3].to_uppercase().replace('-', " ");
    second(&server, &first, "recovery_code", &code).await.expect(200);
    let again = pending(&server).await;
    second(&server, &again, "recovery_code", &ann.codes[3]).await.problem(400, "invalid_input");
    let shown = ann.client.get("/me/second-factor").await.expect(200);
    assert_eq!((&shown["recovery_codes_left"], &shown["required"]), (&json!(9), &json!(false)));
    assert!(shown["totp_since"].is_string());

    let made = ann.client.post("/me/second-factor/recovery-codes", json!({})).await.expect(200);
    let fresh = made["recovery_codes"][0].as_str().expect("text");
    second(&server, &again, "recovery_code", &ann.codes[4]).await.problem(400, "invalid_input");
    second(&server, &again, "recovery_code", fresh).await.expect(200);
    assert_eq!(count(&server, 684).await, 2);
}

#[tokio::test]
async fn no_secret_of_a_second_factor_is_kept_in_clear() {
    let (server, ann) = server_with_app().await;
    let factor = server.app.store.read().totp_factors();
    let factor = factor.confirmed(ann.client.id.expect("ann")).await.expect("read").expect("one");
    let holds = |bytes: &[u8]| bytes.windows(ann.secret.len()).any(|part| part == ann.secret);
    assert!(!holds(&factor.sealed_secret.0));
    let text = audit_text(&server).await;
    assert!(!text.contains(&data_encoding::BASE32_NOPAD.encode(&ann.secret)));
    assert!(ann.codes.iter().all(|code| !text.contains(code)));
}

#[tokio::test]
async fn an_app_counts_from_its_first_code_and_another_takes_its_place() {
    let server = server_with_ann().await;
    let client = signed_in(&server, "ann").await;
    let elsewhere = signed_in(&server, "ann").await;
    client.post("/me/second-factor/totp", json!({})).await.expect(201);
    // Not confirmed: the password is still enough.
    password(&server, "ann").await.expect(200);
    let wrong = client.post("/me/second-factor/totp/confirm", json!({ "code": "12345" })).await;
    assert_eq!(wrong.problem(400, "invalid_input")["field"], "code");
    server.clock.advance(Duration::from_secs(10 * 60));
    let late = client.post("/me/second-factor/totp/confirm", json!({ "code": "000000" })).await;
    late.problem(409, "conflict");

    let ann = set_up(&server, client).await;
    elsewhere.get("/me").await.problem(401, "unauthenticated");
    server.clock.advance(Duration::from_secs(60));
    let old = ann.code(&server);
    let ann = set_up(&server, ann.client).await;
    server.clock.advance(Duration::from_secs(60));
    let waiting = pending(&server).await;
    second(&server, &waiting, "totp", &old).await.problem(400, "invalid_input");
    second(&server, &waiting, "totp", &ann.code(&server)).await.expect(200);

    ann.client.delete("/me/second-factor/totp").await.expect(204);
    ann.client.delete("/me/second-factor/totp").await.expect(204);
    password(&server, "ann").await.expect(200);
    assert_eq!((count(&server, 681).await, count(&server, 682).await), (2, 1));
    let none = ann.client.post("/me/second-factor/recovery-codes", json!({})).await;
    none.problem(409, "conflict");
}

#[tokio::test]
async fn a_role_that_needs_a_second_factor_waits_until_there_is_one() {
    let (server, ann) = server_with_app().await;
    let bob = json!({
        "name": "bob", "display_name": "Bob", "password": PASSWORD, "role": "password_user",
    });
    ann.client.post("/users", bob).await.expect(201);
    let bob = signed_in(&server, "bob").await;
    bob.get("/resources").await.expect(200);

    let rules = json!({ "second_factor_roles": ["password_user", "administrator"] });
    let put = |body: Value| ann.client.send(Method::PUT, "/sign-in/rules", &[], Some(body));
    let put = put(rules.clone()).await.expect(200);
    assert_eq!(put["second_factor_roles"], json!(["administrator", "password_user"]));
    assert_eq!(ann.client.get("/sign-in/rules").await.expect(200), put);

    // An open session waits, too; its own sign-in stays in reach.
    bob.get("/resources").await.problem(403, "second_factor_required");
    bob.post("/tokens", json!({ "name": "t", "scopes": ["read"] }))
        .await
        .problem(403, "second_factor_required");
    assert_eq!(bob.get("/me").await.expect(200)["second_factor_missing"], true);
    let bob = set_up(&server, bob).await;
    bob.client.get("/resources").await.expect(200);
    assert_eq!(bob.client.get("/me").await.expect(200)["second_factor_missing"], false);
    bob.client.delete("/me/second-factor/totp").await.problem(409, "conflict");
    bob.client.get("/sign-in/rules").await.problem(403, "forbidden");
}

#[tokio::test]
async fn nobody_shuts_themselves_out_by_a_rule() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let rules = json!({ "second_factor_roles": ["administrator"] });
    let refused = ann.send(Method::PUT, "/sign-in/rules", &[], Some(rules)).await;
    refused.problem(409, "conflict");
    ann.get("/users").await.expect(200);
    let others = json!({ "second_factor_roles": ["password_user"] });
    ann.send(Method::PUT, "/sign-in/rules", &[], Some(others)).await.expect(200);
    let unknown = json!({ "second_factor_roles": ["admin"] });
    let refused = ann.send(Method::PUT, "/sign-in/rules", &[], Some(unknown)).await;
    refused.problem(400, "invalid_input");
}

#[tokio::test]
async fn an_administrator_resets_what_somebody_lost_but_never_their_own() {
    let (server, ann) = server_with_app().await;
    let path = |who: &Client| format!("/users/{}/second-factor", who.id.expect("an id"));
    let own = ann.client.delete(&path(&ann.client)).await.problem(403, "forbidden");
    assert!(own["detail"].as_str().expect("text").contains("it is your own"), "{own}");

    let admin = server.user("adam", Role::Administrator).await;
    assert!(admin.get(&path(&ann.client)).await.expect(200)["totp_since"].is_string());
    let user = server.user("ute", Role::PasswordUser).await;
    user.delete(&path(&ann.client)).await.problem(404, "not_found");
    admin.delete(&path(&ann.client)).await.expect(204);
    admin.delete(&path(&ann.client)).await.expect(204);
    assert_eq!(count(&server, 685).await, 1);
    ann.client.get("/me").await.problem(401, "unauthenticated");
    password(&server, "ann").await.expect(200);

    let top = server.user("sue", Role::SuperAdministrator).await;
    let denied = admin.delete(&path(&top)).await.problem(403, "forbidden");
    assert!(denied["detail"].as_str().expect("text").contains("super_administrator"), "{denied}");
    let other = server.user("sam", Role::SuperAdministrator).await;
    other.delete(&path(&top)).await.expect(204);
}

#[tokio::test]
async fn a_program_does_not_change_how_its_user_signs_in() {
    let (server, ann) = server_with_app().await;
    let token = json!({ "name": "t", "scopes": ["read", "write"] });
    let token = ann.client.post("/tokens", token).await.expect(201)["token"].clone();
    let bearer = token.as_str().map(str::to_owned);
    let program = Client { bearer, ..server.anonymous() };
    program.get("/me/second-factor").await.expect(200);
    for (method, path) in [
        (Method::POST, "/me/second-factor/totp"),
        (Method::POST, "/me/second-factor/recovery-codes"),
        (Method::DELETE, "/me/second-factor/totp"),
    ] {
        let body = (method == Method::POST).then(|| json!({}));
        program.send(method, path, &[], body).await.problem(403, "forbidden");
    }
    let proof = json!({ "method": "password", "proof": PASSWORD });
    program.post("/session/prove", proof).await.problem(403, "forbidden");
}

#[tokio::test]
async fn the_operator_resets_at_the_database_what_nobody_else_could() {
    let (server, ann) = server_with_app().await;
    let reset = async |name: &str| {
        let name = name.parse().expect("a name");
        let (clock, rng) = (server.clock.as_ref(), &sekisho_model::rng::SystemRng);
        sekisho_server::sessions::reset_second_factor_of(&server.app.store, &name, clock, rng)
            .await
            .expect("done")
    };
    assert_eq!(reset("nobody").await, None);
    assert_eq!(reset("ann").await, Some(true));
    assert_eq!(reset("ann").await, Some(false));
    ann.client.get("/me").await.problem(401, "unauthenticated");
    password(&server, "ann").await.expect(200);
    assert_eq!(count(&server, 685).await, 1);
}
