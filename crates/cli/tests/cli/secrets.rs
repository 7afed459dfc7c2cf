//! Reveal, copy, keys: what leaves the server in the clear.

use crate::fake::{Fake, Reply, problem};
use crate::person::Person;

const ACCOUNT: &str = "0193e4a0-7c1b-7000-8000-000000000001";

fn value(number: u8, state: &str, value: &str) -> String {
    format!(
        r#"{{"version":"0193e4a0-7c1b-7000-8000-00000000000{number}","number":{number},"state":"{state}","origin":"generated","value":"{value}","evidence":"why {state}","since":"2026-01-31T09:00:00.000Z"}}"#
    )
}

fn revealed(values: &[String]) -> String {
    format!(
        r#"{{"account":{{"id":"{ACCOUNT}","name":"root"}},"values":[{}],"hide_after_s":10}}"#,
        values.join(",")
    )
}

fn reveal_line() -> String {
    format!("POST /accounts/{ACCOUNT}/reveal")
}

#[test]
fn a_script_gets_just_the_value() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json(&reveal_line(), &revealed(&[value(3, "current", r#"p\"w\\ $(x) é"#)]));
    let done = person.run(&format!("reveal {ACCOUNT} --reason INC-1")).ends_with(0);
    assert_eq!(done.stdout, "p\"w\\ $(x) é\n");
    assert_eq!(done.stderr, "");
    assert_eq!(fake.seen_line(&reveal_line())[0].body, r#"{"reason":"INC-1","purpose":"show"}"#);
    let done = person.run(&format!("copy {ACCOUNT} --reason INC-1 --stdout")).ends_with(0);
    assert_eq!(done.stdout, "p\"w\\ $(x) é\n");
    assert_eq!(fake.seen_line(&reveal_line())[1].body, r#"{"reason":"INC-1","purpose":"copy"}"#);
}

#[test]
fn two_values_are_both_told_and_the_exit_code_says_so() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let json = revealed(&[value(4, "indeterminate", "new-one"), value(3, "current", "old-one")]);
    fake.json(&reveal_line(), &json);
    let done = person.run(&format!("reveal {ACCOUNT} --reason x")).ends_with(5);
    assert_eq!(done.stdout, "new-one\nold-one\n");
    for part in [
        "number 4, indeterminate, generated, why indeterminate, since 2026-01-31",
        "number 3, current",
    ] {
        assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
    }
    let done = person.run(&format!("reveal {ACCOUNT} --reason x --json")).ends_with(5);
    assert_eq!(done.stdout, format!("{json}\n"));

    person.run(&format!("copy {ACCOUNT} --reason x --stdout")).ends_with(5).says("--which");
    let done = person.run(&format!("copy {ACCOUNT} --reason x --stdout --which current"));
    assert_eq!(done.ends_with(5).stdout, "old-one\n");
}

#[test]
fn a_value_that_does_not_work_comes_with_that_remark() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let knows = r#""knowledge":"out_of_sync","checked_at":"2026-01-31T09:00:00.000Z","values""#;
    let json = revealed(&[value(3, "current", "old-one")]).replace(r#""values""#, knows);
    fake.json(&reveal_line(), &json);
    for line in ["reveal", "reveal --json", "copy --stdout"] {
        let done = person.run(&format!("{line} {ACCOUNT} --reason x")).ends_with(0);
        assert!(done.stdout.contains("old-one"), "{}", done.stdout);
        for part in ["warning: the newest check (2026-01-31", "does not work", "sekisho reset"] {
            assert!(done.stderr.contains(part), "{line}: {part}: {}", done.stderr);
        }
    }
}

#[test]
fn a_reveal_needs_a_reason_and_a_known_password() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    person.run(&format!("reveal {ACCOUNT}")).ends_with(2).says("--reason");
    assert!(fake.seen_line(&reveal_line()).is_empty());
    fake.on(
        &reveal_line(),
        [problem(409, "unknown_password", r#","detail":"nobody has told it yet""#)],
    );
    person.run(&format!("reveal {ACCOUNT} --reason x")).ends_with(1).says("nobody has told it");
}

#[test]
fn a_reveal_that_breaks_off_is_not_repeated() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(&reveal_line(), [Reply::HangUp]);
    person.run(&format!("reveal {ACCOUNT} --reason x")).ends_with(5);
    assert_eq!(fake.seen_line(&reveal_line()).len(), 1);
}

#[test]
fn an_answer_of_another_form_does_not_quote_the_value() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json(&reveal_line(), r#"{"values":["canary-value"]}"#);
    let done = person.run(&format!("reveal {ACCOUNT} --reason x")).ends_with(1);
    assert!(!done.stderr.contains("canary-value"), "{}", done.stderr);
}

#[test]
fn a_typed_password_comes_by_standard_input() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let line = format!("PUT /accounts/{ACCOUNT}/password");
    fake.on(&line, [Reply::Json(204, Vec::new(), String::new())]);
    let args = ["accounts", "set-password", ACCOUNT, "--password-file", "-"];
    person.run_with(&args, "typed value\n").ends_with(0);
    assert_eq!(fake.seen_line(&line)[0].body, r#"{"value":"typed value"}"#);
    person.run(&format!("accounts set-password {ACCOUNT}")).ends_with(2).says("--password-file");
}

#[test]
fn a_token_is_made_with_the_password_of_its_owner() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json("GET /me", &format!(r#"{{"user":{{"id":"{ACCOUNT}","name":"alice"}}}}"#));
    fake.on("POST /tokens", [crate::person::token(ACCOUNT, "sekisho_pat_new")]);
    let line = ["tokens", "create", "ci", "--scope", "read,write", "--password-file", "-"];
    let done = person.run_with(&line, "canary-password\n").ends_with(0);
    assert_eq!(done.stdout, "sekisho_pat_new\n");
    let made = fake.seen_line("POST /tokens").pop().expect("asked");
    assert_eq!(made.body, r#"{"name":"ci","scopes":["read","write"],"expires_in_s":43200}"#);
    assert!(made.header("cookie").is_some() && made.header("authorization").is_none());
    assert_eq!(fake.seen_line("DELETE /session").len(), 2);
}

#[test]
fn a_new_key_is_the_only_thing_on_standard_output() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json(
        "POST /enrolment-keys",
        &format!(r#"{{"id":"{ACCOUNT}","key":"sekisho-ek1-canary","expires_at":"2099-01-01T00:00:00.000Z","label":"web-1"}}"#),
    );
    let done = person.run("keys create web-1 --window --valid-for 2h --pre-approved").ends_with(0);
    assert_eq!(done.stdout, "sekisho-ek1-canary\n");
    done.says("sekisho-agent enroll --server 127.0.0.1:8383");
    assert_eq!(
        fake.seen_line("POST /enrolment-keys")[0].body,
        r#"{"label":"web-1","platform":"linux","use":"window","valid_for_s":7200,"pre_approved":true}"#
    );
}
