//! Orders and what became of them.

use crate::fake::{Fake, Reply, ok, problem};
use crate::person::Person;

const ACCOUNT: &str = "0193e4a0-7c1b-7000-8000-000000000001";
const ORDER: &str = "0193e4a0-7c1b-7000-8000-0000000000cc";

fn order(operation: &str, state: &str, result: &str) -> Reply {
    Reply::Json(
        202,
        Vec::new(),
        format!(
            r#"{{"id":"{ORDER}","operation":"{operation}","state":"{state}","account":{{"id":"{ACCOUNT}","name":"root"}},"resource":{{"id":"{ACCOUNT}","name":"web-1"}},"device":"{ACCOUNT}","initiator":null,"reason":null,"attempt":1,"created_at":"2026-01-31T09:00:00.000Z","delivered_at":null,"finished_at":null,"expires_at":"2026-02-01T09:00:00.000Z","result":{result}}}"#
        ),
    )
}

fn question() -> String {
    format!("GET /orders/{ORDER}?wait_s=1")
}

#[test]
fn a_reset_is_followed_to_its_end() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let line = format!("POST /accounts/{ACCOUNT}/reset");
    fake.on(&line, [order("reset", "queued", "null")]);
    fake.on(&question(), ["delivered", "committed"].map(|state| order("reset", state, "null")));
    let done = person.run(&format!("reset {ACCOUNT} --reason rotation")).ends_with(0);
    assert_eq!(done.stdout, "web-1/root: reset: committed\n");
    let at = |state: &str| {
        let line = format!("reset web-1/root: {state} (");
        done.stderr.find(&line).unwrap_or_else(|| panic!("{state} is not in {}", done.stderr))
    };
    assert!(at("queued") < at("delivered") && at("delivered") < at("committed"));
    assert_eq!(fake.seen_line(&line)[0].body, r#"{"reason":"rotation"}"#);
}

#[test]
fn a_reset_that_changed_nothing_is_a_failure() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(&format!("POST /accounts/{ACCOUNT}/reset"), [order("reset", "queued", "null")]);
    let result = r#"{"class":"permanent","detail":"no such account"}"#;
    fake.on(&question(), [order("reset", "not_applied", result)]);
    let done = person.run(&format!("reset {ACCOUNT}")).ends_with(1);
    done.says("no such account");
}

#[test]
fn a_retry_is_followed_instead() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(&format!("POST /accounts/{ACCOUNT}/reset"), [order("reset", "queued", "null")]);
    let result = format!(r#"{{"detail":"too short","retried_as":"{ACCOUNT}"}}"#);
    fake.on(&question(), [order("reset", "not_applied", &result)]);
    let retry = format!("GET /orders/{ACCOUNT}?wait_s=1");
    fake.on(&retry, [order("reset", "committed", "null")]);
    person.run(&format!("reset {ACCOUNT}")).ends_with(0).says("not_applied");
    assert_eq!(fake.seen_line(&retry).len(), 1);
}

#[test]
fn an_order_that_is_not_finished_in_time_is_unknown() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(&format!("POST /accounts/{ACCOUNT}/reset"), [order("reset", "queued", "null")]);
    fake.on(&format!("GET /orders/{ORDER}?wait_s=0"), [order("reset", "delivered", "null")]);
    let done = person.run(&format!("reset {ACCOUNT} --timeout 0s --json")).ends_with(5);
    let done = done.says(&format!("sekisho orders show {ORDER}"));
    assert!(done.stdout.contains(r#""state":"delivered""#), "{}", done.stdout);
}

#[test]
fn nobody_waits_with_no_wait() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(&format!("POST /accounts/{ACCOUNT}/reset"), [order("reset", "queued", "null")]);
    let done = person.run(&format!("reset {ACCOUNT} --no-wait")).ends_with(0);
    assert_eq!(done.stdout, format!("{ORDER}\n"));
    assert!(fake.seen_line(&question()).is_empty());
}

#[test]
fn a_verify_ends_with_what_it_found() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(&format!("POST /accounts/{ACCOUNT}/verify"), [order("verify", "queued", "null")]);
    for (result, code) in
        [("in_sync", 0), ("out_of_sync", 1), ("locked", 1), ("unreachable", 5), ("unknown", 5)]
    {
        let json = format!(r#"{{"results":[{{"version":"{ACCOUNT}","result":"{result}"}}]}}"#);
        fake.on(&question(), [order("verify", "committed", &json)]);
        let done = person.run(&format!("verify {ACCOUNT}")).ends_with(code);
        assert!(done.stdout.starts_with("web-1/root: "), "{}", done.stdout);
    }
}

#[test]
fn a_verify_without_a_result_is_looked_up_at_the_account() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(&format!("POST /accounts/{ACCOUNT}/verify"), [order("verify", "queued", "null")]);
    fake.on(&question(), [order("verify", "committed", "null")]);
    fake.json(&format!("GET /accounts/{ACCOUNT}"), &format!(
        r#"{{"id":"{ACCOUNT}","resource":{{"id":"{ACCOUNT}","name":"web-1"}},"name":"root","presence":"present","knowledge":"out_of_sync","last_verify":{{"result":"out_of_sync","at":"2026-01-31T09:00:00.000Z"}}}}"#
    ));
    let done = person.run(&format!("verify {ACCOUNT}")).ends_with(1);
    assert_eq!(done.stdout, "web-1/root: out of sync: the password does not work\n");
}

#[test]
fn an_open_order_is_pointed_at() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let more = format!(r#","order_id":"{ORDER}""#);
    fake.on(&format!("POST /accounts/{ACCOUNT}/reset"), [problem(409, "in_progress", &more)]);
    let done = person.run(&format!("reset {ACCOUNT}")).ends_with(1);
    done.says(&format!("sekisho orders show {ORDER}"));
}

#[test]
fn a_connection_that_breaks_while_waiting_leaves_the_order_alone() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(&format!("POST /accounts/{ACCOUNT}/reset"), [order("reset", "queued", "null")]);
    fake.on(&question(), [Reply::HangUp, order("reset", "committed", "null")]);
    person.run(&format!("reset {ACCOUNT}")).ends_with(0);
    fake.on(&question(), [Reply::HangUp]);
    person.run(&format!("reset {ACCOUNT}")).ends_with(4).says("The order goes on.");
}

#[test]
fn orders_are_listed() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let Reply::Json(_, _, item) = order("reset", "queued", "null") else { panic!("json") };
    fake.on(
        "GET /orders?mine=true&state=open&limit=100",
        [ok(&format!(r#"{{"items":[{item}],"next":null}}"#))],
    );
    let done = person.run("orders list --mine --state open").ends_with(0);
    assert!(done.stdout.contains("web-1/root"), "{}", done.stdout);
    assert!(done.stdout.contains(ORDER), "{}", done.stdout);
}
