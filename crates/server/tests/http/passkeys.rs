//! Passkeys, with an authenticator in software.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use sekisho_model::user::Role;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{Answer, Client, PASSWORD, TestServer};
use crate::objects::{audit_text, count, pass};

const ORIGIN: &str = "https://vault.example.jp:8443";
const RP_ID: &str = "vault.example.jp";

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

/// An authenticator that holds one key (WebAuthn level 3, sections 6.1, 6.5).
struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    user: Vec<u8>,
    counter: u32,
    flags: u8,
    origin: String,
    rp_id: String,
}

impl Authenticator {
    fn new(number: u8) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self {
            key,
            id: vec![number; 32],
            user: Vec::new(),
            counter: 0,
            flags: PRESENT | VERIFIED,
            origin: ORIGIN.to_owned(),
            rp_id: RP_ID.to_owned(),
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["publicKey"]["challenge"].as_str().expect("a challenge");
        json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false,
        })
        .to_string()
        .into_bytes()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(self.flags | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// `navigator.credentials.create`.
    fn create(&mut self, options: &Value) -> Value {
        let selection = &options["publicKey"]["authenticatorSelection"];
        assert_eq!(selection["userVerification"], "required");
        assert_eq!(selection["residentKey"], "required");
        let user = options["publicKey"]["user"]["id"].as_str().expect("a handle");
        self.user = BASE64URL_NOPAD.decode(user.as_bytes()).expect("base64url");
        let point = self.key.public_key().as_ref();
        let int = |number: i64| Cbor::Integer(number.into());
        let public = Cbor::Map(vec![
            (int(1), int(2)),
            (int(3), int(-7)),
            (int(-1), int(1)),
            (int(-2), Cbor::Bytes(point[1..33].to_vec())),
            (int(-3), Cbor::Bytes(point[33..65].to_vec())),
        ]);
        let mut data = self.data(HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        ciborium::into_writer(&public, &mut data).expect("written");
        let text = |text: &str| Cbor::Text(text.to_owned());
        let attestation = Cbor::Map(vec![
            (text("fmt"), text("none")),
            (text("attStmt"), Cbor::Map(Vec::new())),
            (text("authData"), Cbor::Bytes(data)),
        ]);
        let mut object = Vec::new();
        ciborium::into_writer(&attestation, &mut object).expect("written");
        json!({
            "id": BASE64URL_NOPAD.encode(&self.id),
            "rawId": BASE64URL_NOPAD.encode(&self.id),
            "type": "public-key",
            "response": {
                "attestationObject": BASE64URL_NOPAD.encode(&object),
                "clientDataJSON":
                    BASE64URL_NOPAD.encode(&self.client_data("webauthn.create", options)),
            },
            "extensions": {},
        })
    }

    /// `navigator.credentials.get`.
    fn get(&mut self, options: &Value) -> Value {
        assert_eq!(options["publicKey"]["userVerification"], "required");
        self.counter += 1;
        let (data, client) = (self.data(0), self.client_data("webauthn.get", options));
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signed");
        json!({
            "id": BASE64URL_NOPAD.encode(&self.id),
            "rawId": BASE64URL_NOPAD.encode(&self.id),
            "type": "public-key",
            "response": {
                "authenticatorData": BASE64URL_NOPAD.encode(&data),
                "clientDataJSON": BASE64URL_NOPAD.encode(&client),
                "signature": BASE64URL_NOPAD.encode(signature.as_ref()),
                "userHandle": BASE64URL_NOPAD.encode(&self.user),
            },
            "extensions": {},
        })
    }
}

async fn register(client: &Client, name: &str, authenticator: &mut Authenticator) -> Answer {
    let begun = client.post("/me/passkeys/start", json!({})).await.expect(201);
    let credential = authenticator.create(&begun["options"]);
    let body = json!({ "challenge": begun["challenge"], "name": name, "credential": credential });
    client.post("/me/passkeys", body).await
}

/// A challenge and its answer.
async fn answered(server: &TestServer, authenticator: &mut Authenticator) -> Value {
    let begun = server.anonymous().post("/session/passkey/start", json!({})).await.expect(201);
    let credential = authenticator.get(&begun["options"]);
    json!({ "challenge": begun["challenge"], "credential": credential })
}

async fn sign_in(server: &TestServer, authenticator: &mut Authenticator) -> Answer {
    let answer = answered(server, authenticator).await;
    server.anonymous().post("/session/passkey", answer).await
}

async fn ann_with_passkey() -> (TestServer, Client, Authenticator) {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let mut key = Authenticator::new(1);
    let made = register(&ann, "Laptop", &mut key).await.expect(201);
    assert_eq!(made["name"], "Laptop");
    assert_eq!(made["recovery_codes"].as_array().expect("codes").len(), 10);
    (server, ann, key)
}

#[tokio::test]
async fn a_passkey_signs_in_alone_and_counts_as_both_factors() {
    let (server, ann, mut key) = ann_with_passkey().await;
    let rules = json!({ "second_factor_roles": ["administrator"] });
    ann.send(Method::PUT, "/sign-in/rules", &[], Some(rules)).await.expect(200);
    let answer = sign_in(&server, &mut key).await;
    let client = Client { cookie: answer.session(), ..server.anonymous() };
    assert_eq!(answer.expect(200)["user"]["name"], "ann");
    client.get("/users").await.expect(200);
    let event = audit_text(&server).await;
    assert!(event.contains(r#""with":["passkey"]"#), "{event}");
    let list = client.get("/me/passkeys").await.expect(200);
    assert!(list["items"][0]["last_used_at"].is_string());
    // It is the last second factor, and the role needs one.
    let path = format!("/me/passkeys/{}", list["items"][0]["id"].as_str().expect("an id"));
    client.delete(&path).await.problem(409, "conflict");
}

#[tokio::test]
async fn an_answer_is_good_once_and_in_time() {
    let (server, _, mut key) = ann_with_passkey().await;
    let nobody = server.anonymous();
    let answer = answered(&server, &mut key).await;
    nobody.post("/session/passkey", answer.clone()).await.expect(200);
    nobody.post("/session/passkey", answer).await.problem(401, "unauthenticated");
    let late = answered(&server, &mut key).await;
    server.clock.advance(Duration::from_secs(5 * 60));
    nobody.post("/session/passkey", late).await.problem(401, "unauthenticated");
    let mut invented = answered(&server, &mut key).await;
    invented["challenge"] = json!("0-00000000000000000000000000000000");
    nobody.post("/session/passkey", invented).await.problem(401, "unauthenticated");
    sign_in(&server, &mut key).await.expect(200);
}

#[tokio::test]
async fn what_is_not_exactly_right_signs_nobody_in() {
    let (server, _, key) = ann_with_passkey().await;
    let mut stranger = Authenticator { user: key.user.clone(), ..Authenticator::new(9) };
    // The right id with another key, then without a check of the person, from
    // another site, and for another name.
    let mut forged = Authenticator { id: key.id.clone(), ..Authenticator::new(1) };
    forged.user.clone_from(&key.user);
    let mut unverified = Authenticator { flags: PRESENT, ..key };
    let wrong = sign_in(&server, &mut unverified).await;
    wrong.problem(401, "unauthenticated");
    let mut elsewhere = Authenticator {
        flags: PRESENT | VERIFIED,
        origin: "https://evil.example".to_owned(),
        ..unverified
    };
    sign_in(&server, &mut elsewhere).await.problem(401, "unauthenticated");
    let mut other_name =
        Authenticator { origin: ORIGIN.to_owned(), rp_id: "evil.example".to_owned(), ..elsewhere };
    sign_in(&server, &mut other_name).await.problem(401, "unauthenticated");
    sign_in(&server, &mut forged).await.problem(401, "unauthenticated");
    server.clock.advance(Duration::from_secs(60));
    sign_in(&server, &mut stranger).await.problem(401, "unauthenticated");
    let mut right = Authenticator { rp_id: RP_ID.to_owned(), ..other_name };
    server.clock.advance(Duration::from_secs(60));
    sign_in(&server, &mut right).await.expect(200);
    assert_eq!(count(&server, 211).await, 6, "each refusal, and the beginning of the wait");
}

#[tokio::test]
async fn a_copied_authenticator_is_noticed() {
    let (server, _, mut key) = ann_with_passkey().await;
    for _ in 0..2 {
        sign_in(&server, &mut key).await.expect(200);
    }
    key.counter = 0;
    sign_in(&server, &mut key).await.problem(401, "unauthenticated");
    assert_eq!(count(&server, 695).await, 1);
}

#[tokio::test]
async fn a_disabled_user_does_not_come_in_by_passkey() {
    let (server, ann, mut key) = ann_with_passkey().await;
    let admin = server.user("adam", Role::Administrator).await;
    let path = format!("/users/{}/disable", ann.id.expect("an id"));
    admin.post(&path, json!({})).await.expect(200);
    sign_in(&server, &mut key).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_password_alone_is_not_enough_beside_a_passkey() {
    let server = TestServer::start().await;
    let body = json!({
        "token": server.setup_token, "name": "ann", "display_name": "Ann", "password": PASSWORD,
    });
    server.anonymous().post("/setup", body).await.expect(201);
    let sign = json!({ "name": "ann", "password": PASSWORD });
    let answer = server.anonymous().post("/session", sign.clone()).await;
    let ann = Client { cookie: answer.session(), ..server.anonymous() };
    let made = register(&ann, "Phone", &mut Authenticator::new(2)).await.expect(201);
    let refused = server.anonymous().post("/session", sign).await;
    let refused = refused.problem(401, "second_factor_needed");
    assert_eq!(refused["methods"], json!(["passkey", "recovery_code"]));
    let code = json!({
        "pending": refused["pending"], "method": "recovery_code",
        "code": made["recovery_codes"][0],
    });
    server.anonymous().post("/session/second-factor", code).await.expect(200);
}

#[tokio::test]
async fn passkeys_are_renamed_and_removed_by_their_owner_only() {
    let (server, ann, mut key) = ann_with_passkey().await;
    let list = ann.get("/me/passkeys").await.expect(200);
    let path = format!("/me/passkeys/{}", list["items"][0]["id"].as_str().expect("an id"));
    let name = json!({ "name": "Old laptop" });
    let eve = server.user("eve", Role::SuperAdministrator).await;
    eve.send(Method::PUT, &path, &[], Some(name.clone())).await.problem(404, "not_found");
    eve.delete(&path).await.problem(404, "not_found");
    let renamed = ann.send(Method::PUT, &path, &[], Some(name)).await.expect(200);
    assert_eq!(renamed["name"], "Old laptop");
    // The authenticator that is there already is not offered again, and its key
    // is nobody else's.
    let begun = ann.post("/me/passkeys/start", json!({})).await.expect(201);
    let excluded = &begun["options"]["publicKey"]["excludeCredentials"];
    assert_eq!(excluded.as_array().expect("a list").len(), 1);
    register(&eve, "Stolen", &mut key).await.problem(409, "conflict");

    pass(&server, &ann, 16).await;
    ann.delete(&path).await.problem(403, "reauthentication_needed");
    let mut key = Authenticator { user: ann.id.expect("an id").as_bytes().to_vec(), ..key };
    let proof = answered(&server, &mut key).await;
    ann.post("/session/prove/passkey", proof).await.expect(200);
    ann.delete(&path).await.expect(204);
    ann.delete(&path).await.problem(404, "not_found");
    assert_eq!(ann.get("/me/second-factor").await.expect(200)["recovery_codes_left"], 0);
    sign_in(&server, &mut key).await.problem(401, "unauthenticated");
    let counts = (count(&server, 692).await, count(&server, 693).await, count(&server, 694).await);
    assert_eq!(counts, (1, 1, 1));
}

#[tokio::test]
async fn somebody_elses_passkey_proves_nothing() {
    let (server, _, mut key) = ann_with_passkey().await;
    let bob = server.user("bob", Role::PasswordUser).await;
    let proof = answered(&server, &mut key).await;
    let refused = bob.post("/session/prove/passkey", proof).await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "credential");
    assert_eq!(count(&server, 688).await, 1);
}

#[tokio::test]
async fn a_registration_is_its_users_and_needs_a_check_of_the_person() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordUser).await;
    let bob = server.user("bob", Role::PasswordUser).await;
    let begun = ann.post("/me/passkeys/start", json!({})).await.expect(201);
    let credential = Authenticator::new(3).create(&begun["options"]);
    let body = json!({ "challenge": begun["challenge"], "name": "x", "credential": credential });
    bob.post("/me/passkeys", body.clone()).await.problem(409, "conflict");
    // Taking it out was enough: nobody uses it any more.
    ann.post("/me/passkeys", body).await.problem(409, "conflict");
    let mut unverified = Authenticator { flags: PRESENT, ..Authenticator::new(4) };
    let refused = register(&ann, "x", &mut unverified).await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "credential");
    assert!(ann.get("/me/passkeys").await.expect(200)["items"].as_array().expect("[]").is_empty());
}

#[tokio::test]
async fn a_server_that_is_reached_by_an_address_says_that_it_has_no_passkeys() {
    let server = TestServer::start_with(|_| vec!["public_name=192.0.2.1".to_owned()]).await;
    server.anonymous().post("/session/passkey/start", json!({})).await.problem(409, "conflict");
    assert_eq!(server.anonymous().get("/system/public").await.expect(200)["passkeys"], false);
}

#[tokio::test]
async fn recovery_codes_are_in_no_answer_that_is_kept() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordUser).await;
    let begun = ann.post("/me/passkeys/start", json!({})).await.expect(201);
    let credential = Authenticator::new(5).create(&begun["options"]);
    let body = json!({ "challenge": begun["challenge"], "name": "x", "credential": credential });
    let key = [("idempotency-key", "k")];
    ann.send(Method::POST, "/me/passkeys", &key, Some(body.clone())).await.expect(201);
    // Judged again, not answered from memory.
    let again = ann.send(Method::POST, "/me/passkeys", &key, Some(body)).await;
    assert_eq!(again.header("idempotency-replayed"), None);
    again.problem(409, "conflict");
}
