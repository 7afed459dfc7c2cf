//! What a new site is asked for after its first administrator: the recovery key
//! shown back, a certificate chosen; and a set-up token that came too late.

use std::time::Duration;

use data_encoding::{BASE64_MIME, BASE64URL_NOPAD};
use http::Method;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use sekisho_model::rng::SystemRng;
use sekisho_model::user::Role;
use sekisho_seal::recovery_key;
use sekisho_server::sessions::renew_setup_token;
use sekisho_store::Access as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, PASSWORD, TestServer};
use crate::objects::{audit_text, count};

const TOKEN_RENEWED: u16 = 730;
const RECOVERY_KEY_PROVED: u16 = 731;
const CERTIFICATE_CHANGED: u16 = 732;

fn first(token: &str) -> Value {
    json!({ "token": token, "name": "ann", "display_name": "Ann", "password": PASSWORD })
}

#[tokio::test]
async fn an_expired_set_up_token_says_so_and_another_can_be_made() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    assert_eq!(nobody.get("/system/public").await.expect(200)["setup_token_expired"], false);
    server.clock.advance(Duration::from_secs(7 * 24 * 3600));
    let public = nobody.get("/system/public").await.expect(200);
    assert_eq!(
        (&public["setup_needed"], &public["setup_token_expired"]),
        (&json!(true), &json!(true))
    );
    let late = nobody.post("/setup", first(&server.setup_token)).await;
    late.problem(401, "setup_token_expired");
    // Whoever does not have it learns nothing of its age.
    let forged = server.setup_token.replace(|c: char| c.is_ascii_digit(), "7");
    nobody.post("/setup", first(&forged)).await.problem(401, "unauthenticated");

    let clock = server.clock.clone();
    let made = renew_setup_token(&server.app.store, clock.as_ref(), &SystemRng);
    let made = made.await.expect("made").expect("not set up yet");
    nobody.post("/setup", first(&server.setup_token)).await.problem(401, "unauthenticated");
    let token = made.token.expose_str().expect("text");
    nobody.post("/setup", first(token)).await.expect(201);
    assert_eq!(count(&server, TOKEN_RENEWED).await, 1);
    let again = renew_setup_token(&server.app.store, clock.as_ref(), &SystemRng);
    assert!(again.await.expect("asked").is_none(), "a site that is set up gets no other");
    assert_eq!(count(&server, TOKEN_RENEWED).await, 1);
    assert!(!audit_text(&server).await.contains(token), "in the audit log");
}

/// A challenge, and the answer that a key makes of it.
async fn answered(who: &Client, key: &str) -> Value {
    let asked = who.post("/system/recovery-key/challenge", json!({})).await.expect(201);
    let enc = BASE64URL_NOPAD.decode(asked["enc"].as_str().expect("text").as_bytes());
    let enc = enc.expect("base64url").try_into().expect("32 bytes");
    let key = recovery_key::parse(key).expect("a key");
    let proof = recovery_key::prove(&key, &enc).expect("computed");
    json!({ "challenge": asked["challenge"], "proof": BASE64URL_NOPAD.encode(&proof[..]) })
}

async fn prove(who: &Client, answer: Value) -> Answer {
    who.post("/system/recovery-key/proof", answer).await
}

#[tokio::test]
async fn the_recovery_key_is_shown_without_being_given_away() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let before = ann.get("/system/recovery-key").await.expect(200);
    assert_eq!((&before["proved_at"], &before["proved_by"]), (&Value::Null, &Value::Null));
    assert_eq!(ann.get("/overview").await.expect(200)["recovery_key_proved"], false);

    let answer = answered(&ann, &server.recovery_key).await;
    let proved = prove(&ann, answer.clone()).await.expect(200);
    assert_eq!(proved["kid"], before["kid"]);
    assert_eq!(proved["proved_by"]["name"], "ann");
    assert_eq!(ann.get("/overview").await.expect(200)["recovery_key_proved"], true);
    assert_eq!(count(&server, RECOVERY_KEY_PROVED).await, 1);
    prove(&ann, answer).await.problem(409, "conflict");
    let log = audit_text(&server).await;
    assert!(log.contains(before["kid"].as_str().expect("text")), "{log}");
}

#[tokio::test]
async fn another_key_a_late_answer_and_somebody_elses_question_prove_nothing() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let bob = server.user("bob", Role::Administrator).await;
    let other = TestServer::start().await.recovery_key;
    let wrong = answered(&ann, &other).await;
    let refused = prove(&ann, wrong).await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "proof");
    let hers = answered(&ann, &server.recovery_key).await;
    prove(&bob, hers).await.problem(409, "conflict");
    let late = answered(&ann, &server.recovery_key).await;
    server.clock.advance(Duration::from_secs(15 * 60));
    prove(&ann, late).await.problem(409, "conflict");
    for nonsense in ["", "!", "AAAA"] {
        let mut answer = answered(&ann, &server.recovery_key).await;
        answer["proof"] = json!(nonsense);
        prove(&ann, answer).await.problem(400, "invalid_input");
    }
    assert_eq!(count(&server, RECOVERY_KEY_PROVED).await, 0);
    assert_eq!(ann.get("/system/recovery-key").await.expect(200)["proved_at"], Value::Null);
}

/// A certificate of an authority that is not the site's, and its key.
pub(crate) struct Foreign {
    chain: String,
    key: String,
}

pub(crate) fn foreign(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Foreign {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(DnType::CommonName, "Corporate root");
    (root.not_before, root.not_after) =
        (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2036, 1, 1));
    let root_key = KeyPair::generate().expect("a key");
    let root_pem = root.self_signed(&root_key).expect("signed").pem();
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    (leaf.not_before, leaf.not_after) =
        (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2027, 1, 1));
    change(&mut leaf);
    let key = KeyPair::generate().expect("a key");
    let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).expect("signed").pem();
    Foreign { chain: format!("{leaf}{root_pem}"), key: key.serialize_pem() }
}

pub(crate) async fn put(who: &Client, body: Value) -> Answer {
    who.send(Method::PUT, "/system/certificate", &[], Some(body)).await
}

pub(crate) fn uploaded(foreign: &Foreign) -> Value {
    json!({ "source": "uploaded", "chain": foreign.chain, "key": foreign.key })
}

#[tokio::test]
async fn further_names_are_certified_by_the_sites_own_authority() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let before = ann.get("/system/certificate").await.expect(200);
    assert_eq!((&before["source"], &before["chosen_at"]), (&json!("site_ca"), &Value::Null));
    assert_eq!(ann.get("/overview").await.expect(200)["certificate_chosen"], false);

    let body = json!({ "source": "site_ca", "names": ["Vault.corp.example", "192.0.2.10"] });
    let chosen = put(&ann, body).await.expect(200);
    assert_eq!(chosen["more_names"], json!(["vault.corp.example", "192.0.2.10"]));
    let names = chosen["names"].as_array().expect("names");
    for name in ["vault.example.jp", "vault.corp.example", "192.0.2.10", "localhost"] {
        assert!(names.contains(&json!(name)), "{name}: {names:?}");
    }
    assert_eq!(chosen["chosen_by"]["name"], "ann");
    assert_eq!(ann.get("/overview").await.expect(200)["certificate_chosen"], true);
    assert_eq!(count(&server, CERTIFICATE_CHANGED).await, 1);

    let wrong = put(&ann, json!({ "source": "site_ca", "names": ["a b"] })).await;
    assert_eq!(wrong.problem(400, "invalid_input")["field"], "names");
    let mixed = put(&ann, json!({ "source": "site_ca", "chain": "x" })).await;
    assert_eq!(mixed.problem(400, "invalid_input")["field"], "source");
}

#[tokio::test]
async fn an_uploaded_certificate_is_kept_sealed_and_shown_at_once() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let good = foreign("vault.example.jp", |_| {});
    let mut tried = uploaded(&good);
    tried["dry_run"] = json!(true);
    let would = put(&ann, tried).await.expect(200);
    assert_eq!(would["source"], "uploaded");
    assert_eq!(count(&server, CERTIFICATE_CHANGED).await, 0, "nothing was changed");
    assert_eq!(ann.get("/system/certificate").await.expect(200)["source"], "site_ca");

    let shown = put(&ann, uploaded(&good)).await.expect(200);
    assert_eq!(shown["names"], json!(["vault.example.jp"]));
    assert!(shown["issuer"].as_str().expect("text").contains("Corporate root"), "{shown}");
    assert_eq!(ann.get("/system/certificate").await.expect(200)["serial"], shown["serial"]);
    let kept = server.app.store.read().server_certificates().find().await.expect("read");
    let sealed = kept.expect("kept").sealed_key.expect("a key").0;
    let marker = b"PRIVATE KEY";
    assert!(!sealed.windows(marker.len()).any(|part| part == marker), "in clear");
    assert!(!audit_text(&server).await.contains("PRIVATE KEY"), "in the audit log");

    // And back to the site's own.
    let back = put(&ann, json!({ "source": "site_ca" })).await.expect(200);
    assert!(back["issuer"].as_str().expect("text").contains("Sekisho site"), "{back}");
    assert_eq!(count(&server, CERTIFICATE_CHANGED).await, 2);
}

#[tokio::test]
async fn each_fault_of_an_upload_has_its_word_and_changes_nothing() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let good = foreign("vault.example.jp", |_| {});
    let twin = foreign("vault.example.jp", |_| {});
    let elsewhere = foreign("elsewhere.example.jp", |_| {});
    let old = foreign("vault.example.jp", |leaf| {
        leaf.not_after = rcgen::date_time_ymd(2026, 2, 1);
    });
    let early = foreign("vault.example.jp", |leaf| {
        leaf.not_before = rcgen::date_time_ymd(2026, 12, 1);
    });
    let client = foreign("vault.example.jp", |leaf| {
        leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    let end = "-----END CERTIFICATE-----\n";
    let alone = good.chain.split_inclusive(end).next().expect("a certificate").to_owned();
    let with = |chain: &str, key: &str| json!({ "source": "uploaded", "chain": chain, "key": key });
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for (body, word) in [
        (with("hello", &good.key), "certificate_unreadable"),
        (uploaded(&elsewhere), "certificate_name_missing"),
        (uploaded(&old), "certificate_expired"),
        (uploaded(&early), "certificate_not_yet_valid"),
        (uploaded(&client), "certificate_wrong_use"),
        (with(&alone, &good.key), "certificate_chain_broken"),
        (with(&good.chain, &twin.key), "certificate_key_mismatch"),
        (with(&good.chain, "hello"), "key_unreadable"),
        (with(&good.chain, encrypted), "key_encrypted"),
    ] {
        let refused = put(&ann, body).await.problem(409, "conflict");
        assert_eq!(refused["conflict"], word, "{refused}");
    }
    for field in ["chain", "key"] {
        let mut body = uploaded(&good);
        body.as_object_mut().expect("an object").remove(field);
        assert_eq!(put(&ann, body).await.problem(400, "invalid_input")["field"], field);
    }
    assert_eq!(count(&server, CERTIFICATE_CHANGED).await, 0);
}

/// A file of OpenSSL, by its name among the fixtures of `pki`.
macro_rules! pfx {
    ($name:literal) => {
        &include_bytes!(concat!("../../../pki/tests/fixtures/pfx/", $name, ".pfx"))[..]
    };
}

const PFX_PASSWORD: &str = "correct-horse";

fn in_pfx(file: &[u8], password: &str) -> Value {
    json!({ "source": "uploaded", "pfx": BASE64_MIME.encode(file), "password": password })
}

#[tokio::test]
async fn a_pkcs12_file_is_taken_apart_and_its_password_is_kept_nowhere() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let mut tried = in_pfx(pfx!("legacy"), PFX_PASSWORD);
    tried["dry_run"] = json!(true);
    assert_eq!(put(&ann, tried).await.expect(200)["source"], "uploaded");
    assert_eq!(count(&server, CERTIFICATE_CHANGED).await, 0, "nothing was changed");

    let shown = put(&ann, in_pfx(pfx!("modern"), PFX_PASSWORD)).await.expect(200);
    assert_eq!(shown["names"], json!(["vault.example.jp"]));
    assert!(shown["issuer"].as_str().expect("text").contains("Corporate issuing"), "{shown}");
    let kept = server.app.store.read().server_certificates().find().await.expect("read");
    let kept = kept.expect("kept");
    let chain = String::from_utf8(kept.chain.expect("a chain").0).expect("PEM");
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 3);
    let sealed = kept.sealed_key.expect("a key").0;
    for clear in [&b"PRIVATE KEY"[..], PFX_PASSWORD.as_bytes()] {
        assert!(!sealed.windows(clear.len()).any(|part| part == clear), "in clear");
    }
    let told = audit_text(&server).await;
    assert!(!told.contains(PFX_PASSWORD) && !told.contains("PRIVATE KEY"), "in the audit log");
}

#[tokio::test]
async fn each_fault_of_a_pkcs12_file_has_its_word_and_changes_nothing() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    for (file, password, word) in [
        (pfx!("modern"), "wrong", "pfx_wrong_password"),
        (pfx!("legacy"), "", "pfx_wrong_password"),
        (pfx!("rc4"), PFX_PASSWORD, "pfx_unsupported"),
        (pfx!("slow"), PFX_PASSWORD, "pfx_too_slow"),
        (pfx!("no-key"), PFX_PASSWORD, "pfx_no_key"),
        (pfx!("no-cert"), PFX_PASSWORD, "pfx_no_certificate"),
        (pfx!("elsewhere"), PFX_PASSWORD, "certificate_name_missing"),
        (b"hello", PFX_PASSWORD, "pfx_unreadable"),
    ] {
        let refused = put(&ann, in_pfx(file, password)).await.problem(409, "conflict");
        assert_eq!(refused["conflict"], word, "{refused}");
        assert!(!refused.to_string().contains(PFX_PASSWORD), "{refused}");
    }
    let good = foreign("vault.example.jp", |_| {});
    let mut both = uploaded(&good);
    both["pfx"] = json!("AAAA");
    let mut stray = uploaded(&good);
    stray["password"] = json!("x");
    let site = json!({ "source": "site_ca", "password": "x" });
    let text = json!({ "source": "uploaded", "pfx": "no base64!" });
    for (body, field) in [(both, "pfx"), (stray, "password"), (site, "source"), (text, "pfx")] {
        assert_eq!(put(&ann, body).await.problem(400, "invalid_input")["field"], field);
    }
    assert_eq!(count(&server, CERTIFICATE_CHANGED).await, 0);

    server.clock.advance(Duration::from_secs(10 * 366 * 24 * 3600));
    let later = server.user("bea", Role::Administrator).await;
    let old = put(&later, in_pfx(pfx!("modern"), PFX_PASSWORD)).await.problem(409, "conflict");
    assert_eq!(old["conflict"], "certificate_expired");
}

#[tokio::test]
async fn who_sat_down_at_an_unlocked_desk_changes_no_certificate() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    crate::objects::pass(&server, &ann, 15).await;
    let body = json!({ "source": "site_ca" });
    put(&ann, body).await.problem(403, "reauthentication_needed");
    let auditor = server.user("eve", Role::PasswordAuditor).await;
    auditor.get("/system/certificate").await.expect(200);
    put(&auditor, json!({ "source": "site_ca" })).await.problem(403, "forbidden");
    let asked = auditor.post("/system/recovery-key/challenge", json!({})).await;
    asked.problem(403, "forbidden");
}
