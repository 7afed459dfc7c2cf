//! Shares, roles, transfers, groups by criteria, explanations.

use crate::fake::{Fake, Reply, ok};
use crate::person::Person;

const ID: &str = "0193e4a0-7c1b-7000-8000-000000000001";
const BOB: &str = "0193e4a0-7c1b-7000-8000-000000000002";

const SHARE: &str = r#"{"id":"0193e4a0-7c1b-7000-8000-000000000003","object":{"kind":"account","id":"0193e4a0-7c1b-7000-8000-000000000001","name":"root","resource":{"id":"0193e4a0-7c1b-7000-8000-000000000010","name":"web\u001b[2J"}},"with":{"kind":"user","id":"0193e4a0-7c1b-7000-8000-000000000002","name":"bob"},"level":"view","expires_at":null,"ended":false,"created_by":{"id":"0193e4a0-7c1b-7000-8000-000000000004","name":"ann"},"created_at":"2026-01-01T00:00:00.000Z","version":1}"#;

const PRINCIPALS: &str = r#"{"items":[{"kind":"user","id":"0193e4a0-7c1b-7000-8000-000000000002","name":"bob","display_name":"Bob"},{"kind":"user_group","id":"0193e4a0-7c1b-7000-8000-000000000005","name":"bob","display_name":null}],"next":null}"#;

#[test]
fn a_share_is_made_with_the_person_of_a_name() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json("GET /principals?q=bob&limit=200", PRINCIPALS);
    fake.json(&format!("POST /accounts/{ID}/shares"), SHARE);
    let run = |rest: &str| person.run(&format!("shares add --account {ID} {rest}"));
    let done = run("--with bob --level view --until 2026-02-01T00:00:00Z").ends_with(0);
    let sent = fake.seen().pop().expect("a request").body;
    assert_eq!(
        sent,
        format!(r#"{{"user":"{BOB}","level":"view","expires_at":"2026-02-01T00:00:00.000Z"}}"#)
    );
    assert_eq!(done.stdout, "0193e4a0-7c1b-7000-8000-000000000003\n");
    assert!(done.stderr.contains(r"web\u{1b}[2J/root with bob"), "{}", done.stderr);
    run("--with-group bob --level modify").ends_with(0);
    let sent = fake.seen().pop().expect("a request").body;
    assert!(sent.starts_with(r#"{"user_group":"0193e4a0-7c1b-7000-8000-000000000005""#), "{sent}");
    run("--with bob --level all").ends_with(2);
    run("--level view").ends_with(2);
    run("--with bob --with-group ops --level view").ends_with(2);
    run("--resource web --with bob --level view").ends_with(2);
}

#[test]
fn an_explanation_ends_with_1_when_it_says_no() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let told = r#"{"shares":[{"id":"0193e4a0-7c1b-7000-8000-000000000003","on":{"kind":"resource","id":"x","name":"web"},"with":{"kind":"user","id":"y","name":"bob"},"level":"view","counts":true,"depth":0}],"decisions":[{"action":"reset_password","allowed":false,"sentence":"bob may not reset_password"}]}"#;
    let path = format!("GET /accounts/{ID}/explain?user={BOB}&action=reset_password");
    fake.json(&path, told);
    let ask = |rest: &str| {
        person.run(&format!("explain --account {ID} --user {BOB} --action reset_password {rest}"))
    };
    let done = ask("").ends_with(1);
    assert!(done.stdout.starts_with("bob may not reset_password\n"), "{}", done.stdout);
    let done = ask("--json").ends_with(1);
    assert_eq!(done.stdout.trim(), told);
    person.run("explain").ends_with(2);
}

#[test]
fn a_bulk_transfer_says_what_became_of_each() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let done = r#"{"dry_run":false,"items":[{"id":"a","name":"web","outcome":"transferred","left_groups":1,"ended_shares":0,"code":null,"detail":null},{"id":"b","name":null,"outcome":"refused","left_groups":0,"ended_shares":0,"code":"not_found","detail":"there is no such resource"}],"more":false}"#;
    fake.json("POST /resources/transfer", done);
    let line = format!("resources transfer {ID} --to {BOB} --reason 'ann left'");
    person.run(&line).ends_with(2).says("--yes");
    let done = person.run(&format!("{line} --yes")).ends_with(1);
    assert!(done.stdout.contains("transferred"), "{}", done.stdout);
    assert!(done.stdout.contains("there is no such resource"), "{}", done.stdout);
    let sent = fake.seen().pop().expect("a request").body;
    assert_eq!(
        sent,
        format!(r#"{{"to":"{BOB}","resources":["{ID}"],"reason":"ann left","dry_run":false}}"#)
    );
    person.run(&format!("resources transfer --to {BOB}")).ends_with(2);
}

/// What is approved is the version that was shown.
#[test]
fn a_role_is_approved_as_it_was_read() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let role = format!(
        r#"{{"role":"{ID}","name":"rollout","description":"","built_in":false,"in_force":false,"permissions":[],"proposal":{{"name":"rollout","description":"","permissions":["view_audit"],"adds":["view_audit"],"removes":[],"by":null}},"users":0,"version":4}}"#
    );
    fake.json("GET /roles?limit=200", &format!(r#"{{"items":[{role}],"next":null}}"#));
    let tagged = Reply::Json(200, vec![("etag", "\"4\"".to_owned())], role.clone());
    fake.on(&format!("GET /roles/{ID}"), [tagged]);
    fake.on(&format!("POST /roles/{ID}/approve"), [ok(&role)]);
    person.run("roles approve rollout").ends_with(2).says("--yes");
    person.run("roles approve rollout --yes").ends_with(0);
    let sent = fake.seen().pop().expect("a request");
    assert_eq!(sent.header("if-match"), Some("\"4\""));
    person.run("roles approve nobody --yes").ends_with(1);
}

#[test]
fn rules_are_read_word_by_word() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let found = r#"{"count":1,"capped":false,"items":[{"id":"x","name":"web 1","dns_name":null,"platform":"linux"}]}"#;
    fake.json("POST /resource-groups/preview", found);
    let done = person
        .run("groups preview --match any --rule 'name contains web 1' --rule 'platform equals linux'")
        .ends_with(0)
        .says("1 of your resources match");
    assert!(done.stdout.contains("web 1"), "{}", done.stdout);
    let sent = fake.seen().pop().expect("a request").body;
    assert_eq!(
        sent,
        r#"{"criteria":{"match":"any","rules":[{"field":"name","operator":"contains","text":"web 1"},{"field":"platform","operator":"equals","text":"linux"}]}}"#
    );
    person.run("groups preview").ends_with(2).says("--rule");
    person.run("groups preview --rule 'name'").ends_with(2).says("name contains web");
    person.run("groups preview --rule 'platform contains x'").ends_with(2).says("rule 1");
}
