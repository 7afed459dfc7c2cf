//! Trust, sign-in, sign-out.

use std::os::unix::fs::PermissionsExt;

use sha2::{Digest, Sha256};

use crate::fake::{Fake, Reply, problem};
use crate::person::{PASSWORD, Person, TOKEN, TOKEN_ID, expect_login, token};

fn pin_of(certificate: &[u8]) -> String {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).expect("certificate");
    let hash: [u8; 32] = Sha256::digest(parsed.tbs_certificate.subject_pki.raw).into();
    data_encoding::HEXLOWER.encode(&hash)
}

#[test]
fn login_keeps_a_token_and_nothing_else() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);

    let lines: Vec<String> = fake.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines, ["POST /session", "POST /tokens", "DELETE /session"]);
    let [session, tokens, end] = &fake.seen()[..] else { panic!("three requests") };
    assert_eq!(session.body, format!(r#"{{"name":"alice","password":"{PASSWORD}"}}"#));
    for request in [tokens, end] {
        assert_eq!(request.header("cookie"), Some("__Host-sekisho=canary-session"));
        assert_eq!(request.header("origin"), Some(fake.url.as_str()));
    }
    assert!(tokens.body.contains(r#""name":"sekisho CLI on "#), "{}", tokens.body);
    assert!(tokens.body.contains(r#""scopes":["read","write","reveal"]"#), "{}", tokens.body);
    assert!(tokens.body.contains(r#""expires_in_s":43200"#), "{}", tokens.body);

    let mut stored = String::new();
    for file in std::fs::read_dir(person.config()).expect("folder") {
        let path = file.expect("file").path();
        let text = std::fs::read_to_string(&path).expect("text");
        let mode = std::fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert!(!text.contains(TOKEN) || mode == 0o600, "{} has mode {mode:o}", path.display());
        stored.push_str(&text);
    }
    assert!(stored.contains(TOKEN));
    assert!(!stored.contains(PASSWORD) && !stored.contains("canary-session"), "{stored}");
}

const PENDING: &str = r#","methods":["totp","recovery_code"],"pending":"canary-pending""#;

fn opened() -> Reply {
    let cookie = "__Host-sekisho=canary-session; Path=/; Secure; HttpOnly; SameSite=Strict";
    let body = r#"{"user":{},"expires_at":"2099-01-01T00:00:00.000Z"}"#;
    Reply::Json(200, vec![("set-cookie", cookie.to_owned())], body.to_owned())
}

#[test]
fn a_second_factor_is_asked_for_and_its_code_told_from_a_recovery_code() {
    for (code, method) in [("123 456", "totp"), ("abcd-efgh-ijkl-mnop", "recovery_code")] {
        let fake = Fake::start();
        let person = Person::new(&fake);
        expect_login(&fake);
        fake.on("POST /session", [problem(401, "second_factor_needed", PENDING)]);
        fake.on("POST /session/second-factor", [opened()]);
        let folder = person.config().parent().expect("folder").to_owned();
        std::fs::write(folder.join("code"), format!("{code}\n")).expect("written");
        let (ca, file) = (folder.join("given-ca.pem"), folder.join("code"));
        let (ca, file) = (ca.to_string_lossy(), file.to_string_lossy());
        let args = [
            "--server",
            &fake.url,
            "--ca-file",
            &ca,
            "login",
            "--user",
            "alice",
            "--code-file",
            &file,
            "--password-file",
            "-",
        ];
        person.run_with(&args, &format!("{PASSWORD}\n")).ends_with(0);
        let step = &fake.seen_line("POST /session/second-factor")[0];
        let expected =
            format!(r#"{{"pending":"canary-pending","method":"{method}","code":"{code}"}}"#);
        assert_eq!((step.body.as_str(), step.header("cookie")), (expected.as_str(), None));
        let tokens = fake.seen_line("POST /tokens");
        assert_eq!(tokens[0].header("cookie"), Some("__Host-sekisho=canary-session"));
    }
}

#[test]
fn without_a_code_and_without_a_person_the_sign_in_says_what_is_needed() {
    let fake = Fake::start();
    let person = Person::new(&fake);
    fake.on("POST /session", [problem(401, "second_factor_needed", PENDING)]);
    let done = person.login().ends_with(2).says("--code-file");
    assert!(!done.stderr.contains("canary-pending"), "{}", done.stderr);
    assert!(!person.config().exists());
}

#[test]
fn an_authenticator_app_is_set_up_in_a_session_of_its_own() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json("GET /me", r#"{"user":{"id":"0193e4a0-7c1b-7000-8000-000000000001","name":"alice"},"role":"administrator","permissions":[]}"#);
    fake.json(
        "POST /me/second-factor/totp",
        r#"{"secret":"GEZDGNBV","url":"otpauth://totp/x","expires_at":"2099-01-01T00:00:00.000Z"}"#,
    );
    fake.json("POST /me/second-factor/totp/confirm", r#"{"recovery_codes":["aaaa-bbbb"]}"#);
    let folder = person.config().parent().expect("folder").to_owned();
    std::fs::write(folder.join("first"), "654321\n").expect("written");
    let file = folder.join("first");
    let file = file.to_string_lossy();
    let args = ["second-factor", "set-up", "--first-code-file", &file, "--password-file", "-"];
    let done = person.run_with(&args, &format!("{PASSWORD}\n")).ends_with(0);
    for shown in ["GEZDGNBV\n", "otpauth://totp/x\n", "aaaa-bbbb\n"] {
        assert!(done.stdout.contains(shown), "{}", done.stdout);
    }
    let confirm = &fake.seen_line("POST /me/second-factor/totp/confirm")[0];
    assert_eq!(confirm.body, r#"{"code":"654321"}"#);
    assert_eq!(confirm.header("cookie"), Some("__Host-sekisho=canary-session"));
    assert_eq!(confirm.header("authorization"), None);
    assert_eq!(fake.seen_line("DELETE /session").len(), 2, "of the login, and of this");
}

#[test]
fn identities_of_a_user_are_listed_and_taken_away() {
    const BOB: &str = "0193e4a0-7c1b-7000-8000-0000000000bb";
    const IDENTITY: &str = "0193e4a0-7c1b-7000-8000-0000000000cc";
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let listed = format!(
        r#"{{"items":[{{"id":"{IDENTITY}","issuer":"https://id.example.jp","subject":"bob-1","current":true,"created_at":"2026-01-01T00:00:00.000Z","last_used_at":null}}],"next":null}}"#
    );
    fake.json(&format!("GET /users/{BOB}/identities"), &listed);
    let done = person.run(&format!("users identities {BOB}")).ends_with(0);
    assert!(done.stdout.contains("bob-1") && done.stdout.contains(IDENTITY), "{}", done.stdout);
    let done = person.run(&format!("users identities {BOB} --json")).ends_with(0);
    assert_eq!(done.stdout.trim_end(), listed);
    fake.on(
        &format!("DELETE /users/{BOB}/identities/{IDENTITY}"),
        [Reply::Json(204, Vec::new(), String::new())],
    );
    person.run(&format!("users unlink {BOB} {IDENTITY}")).ends_with(0).says("sessions have ended");
    person.run(&format!("users unlink {BOB} bob-1")).ends_with(2);
}

#[test]
fn rules_and_sessions_are_read_and_changed_with_the_token() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json("PUT /sign-in/rules", r#"{"second_factor_roles":["administrator"]}"#);
    let done = person.run("second-factor require administrator").ends_with(0);
    assert_eq!(done.stdout, "administrator\n");
    let sent = &fake.seen_line("PUT /sign-in/rules")[0];
    assert_eq!(sent.body, r#"{"second_factor_roles":["administrator"]}"#);
    person.run("second-factor require").ends_with(2);
    fake.json("GET /me/sessions", r#"{"items":[{"id":"0193e4a0-7c1b-7000-8000-0000000000cc","current":false,"created_at":"2026-01-01T00:00:00.000Z","last_seen_at":"2026-01-01T00:00:00.000Z","address":"192.0.2.7","client":"Firefox on Linux","methods":["password","totp"]}],"next":null}"#);
    let done = person.run("sessions list").ends_with(0);
    assert!(done.stdout.contains("Firefox on Linux"), "{}", done.stdout);
    assert!(done.stdout.contains("password, totp"), "{}", done.stdout);
    fake.json("DELETE /me/sessions", r#"{"ended":2}"#);
    person.run("sessions end-all").ends_with(0).says("2 ended");
}

#[test]
fn the_token_proves_who_asks() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json("GET /me", r#"{"user":{"id":"0193e4a0-7c1b-7000-8000-000000000001","name":"alice"},"role":"administrator","permissions":["a","b"]}"#);
    let done = person.run("whoami").ends_with(0);
    assert!(done.stdout.contains("user    alice\n"), "{}", done.stdout);
    let asked = fake.seen_line("GET /me");
    assert_eq!(asked[0].header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(asked[0].header("cookie"), None);
}

#[test]
fn a_second_login_revokes_the_former_token() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on("POST /tokens", [token("0193e4a0-7c1b-7000-8000-0000000000bb", "second")]);
    person.login().ends_with(0);
    let revoked = fake.seen_line(&format!("DELETE /tokens/{TOKEN_ID}"));
    assert_eq!(revoked[0].header("authorization"), Some("Bearer second"));
}

#[test]
fn logout_revokes_and_forgets() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(
        &format!("DELETE /tokens/{TOKEN_ID}"),
        [problem(503, "unavailable", ""), Reply::Json(204, Vec::new(), String::new())],
    );
    person.run("logout").ends_with(4).says("the token was not revoked");
    assert!(person.config().join("credentials").exists());
    person.run("logout").ends_with(0);
    assert!(!person.config().join("credentials").exists());
    person.run("accounts list").ends_with(3).says("sekisho login");
}

#[test]
fn a_wrong_password_is_refused_and_nothing_is_kept() {
    let fake = Fake::start();
    let person = Person::new(&fake);
    fake.on(
        "POST /session",
        [problem(401, "unauthenticated", r#","detail":"wrong name or password""#)],
    );
    person.login().ends_with(3).says("wrong name or password");
    assert!(!person.config().exists());
}

#[test]
fn a_session_without_a_token_is_ended_all_the_same() {
    let fake = Fake::start();
    let person = Person::new(&fake);
    expect_login(&fake);
    fake.on("POST /tokens", [problem(403, "forbidden", "")]);
    person.login().ends_with(1).says("forbidden title");
    assert_eq!(fake.seen_line("DELETE /session").len(), 1);
    assert!(!person.config().join("credentials").exists());
}

#[test]
fn an_unknown_server_is_not_trusted_without_a_person() {
    let fake = Fake::start();
    let person = Person::new(&fake);
    let line = format!("--server {} login --user alice --password-file -", fake.url);
    person.run(&line).ends_with(4).says("--ca-file");
    assert!(fake.seen().is_empty());
}

#[test]
fn another_authority_is_not_trusted() {
    let (fake, other) = (Fake::start(), Fake::start());
    let person = Person::new(&other);
    let ca_file = person.config().with_file_name("given-ca.pem");
    let line = format!("--server {} --ca-file {} status", fake.url, ca_file.display());
    person.run(&line).ends_with(4).says("is not trusted");
    assert!(fake.seen().is_empty());
}

#[test]
fn a_server_that_has_nothing_but_tls_1_2_is_not_spoken_to() {
    let fake = Fake::start_with(&rustls::version::TLS12);
    let person = Person::new(&fake);
    person.run(&format!("--server {} status", fake.url)).ends_with(4);
    assert!(fake.seen().is_empty());
}

#[test]
fn pins_of_the_authority_and_of_the_server_are_trusted() {
    let fake = Fake::start();
    fake.json("GET /system/public", r#"{"product":"Sekisho","version":"0.1.0","site":"s","initialised":true,"setup_needed":true}"#);
    let person = Person::new(&fake);
    let whole: [u8; 32] = Sha256::digest(&fake.chain[1]).into();
    let keys = fake.chain.iter().map(|certificate| pin_of(certificate));
    for pin in keys.chain([data_encoding::HEXLOWER.encode(&whole)]) {
        let line = format!("--server {} --pin {pin} status", fake.url);
        person.run(&line).ends_with(0).says("sekisho setup");
    }
    let line = format!("--server {} --pin {} status", fake.url, "00".repeat(32));
    person.run(&line).ends_with(4).says("no key in its certificate chain");
}

#[test]
fn the_token_is_sent_to_its_own_server_only() {
    let (fake, other) = (Fake::start(), Fake::start());
    let person = Person::signed_in(&fake);
    let line = format!("--server {} accounts list", other.url);
    person.run(&line).ends_with(3).says("signed in at");
    assert!(other.seen().is_empty());
}

#[test]
fn credentials_that_others_can_read_are_refused() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let path = person.config().join("credentials");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("set");
    person.run("whoami").ends_with(1).says("mode 644");
}

#[test]
fn a_server_that_is_not_there_has_its_exit_code() {
    let fake = Fake::start();
    let person = Person::new(&fake);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let free = listener.local_addr().expect("bound");
    drop(listener);
    let line = format!("--server {free} --pin {} status", "00".repeat(32));
    person.run(&line).ends_with(4).says("cannot reach");
}

#[test]
fn the_first_administrator_is_made_with_the_token_from_a_file() {
    let fake = Fake::start();
    let person = Person::new(&fake);
    let folder = person.config().parent().expect("folder").to_owned();
    std::fs::write(folder.join("token"), "setup-canary\n").expect("written");
    fake.json("POST /setup", r#"{"id":"0193e4a0-7c1b-7000-8000-000000000001","name":"root"}"#);
    let (ca, token) = (folder.join("given-ca.pem"), folder.join("token"));
    let (ca, token) = (ca.to_string_lossy(), token.to_string_lossy());
    let args = [
        "--server",
        &fake.url,
        "--ca-file",
        &ca,
        "setup",
        "--user",
        "root",
        "--token-file",
        &token,
        "--password-file",
        "-",
    ];
    person.run_with(&args, "a password\n").ends_with(0);
    assert_eq!(
        fake.seen()[0].body,
        r#"{"token":"setup-canary","name":"root","display_name":"root","password":"a password"}"#
    );
    // The server and its authority are known from now on.
    fake.json("GET /system/public", r#"{"version":"0.1.0"}"#);
    person.run("status").ends_with(0);
}
