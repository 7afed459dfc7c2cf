//! Maximum ages, pauses and groups.

use crate::fake::Fake;
use crate::person::Person;

const ID: &str = "0193e4a0-7c1b-7000-8000-000000000001";

const ACCOUNT: &str = r#"{"id":"0193e4a0-7c1b-7000-8000-000000000001","resource":{"id":"0193e4a0-7c1b-7000-8000-000000000010","name":"web-1"},"name":"root","native_id":"0","presence":"present","source":"local","knowledge":"known","password_field":"set","facts":{},"policy":null,"current":null,"last_verify":null,"open_order":null,"rotation":{"max_age_days":30,"source":"group","source_object":{"id":"0193e4a0-7c1b-7000-8000-000000000020","name":"web\u001b[2J"},"own_max_age_days":null,"due_at":"2026-02-28T09:00:00.000Z","announce_at":null,"state":"held","held_by":"agent_away","paused_until":null,"pause_reason":null,"retry_at":null,"check_at":null,"out_of_sync_since":null,"out_of_sync_confirmed":false},"version":1}"#;

#[test]
fn an_account_tells_which_rule_holds() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json(&format!("GET /accounts/{ID}"), ACCOUNT);
    let done = person.run(&format!("accounts show {ID}")).ends_with(0);
    assert!(done.stdout.contains(r"30 days (of the group web\u{1b}[2J)"), "{}", done.stdout);
    assert!(done.stdout.contains("held: agent away"), "{}", done.stdout);
}

#[test]
fn an_age_and_a_pause_are_sent_as_they_are() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json(&format!("GET /accounts/{ID}"), ACCOUNT);
    fake.json(&format!("PATCH /accounts/{ID}"), ACCOUNT);
    fake.json(&format!("POST /accounts/{ID}/rotation/pause"), ACCOUNT);
    let set = |rest: &str| person.run(&format!("accounts set-rotation {ID} {rest}"));
    for (age, body) in [
        ("30", r#"{"max_age_days":30}"#),
        ("off", r#"{"max_age_days":"off"}"#),
        ("inherit", r#"{"max_age_days":null}"#),
    ] {
        set(&format!("--max-age {age}")).ends_with(0);
        let sent = fake.seen().pop().expect("a request");
        assert_eq!(
            (sent.line.as_str(), sent.body.as_str()),
            (format!("PATCH /accounts/{ID}").as_str(), body)
        );
    }
    set("--pause-until 2026-02-01T00:00:00Z --reason moving").ends_with(0);
    let sent = fake.seen().pop().expect("a request").body;
    assert_eq!(sent, r#"{"until":"2026-02-01T00:00:00.000Z","reason":"moving"}"#);
    set("").ends_with(2);
    set("--max-age 0").ends_with(2);
    set("--pause-for 8h").ends_with(2).says("--reason");
    set("--pause-for 8h --reason x --resume").ends_with(2);
}
