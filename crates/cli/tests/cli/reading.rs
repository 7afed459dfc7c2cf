//! Lists, names and refusals.

use crate::fake::{Fake, Reply, ok, problem};
use crate::person::Person;

const RESOURCE: &str = "0193e4a0-7c1b-7000-8000-000000000010";

fn account(number: u8, resource: &str, name: &str) -> String {
    format!(
        r#"{{"id":"0193e4a0-7c1b-7000-8000-0000000000{number:02}","resource":{{"id":"{RESOURCE}","name":"{resource}"}},"name":"{name}","native_id":"0","presence":"present","source":"local","knowledge":"known","password_field":"set","facts":{{}},"policy":null,"current":{{"version":"0193e4a0-7c1b-7000-8000-000000000077","number":3,"state":"current","origin":"generated","since":"2026-01-31T09:00:00.000Z"}},"last_verify":null,"open_order":null,"version":1}}"#
    )
}

fn list(items: &[String], next: Option<&str>) -> String {
    let next = next.map_or("null".to_owned(), |next| format!(r#""{next}""#));
    format!(r#"{{"items":[{}],"next":{next}}}"#, items.join(","))
}

fn resource(name: &str) -> String {
    format!(
        r#"{{"id":"{RESOURCE}","name":"{name}","dns_name":null,"platform":"linux","owner":null,"policy":null,"created_at":"2026-01-31T09:00:00.000Z","device":null,"accounts":{{"total":0,"known":0,"out_of_sync":0}},"version":1}}"#
    )
}

#[test]
fn all_pages_are_followed_and_the_json_is_the_servers() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let (first, second) = (account(1, "web-1", "root"), account(2, "web-1", "admin"));
    fake.json("GET /accounts?limit=1", &list(std::slice::from_ref(&first), Some("c/1+")));
    fake.json("GET /accounts?limit=1&after=c%2F1%2B", &list(std::slice::from_ref(&second), None));

    let done = person.run("accounts list --limit 1 --all --json").ends_with(0);
    assert_eq!(done.stdout, format!("{}\n", list(&[first.clone(), second.clone()], None)));
    assert_eq!(done.stderr, "");

    fake.json("GET /accounts?limit=1&sort=-name", &list(std::slice::from_ref(&second), None));
    person.run("accounts list --limit 1 --sort -name --json").ends_with(0);
    let done = person.run("accounts list --limit 1 --json").ends_with(0);
    assert_eq!(done.stdout, format!("{}\n", list(&[first], Some("c/1+"))));
    person.run("accounts list --limit 1").ends_with(0).says("--after c/1+");
}

#[test]
fn a_plain_table_has_one_harmless_line_an_account() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let evil = account(1, "web-1", r"ro\u001b[2Jot\n");
    fake.json("GET /accounts?limit=100", &list(&[evil, account(2, "web-1", "管理 者")], None));
    let done = person.run("accounts list").ends_with(0);
    assert_eq!(done.stdout.lines().count(), 3, "{}", done.stdout);
    assert!(!done.stdout.contains('\x1b'));
    assert!(done.stdout.contains(r"web-1/ro\u{1b}[2Jot\n"), "{}", done.stdout);
    assert!(done.stdout.contains("2026-01-31 09:00:00Z ("), "{}", done.stdout);
}

#[test]
fn instants_in_the_audit_log_are_readable() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let line = r#"{"seq":7,"at":"2026-01-31T09:00:00.000Z","code":121,"name":"Site restored","actor":{"kind":"console"},"event":{"event":"site_restored","taken_at":1769850000000,"former_seq":12}}"#;
    fake.json("GET /audit?limit=100", &list(&[line.to_owned()], None));
    let done = person.run("audit list").ends_with(0);
    assert!(done.stdout.contains("2026-01-31T09:00:00.000Z"), "{}", done.stdout);
    assert!(
        done.stdout.contains("12") && !done.stdout.contains("1769850000000"),
        "{}",
        done.stdout
    );
}

#[test]
fn an_account_is_found_by_its_path_even_with_slashes() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let empty = list(&[], None);
    fake.json("GET /resources?q=dc&limit=200", &list(&[resource("dc/web")], None));
    fake.json("GET /resources?q=dc%2Fweb&limit=200", &list(&[resource("dc/web")], None));
    let path = format!("GET /accounts?resource={RESOURCE}&q=root&limit=200");
    let both = [account(1, "dc/web", "root"), account(2, "dc/web", "root2")];
    fake.json(&path, &list(&both, None));
    let path = format!("GET /accounts?resource={RESOURCE}&q=web%2Froot&limit=200");
    fake.json(&path, &empty);
    let show = "GET /accounts/0193e4a0-7c1b-7000-8000-000000000001";
    fake.json(show, &account(1, "dc/web", "root"));
    let done = person.run("accounts show dc/web/root --json").ends_with(0);
    assert_eq!(done.stdout, format!("{}\n", account(1, "dc/web", "root")));
}

#[test]
fn an_ambiguous_name_lists_the_ids() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let both = [account(1, "web-1", "root"), account(2, "web-2", "root")];
    fake.json("GET /accounts?q=root&limit=200", &list(&both, None));
    let done = person.run("accounts show root").ends_with(2);
    let done = done.says("0193e4a0-7c1b-7000-8000-000000000001  web-1/root");
    done.says("0193e4a0-7c1b-7000-8000-000000000002  web-2/root");
    fake.json("GET /accounts?q=nobody&limit=200", &list(&[], None));
    person.run("accounts show nobody").ends_with(1).says("there is no account 'nobody'");
}

#[test]
fn a_refusal_is_readable() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let more = r#","detail":"name is empty; give at least one character","field":"name","request_id":"req-9""#;
    fake.on("POST /resources", [problem(400, "invalid_input", more)]);
    let done = person.run("resources create ''").ends_with(1);
    assert_eq!(
        done.stderr,
        "error: invalid_input title: name is empty; give at least one character\n  field    \
         name\n  code     invalid_input\n  request  req-9\n"
    );
    let done = person.run("resources create '' --json").ends_with(1);
    assert!(done.stderr.contains(r#""code":"invalid_input""#), "{}", done.stderr);
    assert!(done.stderr.starts_with('{') && done.stdout.is_empty(), "{}", done.stderr);
}

#[test]
fn an_ended_token_and_a_lost_database_have_their_exit_codes() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on(
        "GET /accounts?limit=100",
        [problem(401, "unauthenticated", ""), problem(503, "unavailable", "")],
    );
    person.run("accounts list").ends_with(3).says("sekisho login");
    person.run("accounts list").ends_with(4);
}

#[test]
fn settings_say_where_they_were_given_and_hide_what_may_be_a_password() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let body = r#"{"items":[
        {"key":"public_name","value":"vault.example.jp","hidden":false,"source":"file","file":"/etc/sekisho/server.toml"},
        {"key":"database.url","value":null,"hidden":true,"source":"environment","file":null},
        {"key":"log.level","value":"info","hidden":false,"source":"default","file":null}
    ]}"#;
    fake.json("GET /system/settings", body);
    let all = person.run("settings").ends_with(0);
    assert!(all.stdout.contains("/etc/sekisho/server.toml"), "{}", all.stdout);
    assert!(all.stdout.contains("(given, not shown)"), "{}", all.stdout);
    let given = person.run("settings --given").ends_with(0);
    assert!(!given.stdout.contains("log.level"), "{}", given.stdout);
    assert!(given.stdout.contains("public_name"), "{}", given.stdout);
}

#[test]
fn usage_errors_are_2() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    person.run("no-such-verb").ends_with(2);
    person.run("accounts list --limit 201").ends_with(2);
    person.run("orders show not-an-id").ends_with(2).says("is not the id of a order");
    person.run("keys create x --valid-for soon").ends_with(2).says("write it like 90s");
    person.run("--server http://x status").ends_with(2).says("only https");
}

#[test]
fn a_broken_connection_is_tried_once_more_with_the_same_key() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.on("POST /resources", [Reply::HangUp, ok(&resource("web-1"))]);
    let done = person.run("resources create web-1").ends_with(0);
    assert_eq!(done.stdout, format!("{RESOURCE}\n"));
    let tries = fake.seen_line("POST /resources");
    assert_eq!(tries.len(), 2);
    assert!(tries[0].header("idempotency-key").is_some());
    assert_eq!(tries[0].header("idempotency-key"), tries[1].header("idempotency-key"));

    fake.on("POST /resources", [Reply::HangUp]);
    person.run("resources create web-1").ends_with(5).says("is not known");
}

#[test]
fn a_deletion_names_the_version_it_means() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let path = format!("/resources/{RESOURCE}");
    let etag = vec![("etag", r#""7""#.to_owned())];
    fake.on(&format!("GET {path}"), [Reply::Json(200, etag, resource("web-1"))]);
    fake.on(&format!("DELETE {path}"), [Reply::Json(204, Vec::new(), String::new())]);
    person.run(&format!("resources delete {RESOURCE}")).ends_with(2).says("--yes");
    person.run(&format!("resources delete {RESOURCE} --yes")).ends_with(0);
    assert_eq!(fake.seen_line(&format!("DELETE {path}"))[0].header("if-match"), Some(r#""7""#));
}

#[test]
fn help_tells_the_exit_codes() {
    let fake = Fake::start();
    let person = Person::new(&fake);
    let done = person.run("--help").ends_with(0);
    for code in 0..=5 {
        assert!(done.stdout.contains(&format!("\n  {code}  ")), "{}", done.stdout);
    }
}
